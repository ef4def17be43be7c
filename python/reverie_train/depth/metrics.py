"""Scores of a predicted inverse depth against a measured one.

As usual for depth up to scale and shift: least squares of scale and shift in inverse depth
over the pixels with ground truth, then AbsRel = mean |z' - z| / z and delta1 = share with
max(z'/z, z/z') < 1.25 in depth. Depth is cut at `far_m` on both sides.
"""

from __future__ import annotations

import numpy as np


def align(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The affine image of `predicted` nearest to `truth` (both 1-D, inverse depth)."""
    design = np.stack([predicted, np.ones_like(predicted)], 1)
    (scale, offset), *_ = np.linalg.lstsq(design, truth, rcond=None)
    return predicted * scale + offset


def scores(
    predicted: np.ndarray, truth: np.ndarray, valid: np.ndarray, far_m: float = 100.0
) -> dict[str, float] | None:
    """`predicted` and `truth` are inverse depths; None when too little can be compared."""
    valid = valid & (truth >= 1.0 / far_m) & np.isfinite(truth) & np.isfinite(predicted)
    if valid.sum() < 100:
        return None
    t = truth[valid].astype(np.float64)
    p = np.maximum(align(predicted[valid].astype(np.float64), t), 1.0 / far_m)
    ratio = t / p
    return {
        "absrel": float(np.abs(ratio - 1).mean()),
        "delta1": float((np.maximum(ratio, 1 / ratio) < 1.25).mean()),
    }


def prior(height: int, width: int) -> np.ndarray:
    """Depth grows from the bottom of the picture to the top: inverse depth linear in the row."""
    rows = (np.arange(height, dtype=np.float32) + 0.5) / height
    return np.repeat(rows[:, None], width, 1)
