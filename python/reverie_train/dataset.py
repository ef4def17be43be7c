"""Episodes written by `reverie dataset` (or recorded from a game): reading, checking, training on them.

The format is described in `crates/simulator/src/dataset/mod.rs`. Reading frames needs numpy, tensors need
PyTorch; manifests, records and single frames (`decode_plain`) need nothing but Python.

    clips = Clips([Dataset("city"), Dataset("mountain")], frames=16, channels=("rgb", "depth"))
    for clip in torch.utils.data.DataLoader(clips, batch_size=4, num_workers=2): ...

`python -m reverie_train.dataset check DIR... [--strict]` says what there is, whether it is whole, and how
fast it loads.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import random
import struct
import sys
import time
import warnings
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIRST_HELD_OUT_SEED = 1_000_000
WEATHERS = ("clear", "rain", "snow", "fog", "overcast")

_FORMAT, _VERSION = "reverie-dataset", 1
_HEAD = struct.Struct("<8sQ")
_EPISODE = struct.Struct("<4sIQQQ")
_TAIL = struct.Struct("<QQII8s")
_MOST_JSON_BYTES = 1 << 30
_VALUE_BYTES = {"u8": 1, "i8": 1, "f16": 2, "u32": 4}
_MOST_ATTEMPTS = 100
_PREDICTORS = ("green_left", "left", "gradient")


class DatasetError(Exception):
    """A data set that cannot be used, in one line that names the file."""


class HeldOutError(DatasetError):
    """Held-out data where training data is wanted."""


@dataclass(frozen=True)
class Channel:
    """One channel, as the manifest describes it."""

    name: str
    dtype: str
    shape: tuple[int, int, int]
    unit: str
    predictor: str
    per: str

    @property
    def raw_bytes(self) -> int:
        height, width, components = self.shape
        return height * width * components * _VALUE_BYTES[self.dtype]


@dataclass(frozen=True)
class Episode:
    """Where an episode lies."""

    shard: int
    number: int
    seed: int
    frames: int
    offset: int


@dataclass
class Record:
    """An episode without its pictures.

    Action `i` leads from frame `i` to frame `i + 1`, so there is one action fewer than there are frames.
    `poses` are position and rotation quaternion (x, y, z, w), world from view; `actions` are velocity
    (right, up, forward; m/s), turn (yaw left, pitch up; rad/s) and "use".
    """

    meta: dict[str, Any]
    frames: int
    poses: list[list[float]]
    actions: list[list[float]]
    conditions: list[dict[str, Any]]
    events: list[dict[str, Any]]
    sounds: list[dict[str, Any]]
    tasks: list[Any]
    blobs: dict[str, tuple[int, list[int]]]

    def conditions_at(self, frame: int) -> dict[str, Any]:
        """The conditions that hold in a frame."""
        holding: dict[str, Any] = {}
        for change in self.conditions:
            if change["frame"] <= frame:
                holding = change["conditions"]
        return holding


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """The manifest of a folder, checked."""
    path = Path(folder) / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
        if (manifest["format"], manifest["version"]) != (_FORMAT, _VERSION):
            raise DatasetError(f"{path}: is not {_FORMAT} version {_VERSION}")
        for spec in manifest["channels"]:
            if spec["dtype"] not in _VALUE_BYTES or spec["predictor"] not in _PREDICTORS:
                raise DatasetError(f"{path}: channel {spec['name']}: {spec['dtype']}, {spec['predictor']}: unknown")
        for key in ("held_out", "episodes", "frames", "complete", "shards", "size", "tick_hz", "domain"):
            manifest[key]
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: is damaged: {type(error).__name__}: {error}") from None
    return manifest


class _Shard:
    """A shard file. Reads do not share a file position, so forks and threads may use one together."""

    def __init__(self, path: Path, entry: dict[str, Any], number: int):
        self.path = path
        self._descriptor: int | None = None
        try:
            length = path.stat().st_size
            if length != entry["bytes"]:
                raise ValueError(f"has {length} bytes, the manifest says {entry['bytes']}")
            magic, found = _HEAD.unpack(self.read(0, _HEAD.size))
            if magic != b"RVSHARD1" or found != number:
                raise ValueError("does not begin as this shard")
            self.end, size, crc, _, magic = _TAIL.unpack(self.read(length - _TAIL.size, _TAIL.size))
            if magic != b"RVINDEX1" or self.end + size != length - _TAIL.size or size > _MOST_JSON_BYTES:
                raise ValueError("does not end as a shard")
            text = self.read(self.end, size)
            if zlib.crc32(text) != crc:
                raise ValueError("the index is damaged")
            self.index = [
                Episode(number, e["episode"], e["seed"], e["frames"], e["offset"]) for e in json.loads(text)["episodes"]
            ]
            first, count = entry["first_episode"], entry["episodes"]
            if [e.number for e in self.index] != list(range(first, first + count)):
                raise ValueError("does not hold the episodes that the manifest says")
        except OSError as error:
            raise DatasetError(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, struct.error) as error:
            raise DatasetError(f"{path}: {error}") from None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_descriptor": None}

    def __del__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def read(self, offset: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            if self._descriptor is None:
                self._descriptor = os.open(self.path, os.O_RDONLY)
            data = os.pread(self._descriptor, size, offset)
        else:
            with open(self.path, "rb") as file:
                file.seek(offset)
                data = file.read(size)
        if len(data) != size:
            raise ValueError("is cut off")
        return data

    def record(self, episode: Episode) -> tuple[Record, int]:
        """The record, and where the blobs begin."""
        try:
            head = self.read(episode.offset, _EPISODE.size)
            magic, _, number, record_bytes, blob_bytes = _EPISODE.unpack(head)
            blobs = episode.offset + _EPISODE.size + record_bytes
            if magic != b"RVEP" or number != episode.number or blobs + blob_bytes > self.end:
                raise ValueError("is not where the index says")
            raw = json.loads(self.read(episode.offset + _EPISODE.size, record_bytes))
            places = {name: (b["offset"], b["bytes"]) for name, b in raw["channels"].items()}
            for offset, sizes in places.values():
                if min(sizes, default=0) < 0 or offset < 0 or offset + sum(sizes) > blob_bytes:
                    raise ValueError("blobs lie outside")
            keys = ("meta", "frames", "poses", "actions", "conditions", "events", "sounds", "tasks")
            record = Record(*(raw[key] for key in keys), blobs=places)
            if not record.frames == episode.frames == len(record.poses) == len(record.actions) + 1:
                raise ValueError("frames, poses and actions do not go together")
        except OSError as error:
            raise DatasetError(f"{self.path}: cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, struct.error) as error:
            raise DatasetError(f"{self.path}: episode {episode.number}: {error}") from None
        return record, blobs

    def episode_crc(self, episode: Episode) -> bool:
        """Whether the CRC-32 of an episode is right."""
        _, crc, _, record_bytes, blob_bytes = _EPISODE.unpack(self.read(episode.offset, _EPISODE.size))
        return zlib.crc32(self.read(episode.offset + _EPISODE.size, record_bytes + blob_bytes)) == crc

    def sha256(self) -> str:
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


class Dataset:
    """One folder of episodes, frames decoded with numpy.

    A shard that cannot be used is skipped with a warning that names it, or is a `DatasetError` if `strict`.
    Held-out data raises `HeldOutError` unless `allow_held_out`. `verify` compares every shard's SHA-256.
    """

    def __init__(
        self, folder: str | Path, *, strict: bool = False, allow_held_out: bool = False, verify: bool = False
    ):
        self.folder, self.strict = Path(folder), strict
        self.manifest = read_manifest(folder)
        self.channels = {
            s["name"]: Channel(s["name"], s["dtype"], tuple(s["shape"]), s["unit"], s["predictor"], s["per"])
            for s in self.manifest["channels"]
        }
        if self.manifest["held_out"] and not allow_held_out:
            raise HeldOutError(f"{self.folder}: is held out for measuring, not for training")
        self._shards: dict[int, _Shard] = {}
        self._records: dict[int, tuple[Record, int]] = {}
        self._damaged: set[int] = set()
        self.skipped: list[str] = []
        for number, entry in enumerate(self.manifest["shards"]):
            try:
                shard = _Shard(self.folder / Path(entry["file"]).name, entry, number)
                if verify and shard.sha256() != entry["sha256"]:
                    raise DatasetError(f"{shard.path}: its SHA-256 is not the manifest's")
                self._shards[number] = shard
            except DatasetError as error:
                self._skip(error)
        self.episodes = [e for shard in self._shards.values() for e in shard.index]
        if not allow_held_out and any(e.seed >= FIRST_HELD_OUT_SEED for e in self.episodes):
            raise HeldOutError(f"{self.folder}: has held-out seeds although its manifest says otherwise")

    def _skip(self, error: DatasetError) -> None:
        if self.strict:
            raise error
        self.skipped.append(str(error))
        warnings.warn(f"{error}: skipped", stacklevel=3)

    def note_damage(self, episode: Episode, error: DatasetError) -> None:
        """A part of a shard turned out to be damaged: raises if strict, warns once a shard otherwise."""
        if self.strict or episode.shard not in self._damaged:
            self._damaged.add(episode.shard)
            self._skip(error)

    def __len__(self) -> int:
        return len(self.episodes)

    @property
    def complete(self) -> bool:
        """Every episode that was asked for has been written."""
        return bool(self.manifest["complete"])

    def record(self, episode: Episode) -> Record:
        """Everything but the pictures."""
        return self._located(episode)[0]

    def _located(self, episode: Episode) -> tuple[Record, int]:
        if episode.number not in self._records:
            if len(self._records) >= 256:
                self._records.clear()
            self._records[episode.number] = self._shards[episode.shard].record(episode)
        return self._records[episode.number]

    def blobs(self, episode: Episode, channel: str, start: int, count: int) -> list[bytes]:
        """Packed blobs of a run of frames (or transitions), in one read."""
        record, begin = self._located(episode)
        if channel not in record.blobs:
            raise DatasetError(f"{self.folder}: channel {channel} is not recorded (there is: {', '.join(self.channels)})")
        offset, sizes = record.blobs[channel]
        if not 0 <= start <= start + count <= len(sizes):
            raise IndexError(f"{channel}: {start} to {start + count} is not within {len(sizes)}")
        shard = self._shards[episode.shard]
        begin += offset + sum(sizes[:start])
        try:
            data = shard.read(begin, sum(sizes[start : start + count]))
        except (OSError, ValueError) as error:
            raise DatasetError(f"{shard.path}: episode {episode.number}: {error}") from None
        ends = list(itertools.accumulate(sizes[start : start + count], initial=0))
        return [data[a:b] for a, b in itertools.pairwise(ends)]

    def frames(self, episode: Episode, channel: str, start: int, count: int):
        """Decoded frames (or transitions): a numpy array (count, height, width, components)."""
        blobs = self.blobs(episode, channel, start, count)
        try:
            return decode(blobs, self.channels[channel])
        except (ValueError, zlib.error) as error:
            path = self._shards[episode.shard].path
            raise DatasetError(f"{path}: episode {episode.number}, {channel}: {error}") from None


def _inflate(blob: bytes, channel: Channel) -> bytes:
    inflater = zlib.decompressobj()
    raw = inflater.decompress(blob, channel.raw_bytes + 1)
    if len(raw) != channel.raw_bytes or not inflater.eof:
        raise ValueError("a blob has another length than its frame")
    return raw


def decode(blobs: Sequence[bytes], channel: Channel):
    """Frames from their blobs, as numpy: (len(blobs), height, width, components)."""
    import numpy as np

    size = _VALUE_BYTES[channel.dtype]
    raw = np.frombuffer(b"".join(_inflate(blob, channel) for blob in blobs), np.uint8)
    planes = raw.reshape(len(blobs), size, *channel.shape)
    unsigned = np.dtype(f"u{size}")
    values = planes[:, 0].astype(unsigned)
    for plane in range(1, size):
        values = (values << unsigned.type(8)) | planes[:, plane]
    if channel.predictor == "gradient":
        np.cumsum(values, axis=1, dtype=unsigned, out=values)
    np.cumsum(values, axis=2, dtype=unsigned, out=values)
    if channel.predictor == "green_left":
        values[..., 0] += values[..., 1]
        values[..., 2] += values[..., 1]
    return values.view({"u8": np.uint8, "i8": np.int8, "f16": np.float16, "u32": np.uint32}[channel.dtype])


def decode_plain(blob: bytes, channel: Channel) -> list:
    """One frame with Python alone (slow): its values in order, rows from the top, components together."""
    height, width, components = channel.shape
    size, row = _VALUE_BYTES[channel.dtype], width * components
    raw = _inflate(blob, channel)
    count, top = len(raw) // size, 1 << 8 * size
    values = [int.from_bytes(raw[i :: count][:size], "big") for i in range(count)]
    if channel.predictor == "gradient":
        for i in range(row, count):
            values[i] = (values[i] + values[i - row]) % top
    for i in range(count):
        if i % row >= components:
            values[i] = (values[i] + values[i - components]) % top
    if channel.predictor == "green_left":
        for i in range(0, count, 3):
            values[i] = (values[i] + values[i + 1]) % top
            values[i + 2] = (values[i + 2] + values[i + 1]) % top
    data = b"".join(value.to_bytes(size, "little") for value in values)
    return list(struct.unpack(f"<{count}{ {'u8': 'B', 'i8': 'b', 'f16': 'e', 'u32': 'I'}[channel.dtype]}", data))


class Clips:
    """Random clips of consecutive frames, as a map-style data set for `torch.utils.data.DataLoader`.

    A clip is a function of (seed, epoch, index), whatever the number of workers. With `k = frames`:
    `rgb` u8 (k, 3, H, W), `depth` f32 inverse metres (k, 1, H, W), `normal` f32 (k, 3, H, W), `class` and
    `instance` i64 (k, H, W), `flow` f32 pixels (k - 1, 2, H, W; NaN is out of sight), `poses` f32 (k, 7),
    `actions` f32 (k - 1, 6), `weather` i64 (k; index into `WEATHERS`, -1 unknown), `strength` and `hour` f32
    (k), `dataset`, `episode` and `frame` i64. `tensors=False` gives numpy arrays.
    """

    def __init__(
        self,
        datasets: Dataset | Sequence[Dataset],
        frames: int,
        channels: Iterable[str] = ("rgb",),
        *,
        length: int | None = None,
        seed: int = 0,
        tensors: bool = True,
    ):
        self.datasets = [datasets] if isinstance(datasets, Dataset) else list(datasets)
        self.frames, self.channels = frames, tuple(channels)
        self.seed, self.epoch, self.tensors = seed, 0, tensors
        if frames < 1:
            raise ValueError(f"frames: {frames} is less than 1")
        for data in self.datasets:
            for channel in self.channels:
                if channel not in data.channels:
                    valid = ", ".join(data.channels)
                    raise DatasetError(f"{data.folder}: channel {channel} is not recorded (there is: {valid})")
        if len({tuple(data.manifest["size"]) for data in self.datasets}) > 1:
            raise DatasetError("the data sets' frames have different sizes")
        self._choices = [
            (at, e) for at, data in enumerate(self.datasets) for e in data.episodes if e.frames >= frames
        ]
        if not self._choices:
            folders = ", ".join(str(data.folder) for data in self.datasets) or "no data set"
            raise DatasetError(f"{folders}: no episode of {frames} frames or more")
        # By number of clips, so that every frame is as likely.
        self._weights = list(itertools.accumulate(e.frames - frames + 1 for _, e in self._choices))
        enough = sum(e.frames // frames for _, e in self._choices)
        self.length = enough if length is None else length

    def set_epoch(self, epoch: int) -> None:
        """Other clips than in other epochs; call it before the loader makes its workers."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not 0 <= index < self.length:
            raise IndexError(index)
        dice = random.Random(f"{self.seed}/{self.epoch}/{index}")
        for attempt in range(_MOST_ATTEMPTS):
            at, episode = dice.choices(self._choices, cum_weights=self._weights)[0]
            start = dice.randrange(episode.frames - self.frames + 1)
            try:
                return self.clip(at, episode, start)
            except DatasetError as error:
                # Another clip from the same dice: what a clip is never depends on who found the damage.
                self.datasets[at].note_damage(episode, error)
                if attempt + 1 == _MOST_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def clip(self, dataset: int, episode: Episode, start: int) -> dict[str, Any]:
        """The clip of an episode that begins at a frame."""
        import numpy as np

        data, count = self.datasets[dataset], self.frames
        record = data.record(episode)
        held = [record.conditions_at(start + i) for i in range(count)]
        words = [str(c.get("weather", "")).lower() for c in held]
        clip: dict[str, Any] = {
            "poses": np.asarray(record.poses[start : start + count], np.float32),
            "actions": np.asarray(record.actions[start : start + count - 1], np.float32).reshape(count - 1, 6),
            "weather": np.asarray([WEATHERS.index(w) if w in WEATHERS else -1 for w in words], np.int64),
            "strength": np.asarray([c.get("strength", 0.0) for c in held], np.float32),
            "hour": np.asarray([c.get("hour", float("nan")) for c in held], np.float32),
            "dataset": np.int64(dataset),
            "episode": np.int64(episode.number),
            "frame": np.int64(start),
        }
        for name in self.channels:
            wanted = count - (data.channels[name].per == "transitions")
            values = data.frames(episode, name, start, wanted)
            if name in ("class", "instance"):
                clip[name] = values[..., 0].astype(np.int64)
                continue
            values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
            if name == "normal":
                clip[name] = values.astype(np.float32) / np.float32(127)
            else:
                clip[name] = values if name == "rgb" else values.astype(np.float32)
        if self.tensors:
            import torch

            return {name: torch.as_tensor(value) for name, value in clip.items()}
        return clip


