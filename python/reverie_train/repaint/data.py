"""Shards of places under several conditions, as `repaint_corpus` writes them.

Of each world: `PLACES` square pictures of 90 degrees, each under `SOURCES` conditions with all that is in the air and under
`TARGETS` without it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .conditions import vector

SIDE, PLACES, SOURCES, TARGETS = 128, 4, 2, 4
FIRST_HELD_OUT_SEED = 1_000_000
"""Seeds from here on are for measuring alone."""


class Shards:
    """All complete shards of a folder, memory-mapped; `refresh` finds those that came since."""

    def __init__(self, folder: str | Path, held_out: bool):
        self.folder, self.held_out = Path(folder), held_out
        self.known: set[str] = set()
        self.worlds: list[tuple[np.ndarray, np.ndarray, dict]] = []
        self.refresh()
        if not self.worlds:
            raise ValueError(f"{folder}: no complete shard")

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("*.jsonl")):
            if path.name in self.known:
                continue
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            shapes = ((PLACES, SOURCES + TARGETS, SIDE, SIDE, 3), (PLACES, SIDE, SIDE))
            parts = []
            for suffix, dtype, shape in ((".rgb", np.uint8, shapes[0]), (".idep", np.float16, shapes[1])):
                file = path.with_suffix(suffix)
                expected = len(lines) * int(np.prod(shape)) * np.dtype(dtype).itemsize
                if file.stat().st_size != expected:
                    raise ValueError(f"{file}: {file.stat().st_size} bytes are not {len(lines)} worlds")
                parts.append(np.memmap(file, dtype, "r", shape=(len(lines), *shape)))
            for k, line in enumerate(lines):
                if (line["seed"] >= FIRST_HELD_OUT_SEED) != self.held_out:
                    kind = "held-out data is" if self.held_out else "training data is not"
                    raise ValueError(f"{path}: seed {line['seed']}, but {kind} from {FIRST_HELD_OUT_SEED} on")
                self.worlds.append((parts[0][k], parts[1][k], line))
            self.known.add(path.name)

    def __len__(self) -> int:
        return len(self.worlds)


def sample(shards: Shards, world: int, place: int, source: int, target: int, first: int) -> dict[str, np.ndarray]:
    """One place as it looks under a source's conditions, what it looks like under a target's, and the world's first view."""
    rgb, inverse_depth, line = shards.worlds[world]
    told = line["places"]
    return {
        "rgb": rgb[place, source].astype(np.float32) / 255,
        "inverse_depth": inverse_depth[place].astype(np.float32),
        "rotation": np.array(told[place]["rotation"], np.float32),
        "truth": rgb[place, SOURCES + target].astype(np.float32) / 255,
        "source": vector(line["sources"][source]),
        "conditions": vector(line["targets"][target]),
        "haze": np.array(told[place]["lights"][target]["haze"], np.float32),
        "first_rgb": rgb[first, source].astype(np.float32) / 255,
        "first_inverse_depth": inverse_depth[first].astype(np.float32),
        "first_rotation": np.array(told[first]["rotation"], np.float32),
    }
