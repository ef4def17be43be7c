"""Pictures as `objects_corpus` writes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..object_painter.labels import FIRST_HELD_OUT_SEED, KINDS

SIDE_PX = 64


class Pictures:
    """All finished worlds of a folder, in memory."""

    def __init__(self, folder: str | Path, held_out: bool):
        pixels, kinds, domains = [], [], []
        for path in sorted(Path(folder).glob("*.jsonl")):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            data = np.fromfile(path.with_suffix(".rgb"), np.uint8)
            if data.size != len(lines) * 3 * SIDE_PX**2:
                raise ValueError(f"{path.with_suffix('.rgb')}: {data.size} bytes are not {len(lines)} pictures")
            for line in lines:
                if (line["seed"] >= FIRST_HELD_OUT_SEED) != held_out:
                    wanted = "held-out data is" if held_out else "training data is not"
                    raise ValueError(f"{path}: seed {line['seed']}, but {wanted} from {FIRST_HELD_OUT_SEED} on")
                kinds.append(KINDS.index(line["kind"]))
                domains.append(line["domain"])
            pixels.append(data.reshape(-1, SIDE_PX, SIDE_PX, 3))
        if not kinds:
            raise ValueError(f"{folder}: no finished world")
        self.pixels, self.kinds, self.domains = np.concatenate(pixels), np.array(kinds), np.array(domains)

    def __len__(self) -> int:
        return len(self.kinds)
