"""Shards of rendered pictures with exact inverse depth.

A shard is `NNNN.rgb` (u8, pictures x height x width x 3), `NNNN.idep` (f16, pictures x height x
width, 1/m along the viewing axis, 0 = sky) and `NNNN.json` (one object a line and picture, with
its `domain`), which is written last. Shards may appear while training runs; `Shards.refresh`
picks them up.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 256, 192


class Shards:
    """All complete shards of a folder, memory-mapped."""

    def __init__(self, folder: str | Path, width: int = WIDTH, height: int = HEIGHT):
        self.folder = Path(folder)
        self.width, self.height = width, height
        self.rgb: dict[str, np.ndarray] = {}
        self.idep: dict[str, np.ndarray] = {}
        self.where: list[tuple[str, int]] = []
        self.refresh()

    def __len__(self) -> int:
        return len(self.where)

    def refresh(self) -> bool:
        """Looks for new shards; true if there were any. Unfinished ones are left for later."""
        found = False
        pixels = self.width * self.height
        for path in sorted(self.folder.glob("*.rgb")):
            name = path.stem
            other = path.with_suffix(".idep")
            if name in self.rgb or not other.exists() or not path.with_suffix(".json").exists():
                continue
            pictures, rest = divmod(path.stat().st_size, pixels * 3)
            if rest or pictures == 0 or other.stat().st_size != pictures * pixels * 2:
                continue
            shape = (pictures, self.height, self.width)
            self.rgb[name] = np.memmap(path, np.uint8, "r", shape=(*shape, 3))
            self.idep[name] = np.memmap(other, np.float16, "r", shape=shape)
            self.where.extend((name, i) for i in range(pictures))
            found = True
        return found

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """(u8 [H, W, 3], f32 [H, W])"""
        name, k = self.where[i]
        return np.array(self.rgb[name][k]), np.asarray(self.idep[name][k], dtype=np.float32)

    def domains(self) -> list[str]:
        """The domain of every picture."""
        result: list[str] = []
        for name in self.rgb:
            lines = (self.folder / f"{name}.json").read_text().splitlines()
            domains = [json.loads(line)["domain"] for line in lines if line.strip()]
            if len(domains) != len(self.rgb[name]):
                raise ValueError(f"{name}.json describes {len(domains)} pictures, {name}.rgb has {len(self.rgb[name])}")
            result.extend(domains)
        return result