def check(args: argparse.Namespace) -> None:
    """Says what there is, whether it is whole, and how fast it loads."""
    datasets = []
    for folder in args.folders:
        began = time.perf_counter()
        data = Dataset(folder, strict=args.strict, allow_held_out=args.held_out, verify=True)
        took, m = time.perf_counter() - began, data.manifest
        size = sum(s["bytes"] for s in m["shards"])
        state = "complete" if data.complete else f"unfinished ({m['episodes']} of {m['episodes_wanted']})"
        print(
            f"{folder}: {m['domain']}{', held out' if m['held_out'] else ''}, {state}: {len(data)} episodes, "
            f"{sum(e.frames for e in data.episodes)} frames of {m['size'][0]}x{m['size'][1]}, {size / 1e6:.1f} MB in "
            f"{len(m['shards'])} shards; hashes in {took:.2f} s ({size / 1e6 / max(took, 1e-9):.0f} MB/s)"
        )
        datasets.append(data)
    names = args.channels.split(",") if args.channels else list(datasets[0].channels)
    for subset in [[name] for name in names] + [names]:
        clips = Clips(datasets, args.frames, subset, tensors=False)
        count = min(args.clips, len(clips))
        began = time.perf_counter()
        for index in range(count):
            clips[index]
        took = time.perf_counter() - began
        print(
            f"  {'+'.join(subset):40} {count} clips of {args.frames} frames in {took:.2f} s: "
            f"{count * args.frames / took:.0f} frames/s"
        )
    if args.workers:
        import torch

        clips = Clips(datasets, args.frames, names, length=args.clips)
        loader = torch.utils.data.DataLoader(clips, batch_size=args.batch, num_workers=args.workers)
        began = time.perf_counter()
        seen = sum(len(batch["poses"]) for batch in loader)
        took = time.perf_counter() - began
        print(
            f"  DataLoader, {args.workers} workers, batches of {args.batch}: {seen} clips in {took:.2f} s: "
            f"{seen * args.frames / took:.0f} frames/s"
        )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m reverie_train.dataset", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="say what there is, whether it is whole, and how fast it loads")
    checking.add_argument("folders", nargs="+", metavar="DIR")
    checking.add_argument("--strict", action="store_true", help="a damaged shard is an error, not a warning")
    checking.add_argument("--held-out", action="store_true", help="look at held-out data, too")
    checking.add_argument("--channels", default="", metavar="rgb,depth", help="default: all")
    checking.add_argument("--frames", type=int, default=16, metavar="K", help="frames of a clip")
    checking.add_argument("--clips", type=int, default=64, metavar="N", help="clips to load")
    checking.add_argument("--workers", type=int, default=0, metavar="W", help="also measure PyTorch's DataLoader")
    checking.add_argument("--batch", type=int, default=4, metavar="B", help="clips of a batch there")
    args = parser.parse_args(argv)
    warnings.formatwarning = lambda message, *_rest, **_named: f"warning: {message}\n"
    try:
        check(args)
    except ModuleNotFoundError as error:
        print(f"error: python module `{error.name}` is missing: pip install './python[train]'", file=sys.stderr)
        return 2
    except (DatasetError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
