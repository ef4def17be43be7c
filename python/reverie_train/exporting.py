"""How trained networks become files of the run-time: weights in f16, and a fixture that the run-time is compared with."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

LICENCE = "MIT OR Apache-2.0"


def half_precision(network: torch.nn.Module) -> torch.nn.Module:
    """The network as it is stored: every parameter rounded to f16."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.half().float())
    return network


def told(state: dict, *names: str) -> dict[str, str]:
    """What a run says of itself, for the file's metadata."""
    return {name: str(state.get(name, "")) for name in names}


def write(
    folder: str | Path,
    name: str,
    network: torch.nn.Module,
    fixture: dict[str, torch.Tensor],
    metadata: dict[str, str],
    config: dict | None = None,
    without: tuple[str, ...] = (),
) -> dict:
    """Writes `NAME.safetensors` and `NAME_parity.safetensors`; returns what is to be said about them.

    The configuration is the network's own unless told; tensors of the names `without` stay out.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: v.half().contiguous() for key, v in network.state_dict().items() if key not in without}
    config = dataclasses.asdict(network.config) if config is None else config
    metadata = {"config": json.dumps(config), "licence": LICENCE} | metadata
    path, parity = folder / f"{name}.safetensors", folder / f"{name}_parity.safetensors"
    for target, values, about in ((path, tensors, metadata), (parity, fixture, None)):
        part = target.with_suffix(".tmp")
        save_file(values, part, about)
        part.chmod(0o644)
        part.replace(target)
    parameters = sum(value.numel() for value in tensors.values())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "sha256": digest, "bytes": path.stat().st_size, "parameters": parameters} | metadata
