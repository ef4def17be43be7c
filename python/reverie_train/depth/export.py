"""Weights, parity fixture and figures for the run-time."""

from __future__ import annotations

import argparse
import dataclasses
import json

import numpy as np
import torch

from ..exporting import half_precision, told, write
from .evaluate import load
from .model import Config, DepthNetwork

FIXTURE_WIDTH, FIXTURE_HEIGHT = 64, 48


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--out", required=True, help="folder for depth.safetensors and its fixture")
    parser.add_argument("--size", help="WIDTHxHEIGHT the run-time shall predict at; else as configured")


def fixture_input(height: int, width: int) -> torch.Tensor:
    """A small picture made by a formula: sky, ground, a striped box. [1, H, W, 3] in 0..1."""
    yy, xx = np.mgrid[0:1 : height * 1j, 0:1 : width * 1j].astype(np.float32)
    ground = np.stack([0.35 + 0.2 * yy, 0.3 + 0.1 * np.sin(40 * xx), 0.2 + 0.1 * yy], 2)
    sky = np.stack([0.5 + 0.3 * yy, 0.7 + 0.2 * yy, 0.95 + 0 * yy], 2)
    box = np.stack([0.6 + 0.3 * np.sin(60 * yy), 0.2 + 0.2 * xx, 0.15 + 0 * xx], 2)
    image = np.where((yy > 0.45)[..., None], ground, sky)
    inside = (xx > 0.3) & (xx < 0.5) & (yy > 0.3) & (yy < 0.8)
    return torch.from_numpy(np.where(inside[..., None], box, image)[None].astype(np.float32))


def fixture(network: DepthNetwork) -> dict[str, torch.Tensor]:
    """Input and reference output in f32."""
    rgb = fixture_input(FIXTURE_HEIGHT, FIXTURE_WIDTH)
    with torch.no_grad():
        inverse, sky = network(rgb)
    return {"rgb": rgb[0].contiguous(), "inverse_depth": inverse[0].contiguous(), "sky_logit": sky[0].contiguous()}


def run(args: argparse.Namespace) -> None:
    network, state = load(args.weights)
    half_precision(network)
    config = dataclasses.asdict(network.config)
    if args.size:
        config["input_width"], config["input_height"] = (int(side) for side in args.size.split("x"))
    metadata = told(state, "step", "seen", "pictures", "seed")
    print(json.dumps(write(args.out, "depth", network, fixture(network), metadata, config), indent=1))


__all__ = ["Config", "add_arguments", "fixture", "fixture_input", "run"]
