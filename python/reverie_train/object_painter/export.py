"""Weights and parity fixture for the run-time."""

from __future__ import annotations

import argparse
import json

import torch

from ..exporting import half_precision, told, write
from .evaluate import load
from .labels import KINDS
from .model import ObjectPainter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--out", required=True, help="folder for object_painter.safetensors and its fixture")


def fixture(network: ObjectPainter) -> dict[str, torch.Tensor]:
    """Two things and their answers in f32."""
    kind, variant = torch.tensor([1, 8]), torch.tensor([3, 7])
    size = torch.tensor([[1.0, 0.8, 1.3], [4.0, 7.0, 5.0]])
    colour = torch.tensor([[0.6, 0.4, 0.2], [0.3, 0.5, 0.2]])
    side = torch.tensor([4, 0])
    with torch.no_grad():
        raw = network(kind, variant, size, colour, side)
    labels = torch.stack([kind, variant, side], 1).float()
    return {"labels": labels, "size": size, "colour": colour, "raw": raw.contiguous()}


def run(args: argparse.Namespace) -> None:
    network, state = load(args.weights)
    half_precision(network)
    metadata = told(state, "step", "seen", "things", "seed") | {"kinds": ",".join(KINDS)}
    print(json.dumps(write(args.out, "object_painter", network, fixture(network), metadata), indent=1))
