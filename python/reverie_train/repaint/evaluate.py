"""Scores of a network on held-out places, and a sheet to look at."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..conditions.labels import WEATHERS
from .data import PLACES, SOURCES, TARGETS, Shards, sample
from .model import Config, Repaint, prepared, repaint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--val", required=True, help="folder of held-out shards")
    parser.add_argument("--sheet", help="picture file: before, repainted, truth")
    parser.add_argument("--threads", type=int, default=2)


def load(path: str | Path) -> tuple[Repaint, dict]:
    state = torch.load(path, weights_only=True)
    network = Repaint(Config(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval().requires_grad_(False), state


def best_global(rgb: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """What the best affine map of colours makes of a picture, for which it is fitted to the truth itself."""
    flat = np.concatenate([rgb.reshape(-1, 3), np.ones((rgb.size // 3, 1))], 1)
    matrix, *_ = np.linalg.lstsq(flat, truth.reshape(-1, 3), rcond=None)
    return np.clip((flat @ matrix).reshape(rgb.shape), 0, 1)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(max(1e-10, np.mean((a - b) ** 2))))


@torch.no_grad()
def answers(network: Repaint, shards: Shards, worlds: range):
    """(sample, repainted, target's conditions) of every second place of worlds, one source and all targets each."""
    for world in worlds:
        for place in range(1, PLACES, 2):
            for target in range(TARGETS):
                one = sample(shards, world, place, (place + target) % SOURCES, target, 0)
                one["known"] = np.ones_like(one["inverse_depth"])
                batch = {key: torch.from_numpy(np.ascontiguousarray(value))[None] for key, value in one.items()}
                colours, _, _ = repaint(network, prepared(batch), batch["conditions"])
                yield one, colours[0].clamp(0, 1).numpy(), shards.worlds[world][2]["targets"][target]


def scores(network: Repaint, shards: Shards, limit: int = 40) -> dict:
    """PSNR to the truth, and over that of the best global map of colours, per weather."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WEATHERS}
    for one, painted, conditions in answers(network, shards, range(min(limit, len(shards)))):
        reference = psnr(best_global(one["rgb"], one["truth"]), one["truth"])
        found[conditions["weather"].lower()].append((psnr(painted, one["truth"]), reference))
    mean = {name: np.mean(values, 0) for name, values in found.items() if values}
    every = np.mean([value for values in found.values() for value in values], 0)
    gains = {name: round(float(value[0] - value[1]), 2) for name, value in mean.items()}
    return {"psnr": round(float(every[0]), 2), "gain": round(float(every[0] - every[1]), 2)} | gains


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    network, _ = load(args.weights)
    shards = Shards(args.val, held_out=True)
    print(json.dumps(scores(network, shards, len(shards)), indent=1))
    if args.sheet:
        rows = []
        for one, painted, _ in answers(network, shards, range(0, len(shards), max(1, len(shards) // 9))):
            rows.append(np.concatenate([one["rgb"], painted, one["truth"]], 1))
        columns = [np.concatenate(rows[i::3], 0) for i in range(3)]
        height = min(len(column) for column in columns)
        picture = np.concatenate([column[:height] for column in columns], 1)
        Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).save(args.sheet)
