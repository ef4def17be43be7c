"""Recordings of a game as the painter and the depth network learn from them.

The painter learns windows, squares of 90 degrees. A camera that sees less shows a part of one: what lies beyond its
picture is not known (`Part.valid`) and nothing is learnt there. The depth network learns from the pictures as they are.
Decoded frames lie in a cache, mapped into memory.
"""

from __future__ import annotations

import hashlib
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..dataset import Dataset, DatasetError, Episode
from ..painter.frames import MOST_INVERSE_DEPTH, Part, condition_vector

WINDOW = 128
"""Side of a decoded window, pixels."""
LEAST_SIDE = 64
"""Shorter sides show too little to learn from, pixels."""
FILES = ("picture_rgb", "picture_depth", "rgb", "depth", "valid")


@dataclass(frozen=True)
class Camera:
    """The camera of an episode, pixels."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float


def window(rgb: np.ndarray, depth: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture (u8 [H, W, 3], inverse depth [H, W]) as a window: colours, inverse depth, and where it shows anything."""
    at = (np.arange(WINDOW) + 0.5) / WINDOW * 2 - 1
    x, y = camera.cx + camera.fx * at, camera.cy + camera.fy * at
    # Means of as many pixels as one of the window covers, then between them.
    picture = Image.fromarray(rgb)
    shrink = tuple(max(1, round(2 * f / WINDOW)) for f in (camera.fx, camera.fy))
    small = np.asarray(picture.reduce(shrink), np.float32)

    def taps(where: np.ndarray, factor: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = np.clip(where / factor - 0.5, 0, count - 1)
        low = np.minimum(place.astype(int), max(count - 2, 0))
        return low, np.minimum(low + 1, count - 1), (place - low).astype(np.float32)

    x0, x1, fx = taps(x, shrink[0], small.shape[1])
    y0, y1, fy = taps(y, shrink[1], small.shape[0])
    fx, fy = fx[None, :, None], fy[:, None, None]
    top = small[y0][:, x0] * (1 - fx) + small[y0][:, x1] * fx
    bottom = small[y1][:, x0] * (1 - fx) + small[y1][:, x1] * fx
    colours = (top * (1 - fy) + bottom * fy + 0.5).astype(np.uint8)
    column = np.clip(x.astype(int), 0, camera.width - 1)
    row = np.clip(y.astype(int), 0, camera.height - 1)
    inside = ((y >= 0) & (y < camera.height))[:, None] & ((x >= 0) & (x < camera.width))[None]
    return colours * inside[..., None], depth[row][:, column] * inside, inside


class Recordings:
    """Episodes of some folders, and which of them are held out for measuring."""

    def __init__(self, folders: list[str], cache: Path, *, held_out: bool = False):
        self.cache = cache
        self.entries: list[tuple[Dataset, Episode]] = []
        for folder in folders:
            data = Dataset(folder, allow_held_out=held_out, verify=True)
            for channel in ("rgb", "depth"):
                if channel not in data.channels:
                    raise DatasetError(f"{folder}: channel {channel} is not recorded (there is: {', '.join(data.channels)})")
            if min(data.manifest["size"]) < LEAST_SIDE:
                width, height = data.manifest["size"]
                raise DatasetError(f"{folder}: frames of {width}x{height} are too small, {LEAST_SIDE} pixels a side are the least")
            # A frame alone has no other to be painted from.
            self.entries += [(data, episode) for episode in data.episodes if episode.frames >= 2]
        if not self.entries:
            raise DatasetError(f"{', '.join(map(str, folders))}: there is no whole episode")

    def split(self, share: float) -> tuple[list, list]:
        """The last episodes are held out, one at least; there is one to learn from at least."""
        count = max(1, round(share * len(self.entries)))
        if len(self.entries) < 2:
            raise DatasetError(f"{self.entries[0][0].folder}: one episode is too little: some to learn, some to measure")
        return self.entries[:-count], self.entries[-count:]

    def frames(self, entries: list) -> "Pictures":
        """Those episodes decoded. Damaged ones are left out with a warning."""
        parts = []
        for data, episode in entries:
            try:
                parts.append(self._part(data, episode))
            except DatasetError as error:
                warnings.warn(f"{error}: left out", stacklevel=2)
        if not parts:
            raise DatasetError(f"{entries[0][0].folder}: no episode can be read")
        return Pictures(parts)

    def _part(self, data: Dataset, episode: Episode) -> tuple[Part, np.ndarray, np.ndarray]:
        # The name holds the shard's hash: other recordings never meet an old cache.
        shard = data.manifest["shards"][episode.shard]["sha256"][:16]
        folder = self.cache / hashlib.sha256(f"{shard}/{episode.number}/1".encode()).hexdigest()[:20]
        record = data.record(episode)
        if not (folder / "whole").exists():
            self._decode(data, episode, Camera(**record.meta["intrinsics"]), folder)
        maps = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in FILES}
        count = episode.frames
        # A game is none of the worlds that the painter knows by name.
        conditions = [condition_vector("", record.conditions_at(i)) for i in range(count)]
        part = Part(
            0, maps["rgb"], maps["depth"], np.broadcast_to(np.uint8(0), maps["depth"].shape), np.array(record.poses, np.float32),
            np.array(conditions, np.float32), np.zeros(count, int), np.full(count, count), maps["valid"],
        )  # fmt: skip
        return part, maps["picture_rgb"], maps["picture_depth"]

    def _decode(self, data: Dataset, episode: Episode, camera: Camera, folder: Path) -> None:
        rgb = data.frames(episode, "rgb", 0, episode.frames)
        depth = data.frames(episode, "depth", 0, episode.frames)[..., 0].astype(np.float32)
        depth = np.nan_to_num(depth, posinf=MOST_INVERSE_DEPTH).clip(0, MOST_INVERSE_DEPTH)
        windows = [window(rgb[i], depth[i], camera) for i in range(len(rgb))]
        values = (rgb, depth.astype(np.float16), *(np.stack(kind) for kind in zip(*windows)))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, value in zip(FILES, values):
            np.save(folder / f"{name}.npy", value.astype(np.float16) if name == "depth" else value)
        (folder / "whole").touch()


class Pictures:
    """Decoded episodes: windows for the painter's `Maker`, and shards of pictures for the depth network."""

    def __init__(self, parts: list[tuple[Part, np.ndarray, np.ndarray]]):
        self.parts = [part for part, _, _ in parts]
        self.pictures = [(rgb, depth) for _, rgb, depth in parts]
        self._places = [(p, i) for p, part in enumerate(self.parts) for i in range(len(part.rgb))]
        self.domains = np.zeros(len(self._places), np.int64)
        self.height, self.width = self.pictures[0][0].shape[1:3]

    def __len__(self) -> int:
        return len(self._places)

    def place(self, index: int) -> tuple[Part, int]:
        part, at = self._places[index]
        return self.parts[part], at

    def picture(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """A frame as it was recorded: u8 [H, W, 3] and inverse depth, f32 [H, W]."""
        part, at = self._places[index]
        rgb, depth = self.pictures[part]
        return np.array(rgb[at]), np.asarray(depth[at], np.float32)

    __getitem__ = picture
