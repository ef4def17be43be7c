"""The training loss. Depth matters up to one scale only; the sky is zero inverse depth.

Because the sky (and everything far) must come out at zero, no shift may be fitted away: the
run-time divides one scale by the prediction and gets metres.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

SOFT = 0.1
"""Where the compressed scale log(n + SOFT) turns from linear to logarithmic; n is in units of
the picture's mean inverse depth."""


def normalise(idep: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Inverse depth in units of its mean over everything that is not sky, and the sky mask."""
    sky = idep <= 0
    solid = (~sky).float()
    mean = (idep * solid).sum((1, 2)) / solid.sum((1, 2)).clamp_min(1)
    return (idep / mean.clamp_min(1e-6)[:, None, None]).clamp(0, 12), sky


def depth_loss(
    predicted: torch.Tensor, sky_logit: torch.Tensor, idep: torch.Tensor
) -> tuple[torch.Tensor, dict[str, float]]:
    """All arguments are [N, H, W]; `idep` is in 1/m with 0 for sky."""
    target, sky = normalise(idep)
    solid = (~sky).float()
    count = solid.sum((1, 2)).clamp_min(1)
    # Least squares of relative errors: the best scale of each picture in closed form.
    weight = solid / (target + SOFT) ** 2
    scale = (weight * target * predicted).sum((1, 2)) / (weight * predicted**2).sum((1, 2)).clamp_min(1e-6)
    scale = scale.clamp(0.05, 20)
    fitted = predicted * scale[:, None, None]

    residual = (fitted - target).abs()
    # The worst tenth is not counted: thin things and borders must not steer the rest.
    flat = residual.flatten(1)
    limit = flat.kthvalue(max(1, int(flat.shape[1] * 0.9)), dim=1).values.detach()
    kept = (flat <= limit[:, None]).float()
    absolute = (flat * kept).sum(1) / kept.sum(1).clamp_min(1)

    a, b = torch.log(fitted + 0.02), torch.log(target + 0.02)
    relative = ((a - b).abs() * solid).sum((1, 2)) / count

    difference = torch.log(fitted + SOFT) - torch.log(target + SOFT)
    gradient = predicted.new_zeros(())
    for level in range(4):
        step = 2**level
        d = difference[:, ::step, ::step]
        gradient = gradient + (d[:, :, 1:] - d[:, :, :-1]).abs().mean()
        gradient = gradient + (d[:, 1:] - d[:, :-1]).abs().mean()

    sky_loss = F.binary_cross_entropy_with_logits(sky_logit, sky.float())
    # Keeps the free scale of the output near one.
    anchor = torch.log(scale).square().mean()
    total = absolute.mean() + 0.5 * relative.mean() + 0.25 * gradient + 0.3 * sky_loss + 0.02 * anchor
    parts = {
        "abs": absolute.mean().item(),
        "rel": relative.mean().item(),
        "grad": gradient.item(),
        "sky": sky_loss.item(),
    }
    return total, parts
