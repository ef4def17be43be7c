"""Scores of a network on held-out pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from ..object_painter.labels import KINDS
from .data import Pictures
from .model import Config, ObjectsNetwork


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--val", required=True, help="folder of held-out pictures")


def load(path: str | Path) -> tuple[ObjectsNetwork, dict]:
    state = torch.load(path, weights_only=True)
    network = ObjectsNetwork(Config(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval(), state


@torch.no_grad()
def scores(network: ObjectsNetwork, pictures: Pictures) -> dict:
    """Share that is recognised: in all, by domain and by kind."""
    answers = []
    for begin in range(0, len(pictures), 64):
        rgb = torch.from_numpy(pictures.pixels[begin : begin + 64]).float() / 255
        answers.append(network(rgb).argmax(1).numpy())
    right = np.concatenate(answers) == pictures.kinds
    found = {"pictures": len(pictures), "all": round(float(right.mean()), 3)}
    for domain in sorted(set(pictures.domains)):
        found[domain] = round(float(right[pictures.domains == domain].mean()), 3)
    for k, kind in enumerate(KINDS):
        own = right[pictures.kinds == k]
        found[kind] = round(float(own.mean()), 3) if own.size else None
    return found


def run(args: argparse.Namespace) -> None:
    network, state = load(args.weights)
    print(json.dumps({"step": state["step"], "scores": scores(network, Pictures(args.val, held_out=True))}, indent=1))
