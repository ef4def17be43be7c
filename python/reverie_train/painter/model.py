"""The layout network: what is plausible where nothing is known, without its texture.

A pyramid as the depth network's: half (stem) and quarter size in 3x3 convolutions that are stored as matrices,
a transformer at an eighth, and back up with skip connections; the last two convolutions work at half size, so
that neither patches nor blocks show. The answer is a change of push-pull's. Conditions act on the
transformer by adaptive normalisation (one projection for all layers, a table of offsets per layer); so does
the view that the world began with, which says what kind of place it is where next to nothing is known.
"""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn

from ..depth.model import Conv3x3, ConvBlock, depth_to_space, position_features, space_to_depth
from .frames import CONDITIONS
from .samples import CAPTION, FIRST_CHANNELS, NOISE, Batch

CLASSES = 32
OUTPUTS = 5
"""Colours, code of depth, detail."""
PROXY_CHANNELS = 6


@dataclasses.dataclass(frozen=True)
class Config:
    """Shape of the network. Field names are the keys of the exported configuration."""

    size: int = 64
    stem_channels: int = 24
    quarter_channels: int = 48
    hidden_size: int = 256
    num_hidden_layers: int = 6
    num_attention_heads: int = 4
    mlp_ratio: int = 3
    quarter_blocks: int = 1
    condition_size: int = 128
    first_channels: int = 64
    position_frequencies: int = 4
    layer_norm_eps: float = 1e-5
    diverse: bool = False
    """Noise chooses between plausible answers; else it was always zero in training."""


FIRST_CELL = 4
"""Side of the cells of the first view, pixels."""


class FirstView(nn.Module):
    """The view that the world began with, to one vector; zeros change nothing but by the biases."""

    def __init__(self, config: Config):
        super().__init__()
        channels, eps = config.first_channels, config.layer_norm_eps
        self.stem = nn.Linear(FIRST_CELL**2 * FIRST_CHANNELS, channels)
        self.blocks = nn.ModuleList(ConvBlock(channels, eps) for _ in range(2))
        self.norm = nn.LayerNorm(channels, eps=eps)
        self.pool = nn.Linear(channels, 2 * channels)
        self.out = nn.Linear(2 * channels, config.condition_size)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, first: torch.Tensor) -> torch.Tensor:
        known = first[..., 4:5]
        x = torch.cat([(first[..., :3] - 0.5 * known) * 2, first[..., 3:]], 3)
        x = self.stem(space_to_depth(x, FIRST_CELL))
        for block in self.blocks:
            x = block(x)
        x = F.gelu(self.pool(self.norm(x)), approximate="tanh").mean((1, 2))
        return self.out(x)


