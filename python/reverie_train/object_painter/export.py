"""Weights and parity fixture for the run-time."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from ..depth.export import half_precision
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
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    metadata = {"config": json.dumps(dataclasses.asdict(network.config)), "licence": "MIT OR Apache-2.0"}
    metadata["kinds"] = ",".join(KINDS)
    for key in ("step", "seen", "things", "seed"):
        metadata[key] = str(state.get(key, ""))
    path = out / "object_painter.safetensors"
    temporary = path.with_suffix(".tmp")
    save_file(tensors, temporary, metadata)
    temporary.chmod(0o644)
    temporary.replace(path)
    parity = out / "object_painter_parity.safetensors"
    save_file(fixture(network), parity)
    parity.chmod(0o644)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    parameters = sum(t.numel() for t in tensors.values())
    print(json.dumps({"sha256": digest, "bytes": path.stat().st_size, "parameters": parameters} | metadata, indent=1))
