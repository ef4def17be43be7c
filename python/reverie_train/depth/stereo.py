"""Real stereo pairs with measured disparity.

- `motorcycle`: Middlebury 2014, quarter size, shipped by scikit-image up to 0.17 under CC0
  (`motorcycle_left.png`, `motorcycle_disp.npz`), and by this repository under
  `tests/data/motorcycle` (left picture and depth in millimetres).
- `aloe`: Middlebury 2006, from Debian's `opencv-doc` (`aloeL.jpg`, `aloeGT.png`). Its
  disparities count from 270 px, the set's own offset between the two cropped pictures.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

MOTORCYCLE_FOCAL_PX = 994.978
MOTORCYCLE_OFFSET_PX = 31.086
MOTORCYCLE_BASELINE_M = 0.193001
ALOE_FOCAL_PX = 3740.0
ALOE_OFFSET_PX = 270.0
ALOE_BASELINE_M = 0.16


@dataclasses.dataclass
class Pair:
    """The left picture and its measured inverse depth in 1/m where `valid`."""

    name: str
    rgb: np.ndarray
    inverse_depth: np.ndarray
    valid: np.ndarray


def motorcycle(folder: Path) -> Pair:
    rgb = np.asarray(Image.open(folder / "motorcycle_left.png").convert("RGB"))
    with np.load(folder / "motorcycle_disp.npz") as archive:
        disparity = archive[archive.files[0]].astype(np.float32)
    valid = np.isfinite(disparity) & (disparity > 0)
    inverse = (np.where(valid, disparity, 0) + MOTORCYCLE_OFFSET_PX) / (MOTORCYCLE_FOCAL_PX * MOTORCYCLE_BASELINE_M)
    return Pair("motorcycle", rgb, inverse, valid)


def aloe(folder: Path) -> Pair:
    rgb = np.asarray(Image.open(folder / "aloeL.jpg").convert("RGB"))
    disparity = np.asarray(Image.open(folder / "aloeGT.png").convert("L")).astype(np.float32)
    valid = disparity > 0
    inverse = (disparity + ALOE_OFFSET_PX) / (ALOE_FOCAL_PX * ALOE_BASELINE_M)
    return Pair("aloe", rgb, inverse, valid)


def load_all(folder: Path) -> list[Pair]:
    """Every known pair whose files lie in `folder`."""
    pairs = []
    if (folder / "motorcycle_disp.npz").exists():
        pairs.append(motorcycle(folder))
    if (folder / "aloeGT.png").exists():
        pairs.append(aloe(folder))
    return pairs