class Conditioner(nn.Module):
    """Conditions, caption and the world's first view to one vector."""

    def __init__(self, config: Config):
        super().__init__()
        size = config.condition_size
        self.first = FirstView(config)
        self.conditions = nn.Linear(CONDITIONS, size)
        self.caption = nn.Linear(CAPTION, size, bias=False)
        self.up = nn.Linear(size, size)
        nn.init.zeros_(self.caption.weight)

    def forward(self, conditions: torch.Tensor, caption: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
        x = self.conditions(conditions) + self.caption(caption) + self.first(first)
        x = F.gelu(x, approximate="tanh")
        return F.gelu(self.up(x), approximate="tanh")


class Layer(nn.Module):
    """Transformer layer whose normalisations are shifted and scaled, and whose branches are gated."""

    def __init__(self, config: Config):
        super().__init__()
        width = config.hidden_size
        self.heads, self.eps = config.num_attention_heads, config.layer_norm_eps
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.up = nn.Linear(width, config.mlp_ratio * width)
        self.down = nn.Linear(config.mlp_ratio * width, width)
        self.offset = nn.Parameter(torch.zeros(6, width))
        with torch.no_grad():
            self.offset[2].fill_(0.5)
            self.offset[5].fill_(0.5)

    def forward(self, x: torch.Tensor, modulation: torch.Tensor) -> torch.Tensor:
        n, tokens, width = x.shape
        shift1, scale1, gate1, shift2, scale2, gate2 = (modulation + self.offset)[:, :, None].unbind(1)
        y = F.layer_norm(x, (width,), eps=self.eps) * (1 + scale1) + shift1
        q, k, v = self.qkv(y).view(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, width)
        x = x + gate1 * self.proj(attended)
        y = F.layer_norm(x, (width,), eps=self.eps) * (1 + scale2) + shift2
        return x + gate2 * self.down(F.gelu(self.up(y), approximate="tanh"))


class Inputs(nn.Module):
    """A batch's maps as one picture of channels, in the order of `stack`."""

    channels = 4 + 4 + 1 + 1 + NOISE + PROXY_CHANNELS + 3 + 1

    def __init__(self):
        super().__init__()
        self.classes = nn.Embedding(CLASSES, PROXY_CHANNELS)

    def forward(self, batch: Batch, noise: torch.Tensor) -> torch.Tensor:
        asked = (batch.proxy_class > 0).to(noise.dtype)[..., None]
        classes = self.classes(batch.proxy_class.clamp_max(CLASSES - 1)) * asked
        half = noise.new_tensor([0.5, 0.5, 0.5, 0.0])
        known = batch.known[..., None].to(noise.dtype)
        maps = [
            (batch.seen.to(noise.dtype) - half * known) * 2,
            (batch.fill.to(noise.dtype) - half) * 2,
            known,
            batch.elevation[..., None].to(noise.dtype),
            noise,
            classes,
            (batch.proxy_rgb.to(noise.dtype) - 0.5) * asked,
            asked,
        ]
        return torch.cat(maps, 3)


class Transformer(nn.Module):
    """Tokens of a grid, with positions and conditions."""

    def __init__(self, config: Config):
        super().__init__()
        width = config.hidden_size
        self.frequencies, self.eps = config.position_frequencies, config.layer_norm_eps
        self.position = nn.Linear(4 * config.position_frequencies, width)
        self.modulation = nn.Linear(config.condition_size, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.LayerNorm(width, eps=self.eps)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        n, h, w, c = x.shape
        where = position_features(h, w, self.frequencies).to(x)
        x = x.reshape(n, h * w, c) + self.position(where)
        modulation = self.modulation(condition).view(n, 6, c)
        for layer in self.layers:
            x = layer(x, modulation)
        return self.norm(x).view(n, h, w, c)


class Layout(nn.Module):
    """Batch and noise [N, H, W, NOISE] -> colours, code of depth and detail (`samples.detail`), [N, H, W, 5]."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        stem, quarter = config.stem_channels, config.quarter_channels
        width, eps = config.hidden_size, config.layer_norm_eps
        self.inputs = Inputs()
        self.condition = Conditioner(config)
        self.stem = Conv3x3(4 * Inputs.channels, stem)
        self.to_quarter = nn.Linear(4 * stem, quarter)
        self.quarter = nn.ModuleList(ConvBlock(quarter, eps) for _ in range(config.quarter_blocks))
        self.to_hidden = nn.Linear(4 * quarter, width)
        self.transformer = Transformer(config)
        self.from_hidden = nn.Linear(width, 4 * quarter)
        self.up_quarter = nn.ModuleList(ConvBlock(quarter, eps) for _ in range(config.quarter_blocks))
        self.from_quarter = nn.Linear(quarter, 4 * stem)
        self.refine = Conv3x3(stem, stem)
        self.head = Conv3x3(stem, 4 * OUTPUTS)
        with torch.no_grad():
            self.head.weight.mul_(0.1)

    def forward(self, batch: Batch, noise: torch.Tensor) -> torch.Tensor:
        half = F.gelu(self.stem(space_to_depth(self.inputs(batch, noise))), approximate="tanh")
        quarter = self.to_quarter(space_to_depth(half))
        for block in self.quarter:
            quarter = block(quarter)
        told = (x.to(noise.dtype) for x in (batch.conditions, batch.caption, batch.first))
        condition = self.condition(*told)
        x = self.transformer(self.to_hidden(space_to_depth(quarter)), condition)
        x = quarter + depth_to_space(self.from_hidden(x))
        for block in self.up_quarter:
            x = block(x)
        x = half + depth_to_space(self.from_quarter(x))
        x = depth_to_space(self.head(F.gelu(self.refine(x), approximate="tanh")))
        return F.pad(batch.fill, (0, 1)) + x.float()


def no_noise(batch: Batch, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(*batch.known.shape, NOISE, dtype=dtype, device=batch.known.device)


def noise_maps(batch: Batch, generator: torch.Generator, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Standard normal values, one set for a whole window, [N, H, W, NOISE]."""
    values = torch.randn(len(batch.known), 1, 1, NOISE, generator=generator).to(batch.known.device, dtype)
    return values.expand(*batch.known.shape, NOISE)


def joined(answer: torch.Tensor, batch: Batch) -> torch.Tensor:
    """What is known as it was seen, the rest as answered."""
    known = batch.known[..., None]
    return known * batch.seen + (1 - known) * answer[..., :4]
