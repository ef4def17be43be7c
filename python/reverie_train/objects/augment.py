"""Blur, noise, colour and place of a picture shall say nothing about what stands in it."""

from __future__ import annotations

import numpy as np

from .data import SIDE_PX


def resized(picture: np.ndarray, side: int) -> np.ndarray:
    """Nearest neighbours; [side, side, 3]."""
    index = np.minimum(((np.arange(side) + 0.5) * picture.shape[0] / side).astype(int), picture.shape[0] - 1)
    return picture[index][:, index]


def make(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """u8 [64, 64, 3] -> f32 [64, 64, 3] in 0 to 1."""
    x = picture.astype(np.float32) / 255
    if rng.random() < 0.5:
        x = x[:, ::-1]
    # A part of it, brought back to size.
    side = int(rng.integers(52, SIDE_PX + 1))
    top, left = rng.integers(0, SIDE_PX - side + 1, 2)
    x = resized(x[top : top + side, left : left + side], SIDE_PX)
    for axis in (0, 1):
        if rng.random() < 0.5:
            share = rng.uniform(0, 0.6)
            x = (1 - share) * x + share * 0.5 * (np.roll(x, 1, axis) + np.roll(x, -1, axis))
    if rng.random() < 0.3:
        # Coarser and back.
        x = resized(resized(x, int(rng.integers(28, SIDE_PX))), SIDE_PX)
    x = x ** rng.uniform(0.75, 1.35) * rng.uniform(0.75, 1.2) * rng.uniform(0.92, 1.08, 3).astype(np.float32)
    x = x + rng.normal(0, rng.uniform(0, 0.03), x.shape).astype(np.float32)
    return x.clip(0, 1).astype(np.float32)
