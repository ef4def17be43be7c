"""Frames of episodes as flat arrays: decoded once, mapped into memory, shared by all workers."""

from __future__ import annotations

import math
import os
import shutil
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..dataset import WEATHERS, Dataset, DatasetError

DOMAINS = ("mountain", "city", "warehouse")
SEASONS = ("spring", "summer", "autumn", "winter")
CONDITIONS = len(DOMAINS) + len(WEATHERS) + 1 + 3 + len(SEASONS)
"""Length of the vector of conditions, see `condition_vector`."""
MOST_INVERSE_DEPTH = 20.0
"""1/m; nearer is clipped."""


def condition_vector(domain: str, conditions: dict) -> list[float]:
    """Domain (3), weather (5) and its strength (1), hour (1 if known, sine, cosine), season (4).

    One place for each word, all zero where it is not known.
    """
    word = str(conditions.get("weather", "")).lower()
    season = str(conditions.get("season", "")).lower()
    hour = conditions.get("hour")
    turn = 2 * math.pi * float(hour) / 24 if hour is not None else 0.0
    clock = [1.0, math.sin(turn), math.cos(turn)] if hour is not None else [0.0, 0.0, 0.0]
    return [
        *(float(domain == name) for name in DOMAINS),
        *(float(word == name) for name in WEATHERS),
        float(conditions.get("strength", 0.0)),
        *clock,
        *(float(season == name) for name in SEASONS),
    ]


@dataclass
class Part:
    """The frames of one shard, in order."""

    domain: int
    rgb: np.ndarray
    """u8 [N, H, W, 3]"""
    inverse_depth: np.ndarray
    """f16 [N, H, W] in 1/m, 0 is sky"""
    classes: np.ndarray
    """u8 [N, H, W]"""
    poses: np.ndarray
    """f32 [N, 7]: position and quaternion (x, y, z, w), world from view"""
    conditions: np.ndarray
    """f32 [N, CONDITIONS]"""
    first: np.ndarray
    """i64 [N]: the first frame of the episode that a frame belongs to"""
    count: np.ndarray
    """i64 [N]: frames of that episode"""
    valid: np.ndarray | None = None
    """bool [N, H, W]: where a window shows anything; None is everywhere"""


class Frames:
    """All frames of some data sets. Shards may still be appearing: `refresh` takes new ones in.

    What is decoded lies under `cache` (about 100 KB a frame of 128 x 128) and is used again. Of several
    workers only the one with `decode` writes there; the others read what they find.
    """

    def __init__(self, folders: list[str], cache: str | Path, *, held_out: bool = False, decode: bool = True):
        self.folders = [Path(f) for f in folders]
        self.cache, self.held_out, self.decode = Path(cache), held_out, decode
        self.parts: list[Part] = []
        self._known: set[str] = set()
        self._places: list[tuple[int, int]] = []
        self.domains = np.zeros(0, np.int64)
        self.refresh()

    def __len__(self) -> int:
        return len(self._places)

    def place(self, index: int) -> tuple[Part, int]:
        part, at = self._places[index]
        return self.parts[part], at

    def refresh(self) -> bool:
        """Takes in finished shards that are new; whether there were any."""
        before = len(self._known)
        for folder in self.folders:
            if not (folder / "manifest.json").exists():
                continue
            try:
                data = Dataset(folder, allow_held_out=self.held_out)
            except DatasetError as error:
                warnings.warn(f"{error}: left out for now", stacklevel=2)
                continue
            for number, entry in enumerate(data.manifest["shards"]):
                # The name holds the content's hash: other data never meets an old cache.
                name = f"{folder.name}-{number:05}-{entry['sha256'][:12]}"
                if name not in self._known and (self._ready(name) or self.decode):
                    if not self._ready(name):
                        self._write(data, number, name)
                    self._take(name)
        if len(self._known) == before:
            return False
        self._places = [(p, i) for p, part in enumerate(self.parts) for i in range(len(part.rgb))]
        self.domains = np.array([self.parts[p].domain for p, _ in self._places])
        return True

    def wait(self) -> None:
        """Returns when there is at least one shard."""
        while not len(self):
            print("no finished shard yet", flush=True)
            time.sleep(10)
            self.refresh()

    def _ready(self, name: str) -> bool:
        return (self.cache / name / "about.npz").exists()

    def _write(self, data: Dataset, shard: int, name: str) -> None:
        pictures: dict[str, list[np.ndarray]] = {"rgb": [], "depth": [], "class": []}
        poses, conditions, first, count = [], [], [], []
        for episode in data.episodes:
            if episode.shard != shard:
                continue
            record = data.record(episode)
            try:
                read = {key: data.frames(episode, key, 0, episode.frames) for key in pictures}
            except DatasetError as error:
                data.note_damage(episode, error)
                continue
            for key, values in read.items():
                pictures[key].append(values)
            first += [len(poses)] * episode.frames
            count += [episode.frames] * episode.frames
            poses += record.poses
            domain = str(data.manifest["domain"])
            conditions += [condition_vector(domain, record.conditions_at(i)) for i in range(episode.frames)]
        if not poses:
            return
        # Complete before it has its name: other programs may use this cache at the same time.
        folder = self.cache / f"{name}.{os.getpid()}.tmp"
        folder.mkdir(parents=True, exist_ok=True)
        depth = np.nan_to_num(np.concatenate(pictures["depth"])[..., 0].astype(np.float32), posinf=MOST_INVERSE_DEPTH)
        np.save(folder / "rgb.npy", np.concatenate(pictures["rgb"]))
        np.save(folder / "depth.npy", depth.clip(0, MOST_INVERSE_DEPTH).astype(np.float16))
        np.save(folder / "class.npy", np.concatenate(pictures["class"])[..., 0])
        np.savez(
            folder / "about.npz",
            domain=DOMAINS.index(data.manifest["domain"]),
            poses=np.array(poses, np.float32),
            conditions=np.array(conditions, np.float32),
            first=np.array(first),
            count=np.array(count),
        )
        try:
            folder.rename(self.cache / name)
        except OSError:
            shutil.rmtree(folder)

    def _take(self, name: str) -> None:
        folder = self.cache / name
        if not self._ready(name):
            return
        about = np.load(folder / "about.npz")
        self.parts.append(
            Part(
                int(about["domain"]),
                *(np.load(folder / f"{key}.npy", mmap_mode="r") for key in ("rgb", "depth", "class")),
                *(about[key] for key in ("poses", "conditions", "first", "count")),
            )
        )
        self._known.add(name)


__all__ = ["CONDITIONS", "DOMAINS", "SEASONS", "Frames", "Part", "condition_vector"]
