"""The repaint network.

A coarse picture of 64x64 and 90 degrees (colours, depth, normals, rays) passes a pyramid of 3x3 blocks at 1/2, 1/4 and 1/8
whose normalisations are shifted and scaled by the conditions that are asked for and by the view that the world began with.
Its answer is not a picture but features, 16 a pixel. Every vertex of the memory, however fine, takes the features
of the coarse pixels around it that show the same surface, and a small network turns them and the vertex's own colour into
a scale and a shift of that colour: texture stays, and there is no grid that could show. The colour of thick air is
answered once for the whole world.

3x3 convolutions are stored as matrices, as in the depth network.
"""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn

from ..conditions.labels import WEATHERS
from ..depth.model import Conv3x3, ConvBlock, depth_to_space, space_to_depth
from ..painter.geometry import rays, rotation
from ..painter.samples import encode
from .conditions import CONDITIONS, SEASONS

MAPS = 12
"""Of the coarse picture: colours, code of depth, sky, known, normal, ray."""
FIRST_SIDE, FIRST_CELL = 32, 4
SHOWN = len(WEATHERS) + 2 + len(SEASONS)
VERTEX_INPUTS = 8
"""Of a vertex beside its features: its colour, the coarse colour there, code of depth, elevation."""
SAME_DEPTH, SAME_COLOUR = 6.0, 3.0
"""How much a difference of code, or of colour, takes from a coarse pixel's weight."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Shape of the network. Field names are the keys of the exported configuration."""

    size: int = 64
    half_channels: int = 56
    quarter_channels: int = 104
    eighth_channels: int = 160
    half_blocks: int = 1
    quarter_blocks: int = 2
    eighth_blocks: int = 3
    condition_size: int = 128
    first_channels: int = 48
    features: int = 16
    vertex_hidden: int = 32
    layer_norm_eps: float = 1e-5


