"""Trained networks as one function that paints."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .model import Config, Layout, joined, no_noise
from .refiner import Refiner, RefinerConfig, noise_maps
from .samples import Batch

Paint = Callable[[Batch, int], torch.Tensor]
"""Batch and seed to colours and code of depth, [N, H, W, 4]."""


def layout(path: str) -> tuple[Layout, dict]:
    """A layout network and what its checkpoint says."""
    state = torch.load(path, weights_only=True, map_location="cpu")
    network = Layout(Config(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval().requires_grad_(False), state


def refiner(path: str) -> tuple[Refiner, dict]:
    """A refiner and what its checkpoint says."""
    state = torch.load(path, weights_only=True, map_location="cpu")
    network = Refiner(RefinerConfig(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval().requires_grad_(False), state


def painting(base: Layout, refining: Refiner | None = None) -> Paint:
    """The layout alone, or refined with the seed's noise. In the precision of the layout's weights."""
    dtype = next(base.parameters()).dtype

    def paint(batch: Batch, seed: int) -> torch.Tensor:
        answer = base(batch, no_noise(batch, dtype))
        if refining is None:
            return answer
        noise = noise_maps(tuple(batch.known.shape), torch.Generator().manual_seed(seed), batch.known.device)
        return refining(batch, joined(answer, batch), noise)

    return paint


def painter(weights: str, refining: str | None = None) -> tuple[Paint, dict]:
    """What checkpoints paint, and what there is to say about them."""
    base, state = layout(weights)
    about = {key: state[key] for key in ("step", "seen", "frames")}
    about |= {"minutes": round(state["minutes"], 1), "size": state["config"]["size"]}
    about["parameters"] = sum(p.numel() for p in base.parameters())
    if refining is None:
        return painting(base), about
    network, state = refiner(refining)
    about["refiner"] = {key: state[key] for key in ("step", "seen", "frames")}
    about["refiner"] |= {"minutes": round(state["minutes"], 1), "parameters": sum(p.numel() for p in network.parameters())}
    return painting(base, network), about
