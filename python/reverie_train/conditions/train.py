"""Training: AdamW, one cycle, averaged weights; a run that was stopped goes on where it was.

Every step draws its pictures from a generator of its own, seeded by run and step, so that a run
that was interrupted sees the same pictures as one that was not.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
import torch.nn.functional as F

from . import augment
from ..running import Run, learning_rate, prepare
from .data import Shards
from .evaluate import scores
from .labels import DOMAINS
from .model import ConditionsNetwork, Config

DOMAIN_WEIGHTS = {"warehouse": 0.4}
"""How often a picture is chosen compared with one of the other worlds: under a roof there is little
to learn about the weather."""
DOMAIN_LOSS = 0.3
"""Weight of telling the worlds apart, which is easy."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="folder of shards, seeds below 1000000")
    parser.add_argument("--val", help="folder of held-out shards, scored now and then")
    parser.add_argument("--out", required=True, help="folder for checkpoints and the log; resumes from it")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=int, default=100, help="steps between checkpoints")
    parser.add_argument("--validate-every", type=int, default=500, help="steps between scores")


def loss_of(network: ConditionsNetwork, shards: Shards, chosen: np.ndarray, rgb: np.ndarray) -> tuple:
    """The loss of a batch of augmented pictures, and its parts."""
    # Arithmetic in bf16, master weights and loss in f32.
    half = {name: p.bfloat16() for name, p in network.named_parameters()}
    pictures = torch.from_numpy(rgb).to(torch.bfloat16) / 255
    answers = torch.func.functional_call(network, half, (pictures,))
    _, weather, phase, domain = (answer.float() for answer in answers)
    parts = {
        "weather": F.cross_entropy(weather, torch.from_numpy(shards.weather[chosen]), label_smoothing=0.05),
        "phase": F.cross_entropy(phase, torch.from_numpy(shards.phase[chosen]), label_smoothing=0.05),
        "domain": F.cross_entropy(domain, torch.from_numpy(shards.domain[chosen])),
    }
    return parts["weather"] + parts["phase"] + DOMAIN_LOSS * parts["domain"], parts


def run(args: argparse.Namespace) -> None:
    prepare(args.threads, args.seed)
    shards = Shards(args.data, held_out=False)
    chances = np.array([DOMAIN_WEIGHTS.get(DOMAINS[k], 1.0) for k in shards.domain])
    chances /= chances.sum()
    held_out = Shards(args.val, held_out=True) if args.val else None
    config = Config()
    network = ConditionsNetwork(config)
    matrices = [p for p in network.parameters() if p.ndim == 2]
    rest = [p for p in network.parameters() if p.ndim != 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98), fused=True)
    course = Run(args.out, network, optimizer, decay=0.998)
    recent: list[list[float]] = []
    while course.step < args.steps:
        rng = np.random.default_rng((args.seed, course.step))
        chosen = rng.choice(len(shards), size=args.batch, replace=False, p=chances)
        rgb = np.stack([augment.make(shards[int(i)], rng) for i in chosen])
        rate = learning_rate(course.step / args.steps, args.rate)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss, parts = loss_of(network, shards, chosen, rgb)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        course.averaged.update(network)
        course.count()
        recent.append([loss.item(), *(part.item() for part in parts.values())])
        if course.step % 50 == 0:
            mean = dict(zip(("loss", *parts), np.mean(recent, 0).round(4).tolist()))
            course.log({"step": course.step, "min": round(course.spent / 60, 2), "rate": round(rate, 6), **mean})
            recent = []
        if course.step % args.save_every == 0 or course.step == args.steps:
            about = {"seed": args.seed, "pictures": len(shards), "seen": course.step * args.batch}
            course.save(config, about)
        if held_out is not None and (course.step % args.validate_every == 0 or course.step == args.steps):
            course.log({"step": course.step, "val": scores(course.smoothed(), held_out)})
