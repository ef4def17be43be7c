"""Training of the repaint network on a folder of shards; resumes, and picks up shards that came since."""

from __future__ import annotations

import argparse
import dataclasses
import json

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open

from ..conditions.labels import WEATHERS
from ..depth.optimizer import Optimizer
from ..running import Run, learning_rate, prepare
from . import augment
from .conditions import SEASONS
from .data import PLACES, SOURCES, TARGETS, Shards, sample
from .evaluate import scores
from .haze import haze_error
from .model import Config, Repaint, prepared, repaint, shrunk

HAZE_LOSS, SHOWN_LOSS, LOG_LOSS = 0.2, 0.03, 0.04
BATCH_KEYS = (
    "rgb", "inverse_depth", "rotation", "truth", "source", "conditions", "haze", "known", "first_rgb", "first_inverse_depth",
    "first_rotation",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="folder of shards")
    parser.add_argument("--val", help="folder of held-out shards")
    parser.add_argument("--out", required=True, help="folder of the run")
    parser.add_argument("--init", help="repaint.safetensors to begin with (default: a random network)")
    parser.add_argument("--minutes", type=float, default=60, help="time to train, of which the rate is a cosine")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint-minutes", type=float, default=3)
    parser.add_argument("--validate-minutes", type=float, default=12)


def batch_of(shards: Shards, count: int, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    samples = []
    for _ in range(count):
        picks = (int(rng.integers(n)) for n in (len(shards), PLACES, SOURCES, TARGETS, PLACES))
        samples.append(augment.make(sample(shards, *picks), rng))
    return {key: torch.from_numpy(np.stack([np.ascontiguousarray(s[key]) for s in samples])) for key in BATCH_KEYS}


def loss_of(
    network: Repaint, batch: dict[str, torch.Tensor], phase: tuple[int, int, int]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss of a batch and its parts: colours pixel by pixel, as means of 8x8, squared, and the logarithm of
    each picture's square (which PSNR is); of the air, of what is seen first."""
    seen = prepared(batch, phase)
    colours, haze, shown = repaint(network, seen, batch["conditions"])
    weight = seen["fine"](batch["known"])[..., None]
    off = (colours - seen["fine"](batch["truth"])) * (weight / weight.mean())
    parts = {
        "l1": off.abs().mean(),
        "coarse": shrunk(off, 8 // phase[2]).abs().mean(),
        "l2": off.square().mean(),
        "log": (off.square().mean((1, 2, 3)) + 1e-4).log().mean(),
        "haze": haze_error(haze, batch["haze"]),
    }
    weathers, sun, seasons = shown.split((len(WEATHERS), 2, len(SEASONS)), 1)
    told = batch["source"]
    parts["shown"] = (
        F.cross_entropy(weathers, told[:, : len(WEATHERS)])
        + 10 * F.mse_loss(sun, told[:, len(WEATHERS) + 2 : len(WEATHERS) + 4])
        + F.cross_entropy(seasons, told[:, -len(SEASONS) :])
    )
    colours_loss = 0.5 * parts["l1"] + 0.5 * parts["coarse"] + 3 * parts["l2"] + LOG_LOSS * parts["log"]
    return colours_loss + HAZE_LOSS * parts["haze"] + SHOWN_LOSS * parts["shown"], parts


def begun(path: str, config: Config) -> dict[str, torch.Tensor]:
    """The weights of an exported network, which must have this shape."""
    with safe_open(path, "pt") as file:
        if json.loads(file.metadata()["config"]) != dataclasses.asdict(config):
            raise ValueError(f"{path}: config: is not that of this network")
        return {name: file.get_tensor(name).float() for name in file.keys()}


def run(args: argparse.Namespace) -> None:
    prepare(args.threads, args.seed)
    shards = Shards(args.data, held_out=False)
    held_out = Shards(args.val, held_out=True) if args.val else None
    config = Config()
    network = Repaint(config)
    if args.init:
        network.load_state_dict(begun(args.init, config))
    optimizer = Optimizer(network, 0, 1)
    course = Run(args.out, network, optimizer)

    def save() -> None:
        about = {"seen": course.step * args.batch, "worlds": len(shards), "seed": args.seed}
        course.save(config, about)

    def validate() -> None:
        save()
        if held_out is not None:
            course.log({"step": course.step, "val": scores(course.smoothed(), held_out)})

    saved = validated = course.spent
    recent: list[list[float]] = []
    while course.spent < args.minutes * 60:
        rng = np.random.default_rng((args.seed, course.step))
        # A quarter of the fine pixels tells as much as all of them.
        phase = (int(rng.integers(2)), int(rng.integers(2)), 2)
        loss, parts = loss_of(network, batch_of(shards, args.batch, rng), phase)
        network.zero_grad(set_to_none=True)
        loss.backward()
        for p in network.parameters():
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        if torch.isfinite(norm):
            optimizer.step(learning_rate(course.spent / (args.minutes * 60), args.rate, warmup=0.01))
            course.averaged.update(network)
        course.count()
        recent.append([loss.item(), *(part.item() for part in parts.values())])
        if course.step % 50 == 0:
            shards.refresh()
            mean = dict(zip(("loss", *parts), np.mean(recent, 0).round(4).tolist()))
            course.log({"step": course.step, "min": round(course.spent / 60, 2), "worlds": len(shards), **mean})
            recent = []
        if course.spent - saved > args.checkpoint_minutes * 60:
            save()
            saved = course.spent
        if course.spent - validated > args.validate_minutes * 60:
            validate()
            validated = course.spent
    validate()
