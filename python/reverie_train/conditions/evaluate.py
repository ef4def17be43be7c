"""Scores of a network on held-out pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from .data import Shards
from .labels import DOMAINS, PHASES, WEATHERS
from .model import ConditionsNetwork, Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--val", required=True, help="folder of held-out shards")
    parser.add_argument("--threads", type=int, default=2)


def load(path: str | Path) -> tuple[ConditionsNetwork, dict]:
    state = torch.load(path, weights_only=True)
    network = ConditionsNetwork(Config(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval(), state


@torch.no_grad()
def answers(network: ConditionsNetwork, shards: Shards) -> list[np.ndarray]:
    """The most likely weather, phase and domain of every picture."""
    found: list[list[torch.Tensor]] = [[], [], []]
    for begin in range(0, len(shards), 64):
        chosen = range(begin, min(begin + 64, len(shards)))
        rgb = torch.from_numpy(np.stack([shards[i] for i in chosen])).float() / 255
        for kept, logits in zip(found, network(rgb)[1:]):
            kept.append(logits.argmax(1))
    return [torch.cat(kept).numpy() for kept in found]


def scores(network: ConditionsNetwork, shards: Shards) -> dict:
    """Accuracies per kind of world, and how often each weather and phase is taken for which."""
    weather, phase, domain = answers(network, shards)
    right_weather = weather == shards.weather
    right_phase = shards.phase[np.arange(len(shards)), phase] > 0
    full = np.array(shards.strength) == 1.0
    result: dict = {"domain": round(float((domain == shards.domain).mean()), 4), "pictures": len(shards)}
    for k, name in enumerate(DOMAINS):
        of_kind = shards.domain == k
        result[name] = {
            "pictures": int(of_kind.sum()),
            "weather": round(float(right_weather[of_kind].mean()), 4),
            "weather_full_strength": round(float(right_weather[of_kind & full].mean()), 4),
            "phase": round(float(right_phase[of_kind].mean()), 4),
        }
    outside = shards.domain != DOMAINS.index("warehouse")
    for key, names, found, truth in (
        ("weather_confusion", WEATHERS, weather, shards.weather),
        ("phase_confusion", PHASES, phase, shards.phase.argmax(1)),
    ):
        result[key] = {
            name: np.bincount(found[outside & (truth == k)], minlength=len(names)).tolist()
            for k, name in enumerate(names)
        }
    return result


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    network, _ = load(args.weights)
    print(json.dumps(scores(network, Shards(args.val, held_out=True)), indent=1))
