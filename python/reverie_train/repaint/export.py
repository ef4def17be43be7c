"""Weights and parity fixture for the run-time."""

from __future__ import annotations

import argparse
import json

import torch

from ..exporting import half_precision, told, write
from .conditions import vector
from .evaluate import load
from .model import Config, Repaint, prepared, repaint

SIDE = 128


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", help="averaged.pt of a run (default: a random network, for tests)")
    parser.add_argument("--out", required=True, help="folder for repaint.safetensors and its fixture")


def fixture_place() -> dict[str, torch.Tensor]:
    """A place made by a formula: sky, ground, a striped box; its right part is unknown."""
    at = (torch.arange(SIDE) + 0.5) / SIDE
    y, x = torch.meshgrid(at, at, indexing="ij")
    sky = torch.stack([0.5 + 0.3 * y, 0.7 + 0.2 * y, 0.95 + 0 * y], 2)
    ground = torch.stack([0.35 + 0.2 * y, 0.3 + 0.1 * torch.sin(40 * x), 0.2 + 0.1 * y], 2)
    box = torch.stack([0.6 + 0.3 * torch.sin(60 * y), 0.2 + 0.2 * x, 0.15 + 0 * x], 2)
    inside = (x > 0.2) & (x < 0.4) & (y > 0.3) & (y < 0.8)
    rgb = torch.where((y > 0.5)[..., None], ground, sky)
    rgb = torch.where(inside[..., None], box, rgb)[None]
    inverse_depth = torch.where(inside, 0.25, ((y - 0.5) / 0.8).clamp_min(0))[None]
    rotation = torch.tensor([[0.08, 0.3, 0.02, 0.95]])
    conditions = vector({"weather": "snow", "strength": 0.7, "hour": 17.5, "season": "winter"})
    return {
        "rgb": rgb,
        "inverse_depth": inverse_depth,
        "rotation": rotation / rotation.norm(),
        "known": (x + 0.1 * y < 0.82).float()[None],
        "first_rgb": rgb.flip(2),
        "first_inverse_depth": inverse_depth.flip(2),
        "first_rotation": torch.tensor([[0.0, 0.0, 0.0, 1.0]]),
        "conditions": torch.from_numpy(conditions)[None],
    }


@torch.no_grad()
def run(args: argparse.Namespace) -> None:
    torch.manual_seed(3)
    network, state = load(args.weights) if args.weights else (Repaint(Config()).eval().requires_grad_(False), {})
    half_precision(network)
    place = fixture_place()
    seen = prepared(place)
    features, _, shown = network(seen["coarse"], seen["first"], place["conditions"])
    colours, haze, _ = repaint(network, seen, place["conditions"])
    fixture = {key: value[0].contiguous() for key, value in place.items() if value.ndim < 4 and "first" not in key}
    fixture |= {"rgb": place["rgb"][0].contiguous()}
    fixture |= {key: seen[key][0].contiguous() for key in ("coarse", "first", "coarse_rgb", "coarse_code")}
    fixture |= {"features": features[0].contiguous(), "haze": haze[0].contiguous(), "shown": shown[0].contiguous()}
    # Every fourth row is enough to compare.
    fixture["colours"] = colours[0, ::4].contiguous()
    metadata = told(state, "step", "seen", "worlds", "seed")
    print(json.dumps([write(args.out, "repaint", network, fixture, metadata)], indent=1))
