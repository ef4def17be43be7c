"""Things as `studio_corpus` writes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from .labels import FIRST_HELD_OUT_SEED, KINDS

SIDE_PX = 62


class Things:
    """All finished kinds of a folder, in memory."""

    def __init__(self, folder: str | Path, held_out: bool):
        kind, variant, size, colour, pixels = [], [], [], [], []
        for path in sorted(Path(folder).glob("*.jsonl")):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            data = np.fromfile(path.with_suffix(".bin"), np.uint8)
            if data.size != len(lines) * 6 * 5 * SIDE_PX**2:
                raise ValueError(f"{path.with_suffix('.bin')}: {data.size} bytes are not {len(lines)} things")
            pixels.append(data.reshape(len(lines), 6, 5 * SIDE_PX**2))
            for line in lines:
                if (line["seed"] >= FIRST_HELD_OUT_SEED) != held_out:
                    wanted = "held-out data is" if held_out else "training data is not"
                    raise ValueError(f"{path}: seed {line['seed']}, but {wanted} from {FIRST_HELD_OUT_SEED} on")
                kind.append(KINDS.index(line["kind"]))
                variant.append(line["variant"])
                size.append(line["size"])
                colour.append(line["colour"])
        if not kind:
            raise ValueError(f"{folder}: no finished kind")
        self.pixels = np.concatenate(pixels)
        self.kind, self.variant = torch.tensor(kind), torch.tensor(variant)
        self.size = torch.tensor(size, dtype=torch.float32)
        self.colour = torch.tensor(colour, dtype=torch.float32) / 255

    def __len__(self) -> int:
        return len(self.kind)

    def batch(self, things: np.ndarray, sides: np.ndarray) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
        """Inputs of the network and what it should answer, for pairs of thing and side."""
        index = torch.from_numpy(things)
        inputs = [self.kind[index], self.variant[index], self.size[index], self.colour[index], torch.from_numpy(sides)]
        flat = torch.from_numpy(self.pixels[things, sides]).float() / 255
        area = SIDE_PX**2
        shape = (len(things), SIDE_PX, SIDE_PX)
        return inputs, {
            "rgb": flat[:, : 3 * area].view(*shape, 3),
            "cover": flat[:, 3 * area : 4 * area].view(shape),
            "depth": flat[:, 4 * area :].view(shape),
        }
