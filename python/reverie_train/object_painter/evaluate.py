"""Scores of a network on held-out things, and a sheet to look at."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .data import SIDE_PX, Things
from .labels import KINDS
from .model import Config, ObjectPainter, painted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--val", required=True, help="folder of held-out things")
    parser.add_argument("--sheet", help="PNG: three things of each kind, true above painted, four sides")
    parser.add_argument("--threads", type=int, default=1)


def load(path: str | Path) -> tuple[ObjectPainter, dict]:
    state = torch.load(path, weights_only=True)
    network = ObjectPainter(Config(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval(), state


@torch.no_grad()
def answer(network: ObjectPainter, things: Things, index: int) -> tuple[np.ndarray, ...]:
    """Painted colours, cover and depth of a thing's six sides, and the true ones."""
    inputs, target = things.batch(np.full(6, index), np.arange(6))
    rgb, cover, depth = painted(network(*inputs), inputs[3])
    return tuple(x.numpy() for x in (rgb, cover.sigmoid(), depth, target["rgb"], target["cover"], target["depth"]))


def scores(network: ObjectPainter, things: Things) -> dict:
    """By kind: mean error of colour (of 255), overlap of the outlines, mean error of depth (half edges)."""
    found: dict[str, list] = {kind: [] for kind in KINDS}
    for index in range(len(things)):
        rgb, cover, depth, true_rgb, true_cover, true_depth = answer(network, things, index)
        mine, true = cover > 0.5, true_cover > 0.5
        both = mine & true
        overlap = both.sum() / max((mine | true).sum(), 1)
        colour = np.abs(rgb - true_rgb).mean(-1)[both].mean() if both.any() else 1.0
        deep = np.abs(depth - true_depth)[both].mean() * 2 if both.any() else 1.0
        found[KINDS[int(things.kind[index])]].append((255 * colour, overlap, deep))
    rows = {kind: np.mean(values, 0).round(3).tolist() for kind, values in found.items() if values}
    rows["all"] = np.mean(list(rows.values()), 0).round(3).tolist()
    return rows


def sheet(network: ObjectPainter, things: Things, path: str) -> None:
    """Three things of each kind: true above painted."""
    rows = []
    for kind in range(len(KINDS)):
        chosen = (things.kind == kind).nonzero()[:, 0][::5][:3]
        row = [[], []]
        for index in chosen.tolist():
            rgb, cover, _, true_rgb, true_cover, _ = answer(network, things, index)
            for side in (4, 0, 2, 1):
                for line, colours, covers in ((0, true_rgb, true_cover), (1, rgb, cover)):
                    there = (covers[side] > 0.5)[..., None]
                    row[line].append(np.where(there, colours[side], 1.0))
        rows.extend(np.concatenate(line, 1) for line in row if line)
    pixels = (np.concatenate(rows).clip(0, 1) * 255).astype(np.uint8)
    picture = Image.fromarray(pixels)
    picture.resize((2 * picture.width, 2 * picture.height), Image.NEAREST).save(path)


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    network, state = load(args.weights)
    things = Things(args.val, held_out=True)
    if args.sheet:
        sheet(network, things, args.sheet)
    print(json.dumps({"step": state["step"], "side_px": SIDE_PX, "scores": scores(network, things)}, indent=1))
