"""Training: AdamW, one cycle by time, averaged weights; a run that was stopped goes on where it was."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..depth.train import Averaged, learning_rate
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
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    things = Things(args.data, held_out=False)
    config = Config(variants=int(things.variant.max()) + 1)
    network, smooth = ObjectPainter(config), ObjectPainter(config)
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    averaged = Averaged(network, decay=0.998)
    step, spent = 0, 0.0
    latest = out / "latest.pt"
    if latest.exists():
        state = torch.load(latest, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        averaged.values, averaged.steps = state["averaged"], state["step"]
        step, spent = state["step"], state["spent"]
        print(f"resumed at step {step}", flush=True)

    def write(name: str, state: dict) -> None:
        torch.save(state, out / f"{name}.tmp")
        (out / f"{name}.tmp").replace(out / f"{name}.pt")

    def save() -> None:
        averaged.copy_to(smooth)
        about = {"step": step, "seed": args.seed, "things": len(things), "spent": spent, "seen": step * args.batch}
        write("averaged", about | {"config": dataclasses.asdict(config), "network": smooth.state_dict()})
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "averaged": averaged.values}
        write("latest", about | state)

    def log(entry: dict) -> None:
        with (out / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    recent: list[list[float]] = []
    began, saved = time.monotonic() - spent, spent
    while spent < 60 * args.minutes:
        rng = np.random.default_rng((args.seed, step))
        # The underside is hardly ever seen.
        sides = rng.choice(6, size=args.batch, p=[0.19, 0.19, 0.19, 0.05, 0.19, 0.19])
        inputs, target = things.batch(rng.integers(len(things), size=args.batch), sides)
        rate = learning_rate(spent / (60 * args.minutes), args.rate)
        for group in optimizer.param_groups:
            group["lr"] = rate
        parts = loss_of(network(*inputs), inputs[3], target)
        loss = sum(WEIGHTS[name] * part for name, part in parts.items())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        averaged.update(network)
        step += 1
        spent = time.monotonic() - began
        recent.append([loss.item(), *(part.item() for part in parts.values())])
        if step % 100 == 0:
            mean = dict(zip(("loss", *parts), np.mean(recent, 0).round(4).tolist()))
            log({"step": step, "min": round(spent / 60, 2), "rate": round(rate, 6), **mean})
            recent = []
        if spent - saved > 120:
            saved = spent
            save()
    save()
    if args.val:
        log({"step": step, "val": scores(smooth.eval(), Things(args.val, held_out=True))})
