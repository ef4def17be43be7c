"""Shards of pictures with their conditions, as `conditions_corpus` writes them.

A shard is `NNNN.rgb` (u8, pictures x 72 x 128 x 3) and `NNNN.jsonl` (one object a line and
picture), which is written last.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .labels import DOMAINS, WEATHERS, phase_shares, sun_height_deg

WIDTH, HEIGHT = 128, 72
FIRST_HELD_OUT_SEED = 1_000_000
"""Seeds from here on are for measuring alone."""


class Shards:
    """All complete shards of a folder, memory-mapped, with their labels."""

    def __init__(self, folder: str | Path, held_out: bool):
        self.parts: list[np.ndarray] = []
        self.where: list[tuple[int, int]] = []
        weather, phase, domain, self.strength = [], [], [], []
        for path in sorted(Path(folder).glob("*.jsonl")):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            rgb = path.with_suffix(".rgb")
            if rgb.stat().st_size != len(lines) * WIDTH * HEIGHT * 3:
                raise ValueError(f"{rgb}: {rgb.stat().st_size} bytes are not {len(lines)} pictures")
            self.parts.append(np.memmap(rgb, np.uint8, "r", shape=(len(lines), HEIGHT, WIDTH, 3)))
            for k, line in enumerate(lines):
                if (line["seed"] >= FIRST_HELD_OUT_SEED) != held_out:
                    kind = "held-out data is" if held_out else "training data is not"
                    raise ValueError(f"{path}: seed {line['seed']}, but {kind} from {FIRST_HELD_OUT_SEED} on")
                self.where.append((len(self.parts) - 1, k))
                weather.append(WEATHERS.index(line["weather"]))
                phase.append(phase_shares(sun_height_deg(line["hour"], line["season"].lower())))
                domain.append(DOMAINS.index(line["domain"]))
                self.strength.append(line["strength"])
        if not self.where:
            raise ValueError(f"{folder}: no complete shard")
        self.weather, self.domain = np.array(weather), np.array(domain)
        self.phase = np.stack(phase)

    def __len__(self) -> int:
        return len(self.where)

    def __getitem__(self, i: int) -> np.ndarray:
        """u8 [HEIGHT, WIDTH, 3]"""
        part, k = self.where[i]
        return np.array(self.parts[part][k])
