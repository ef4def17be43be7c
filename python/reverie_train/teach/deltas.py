"""Small changes of a network: low-rank deltas of its matrices (LoRA, Hu et al. 2021), merged for the run-time."""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn


class Deltas(nn.Module):
    """For every matrix W [out, in] of a network a change `up @ down` of a rank; it is zero at first."""

    def __init__(self, network: nn.Module, rank: int):
        super().__init__()
        if rank < 1:
            raise ValueError(f"rank: {rank} is less than 1")
        self.rank = rank
        self.names = [name for name, p in network.named_parameters() if p.ndim == 2 and min(p.shape) > rank]
        matrices = dict(network.named_parameters())
        self.down = nn.ParameterList()
        self.up = nn.ParameterList()
        for name in self.names:
            out, inputs = matrices[name].shape
            self.down.append(nn.Parameter(torch.randn(rank, inputs) / math.sqrt(inputs)))
            self.up.append(nn.Parameter(torch.zeros(out, rank)))

    def changed(self, network: nn.Module) -> dict[str, torch.Tensor]:
        """All parameters of a network with the changes in them, differentiable in the deltas."""
        parameters = {name: p.detach() for name, p in network.named_parameters()}
        for name, down, up in zip(self.names, self.down, self.up):
            parameters[name] = parameters[name] + up @ down
        return parameters


@torch.no_grad()
def merge(network: nn.Module, deltas: Deltas) -> nn.Module:
    """Puts the changes into the network's own matrices."""
    changed = deltas.changed(network)
    for name, parameter in network.named_parameters():
        parameter.copy_(changed[name])
    return network


def save(deltas: Deltas, path: Path, base_sha256: str) -> None:
    """Keeps deltas in half precision; they belong to the weights with that hash."""
    tensors = {}
    for name, down, up in zip(deltas.names, deltas.down, deltas.up):
        tensors |= {f"{name}.down": down.detach().half().cpu().contiguous(), f"{name}.up": up.detach().half().cpu().contiguous()}
    metadata = {"base_sha256": base_sha256, "rank": str(deltas.rank), "names": json.dumps(deltas.names)}
    temporary = path.with_suffix(".tmp")
    save_file(tensors, temporary, metadata | {"licence": "MIT OR Apache-2.0"})
    temporary.chmod(0o644)
    temporary.replace(path)


def load(path: Path, network: nn.Module, base_sha256: str) -> Deltas:
    """Deltas of a file, for the network they were learnt on."""
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}
    except FileNotFoundError:
        raise ValueError(f"{path}: is missing") from None
    except Exception as error:  # noqa: BLE001 - safetensors raises a type of its own
        raise ValueError(f"{path}: is no file of deltas: {str(error).splitlines()[0]}") from None
    if about.get("base_sha256") != base_sha256:
        raise ValueError(f"{path}: belongs to the weights {str(about.get('base_sha256'))[:12]}, not to {base_sha256[:12]}")
    deltas = Deltas(network, int(about["rank"]))
    try:
        for name, down, up in zip(deltas.names, deltas.down, deltas.up):
            down.data.copy_(tensors[f"{name}.down"])
            up.data.copy_(tensors[f"{name}.up"])
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"{path}: does not fit the network: {str(error).splitlines()[0]}") from None
    return deltas
