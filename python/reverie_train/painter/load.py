"""Trained networks as one function that paints."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .model import Config, Layout, no_noise, noise_maps
from .samples import Batch

Paint = Callable[[Batch, int], torch.Tensor]
"""Batch and seed to colours and code of depth, [N, H, W, 4]."""


def layout(path: str) -> tuple[Layout, dict]:
    """A layout network and what its checkpoint says."""
    state = torch.load(path, weights_only=True, map_location="cpu")
    network = Layout(Config(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval().requires_grad_(False), state


def painting(network: Layout) -> Paint:
    """What a network paints: one answer of many where it was trained to have them. In the precision of its weights."""
    dtype = next(network.parameters()).dtype

    def paint(batch: Batch, seed: int) -> torch.Tensor:
        if not network.config.diverse:
            return network(batch, no_noise(batch, dtype))
        return network(batch, noise_maps(batch, torch.Generator().manual_seed(seed), dtype))

    return paint


def painter(weights: str) -> tuple[Paint, dict]:
    """What a checkpoint paints, and what there is to say about it."""
    network, state = layout(weights)
    about = {key: state[key] for key in ("step", "seen", "frames")}
    about |= {"minutes": round(state["minutes"], 1), "size": state["config"]["size"], "diverse": network.config.diverse}
    about["parameters"] = sum(p.numel() for p in network.parameters())
    return painting(network), about
