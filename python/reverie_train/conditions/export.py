"""Weights, parity fixture and figures for the run-time."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from ..depth.export import fixture_input, half_precision
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
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    metadata = {"config": json.dumps(dataclasses.asdict(network.config)), "licence": "MIT OR Apache-2.0"}
    for key, names in (("weathers", WEATHERS), ("phases", PHASES), ("domains", DOMAINS)):
        metadata[key] = ",".join(names)
    for key in ("step", "seen", "pictures", "seed"):
        metadata[key] = str(state.get(key, ""))
    path = out / "conditions.safetensors"
    temporary = path.with_suffix(".tmp")
    save_file(tensors, temporary, metadata)
    temporary.chmod(0o644)
    temporary.replace(path)
    parity = out / "conditions_parity.safetensors"
    save_file(fixture(network), parity)
    parity.chmod(0o644)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    parameters = sum(t.numel() for t in tensors.values())
    print(json.dumps({"sha256": digest, "bytes": path.stat().st_size, "parameters": parameters} | metadata, indent=1))
