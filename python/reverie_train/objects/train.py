"""Training: AdamW, one cycle, averaged weights; a run that was stopped goes on where it was."""

from __future__ import annotations

import argparse

import numpy as np
import torch
import torch.nn.functional as F

from . import augment
from ..running import Run, learning_rate, prepare
from .data import Pictures
from .evaluate import scores
from .model import Config, ObjectsNetwork


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="folder of objects_corpus, seeds below 1000000")
    parser.add_argument("--val", help="folder of held-out pictures, scored at the end")
    parser.add_argument("--out", required=True, help="folder for checkpoints and the log; resumes from it")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)


def run(args: argparse.Namespace) -> None:
    prepare(args.threads, args.seed)
    pictures = Pictures(args.data, held_out=False)
    config = Config()
    network = ObjectsNetwork(config)
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    course = Run(args.out, network, optimizer, decay=0.995)
    recent: list[float] = []
    while course.step < args.steps:
        rng = np.random.default_rng((args.seed, course.step))
        chosen = rng.integers(len(pictures), size=args.batch)
        rgb = np.stack([augment.make(pictures.pixels[i], rng) for i in chosen])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(course.step / args.steps, args.rate)
        logits = network(torch.from_numpy(rgb))
        loss = F.cross_entropy(logits, torch.from_numpy(pictures.kinds[chosen]), label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        course.averaged.update(network)
        course.count()
        recent.append(loss.item())
        if course.step % 100 == 0 or course.step == args.steps:
            course.log({"step": course.step, "min": round(course.spent / 60, 2), "loss": round(np.mean(recent), 4)})
            course.save(config, {"seen": course.step * args.batch, "seed": args.seed, "pictures": len(pictures)})
            recent = []
    if args.val:
        course.log({"step": args.steps, "val": scores(course.smoothed(), Pictures(args.val, held_out=True))})
