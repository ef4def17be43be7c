"""Scores of a network against the row prior, on held-out pictures and on stereo pairs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from . import metrics, stereo
from .data import Shards
from .model import Config, DepthNetwork


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--val", help="folder of held-out shards")
    parser.add_argument("--pairs", help="folder of real stereo pairs, such as tests/data")
    parser.add_argument("--threads", type=int, default=2)


def load(path: str | Path) -> tuple[DepthNetwork, dict]:
    state = torch.load(path, weights_only=True)
    network = DepthNetwork(Config(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval(), state


@torch.no_grad()
def predict(network: DepthNetwork, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u8 [N, H, W, 3] at the network's size -> (inverse depth with the sky at 0, sky probability)."""
    x = torch.tensor(rgb).float() / 255
    inverse, sky = network(x)
    probability = torch.sigmoid(sky)
    return (inverse * (probability < 0.5)).numpy(), probability.numpy()


def evaluate_shards(network: DepthNetwork, shards: Shards, limit: int | None = None) -> dict:
    """Mean scores per domain and over all, the network's and the prior's."""
    domains = shards.domains()
    count = len(shards)
    order = np.arange(count) if limit is None else np.linspace(0, count - 1, min(limit, count)).astype(int)
    prior = metrics.prior(shards.height, shards.width)
    rows: dict[str, list] = {}
    sky_hits: list[float] = []
    for start in range(0, len(order), 8):
        part = order[start : start + 8]
        pairs = [shards[int(i)] for i in part]
        predicted, sky = predict(network, np.stack([p[0] for p in pairs]))
        for k, i in enumerate(part):
            truth = pairs[k][1]
            sky_hits.append(float(((sky[k] > 0.5) == (truth <= 0)).mean()))
            valid = truth > 0
            ours = metrics.scores(predicted[k], truth, valid)
            theirs = metrics.scores(prior, truth, valid)
            if ours and theirs:
                for name in {domains[int(i)], "all"}:
                    rows.setdefault(name, []).append((ours["absrel"], theirs["absrel"], ours["delta1"], theirs["delta1"]))
    result: dict = {
        name: dict(zip(("absrel", "prior_absrel", "delta1", "prior_delta1"), np.mean(v, 0).round(4).tolist()))
        | {"pictures": len(v)}
        for name, v in sorted(rows.items())
    }
    result["sky_accuracy"] = round(float(np.mean(sky_hits)), 4) if sky_hits else None
    return result


def evaluate_pair(network: DepthNetwork, pair: stereo.Pair) -> dict:
    """Scores on one real picture with measured inverse depth, at the measurement's size."""
    config = network.config
    small = Image.fromarray(pair.rgb).resize((config.input_width, config.input_height), Image.Resampling.BOX)
    predicted, _ = predict(network, np.asarray(small)[None])
    height, width = pair.inverse_depth.shape
    full = np.asarray(Image.fromarray(predicted[0]).resize((width, height), Image.Resampling.BILINEAR))
    ours = metrics.scores(full, pair.inverse_depth, pair.valid)
    prior = metrics.scores(metrics.prior(height, width), pair.inverse_depth, pair.valid)
    return {"network": ours, "prior": prior}


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    network, _ = load(args.weights)
    result: dict = {}
    if args.val:
        result["held_out"] = evaluate_shards(network, Shards(args.val))
    if args.pairs:
        for pair in stereo.load_all(Path(args.pairs)):
            result[pair.name] = evaluate_pair(network, pair)
    print(json.dumps(result, indent=1))
