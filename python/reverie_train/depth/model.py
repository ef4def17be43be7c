"""The depth network.

A picture squeezed to 4:3 goes in, inverse depth (up to one scale, zero at infinity) and a
sky logit come out at the same size. Nearly all arithmetic is matrix products, because the
run-time (candle) multiplies matrices as fast as PyTorch but convolves 5-10 times slower:
3x3 convolutions are stored as matrices `[out, 9 * in]` (order: row, column, channel), which
the run-time applies to gathered neighbourhoods.

Scales: 1/2 (stem), 1/4 and 1/8 (residual 3x3 blocks), 1/16 (transformer), and back up with
skip connections; the last two convolutions see the half-resolution stem, so that edges in
the picture can place edges in the depth without a visible patch grid.
"""

from __future__ import annotations

import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass(frozen=True)
class Config:
    """Shape of the network. Field names are the keys of the exported configuration."""

    input_width: int = 256
    input_height: int = 192
    stem_channels: int = 24
    quarter_channels: int = 48
    eighth_channels: int = 96
    hidden_size: int = 256
    num_hidden_layers: int = 5
    num_attention_heads: int = 4
    mlp_ratio: int = 3
    quarter_blocks: int = 1
    eighth_blocks: int = 2
    position_frequencies: int = 4
    layer_norm_eps: float = 1e-5


class Conv3x3(nn.Module):
    """3x3 convolution on NHWC with zero padding, its weight kept as a matrix."""

    def __init__(self, inputs: int, outputs: int, zero: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, 9 * inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        if zero:
            nn.init.zeros_(self.weight)
        else:
            nn.init.normal_(self.weight, std=math.sqrt(1.0 / (9 * inputs)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs = self.weight.shape[0]
        kernel = self.weight.view(outputs, 3, 3, -1).permute(0, 3, 1, 2)
        # NHWC seen as channels-last NCHW: no copy either way.
        y = F.conv2d(x.permute(0, 3, 1, 2), kernel, self.bias, padding=1)
        return y.permute(0, 2, 3, 1)


class ConvBlock(nn.Module):
    """x + conv(gelu(conv(norm(x))))."""

    def __init__(self, channels: int, eps: float):
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=eps)
        self.conv1 = Conv3x3(channels, channels)
        self.conv2 = Conv3x3(channels, channels, zero=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv2(F.gelu(self.conv1(self.norm(x)), approximate="tanh"))


class Layer(nn.Module):
    """Pre-norm transformer layer."""

    def __init__(self, config: Config):
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.norm1 = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.up = nn.Linear(width, config.mlp_ratio * width)
        self.down = nn.Linear(config.mlp_ratio * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        q, k, v = (
            self.qkv(self.norm1(x))
            .view(batch, tokens, 3, self.heads, width // self.heads)
            .permute(2, 0, 3, 1, 4)
        )
        attended = F.scaled_dot_product_attention(q, k, v)
        x = x + self.proj(attended.transpose(1, 2).reshape(batch, tokens, width))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


def space_to_depth(x: torch.Tensor, factor: int = 2) -> torch.Tensor:
    """[N, H, W, C] -> [N, H/f, W/f, f*f*C], order: row, column, channel."""
    n, h, w, c = x.shape
    x = x.reshape(n, h // factor, factor, w // factor, factor, c)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(n, h // factor, w // factor, factor * factor * c)


def depth_to_space(x: torch.Tensor, factor: int = 2) -> torch.Tensor:
    """The inverse of `space_to_depth`."""
    n, h, w, c = x.shape
    x = x.reshape(n, h, w, factor, factor, c // (factor * factor))
    return x.permute(0, 1, 3, 2, 4, 5).reshape(n, h * factor, w * factor, c // (factor * factor))


def position_features(height: int, width: int, frequencies: int) -> torch.Tensor:
    """Sines and cosines of the position in the picture, [height * width, 4 * frequencies].

    Positions are cell centres in (0, 1), so that the features do not depend on the size.
    """
    v = (torch.arange(height, dtype=torch.float32) + 0.5) / height
    u = (torch.arange(width, dtype=torch.float32) + 0.5) / width
    octaves = math.pi * 2.0 ** torch.arange(frequencies, dtype=torch.float32)
    rows = v[:, None] * octaves
    columns = u[:, None] * octaves
    rows = torch.cat([rows.sin(), rows.cos()], 1)[:, None].expand(-1, width, -1)
    columns = torch.cat([columns.sin(), columns.cos()], 1)[None].expand(height, -1, -1)
    return torch.cat([rows, columns], 2).reshape(height * width, 4 * frequencies)


class DepthNetwork(nn.Module):
    """RGB in [0, 1], [N, H, W, 3] -> (inverse depth >= 0, sky logit), each [N, H, W]."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        stem, quarter, eighth = config.stem_channels, config.quarter_channels, config.eighth_channels
        width, eps = config.hidden_size, config.layer_norm_eps
        self.stem = Conv3x3(12, stem)
        self.to_quarter = nn.Linear(4 * stem, quarter)
        self.quarter = nn.ModuleList(ConvBlock(quarter, eps) for _ in range(config.quarter_blocks))
        self.to_eighth = nn.Linear(4 * quarter, eighth)
        self.eighth = nn.ModuleList(ConvBlock(eighth, eps) for _ in range(config.eighth_blocks))
        self.to_hidden = nn.Linear(4 * eighth, width)
        self.position = nn.Linear(4 * config.position_frequencies, width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.LayerNorm(width, eps=eps)
        self.from_hidden = nn.Linear(width, 4 * eighth)
        self.up_eighth = ConvBlock(eighth, eps)
        self.from_eighth = nn.Linear(eighth, 4 * quarter)
        self.up_quarter = ConvBlock(quarter, eps)
        self.from_quarter = nn.Linear(quarter, 4 * stem)
        self.refine = Conv3x3(stem, stem)
        self.head = Conv3x3(stem, 8)
        with torch.no_grad():
            self.head.weight.mul_(0.1)

    def forward(self, rgb: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = space_to_depth((rgb - 0.5) * 4.0)
        half = F.gelu(self.stem(x), approximate="tanh")
        quarter = self.to_quarter(space_to_depth(half))
        for block in self.quarter:
            quarter = block(quarter)
        eighth = self.to_eighth(space_to_depth(quarter))
        for block in self.eighth:
            eighth = block(eighth)
        x = self.to_hidden(space_to_depth(eighth))
        n, h, w, c = x.shape
        where = position_features(h, w, self.config.position_frequencies).to(x)
        x = x.reshape(n, h * w, c) + self.position(where)
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x).view(n, h, w, c)
        x = self.up_eighth(eighth + depth_to_space(self.from_hidden(x)))
        x = self.up_quarter(quarter + depth_to_space(self.from_eighth(x)))
        x = half + depth_to_space(self.from_quarter(x))
        x = self.head(F.gelu(self.refine(x), approximate="tanh"))
        x = depth_to_space(x).float()
        return F.softplus(x[..., 0]), x[..., 1]