def normals(inverse_depth: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
    """Of the surface through each pixel and its neighbours right and below, towards the camera; zero by the sky.

    [N, H, W] and rays of depth one [N, H, W, 3] -> [N, H, W, 3]
    """
    point = direction / inverse_depth.clamp_min(1e-6)[..., None]
    right = torch.cat([point[:, :, 1:] - point[:, :, :-1], point[:, :, -1:] - point[:, :, -2:-1]], 2)
    down = torch.cat([point[:, 1:] - point[:, :-1], point[:, -1:] - point[:, -2:-1]], 1)
    normal = torch.cross(down, right, dim=3)
    normal = normal / normal.norm(dim=3, keepdim=True).clamp_min(1e-12)
    solid = inverse_depth > 0
    beside = torch.cat([solid[:, :, 1:], solid[:, :, -2:-1]], 2) & torch.cat([solid[:, 1:], solid[:, -2:-1]], 1)
    return torch.where((solid & beside)[..., None], normal, 0.0)


def level_rays(quaternion: torch.Tensor, size: int) -> torch.Tensor:
    """Rays of depth one with the camera's heading taken out: X to its right, Y up. [N, 4] -> [N, size, size, 3]"""
    rot = rotation(quaternion)
    back = rot[:, :, 2]
    # Straight up or down, the heading is that of the picture's top.
    level = torch.where(back[:, 1:2].abs() < 0.999, back, rot[:, :, 1] * back[:, 1:2].sign())
    length = torch.hypot(level[:, 0], level[:, 2]).clamp_min(1e-6)
    s, c = level[:, 0] / length, level[:, 2] / length
    zero, one = torch.zeros_like(s), torch.ones_like(s)
    headless = torch.stack([c, zero, -s, zero, one, zero, s, zero, c], 1).view(-1, 3, 3) @ rot
    return torch.einsum("nij,hwj->nhwi", headless, rays(size))


def shrunk(x: torch.Tensor, factor: int) -> torch.Tensor:
    """Means of squares, [N, H, W, C] or [N, H, W]."""
    flat = x if x.ndim == 4 else x[..., None]
    y = F.avg_pool2d(flat.permute(0, 3, 1, 2), factor).permute(0, 2, 3, 1)
    return y if x.ndim == 4 else y[..., 0]


def maps(rgb: torch.Tensor, inverse_depth: torch.Tensor, known: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
    """The coarse picture as the network sees it, [N, H, W, MAPS]."""
    there = known[..., None]
    unit = direction / direction.norm(dim=3, keepdim=True)
    parts = [
        (rgb - 0.5) * 2 * there,
        encode(inverse_depth)[..., None] * there,
        (inverse_depth == 0).float()[..., None] * there,
        there,
        normals(inverse_depth, direction) * there,
        unit,
    ]
    return torch.cat(parts, 3)


class Modulated(nn.Module):
    """A residual 3x3 block whose normalisation conditions scale and shift."""

    def __init__(self, channels: int, config: Config):
        super().__init__()
        self.eps = config.layer_norm_eps
        self.condition = nn.Linear(config.condition_size, 2 * channels)
        nn.init.zeros_(self.condition.weight)
        nn.init.zeros_(self.condition.bias)
        self.conv1 = Conv3x3(channels, channels)
        self.conv2 = Conv3x3(channels, channels, zero=True)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        scale, shift = self.condition(condition)[:, None, None].chunk(2, 3)
        y = F.layer_norm(x, x.shape[-1:], eps=self.eps) * (1 + scale) + shift
        return x + self.conv2(F.gelu(self.conv1(y), approximate="tanh"))


class FirstView(nn.Module):
    """The view that the world began with, to one vector, and which conditions it shows: log-odds of the weathers, the sun's
    height (sine, and coarse and fine as in `conditions.vector`), log-odds of the seasons."""

    def __init__(self, config: Config):
        super().__init__()
        channels, eps = config.first_channels, config.layer_norm_eps
        self.stem = nn.Linear(FIRST_CELL**2 * MAPS, channels)
        self.blocks = nn.ModuleList(ConvBlock(channels, eps) for _ in range(2))
        self.norm = nn.LayerNorm(channels, eps=eps)
        self.pool = nn.Linear(channels, 2 * channels)
        self.out = nn.Linear(2 * channels, config.condition_size)
        self.shows = nn.Linear(2 * channels, SHOWN)

    def forward(self, first: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.stem(space_to_depth(first, FIRST_CELL))
        for block in self.blocks:
            x = block(x)
        x = F.gelu(self.pool(self.norm(x)), approximate="tanh").mean((1, 2))
        return self.out(x), self.shows(x)


class Repaint(nn.Module):
    """Coarse maps [N, S, S, MAPS], first view [N, 32, 32, MAPS] and conditions -> features [N, S, S, F], the colour of
    thick air, linear [N, 3], and what the first view shows; `colours` turns features into vertices' colours."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        half, quarter, eighth = config.half_channels, config.quarter_channels, config.eighth_channels
        size = config.condition_size
        self.first = FirstView(config)
        self.conditions = nn.Linear(CONDITIONS, size)
        self.mix = nn.Linear(size, size)
        self.haze = nn.Linear(size, 3)
        self.stem = nn.Linear(4 * MAPS, half)
        blocks = lambda count, channels: nn.ModuleList(Modulated(channels, config) for _ in range(count))  # noqa: E731
        self.at_half = blocks(config.half_blocks, half)
        self.to_quarter = nn.Linear(4 * half, quarter)
        self.at_quarter = blocks(config.quarter_blocks, quarter)
        self.to_eighth = nn.Linear(4 * quarter, eighth)
        self.at_eighth = blocks(config.eighth_blocks, eighth)
        self.from_eighth = nn.Linear(eighth, 4 * quarter)
        self.up_quarter = blocks(1, quarter)
        self.from_quarter = nn.Linear(quarter, 4 * half)
        self.up_half = blocks(1, half)
        self.head = nn.Linear(half, 4 * config.features)
        self.vertex1 = nn.Linear(VERTEX_INPUTS + config.features, config.vertex_hidden)
        self.vertex2 = nn.Linear(config.vertex_hidden, config.vertex_hidden)
        self.vertex3 = nn.Linear(config.vertex_hidden, 6)
        with torch.no_grad():
            self.vertex3.weight.mul_(0.1)
            self.vertex3.bias.zero_()

    def condition(self, first: torch.Tensor, conditions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What all blocks are told, [N, condition_size], and what the first view shows."""
        first, shown = self.first(first)
        condition = F.gelu(self.conditions(conditions) + first, approximate="tanh")
        return F.gelu(self.mix(condition), approximate="tanh"), shown

    def thick_air(self, condition: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.haze(condition))

    def forward(self, coarse: torch.Tensor, first: torch.Tensor, conditions: torch.Tensor):
        condition, shown = self.condition(first, conditions)
        half = self.stem(space_to_depth(coarse))
        for block in self.at_half:
            half = block(half, condition)
        quarter = self.to_quarter(space_to_depth(half))
        for block in self.at_quarter:
            quarter = block(quarter, condition)
        x = self.to_eighth(space_to_depth(quarter))
        for block in self.at_eighth:
            x = block(x, condition)
        x = quarter + depth_to_space(self.from_eighth(x))
        for block in self.up_quarter:
            x = block(x, condition)
        x = half + depth_to_space(self.from_quarter(x))
        for block in self.up_half:
            x = block(x, condition)
        return depth_to_space(self.head(x)), self.thick_air(condition), shown

    def colours(self, features: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
        """Features [..., F] and a vertex's own inputs [..., 8] -> colours [..., 3], unbounded."""
        x = torch.cat([own, features], -1)
        x = F.relu(self.vertex2(F.relu(self.vertex1(x))))
        scale, shift = self.vertex3(x).chunk(2, -1)
        return (own[..., :3] + 0.5) * (1 + scale) + shift


def spline(t: torch.Tensor) -> torch.Tensor:
    """The quadratic B-spline: smooth, 0 from 1.5 on, its values at whole steps sum to 1."""
    t = t.abs()
    return torch.where(t < 0.5, 0.75 - t.square(), 0.5 * (1.5 - t).clamp_min(0).square())


def taken(
    coarse: torch.Tensor, coarse_code: torch.Tensor, coarse_rgb: torch.Tensor, code: torch.Tensor, rgb: torch.Tensor,
    at: tuple[torch.Tensor, torch.Tensor],
) -> torch.Tensor:  # fmt: skip
    """Values of the coarse pixels around each fine one that show the same, [N, h, h, C] -> [N, H, W, C].

    Weights of a quadratic spline over 3x3 pixels, which ends smoothly, less for pixels of another depth or colour: with a kernel that
    ends abruptly, such as a bilinear one, sky between outlines changes in steps. `at` are the fine pixels' rows and columns, 0 to 1.
    """
    small = coarse.shape[1]
    centres = [(x * small).floor().clamp_max(small - 1) for x in at]
    offsets = [x * small - 0.5 - centre for x, centre in zip(at, centres)]
    total = None
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            rows, columns = ((centre + d).clamp(0, small - 1).long() for centre, d in zip(centres, (dy, dx)))
            wy, wx = (spline(offset - d) for offset, d in zip(offsets, (dy, dx)))
            pick = lambda x: x[:, rows[:, None], columns[None]]  # noqa: E731
            away = SAME_DEPTH * (pick(coarse_code) - code).abs()
            away = away + SAME_COLOUR * (pick(coarse_rgb) - rgb).abs().mean(3)
            weight = wy[:, None] * wx[None] * torch.exp(-away.clamp_max(12.0))
            part = torch.cat([pick(coarse) * weight[..., None], weight[..., None]], 3)
            total = part if total is None else total + part
    return total[..., :-1] / total[..., -1:]


def first_seen(batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The world's first view as the network sees it."""
    side = batch["first_rgb"].shape[1]
    rgb, inverse_depth = (shrunk(batch[key], side // FIRST_SIDE) for key in ("first_rgb", "first_inverse_depth"))
    direction = level_rays(batch["first_rotation"], FIRST_SIDE)
    return maps(rgb, inverse_depth, torch.ones_like(inverse_depth), direction)


def prepared(batch: dict[str, torch.Tensor], phase: tuple[int, int, int] = (0, 0, 1)) -> dict:
    """What the network sees of a batch of `data.sample`s, with `known`. Of the fine pixels those from a row and a column on,
    every so many: `phase`."""
    side, size = batch["rgb"].shape[1], 64
    known = (shrunk(batch["known"], side // size) > 0.5).float()
    rgb, inverse_depth = shrunk(batch["rgb"], side // size), shrunk(batch["inverse_depth"], side // size)
    direction = level_rays(batch["rotation"], size)
    row, column, step = phase
    fine = lambda x: x[:, row::step, column::step]  # noqa: E731
    full = fine(level_rays(batch["rotation"], side))
    at = (torch.arange(side) + 0.5) / side
    return {
        "coarse": maps(rgb, inverse_depth, known, direction),
        "first": first_seen(batch),
        "coarse_rgb": rgb,
        "coarse_code": encode(inverse_depth),
        "rgb": fine(batch["rgb"]),
        "code": encode(fine(batch["inverse_depth"])),
        "elevation": full[..., 1] / full.norm(dim=3),
        "at": (at[row::step], at[column::step]),
        "fine": fine,
    }


def repaint(network: Repaint, seen: dict, conditions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Colours of the fine pixels under the conditions, [N, H, W, 3], the colour of thick air, and what the first view shows."""
    features, haze, shown = network(seen["coarse"], seen["first"], conditions)
    both = torch.cat([features, seen["coarse_rgb"]], 3)
    near = taken(both, seen["coarse_code"], seen["coarse_rgb"], seen["code"], seen["rgb"], seen["at"])
    own = [seen["rgb"] - 0.5, near[..., -3:] - 0.5, seen["code"][..., None], seen["elevation"][..., None]]
    return network.colours(near[..., :-3], torch.cat(own, 3)), haze, shown
