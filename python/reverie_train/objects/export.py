"""Weights and parity fixture for the run-time."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from ..depth.export import fixture_input, half_precision
from ..object_painter.labels import KINDS
from .evaluate import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--out", required=True, help="folder for objects.safetensors and its fixture")


def run(args: argparse.Namespace) -> None:
    network, state = load(args.weights)
    half_precision(network)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    metadata = {"config": json.dumps(dataclasses.asdict(network.config)), "licence": "MIT OR Apache-2.0"}
    metadata["kinds"] = ",".join(KINDS)
    for key in ("step", "seen", "pictures", "seed"):
        metadata[key] = str(state.get(key, ""))
    path = out / "objects.safetensors"
    temporary = path.with_suffix(".tmp")
    save_file(tensors, temporary, metadata)
    temporary.chmod(0o644)
    temporary.replace(path)
    rgb = fixture_input(network.config.input_px, network.config.input_px)
    with torch.no_grad():
        kind = network(rgb)
    parity = out / "objects_parity.safetensors"
    save_file({"rgb": rgb[0].contiguous(), "kind": kind[0].contiguous()}, parity)
    parity.chmod(0o644)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    parameters = sum(t.numel() for t in tensors.values())
    print(json.dumps({"sha256": digest, "bytes": path.stat().st_size, "parameters": parameters} | metadata, indent=1))
