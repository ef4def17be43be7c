"""The colour of thick air, fitted at the end of a training with everything else as it is.

It is a linear map of what the network knows of a world and its conditions, and little of a training's loss: fitted alone, on all worlds
at once, it takes a minute and comes out nearer (0.0243 instead of 0.0259 on held-out worlds).
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import torch
import torch.nn.functional as F

from .data import PLACES, SOURCES, TARGETS, Shards, sample
from .evaluate import load
from .model import Repaint, first_seen

STEPS, RATE, DECAY = 3000, 3e-3, 1e-3
FIRST_KEYS = ("first_rgb", "first_inverse_depth", "first_rotation", "conditions")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run, which is written anew")
    parser.add_argument("--data", required=True, help="folder of shards")
    parser.add_argument("--val", required=True, help="folder of held-out shards")
    parser.add_argument("--threads", type=int, default=2)


def haze_error(haze: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Mean difference as the eye sees it."""
    return F.l1_loss(haze.clamp_min(1e-4).pow(1 / 2.2), truth.clamp_min(1e-4).pow(1 / 2.2))


@torch.no_grad()
def known(network: Repaint, shards: Shards) -> tuple[torch.Tensor, torch.Tensor]:
    """What the network knows of every world from two first views of each source under every target, and the air's
    colour there, the mean of the places."""
    conditions, colours = [], []
    for world in range(len(shards)):
        told = shards.worlds[world][2]["places"]
        picks = [(source, target, first) for source in range(SOURCES) for target in range(TARGETS) for first in (0, PLACES // 2)]
        samples = [sample(shards, world, 0, *pick) for pick in picks]
        batch = {key: torch.from_numpy(np.stack([one[key] for one in samples])) for key in FIRST_KEYS}
        conditions.append(network.condition(first_seen(batch), batch["conditions"])[0])
        of = lambda target: np.mean([place["lights"][target]["haze"] for place in told], 0)  # noqa: E731
        colours.append(torch.from_numpy(np.stack([of(target) for _, target, _ in picks])).float())
    return torch.cat(conditions), torch.cat(colours)


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    network, state = load(args.weights)
    train, val = (known(network, Shards(folder, held_out)) for folder, held_out in ((args.data, False), (args.val, True)))
    head = network.haze.requires_grad_(True)
    optimizer = torch.optim.AdamW(head.parameters(), RATE, weight_decay=DECAY)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    before = haze_error(network.thick_air(val[0]), val[1]).item()
    for _ in range(STEPS):
        optimizer.zero_grad()
        haze_error(network.thick_air(train[0]), train[1]).backward()
        optimizer.step()
        rates.step()
    after = {name: haze_error(network.thick_air(x), y).item() for name, (x, y) in (("train", train), ("val", val))}
    state["network"] = network.requires_grad_(False).state_dict()
    torch.save(state, args.weights)
    print(json.dumps({"val_before": round(before, 4)} | {name: round(value, 4) for name, value in after.items()}))
