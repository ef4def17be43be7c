"""Weights, parity fixture and figures for the run-time."""

from __future__ import annotations

import argparse
import json

import torch

from ..depth.export import fixture_input
from ..exporting import half_precision, told, write
from .evaluate import load
from .labels import DOMAINS, PHASES, WEATHERS
from .model import ConditionsNetwork


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--out", required=True, help="folder for conditions.safetensors and its fixture")


def fixture(network: ConditionsNetwork) -> dict[str, torch.Tensor]:
    """Input and reference outputs in f32."""
    rgb = fixture_input(network.config.input_height, network.config.input_width)
    with torch.no_grad():
        answers = network(rgb)
    names = ("features", "weather", "phase", "domain")
    return {"rgb": rgb[0].contiguous()} | {name: a[0].contiguous() for name, a in zip(names, answers)}


def run(args: argparse.Namespace) -> None:
    network, state = load(args.weights)
    half_precision(network)
    metadata = told(state, "step", "seen", "pictures", "seed")
    for key, names in (("weathers", WEATHERS), ("phases", PHASES), ("domains", DOMAINS)):
        metadata[key] = ",".join(names)
    print(json.dumps(write(args.out, "conditions", network, fixture(network), metadata), indent=1))
