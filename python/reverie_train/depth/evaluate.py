"""Scores of a network against the row prior, on held-out pictures and on stereo pairs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open

from . import metrics, stereo
from .data import Shards
from .model import Config, DepthNetwork


SKY_PROBABILITY = 0.7
"""From here on a pixel is sky; the run-time uses the same value."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run, or exported .safetensors")
    parser.add_argument("--val", help="folder of held-out shards")
    parser.add_argument("--pairs", help="folder of real stereo pairs, such as tests/data")
    parser.add_argument("--size", help="WIDTHxHEIGHT to predict at; else as configured")
    parser.add_argument("--threads", type=int, default=2)


def load(path: str | Path) -> tuple[DepthNetwork, dict]:
    """A network and what is said of it, from a checkpoint or from exported weights (`.safetensors`)."""
    if Path(path).suffix == ".safetensors":
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}
            state = {"config": json.loads(file.metadata()["config"]), "network": tensors}
    else:
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
    return (inverse * (probability < SKY_PROBABILITY)).numpy(), probability.numpy()


def predict_resized(network: DepthNetwork, rgb: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """As `predict` for one picture u8 [H, W, 3] of any size, seen by the network at `size`."""
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX))
    inverse, sky = predict(network, small[None])
    full = (rgb.shape[1], rgb.shape[0])
    return tuple(np.asarray(Image.fromarray(a[0]).resize(full, Image.Resampling.BILINEAR)) for a in (inverse, sky))


def configured_size(network: DepthNetwork) -> tuple[int, int]:
    return network.config.input_width, network.config.input_height


def evaluate_shards(
    network: DepthNetwork, shards: Shards, limit: int | None = None, size: tuple[int, int] | None = None
) -> dict:
    """Mean and median scores per domain and over all, the network's and the prior's."""
    size = size or configured_size(network)
    domains = shards.domains()
    count = len(shards)
    order = np.arange(count) if limit is None else np.linspace(0, count - 1, min(limit, count)).astype(int)
    prior = metrics.prior(shards.height, shards.width)
    rows: dict[str, list] = {}
    sky_hits: list[float] = []
    for i in order:
        rgb, truth = shards[int(i)]
        predicted, sky = predict_resized(network, rgb, size)
        sky_hits.append(float(((sky >= SKY_PROBABILITY) == (truth <= 0)).mean()))
        ours = metrics.scores(predicted, truth, truth > 0)
        theirs = metrics.scores(prior, truth, truth > 0)
        if ours and theirs:
            for name in {domains[int(i)], "all"}:
                rows.setdefault(name, []).append([ours["absrel"], theirs["absrel"], ours["delta1"], theirs["delta1"]])
    result: dict = {}
    for name, values in sorted(rows.items()):
        mean, median = np.mean(values, 0).round(4).tolist(), np.median(values, 0).round(4).tolist()
        result[name] = dict(zip(("absrel", "prior_absrel", "delta1", "prior_delta1"), mean))
        result[name] |= {"absrel_median": median[0], "prior_absrel_median": median[1], "pictures": len(values)}
    result["sky_accuracy"] = round(float(np.mean(sky_hits)), 4) if sky_hits else None
    return result


def evaluate_pair(network: DepthNetwork, pair: stereo.Pair, size: tuple[int, int]) -> dict:
    """Scores on one real picture with measured inverse depth, at the measurement's size."""
    predicted, _ = predict_resized(network, pair.rgb, size)
    ours = metrics.scores(predicted, pair.inverse_depth, pair.valid)
    prior = metrics.scores(metrics.prior(*pair.valid.shape), pair.inverse_depth, pair.valid)
    return {"network": ours, "prior": prior}


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    network, _ = load(args.weights)
    size = tuple(int(side) for side in args.size.split("x")) if args.size else configured_size(network)
    result: dict = {"size": size}
    if args.val:
        result["held_out"] = evaluate_shards(network, Shards(args.val), size=size)
    if args.pairs:
        for pair in stereo.load_all(Path(args.pairs)):
            result[pair.name] = evaluate_pair(network, pair, size)
    print(json.dumps(result, indent=1))
