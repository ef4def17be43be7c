"""What a regressed window is measured by in training: colours and codes, and their steps at three scales."""

from __future__ import annotations

import torch
import torch.nn.functional as F

KNOWN_WEIGHT = 0.1
"""Weight of pixels that are known anyway."""


def layout_loss(
    answer: torch.Tensor, truth: torch.Tensor, detail: torch.Tensor, known: torch.Tensor, valid: torch.Tensor | None = None
) -> tuple[torch.Tensor, dict[str, float]]:
    """`answer` [N, H, W, 5]: colours 0 to 1, code of depth, detail; `truth` [N, H, W, 4]; `detail`, `known` [N, H, W].

    Where the truth is not `valid`, if that is given, nothing is learnt.
    """
    weight = 1 - (1 - KNOWN_WEIGHT) * known
    if valid is not None:
        weight = weight * valid
    weight = (weight / weight.mean())[..., None]
    difference = answer[..., :4] - truth
    error = (difference.abs() * weight).mean((0, 1, 2))
    colour, depth = error[:3].mean(), error[3]
    steps = difference.new_zeros(())
    d, w = difference.permute(0, 3, 1, 2), weight.permute(0, 3, 1, 2)
    if valid is not None:
        # What is compared in coarser steps must not be mixed with what is not known.
        d = d * valid[:, None]
    for level in range(3):
        if level:
            d, w = F.avg_pool2d(d, 2), F.avg_pool2d(w, 2)
        steps = steps + ((d[..., 1:] - d[..., :-1]).abs() * w[..., 1:]).mean()
        steps = steps + ((d[..., 1:, :] - d[..., :-1, :]).abs() * w[..., 1:, :]).mean()
    fine = ((answer[..., 4] - detail).abs() * weight[..., 0]).mean()
    total = colour + 0.35 * depth + 0.25 * steps + 0.5 * fine
    return total, {"detail": fine.item(), "colour": colour.item(), "depth": depth.item(), "steps": steps.item()}


BLOCK = 4
"""Side of the blocks whose means answers are compared by, pixels."""


@torch.no_grad()
def window_errors(answer: torch.Tensor, truth: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """How far each answer [N, H, W, 5] is from the truth [N, H, W, 4] in blocks that are not known, [N]."""
    apart = ((answer[..., :4] - truth) * (1 - known)[..., None]).permute(0, 3, 1, 2)
    apart = F.avg_pool2d(apart, BLOCK).abs().mean((2, 3))
    return apart[:, :3].mean(1) + 0.35 * apart[:, 3]
