"""Weights and parity fixtures for the run-time."""

from __future__ import annotations

import argparse
import json

import torch

from ..exporting import half_precision, told, write
from .fill import push_pull
from .frames import CONDITIONS, condition_vector
from .load import layout
from .model import Config, Layout, noise_maps
from .samples import CAPTION, FIRST_SIDE, Batch, encode

FIXTURE_SIDE = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", help="averaged.pt of a run (default: a small random network, for tests)")
    parser.add_argument("--out", required=True, help="folder for painter_layout.safetensors and its fixture")


def fixture_batch(side: int = FIXTURE_SIDE) -> Batch:
    """A small window made by a formula: sky, ground, a striped box; its right part is unknown."""
    at = (torch.arange(side) + 0.5) / side
    y, x = torch.meshgrid(at, at, indexing="ij")
    sky = torch.stack([0.5 + 0.3 * y, 0.7 + 0.2 * y, 0.95 + 0 * y], 2)
    ground = torch.stack([0.35 + 0.2 * y, 0.3 + 0.1 * torch.sin(40 * x), 0.2 + 0.1 * y], 2)
    box = torch.stack([0.6 + 0.3 * torch.sin(60 * y), 0.2 + 0.2 * x, 0.15 + 0 * x], 2)
    inside = (x > 0.2) & (x < 0.4) & (y > 0.3) & (y < 0.8)
    rgb = torch.where((y > 0.5)[..., None], ground, sky)
    rgb = torch.where(inside[..., None], box, rgb)[None]
    depth = torch.where(inside, 0.25, ((y - 0.5) / 0.8).clamp_min(0))[None]
    known = (x + 0.1 * y < 0.62)[None]
    fill_rgb, fill_depth = push_pull(rgb, depth, known)
    fill = torch.cat([fill_rgb, encode(fill_depth)[..., None]], 3)
    asked = ((x > 0.7) & (x < 0.9) & (y > 0.45) & (y < 0.7))[None]
    conditions = condition_vector("city", {"weather": "rain", "strength": 0.5, "hour": 15.0, "season": "autumn"})
    assert len(conditions) == CONDITIONS
    return Batch(
        rgb=rgb,
        code=encode(depth),
        detail=torch.zeros_like(depth),
        known=known.float(),
        seen=fill * known[..., None],
        fill=fill,
        elevation=(0.7 * (1 - 2 * y))[None],
        proxy_class=asked.long() * 16,
        proxy_rgb=asked[..., None] * torch.tensor([0.7, 0.1, 0.1]),
        conditions=torch.tensor([conditions]),
        caption=torch.sin(torch.arange(CAPTION, dtype=torch.float32))[None],
        first=fixture_first(),
    )


def fixture_first() -> torch.Tensor:
    """A first view made by a formula, known but for its sides."""
    at = (torch.arange(FIRST_SIDE) + 0.5) / FIRST_SIDE
    y, x = torch.meshgrid(at, at, indexing="ij")
    seen = torch.stack([0.5 + 0.4 * torch.sin(9 * x), y, 0.3 + 0.5 * x * y, 2 * y - 1], 2)
    known = ((x - 0.5).abs() < 0.4).float()[..., None]
    return torch.cat([seen * known, known, (0.7 * (1 - 2 * y))[..., None]], 2)[None]


def small() -> Layout:
    """A network with few channels and random weights, whose every part matters."""
    config = Config(
        size=32, stem_channels=4, quarter_channels=6, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        mlp_ratio=2, condition_size=8, first_channels=8, position_frequencies=2, diverse=True,
    )  # fmt: skip
    torch.manual_seed(3)
    network = Layout(config).eval().requires_grad_(False)
    for p in network.parameters():
        p += 0.2 * torch.randn_like(p) / max(1, p[0].numel() if p.ndim > 1 else 1) ** 0.5
    return network


@torch.no_grad()
def run(args: argparse.Namespace) -> None:
    base, state = layout(args.weights) if args.weights else (small(), {})
    half_precision(base)
    batch = fixture_batch()
    noise = noise_maps(batch, torch.Generator().manual_seed(5))
    fixture = {
        key: getattr(batch, key)[0].contiguous()
        for key in ("known", "seen", "fill", "elevation", "proxy_rgb", "conditions", "caption", "first")
    }
    fixture["proxy_class"] = batch.proxy_class[0].to(torch.uint8)
    fixture["noise"] = noise[0, 0, 0].contiguous()
    fixture["answer"] = base(batch, noise)[0].contiguous()
    metadata = told(state, "step", "seen", "frames", "seed")
    print(json.dumps([write(args.out, "painter_layout", base, fixture, metadata)], indent=1))
