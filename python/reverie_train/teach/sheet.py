"""Pictures of before and after, side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..painter.sheet import depth_colours
from .courses import DepthCourse, PainterCourse

ROWS = 8
SCALE = 2


def drawn(course: PainterCourse | DepthCourse, network: torch.nn.Module):
    """What a network makes of the held-out pictures of a sheet."""
    if isinstance(course, PainterCourse):
        return course.answers(network)[:: _every(len(course.windows.known))]
    chosen = course.chosen[:: _every(len(course.chosen))]
    return [course.predicted(network.cpu(), int(index)) for index in chosen]


def _every(count: int) -> int:
    return max(1, count // ROWS)


def _grey(inverse_depth: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Inverse depth up to a scale as light as another one's."""
    solid = (like > 0) & (inverse_depth > 0)
    scale = np.median(like[solid] / inverse_depth[solid]) if solid.any() else 1.0
    code = (np.log(inverse_depth * scale + 1e-3) + 3.5) / 2
    return np.repeat(np.clip((code + 1.8) / 4, 0, 1)[..., None], 3, 2)


def write(path: Path, course: PainterCourse | DepthCourse, before, after) -> None:
    """A row a picture. Painter: what is known, before, after, truth, and their depths; depth: picture, before, after, truth."""
    lines = []
    if isinstance(course, PainterCourse):
        windows, every = course.windows, _every(len(course.windows.known))
        for i, (a, b) in enumerate(zip(before, after)):
            at = i * every
            known, rgb = windows.known[at, ..., None], windows.rgb[at]
            columns = [windows.seen[at, ..., :3] + (1 - known) * 0.25, a[..., :3], b[..., :3], rgb]
            columns += [depth_colours(a[..., 3]), depth_colours(b[..., 3]), depth_colours(windows.code[at])]
            lines.append(torch.cat([c.cpu().float() for c in columns], 1).clamp(0, 1).numpy())
    else:
        for index, a, b in zip(course.chosen[:: _every(len(course.chosen))], before, after):
            rgb, truth = course.held.picture(int(index))
            lines.append(np.concatenate([rgb / 255.0, _grey(a, truth), _grey(b, truth), _grey(truth, truth)], 1))
    pixels = (np.concatenate(lines[:ROWS], 0) * 255).round().astype(np.uint8)
    scale = SCALE if isinstance(course, PainterCourse) else 1
    image = Image.fromarray(pixels)
    image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(path)
