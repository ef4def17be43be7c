"""Scores of a trained network on whole sentences of sets it never heard."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from . import augment
from .features import Features
from .labels import HOP, VISEMES
from .model import Config, LipsNetwork
from .scores import Scores
from .sets import SpokenSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--sets", nargs="+", required=True, help="folders of held-out sets")
    parser.add_argument("--noisy", action="store_true", help="also as heard through rooms, filters and noise")
    parser.add_argument("--threads", type=int, default=1)


def load(path: str | Path) -> tuple[LipsNetwork, dict]:
    state = torch.load(path, weights_only=True)
    about = dict(state["config"])
    about["dilations"] = tuple(about["dilations"])
    network = LipsNetwork(Config(**about))
    network.load_state_dict(state["network"])
    return network.eval(), state


@torch.no_grad()
def answers(network: LipsNetwork, samples: np.ndarray) -> tuple[np.ndarray, ...]:
    """Probabilities of the visemes (frames, 15), voicing, energy and accent (frames) of a sound."""
    delay = network.config.delay
    # As in a stream whose end is not known: silence follows.
    padded = np.concatenate([samples, np.zeros(delay * HOP, np.float32)])
    logits = network(Features()(torch.from_numpy(padded)[None]))[0, delay:]
    count = len(VISEMES)
    rest = logits[:, count:].sigmoid().numpy()
    return logits[:, :count].softmax(-1).numpy(), rest[:, 0], rest[:, 1], rest[:, 2]


def noisy(spoken: SpokenSet, number: int, samples: np.ndarray) -> np.ndarray:
    """A sentence in a room, with 10 dB of noise or less; always the same."""
    return augment.heard(np.random.default_rng((99, number)), samples, spoken.babble, hardest_db=10.0)


def scores(network: LipsNetwork, spoken: SpokenSet, in_noise: bool = False) -> dict:
    total = Scores()
    for number in range(len(spoken)):
        samples, truth, _ = spoken.sentence(number)
        if in_noise:
            samples = noisy(spoken, number, samples)
        visemes, voicing, energy, accent = answers(network, samples)
        total.add(truth[:, 0].astype(int), visemes.argmax(1))
        total.add_rest(truth, voicing, energy, accent if spoken.accents else None)
    return total.report()


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    network, state = load(args.weights)
    report = {"step": state["step"], "minutes": round(state["spent"] / 60, 1), "sets": {}}
    for folder in args.sets:
        spoken = SpokenSet(folder)
        report["sets"][spoken.folder.name] = scores(network, spoken)
        if args.noisy:
            report["sets"][f"{spoken.folder.name}, noisy"] = scores(network, spoken, in_noise=True)
    print(json.dumps(report, indent=1))
