"""The network: frames in, and what the mouth did some frames ago out; nothing of it looks ahead by itself.

Run in Rust by `crates/voice/src/lips/network.rs`. Residual blocks: a filter over past frames for each channel, normalised, then two
matrices with GELU between them.
"""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn

from .features import FEATURES, BEFORE
from .labels import HOP, RATE_HZ, VISEMES

OUTPUTS = len(VISEMES) + 3
"""Visemes, voicing, energy, accent."""


@dataclasses.dataclass
class Config:
    features: int = FEATURES
    channels: int = 112
    hidden: int = 224
    taps: int = 5
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 1, 4)
    delay: int = 5
    """Frames from a frame's sound to its answer."""

    def look_ahead_secs(self) -> float:
        """From a frame's beginning to the last sample that its answer hangs on."""
        return ((self.delay + 1) * HOP + BEFORE) / RATE_HZ


class Block(nn.Module):
    def __init__(self, config: Config, dilation: int):
        super().__init__()
        self.dilation = dilation
        self.filter = nn.Parameter(torch.randn(config.taps, config.channels) / config.taps**0.5)
        self.norm = nn.LayerNorm(config.channels)
        self.widen = nn.Linear(config.channels, config.hidden)
        self.narrow = nn.Linear(config.hidden, config.channels)
        nn.init.normal_(self.narrow.weight, std=0.02)
        nn.init.zeros_(self.narrow.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        frames, taps = x.shape[1], len(self.filter)
        padded = F.pad(x, (0, 0, self.dilation * (taps - 1), 0))
        # The last tap is the newest frame.
        y = padded[:, :frames] * self.filter[0]
        for tap in range(1, taps):
            y = torch.addcmul(y, padded[:, tap * self.dilation : tap * self.dilation + frames], self.filter[tap])
        return x + self.narrow(F.gelu(self.widen(self.norm(y))))


class LipsNetwork(nn.Module):
    """Features (batch, frames, FEATURES) to logits (batch, frames, OUTPUTS); answer `i` is of frame `i - delay`."""

    def __init__(self, config: Config | None = None):
        super().__init__()
        self.config = config or Config()
        self.register_buffer("mean", torch.zeros(self.config.features))
        self.register_buffer("scale", torch.ones(self.config.features))
        self.enter = nn.Linear(self.config.features, self.config.channels)
        self.blocks = nn.ModuleList(Block(self.config, dilation) for dilation in self.config.dilations)
        self.norm = nn.LayerNorm(self.config.channels)
        self.leave = nn.Linear(self.config.channels, OUTPUTS)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        x = self.enter((features - self.mean) * self.scale)
        for block in self.blocks:
            x = block(x)
        return self.leave(self.norm(x))
