"""Weights and parity fixture for the run-time."""

from __future__ import annotations

import argparse
import json

import torch

from ..depth.export import fixture_input
from ..exporting import half_precision, told, write
from ..object_painter.labels import KINDS
from .evaluate import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--out", required=True, help="folder for objects.safetensors and its fixture")


@torch.no_grad()
def run(args: argparse.Namespace) -> None:
    network, state = load(args.weights)
    half_precision(network)
    rgb = fixture_input(network.config.input_px, network.config.input_px)
    fixture = {"rgb": rgb[0].contiguous(), "kind": network(rgb)[0].contiguous()}
    metadata = told(state, "step", "seen", "pictures", "seed") | {"kinds": ",".join(KINDS)}
    print(json.dumps(write(args.out, "objects", network, fixture, metadata), indent=1))
