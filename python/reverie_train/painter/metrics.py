"""Scores in the unknown part of windows, as `reverie eval world` defines them."""

from __future__ import annotations

import torch

FARTHEST_M = 80.0
"""Farther truth is left out of depth errors; farther answers count as this."""


def psnr(answer: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """dB per window over unknown pixels; colours [N, H, W, 3] in 0 to 1."""
    unknown = (1 - known)[..., None]
    error = ((answer.clamp(0, 1) - truth) ** 2 * unknown).sum((1, 2, 3)) / (3 * unknown.sum((1, 2, 3))).clamp_min(1)
    return -10 * torch.log10(error.clamp_min(1e-8))


def depth_error(inverse: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Mean of |depth - truth| / truth per window, of inverse depths [N, H, W]; NaN where nothing compares."""
    counts = (1 - known) * (truth >= 1 / FARTHEST_M)
    found = 1 / inverse.clamp_min(1 / FARTHEST_M)
    wanted = 1 / truth.clamp_min(1 / FARTHEST_M)
    return ((found - wanted).abs() / wanted * counts).sum((1, 2)) / counts.sum((1, 2))


def energies(rgb: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Gradient energy of colours per window over pairs of unknown pixels."""
    rgb, unknown = rgb.clamp(0, 1), 1 - known
    across = ((rgb[:, :, 1:] - rgb[:, :, :-1]) ** 2).sum(3) * unknown[:, :, 1:] * unknown[:, :, :-1]
    down = ((rgb[:, 1:] - rgb[:, :-1]) ** 2).sum(3) * unknown[:, 1:] * unknown[:, :-1]
    return across.sum((1, 2)) + down.sum((1, 2))


def seams(rgb: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Mean absolute step across the border between known and unknown per window; NaN without a border."""
    rgb = rgb.clamp(0, 1)
    sides = []
    for a, b, ka, kb in (
        (rgb[:, :, 1:], rgb[:, :, :-1], known[:, :, 1:], known[:, :, :-1]),
        (rgb[:, 1:], rgb[:, :-1], known[:, 1:], known[:, :-1]),
    ):
        border = (ka != kb).float()
        sides.append((((a - b).abs().mean(3) * border).sum((1, 2)), border.sum((1, 2))))
    return (sides[0][0] + sides[1][0]) / (sides[0][1] + sides[1][1])
