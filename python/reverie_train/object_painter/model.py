"""The object painter's network.

Kind, variant, size and colour of a thing go in; pictures of its six sides come out, each with how much
of a pixel is covered and how deep the surface lies below the side. All sides share the network: a vector
for kind, variant, size, colour and side becomes an 8x8 grid, residual 3x3 blocks work at 8, 16 and 32
pixels, scaled and shifted by the same vector, and each cell of the last becomes 2x2 pixels.

A pixel is a mix of the colour that was asked for, shaded, and a colour of its own: so colours that were
never trained on come out right.
"""

from __future__ import annotations

import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import nn

from ..depth.model import Conv3x3, ConvBlock, depth_to_space
from .labels import KINDS

SIDES = 6
OUTPUTS = 7
"""Share and shade of the asked colour, the pixel's own colour, cover, depth."""
OCTAVES = 4
SIZE_FEATURES = 3 + 2 * 3 * OCTAVES
MARGIN = 1
"""Pixels that the network paints around a side and nobody looks at."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Shape of the network. Field names are the keys of the exported configuration."""

    kinds: int = len(KINDS)
    variants: int = 12
    side_px: int = 62
    condition_size: int = 192
    eighth_channels: int = 96
    quarter_channels: int = 64
    half_channels: int = 40
    eighth_blocks: int = 1
    quarter_blocks: int = 1
    half_blocks: int = 1
    layer_norm_eps: float = 1e-5


def size_features(size: torch.Tensor) -> torch.Tensor:
    """Edges in metres [N, 3] -> [N, SIZE_FEATURES]."""
    logs = size.log()
    angles = [logs * (math.pi / 4 * 2.0**k) for k in range(OCTAVES)]
    return torch.cat([logs] + [a.sin() for a in angles] + [a.cos() for a in angles], 1)


class Stage(nn.Module):
    """Blocks at one size, scaled and shifted by the condition."""

    def __init__(self, channels: int, blocks: int, condition: int, eps: float):
        super().__init__()
        self.blocks = nn.ModuleList(ConvBlock(channels, eps) for _ in range(blocks))
        self.film = nn.Linear(condition, 2 * channels)
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        scale, shift = self.film(condition)[:, None, None].chunk(2, -1)
        x = x * (1 + scale) + shift
        for block in self.blocks:
            x = block(x)
        return x


class ObjectPainter(nn.Module):
    """(kind [N], variant [N], size [N, 3], colour [N, 3] in [0, 1], side [N]) -> [N, P, P, OUTPUTS] before squashing."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        width, eps = config.condition_size, config.layer_norm_eps
        eighth, quarter, half = config.eighth_channels, config.quarter_channels, config.half_channels
        self.thing = nn.Embedding(config.kinds * config.variants, width)
        self.side = nn.Embedding(config.kinds * SIDES, width)
        nn.init.normal_(self.thing.weight, std=0.5)
        nn.init.normal_(self.side.weight, std=0.5)
        self.look = nn.Linear(SIZE_FEATURES + 3, width)
        self.mix = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.grid = nn.Linear(width, 64 * eighth)
        self.eighth = Stage(eighth, config.eighth_blocks, width, eps)
        self.to_quarter = nn.Linear(eighth, 4 * quarter)
        self.quarter = Stage(quarter, config.quarter_blocks, width, eps)
        self.to_fine = nn.Linear(quarter, 4 * half)
        self.fine = Stage(half, config.half_blocks, width, eps)
        self.norm = nn.LayerNorm(half, eps=eps)
        self.pixels = Conv3x3(half, 4 * OUTPUTS)

    def forward(
        self,
        kind: torch.Tensor,
        variant: torch.Tensor,
        size: torch.Tensor,
        colour: torch.Tensor,
        side: torch.Tensor,
    ) -> torch.Tensor:
        look = torch.cat([size_features(size), colour * 2 - 1], 1).to(self.look.weight.dtype)
        x = self.thing(kind * self.config.variants + variant) + self.side(kind * SIDES + side) + self.look(look)
        x = F.gelu(self.mix(F.gelu(x, approximate="tanh")), approximate="tanh")
        condition = F.gelu(self.out(x), approximate="tanh")
        x = self.grid(condition).view(-1, 8, 8, self.config.eighth_channels)
        x = self.eighth(x, condition)
        x = self.quarter(depth_to_space(self.to_quarter(x)), condition)
        x = self.fine(depth_to_space(self.to_fine(x)), condition)
        x = depth_to_space(self.pixels(self.norm(x)))
        return x[:, MARGIN:-MARGIN, MARGIN:-MARGIN]


def painted(raw: torch.Tensor, colour: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Colours [N, P, P, 3] in 0 to 1 (sRGB), log-odds of cover and depth in 0 to 1 of the deepest [N, P, P]."""
    share, shade = raw[..., 0:1].sigmoid(), 2 * raw[..., 1:2].sigmoid()
    rgb = share * shade * colour[:, None, None] + (1 - share) * raw[..., 2:5].sigmoid()
    return rgb, raw[..., 5], raw[..., 6].sigmoid()
