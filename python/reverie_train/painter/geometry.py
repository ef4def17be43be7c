"""Windows seen from elsewhere: rays, re-projection with depth, and which pixels a camera knows.

A window is a square picture of 90 degrees. Poses are [N, 7]: position, quaternion (x, y, z, w), world from
view; the camera looks down -Z, Y is up.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

DENSITY = 3
"""Points across a pixel when a picture is splatted, so that what comes nearer has no pinholes."""
SAME_SURFACE = 0.1
"""Relative change of inverse depth from a point to its pixel's centre up to which a surface is smooth."""


def rotation(quaternion: torch.Tensor) -> torch.Tensor:
    """[N, 4] (x, y, z, w) -> [N, 3, 3]."""
    x, y, z, w = (quaternion / quaternion.norm(dim=1, keepdim=True)).unbind(1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, 1).view(-1, 3, 3)


def turned(yaw: torch.Tensor, pitch: torch.Tensor) -> torch.Tensor:
    """Rotation by a yaw to the left and then a pitch upward, radians, [N] -> [N, 3, 3]."""
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)
    cy, sy, cp, sp = yaw.cos(), yaw.sin(), pitch.cos(), pitch.sin()
    about_y = torch.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy], 1).view(-1, 3, 3)
    about_x = torch.stack([one, zero, zero, zero, cp, -sp, zero, sp, cp], 1).view(-1, 3, 3)
    return about_y @ about_x


def rays(size: int, density: int = 1, device: torch.device | str = "cpu") -> torch.Tensor:
    """Rays of depth one through the pixels, [size * density, size * density, 3]."""
    at = (torch.arange(size * density, device=device) + 0.5) / (size * density) * 2 - 1
    v, u = torch.meshgrid(-at, at, indexing="ij")
    return torch.stack([u, v, -torch.ones_like(u)], 2)


def elevation(orientation: torch.Tensor, size: int) -> torch.Tensor:
    """Sine of every ray's angle above the horizon, [N, 3, 3] -> [N, size, size]."""
    direction = F.normalize(rays(size, device=orientation.device), dim=2)
    return torch.einsum("hwk,nk->nhw", direction, orientation[:, 1])


def seen_from(rot: torch.Tensor, size: int, tall: torch.Tensor) -> torch.Tensor:
    """What a camera at the same place sees of a window, [N, size, size].

    `rot` turns the window's rays into that camera's; it is 90 degrees wide and `tall` times as high.
    """
    q = torch.einsum("nij,hwj->nhwi", rot, rays(size, device=rot.device))
    z = -q[..., 2]
    return (z > 1e-3) & (q[..., 0].abs() < z) & (q[..., 1].abs() < z * tall[:, None, None])


def fine(inverse_depth: torch.Tensor) -> torch.Tensor:
    """Inverse depth with `DENSITY` points across a pixel: linear on surfaces, a step between them."""
    x = inverse_depth[:, None]
    size = (x.shape[2] * DENSITY, x.shape[3] * DENSITY)
    linear = F.interpolate(x, size, mode="bilinear", align_corners=False)
    nearest = F.interpolate(x, size, mode="nearest")
    return torch.where((linear - nearest).abs() <= SAME_SURFACE * nearest, linear, nearest)[:, 0]


def project(inverse_depth: torch.Tensor, rot: torch.Tensor, shift: torch.Tensor, density: int):
    """Pixels of one window in another: (column, row, inverse depth there, in front and inside), each [N, P].

    `rot` [N, 3, 3] and `shift` [N, 3] take view coordinates of the first to those of the second.
    """
    n, points = inverse_depth.shape[:2]
    size = points // density
    w = inverse_depth.flatten(1)
    r = rays(size, density, inverse_depth.device).view(-1, 3)
    q = torch.einsum("nij,pj->npi", rot, r) + w[..., None] * shift[:, None]
    z = -q[..., 2]
    front = z > 1e-3
    z = z.clamp_min(1e-3)
    u = ((q[..., 0] / z + 1) * (size / 2)).floor()
    v = ((1 - q[..., 1] / z) * (size / 2)).floor()
    inside = front & (u >= 0) & (v >= 0) & (u < size) & (v < size) & (w / z <= 20)
    return u.long(), v.long(), w / z, inside


def splat(
    inverse_depth: torch.Tensor, rot: torch.Tensor, shift: torch.Tensor, density: int = DENSITY, valid: torch.Tensor | None = None
):
    """The nearest point on every pixel of another window.

    Returns (index of the point or -1, its inverse depth there), each [N, size, size]; points are counted by rows
    of the window made `density` times finer. Pixels that are not `valid` [N, size, size] have no points.
    """
    n, size = inverse_depth.shape[:2]
    points = fine(inverse_depth) if density > 1 else inverse_depth
    u, v, w, inside = project(points, rot, shift, density)
    if valid is not None:
        inside &= valid.repeat_interleave(density, 1).repeat_interleave(density, 2).flatten(1)
    count = u.shape[1]
    # The nearest wins, then the last: one integer maximum, whatever the order.
    key = (w.clamp(0, 31) * 2**26).long() * count + torch.arange(count, device=w.device)
    at = torch.where(inside, v * size + u, size * size)
    best = torch.full((n, size * size + 1), -1, dtype=torch.int64, device=w.device)
    best.scatter_reduce_(1, at, key, "amax")
    best = best[:, :-1]
    index = torch.where(best >= 0, best % count, -1)
    depth = w.gather(1, index.clamp_min(0)) * (index >= 0)
    return index.view(n, size, size), depth.view(n, size, size)


def reproject(
    rgb: torch.Tensor, inverse_depth: torch.Tensor, rot: torch.Tensor, shift: torch.Tensor, valid: torch.Tensor | None = None
):
    """A window as seen from elsewhere: colours [N, H, W, 3], inverse depth and flags [N, H, W]; pinholes closed.

    Of the window only pixels that are `valid` count, if that is given.
    """
    n, size = inverse_depth.shape[:2]
    index, depth = splat(inverse_depth, rot, shift, valid=valid)
    known = index >= 0
    at = index.clamp_min(0)
    across = size * DENSITY
    place = torch.stack([at % across, at // across], 3).float()
    grid = (place + 0.5) / across * 2 - 1
    seen = F.grid_sample(rgb.permute(0, 3, 1, 2), grid, mode="bilinear", padding_mode="border", align_corners=False)
    values = torch.cat([seen, depth[:, None]], 1) * known[:, None]
    # A hole with at most two unknown neighbours is the sampling's.
    flags = known[:, None].float()
    around = F.avg_pool2d(flags, 3, 1, 1, count_include_pad=False)
    mean = F.avg_pool2d(values, 3, 1, 1, count_include_pad=False) / around.clamp_min(1e-6)
    close = ~known & (around[:, 0] >= 0.66)
    values = torch.where(close[:, None], mean, values)
    return values[:, :3].permute(0, 2, 3, 1), values[:, 3], known | close


def visible_from(inverse_depth: torch.Tensor, rot: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Which pixels of a window a displaced camera sees, [N, H, W]: inside its picture and hidden by nothing."""
    n, size = inverse_depth.shape[:2]
    _, nearest = splat(inverse_depth, rot, shift)
    u, v, w, inside = project(inverse_depth, rot, shift, 1)
    there = nearest.flatten(1).gather(1, (v.clamp(0, size - 1) * size + u.clamp(0, size - 1)))
    return (inside & (there <= w * 1.08 + 1e-4)).view(n, size, size)
