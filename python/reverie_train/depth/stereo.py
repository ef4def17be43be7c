"""Real pictures with measured depth: the left pictures of stereo pairs.

Each pair is a folder with `left.png` or `left.jpg` and `left_depth_mm.png` (16-bit, millimetres
along the view axis, 0 = not measured), as in this repository's `tests/data`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image


@dataclasses.dataclass
class Pair:
    """The left picture and its measured inverse depth in 1/m where `valid`."""

    name: str
    rgb: np.ndarray
    inverse_depth: np.ndarray
    valid: np.ndarray


def load(folder: Path) -> Pair:
    picture = next(path for path in (folder / "left.png", folder / "left.jpg") if path.exists())
    rgb = np.asarray(Image.open(picture).convert("RGB"))
    depth_mm = np.asarray(Image.open(folder / "left_depth_mm.png")).astype(np.float32)
    if depth_mm.shape != rgb.shape[:2]:
        raise ValueError(f"{folder}: the picture and its depth differ in size")
    valid = depth_mm > 0
    return Pair(folder.name, rgb, 1000.0 / np.where(valid, depth_mm, 1.0), valid)


def load_all(folder: Path) -> list[Pair]:
    """Every pair in a folder of folders."""
    return [load(path.parent) for path in sorted(folder.glob("*/left_depth_mm.png"))]
