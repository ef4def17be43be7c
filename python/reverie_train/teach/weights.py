"""The shipped weights back in PyTorch, and taught ones in a folder that the run-time opens."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from ..depth import model as depth
from ..painter import model as painter

KINDS = {"painter_layout": "Painter", "depth": "MonocularDepth"}
LICENCE = "MIT OR Apache-2.0"


def shipped() -> Path:
    """The folder of the shipped models."""
    assets = os.environ.get("REVERIE_ASSETS")
    return (Path(assets) if assets else Path(__file__).resolve().parents[3] / "assets") / "models"


def load(name: str, folder: Path) -> tuple[nn.Module, dict[str, str], str]:
    """A network of `KINDS` from exported weights, their metadata, and the hash of the file."""
    path = folder / f"{name}.safetensors"
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key).float() for key in file.keys()}
        config = json.loads(metadata["config"])
        network = painter.Layout(painter.Config(**config)) if name == "painter_layout" else depth.DepthNetwork(depth.Config(**config))
        network.load_state_dict(tensors)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception as error:  # noqa: BLE001 - safetensors raises a type of its own
        raise ValueError(f"{path}: does not hold the network: {str(error).splitlines()[0]}") from None
    return network.eval(), metadata, digest


def save(name: str, network: nn.Module, metadata: dict[str, str], folder: Path) -> None:
    """Writes weights as they are shipped: in half precision, all or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.detach().half().cpu().contiguous() for key, value in network.state_dict().items()}
    path = folder / f"{name}.safetensors"
    save_file(tensors, path.with_suffix(".tmp"), metadata)
    path.with_suffix(".tmp").chmod(0o644)
    path.with_suffix(".tmp").replace(path)


def write_manifest(folder: Path, origins: dict[str, str]) -> None:
    """The manifest of the networks that are there; `origins` says in a line where each one comes from."""
    entries = []
    for name, origin in origins.items():
        data = (folder / f"{name}.safetensors").read_bytes()
        entries.append(
            f'        (\n            name: "{name}",\n            file: "{name}.safetensors",\n'
            f'            sha256: "{hashlib.sha256(data).hexdigest()}",\n            bytes: {len(data)},\n'
            f"            kind: {KINDS[name]},\n            origin: {json.dumps(origin, ensure_ascii=True)},\n"
            f'            licence: "{LICENCE}",\n        ),\n'
        )
    text = "(\n    models: [\n" + "".join(entries) + "    ],\n)\n"
    path = folder / "manifest.ron"
    path.with_suffix(".tmp").write_text(text)
    path.with_suffix(".tmp").replace(path)


@torch.no_grad()
def rounded(network: nn.Module) -> nn.Module:
    """The network as it is stored: every parameter rounded to half precision."""
    for parameter in network.parameters():
        parameter.copy_(parameter.half().float())
    return network
