"""Sheets of samples: a row a window with what is known, push-pull, answers, truth, and depth of the last two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .model import joined
from .samples import Batch


def depth_colours(code: torch.Tensor) -> torch.Tensor:
    """Near is light, the sky black."""
    return ((code + 1.8) / 4).clamp(0, 1)[..., None].expand(*code.shape, 3)


@torch.no_grad()
def write(
    path: Path, paint: Callable[[Batch, int], torch.Tensor], windows: list[tuple[int, Batch]], *, rows: int = 5, seeds: int = 1
) -> None:
    """Writes a PNG with `rows` windows of every domain."""
    lines = []
    for _, batch in windows:
        part = Batch(**{k: v[:rows] for k, v in vars(batch).items()})
        answers = [joined(paint(part, seed), part) for seed in range(seeds)]
        hidden = part.seen[..., :3] + (1 - part.known)[..., None] * 0.25
        columns = [hidden, part.fill[..., :3], *(a[..., :3] for a in answers), part.rgb]
        columns += [depth_colours(part.fill[..., 3]), depth_colours(answers[0][..., 3]), depth_colours(part.code)]
        lines += [torch.cat([c[i] for c in columns], 1) for i in range(len(part.known))]
    picture = (torch.cat(lines, 0).clamp(0, 1) * 255).round().byte().numpy()
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(picture)).save(path)
