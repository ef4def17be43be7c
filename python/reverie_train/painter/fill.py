"""Push-pull, the named baseline and an input of the network: the arithmetic of `crates/spatial/src/fill.rs`.

What lies behind everything (the run-time's panorama) is here the mean of what is known in the window.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

LEVELS = 6
BIAS = 12.0
BIAS_BY_LEVEL = (1.0, 1.0, 1.0, 0.5, 0.15, 0.05, 0.0)
FAR_OFFSET = 0.05
WEIGHT_GAIN = 2.0


def _farther_mean(texels: torch.Tensor, weights: torch.Tensor, bias: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean over the first axis, [4, N, H, W, 4] by [4, N, H, W], nearer ones counting less; sum of weights."""
    inverse = texels[..., 3]
    some = weights > 0
    farthest = torch.where(some, inverse, torch.inf).amin(0)
    nearer = bias / (farthest + FAR_OFFSET) * (inverse - farthest)
    own = torch.where(some, weights / (1 + nearer * nearer), 0.0)
    total = (texels * own[..., None]).sum(0)
    sum_own = own.sum(0)
    mean = total * torch.where(sum_own > 0, 1 / sum_own.clamp_min(1e-30), 0.0)[..., None]
    return mean, weights.sum(0)


def _blocks(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([x[:, ::2, ::2], x[:, ::2, 1::2], x[:, 1::2, ::2], x[:, 1::2, 1::2]])


def _above(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The four texels of the level above around every pixel of the one below, and their weights."""
    n, rows, columns = x.shape[:3]

    def side(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        at = torch.arange(2 * count, device=x.device)
        near = at // 2
        far = torch.where(at % 2 == 0, near - 1, near + 1).clamp(0, count - 1)
        return near, far

    (ny, fy), (nx, fx) = side(rows), side(columns)
    taps = torch.stack([x[:, ys][:, :, xs] for ys in (ny, fy) for xs in (nx, fx)])
    weights = torch.tensor([0.5625, 0.1875, 0.1875, 0.0625], device=x.device)
    return taps, weights[:, None, None, None].expand(taps.shape[:4])


@torch.no_grad()
def push_pull(rgb: torch.Tensor, inverse_depth: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Fills what is not known: colours [N, H, W, 3], inverse depth and flags [N, H, W]; sides are powers of two."""
    side = min(rgb.shape[1:3])
    levels = min(LEVELS, side.bit_length() - 1)
    weight = known.float()
    base = torch.cat([rgb, inverse_depth[..., None]], 3) * weight[..., None]
    pyramid = [(base, weight)]
    for k in range(levels):
        texels, weights = pyramid[-1]
        mean, share = _farther_mean(_blocks(texels), _blocks(weights), BIAS * BIAS_BY_LEVEL[k])
        pyramid.append((mean, (share * (0.25 * WEIGHT_GAIN)).clamp_max(1)))
    total = weight.sum((1, 2))
    mean = base.sum((1, 2)) / total.clamp_min(1)[:, None]
    nothing = torch.tensor([0.376, 0.376, 0.376, 0.0], device=rgb.device)
    mean = torch.where(total[:, None] > 0, mean, nothing)
    own, keep = pyramid[-1]
    above = torch.lerp(mean[:, None, None].expand_as(own), own, keep[..., None])
    for k in range(levels - 1, -1, -1):
        own, keep = pyramid[k]
        sampled, _ = _farther_mean(*_above(above), BIAS * BIAS_BY_LEVEL[k + 1])
        above = torch.lerp(sampled, own, keep[..., None])
    return above[..., :3], above[..., 3]


def box(x: torch.Tensor, factor: int) -> torch.Tensor:
    """Means of blocks, [N, H, W, C] -> [N, H/f, W/f, C]."""
    return F.avg_pool2d(x.permute(0, 3, 1, 2), factor).permute(0, 2, 3, 1)
