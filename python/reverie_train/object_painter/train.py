"""Training: AdamW, one cycle by time, averaged weights; a run that was stopped goes on where it was."""

from __future__ import annotations

import argparse

import numpy as np
import torch
import torch.nn.functional as F

from ..running import Run, learning_rate, prepare
from .data import Things
from .evaluate import scores
from .model import Config, ObjectPainter, painted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="folder of studio_corpus, seeds below 1000000")
    parser.add_argument("--val", help="folder of held-out things, scored at the end")
    parser.add_argument("--out", required=True, help="folder for checkpoints and the log; resumes from it")
    parser.add_argument("--minutes", type=float, default=24, help="length of the whole run")
    parser.add_argument("--batch", type=int, default=40, help="sides in a step")
    parser.add_argument("--rate", type=float, default=2.5e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)


def gradients(x: torch.Tensor, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Differences along rows and columns of [N, H, W, ...]."""
    return x[:, step:] - x[:, :-step], x[:, :, step:] - x[:, :, :-step]


def loss_of(raw: torch.Tensor, colour: torch.Tensor, target: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Parts of the loss; colour and depth count where something is, edges in colour count twice."""
    rgb, cover, depth = painted(raw, colour)
    there = (target["cover"] > 0.5).float()
    share = there.mean() + 1e-3
    parts = {
        "colour": ((rgb - target["rgb"]).abs().mean(-1) * there).mean() / share,
        "cover": F.binary_cross_entropy_with_logits(cover, target["cover"]),
        "depth": ((depth - target["depth"]).abs() * there).mean() / share,
    }
    edges = 0.0
    for step in (1, 2, 4):
        for mine, theirs, (a, b) in zip(
            gradients(rgb, step),
            gradients(target["rgb"], step),
            ((there[:, step:], there[:, :-step]), (there[:, :, step:], there[:, :, :-step])),
        ):
            edges = edges + ((mine - theirs).abs().mean(-1) * a * b).mean() / share
    parts["edges"] = edges / 6
    return parts


WEIGHTS = {"colour": 1.0, "cover": 0.25, "depth": 1.5, "edges": 1.5}


def run(args: argparse.Namespace) -> None:
    prepare(args.threads, args.seed)
    things = Things(args.data, held_out=False)
    config = Config(variants=int(things.variant.max()) + 1)
    network = ObjectPainter(config)
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    course = Run(args.out, network, optimizer, decay=0.998)

    def save() -> None:
        course.save(config, {"seed": args.seed, "things": len(things), "seen": course.step * args.batch})

    recent: list[list[float]] = []
    saved = course.spent
    while course.spent < 60 * args.minutes:
        rng = np.random.default_rng((args.seed, course.step))
        # The underside is hardly ever seen.
        sides = rng.choice(6, size=args.batch, p=[0.19, 0.19, 0.19, 0.05, 0.19, 0.19])
        inputs, target = things.batch(rng.integers(len(things), size=args.batch), sides)
        rate = learning_rate(course.spent / (60 * args.minutes), args.rate)
        for group in optimizer.param_groups:
            group["lr"] = rate
        parts = loss_of(network(*inputs), inputs[3], target)
        loss = sum(WEIGHTS[name] * part for name, part in parts.items())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        course.averaged.update(network)
        course.count()
        recent.append([loss.item(), *(part.item() for part in parts.values())])
        if course.step % 100 == 0:
            mean = dict(zip(("loss", *parts), np.mean(recent, 0).round(4).tolist()))
            course.log({"step": course.step, "min": round(course.spent / 60, 2), "rate": round(rate, 6), **mean})
            recent = []
        if course.spent - saved > 120:
            saved = course.spent
            save()
    save()
    if args.val:
        course.log({"step": course.step, "val": scores(course.smoothed(), Things(args.val, held_out=True))})
