"""The objects network: a picture of 64x64 with a thing in its middle in, log-odds of its kind out."""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn

from ..depth.model import Conv3x3, ConvBlock, space_to_depth
from ..object_painter.labels import KINDS


@dataclasses.dataclass(frozen=True)
class Config:
    """Shape of the network. Field names are the keys of the exported configuration."""

    input_px: int = 64
    quarter_channels: int = 32
    eighth_channels: int = 64
    quarter_blocks: int = 1
    eighth_blocks: int = 2
    features: int = 64
    layer_norm_eps: float = 1e-5


class ObjectsNetwork(nn.Module):
    """RGB in [0, 1], [N, 64, 64, 3] -> log-odds [N, kinds]."""

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
        self.pooled = nn.Linear(4 * eighth, config.features)
        self.kind = nn.Linear(config.features, len(KINDS))

    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        x = self.stem(space_to_depth((rgb - 0.5) * 4.0, 4))
        for block in self.quarter:
            x = block(x)
        x = self.to_eighth(space_to_depth(x))
        for block in self.eighth:
            x = block(x)
        x = F.gelu(self.to_pool(self.norm(x)), approximate="tanh")
        half = x.shape[1] // 2
        # The picture's quarters: what is above and what below differs.
        parts = [x[:, r : r + half, c : c + half].mean((1, 2)) for r in (0, half) for c in (0, half)]
        return self.kind(F.gelu(self.pooled(torch.cat(parts, 1)), approximate="tanh"))
