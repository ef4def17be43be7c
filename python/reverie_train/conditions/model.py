"""The conditions network.

A picture of 128x72 goes in; log-odds of weather, phase of the day and kind of world come out, and
the features they are read from. Cells of 4x4 pixels are projected, 3x3 residual blocks work at 1/4
and 1/8, and what they find is averaged over the picture: where it rains does not matter. 3x3
convolutions are stored as matrices `[out, 9 * in]`, as in the depth network.
"""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn

from ..depth.model import Conv3x3, ConvBlock, space_to_depth
from .labels import DOMAINS, PHASES, WEATHERS

STRIDE = 8
"""Sides of the input are multiples of this."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Shape of the network. Field names are the keys of the exported configuration."""

    input_width: int = 128
    input_height: int = 72
    quarter_channels: int = 48
    eighth_channels: int = 96
    quarter_blocks: int = 1
    eighth_blocks: int = 2
    features: int = 64
    layer_norm_eps: float = 1e-5


class ConditionsNetwork(nn.Module):
    """RGB in [0, 1], [N, H, W, 3] -> (features [N, F], weather [N, 5], phase [N, 4], domain [N, 3])."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        quarter, eighth, eps = config.quarter_channels, config.eighth_channels, config.layer_norm_eps
        self.stem = nn.Linear(48, quarter)
        self.quarter = nn.ModuleList(ConvBlock(quarter, eps) for _ in range(config.quarter_blocks))
        self.to_eighth = nn.Linear(4 * quarter, eighth)
        self.eighth = nn.ModuleList(ConvBlock(eighth, eps) for _ in range(config.eighth_blocks))
        self.norm = nn.LayerNorm(eighth, eps=eps)
        self.to_pool = Conv3x3(eighth, eighth)
        self.pooled = nn.Linear(eighth, config.features)
        self.weather = nn.Linear(config.features, len(WEATHERS))
        self.phase = nn.Linear(config.features, len(PHASES))
        self.domain = nn.Linear(config.features, len(DOMAINS))

    def forward(self, rgb: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        x = self.stem(space_to_depth((rgb - 0.5) * 4.0, 4))
        for block in self.quarter:
            x = block(x)
        x = self.to_eighth(space_to_depth(x))
        for block in self.eighth:
            x = block(x)
        x = F.gelu(self.to_pool(self.norm(x)), approximate="tanh").mean((1, 2))
        features = F.gelu(self.pooled(x), approximate="tanh")
        return features, self.weather(features), self.phase(features), self.domain(features)
