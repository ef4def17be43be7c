"""Weights, parity fixture and figures for the run-time."""

from __future__ import annotations

import argparse
import json

import numpy as np
import torch

from ..exporting import half_precision, told, write
from .evaluate import load
from .features import Features
from .labels import HOP, RATE_HZ
from .model import LipsNetwork

FIXTURE_FRAMES = 80


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--out", required=True, help="folder for lips.safetensors and its fixture")


@torch.no_grad()
def as_stored(network: LipsNetwork) -> LipsNetwork:
    """The network as it is shipped: mean and spread of the features are part of its first matrix, f16."""
    enter = network.enter
    enter.weight.mul_(network.scale)
    enter.bias.sub_(enter.weight @ network.mean)
    network.mean.zero_()
    network.scale.fill_(1)
    return half_precision(network)


def fixture_sound() -> np.ndarray:
    """A buzz that glides through two resonances, noise, a step down to silence and a click."""
    rng, count = np.random.default_rng(5), FIXTURE_FRAMES * HOP
    seconds = np.arange(count) / RATE_HZ
    pitch = 120 + 60 * np.sin(7 * seconds)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    sound = np.zeros(count)
    for harmonic in range(1, 40):
        hz = harmonic * pitch
        loud = np.exp(-(((hz - 500 - 400 * np.sin(9 * seconds)) / 200) ** 2))
        loud += 0.5 * np.exp(-(((hz - 1500 - 600 * np.cos(5 * seconds)) / 300) ** 2))
        sound += loud * np.sin(harmonic * phase)
    sound = 0.1 * sound + 0.05 * rng.standard_normal(count) * (np.sin(20 * seconds) > 0.6)
    sound[count // 2 : count // 2 + 1600] *= 0.001
    sound[-2000] += 0.8
    return np.clip(sound, -1, 1).astype(np.float32)


@torch.no_grad()
def fixture(network: LipsNetwork) -> dict[str, torch.Tensor]:
    """Samples, features and logits in f32; answer `i` comes with frame `i`, as the run-time gives it."""
    samples = torch.from_numpy(fixture_sound())[None]
    features = Features()(samples)
    return {"samples": samples[0], "features": features[0].contiguous(), "logits": network(features)[0].contiguous()}


def run(args: argparse.Namespace) -> None:
    network, state = load(args.weights)
    as_stored(network)
    metadata = told(state, "step", "seen", "seed")
    about = write(args.out, "lips", network, fixture(network), metadata, without=("mean", "scale"))
    about["look_ahead_secs"] = network.config.look_ahead_secs()
    print(json.dumps(about, indent=1))
