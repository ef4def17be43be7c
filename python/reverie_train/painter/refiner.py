"""The refiner: turns the layout's one answer, which is an average, into one of many sharp ones.

A pyramid of convolutions (matrices, as in the layout network) that sees the joined layout, what is known and
noise, and adds a change where nothing is known. Noise enters at every scale. The critic that teaches it looks
at overlapping patches of colour and depth, and knows the mask and the conditions.
"""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ..depth.model import Conv3x3, ConvBlock, depth_to_space, space_to_depth
from .frames import CONDITIONS
from .model import Conditioner
from .samples import NOISE, Batch

COARSE = 8
"""Side of the blocks whose means the refiner leaves to the layout."""


@dataclasses.dataclass(frozen=True)
class RefinerConfig:
    """Shape of the refiner. Field names are the keys of the exported configuration."""

    size: int = 128
    half_channels: int = 32
    quarter_channels: int = 64
    eighth_channels: int = 128
    half_blocks: int = 1
    quarter_blocks: int = 2
    eighth_blocks: int = 4
    condition_size: int = 128
    layer_norm_eps: float = 1e-5


def noise_maps(shape: tuple[int, int, int], generator: torch.Generator, device="cpu") -> torch.Tensor:
    """Standard normal noise [N, H, W, NOISE]."""
    return torch.randn(*shape, NOISE, generator=generator).to(device)


class Refiner(nn.Module):
    """Batch, joined layout [N, H, W, 4] and noise [N, H, W, NOISE] -> colours and code of depth [N, H, W, 4]."""

    def __init__(self, config: RefinerConfig):
        super().__init__()
        self.config = config
        half, quarter, eighth, eps = (
            config.half_channels, config.quarter_channels, config.eighth_channels, config.layer_norm_eps
        )  # fmt: skip
        self.condition = Conditioner(config.condition_size)
        self.to_bias = nn.Linear(config.condition_size, eighth)
        self.stem = Conv3x3(4 * (4 + 1 + 1 + NOISE), half)
        self.down_half = nn.ModuleList(ConvBlock(half, eps) for _ in range(config.half_blocks))
        self.to_quarter = nn.Linear(4 * half, quarter)
        self.down_quarter = nn.ModuleList(ConvBlock(quarter, eps) for _ in range(config.quarter_blocks))
        self.to_eighth = nn.Linear(4 * quarter, eighth)
        self.noise_eighth = nn.Linear(NOISE, eighth, bias=False)
        self.eighth = nn.ModuleList(ConvBlock(eighth, eps) for _ in range(config.eighth_blocks))
        self.from_eighth = nn.Linear(eighth, 4 * quarter)
        self.noise_quarter = nn.Linear(NOISE, quarter, bias=False)
        self.up_quarter = nn.ModuleList(ConvBlock(quarter, eps) for _ in range(config.quarter_blocks))
        self.from_quarter = nn.Linear(quarter, 4 * half)
        self.up_half = nn.ModuleList(ConvBlock(half, eps) for _ in range(config.half_blocks))
        self.head = Conv3x3(half, 16)
        with torch.no_grad():
            self.head.weight.mul_(0.1)

    def forward(self, batch: Batch, layout: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        dtype = noise.dtype
        centred = (layout.to(dtype) - noise.new_tensor([0.5, 0.5, 0.5, 0.0])) * 2
        known, up = batch.known[..., None].to(dtype), batch.elevation[..., None].to(dtype)
        x = self.stem(space_to_depth(torch.cat([centred, known, up, noise], 3)))
        for block in self.down_half:
            x = block(x)
        half = x
        x = self.to_quarter(space_to_depth(x))
        for block in self.down_quarter:
            x = block(x)
        quarter = x
        condition = self.condition(batch.conditions.to(dtype), batch.caption.to(dtype))
        # One value in so many is noise of the same spread at a coarser scale.
        x = self.to_eighth(space_to_depth(x)) + self.noise_eighth(noise[:, 3::8, 3::8])
        x = x + self.to_bias(condition)[:, None, None]
        for block in self.eighth:
            x = block(x)
        x = quarter + depth_to_space(self.from_eighth(x)) + self.noise_quarter(noise[:, 1::4, 1::4])
        for block in self.up_quarter:
            x = block(x)
        x = half + depth_to_space(self.from_quarter(x))
        for block in self.up_half:
            x = block(x)
        return layout + depth_to_space(self.head(x)).float()


class Critic(nn.Module):
    """Joined window [N, 4, H, W], mask and conditions -> logits of overlapping patches at two scales, features."""

    def __init__(self, width: int = 32):
        super().__init__()
        sizes = (4 + 1 + 1, width, 2 * width, 4 * width, 4 * width)
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 4, 2, 1)) for a, b in zip(sizes[:-1], sizes[1:])
        )
        self.fine = spectral_norm(nn.Conv2d(2 * width, 1, 3, 1, 1))
        self.coarse = spectral_norm(nn.Conv2d(4 * width, 1, 3, 1, 1))
        self.asked = spectral_norm(nn.Linear(CONDITIONS, 4 * width))

    def forward(self, window: torch.Tensor, batch: Batch) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        centred = (window - window.new_tensor([0.5, 0.5, 0.5, 0.0])) * window.new_tensor([2.0, 2.0, 2.0, 1.0])
        x = torch.cat([centred, batch.known[..., None], batch.elevation[..., None]], 3).permute(0, 3, 1, 2)
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        matched = (x * self.asked(batch.conditions)[:, :, None, None]).mean(1, keepdim=True)
        return [self.fine(features[1]), self.coarse(x) + matched], features
