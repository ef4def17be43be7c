"""Training of the repaint network on a folder of shards; resumes, and picks up shards that came since."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..conditions.labels import WEATHERS
from ..depth.optimizer import Optimizer
from ..depth.train import Averaged
from . import augment
from .conditions import SEASONS
from .data import PLACES, SOURCES, TARGETS, Shards, sample
from .evaluate import scores
from .model import Config, Repaint, prepared, repaint, shrunk

HAZE_LOSS, SHOWN_LOSS = 0.2, 0.03
BATCH_KEYS = (
    "rgb", "inverse_depth", "rotation", "truth", "source", "conditions", "haze", "known", "first_rgb", "first_inverse_depth",
    "first_rotation",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="folder of shards")
    parser.add_argument("--val", help="folder of held-out shards")
    parser.add_argument("--out", required=True, help="folder of the run")
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
    """The loss of a batch and its parts: colours pixel by pixel, as means of 8x8, squared; of the air, of what is seen first."""
    seen = prepared(batch, phase)
    colours, haze, shown = repaint(network, seen, batch["conditions"])
    weight = seen["fine"](batch["known"])[..., None]
    off = (colours - seen["fine"](batch["truth"])) * (weight / weight.mean())
    parts = {
        "l1": off.abs().mean(),
        "coarse": shrunk(off, 8 // phase[2]).abs().mean(),
        "l2": off.square().mean(),
        "haze": F.l1_loss(haze.clamp_min(1e-4).pow(1 / 2.2), batch["haze"].clamp_min(1e-4).pow(1 / 2.2)),
    }
    weathers, sun, seasons = shown.split((len(WEATHERS), 2, len(SEASONS)), 1)
    told = batch["source"]
    parts["shown"] = (
        F.cross_entropy(weathers, told[:, : len(WEATHERS)])
        + 10 * F.mse_loss(sun, told[:, len(WEATHERS) + 2 : len(WEATHERS) + 4])
        + F.cross_entropy(seasons, told[:, -len(SEASONS) :])
    )
    colours_loss = parts["l1"] + 0.5 * parts["coarse"] + 3 * parts["l2"]
    return colours_loss + HAZE_LOSS * parts["haze"] + SHOWN_LOSS * parts["shown"], parts


def rate_at(progress: float, highest: float) -> float:
    warm = min(1.0, progress / 0.01)
    return highest * warm * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))


def run(args: argparse.Namespace) -> None:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    shards = Shards(args.data, held_out=False)
    held_out = Shards(args.val, held_out=True) if args.val else None
    config = Config()
    network, smooth = Repaint(config), Repaint(config)
    optimizer, averaged = Optimizer(network, 0, 1), Averaged(network)
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
        smooth.load_state_dict(network.state_dict())
        averaged.copy_to(smooth)
        about = {"step": step, "seen": step * args.batch, "worlds": len(shards), "minutes": spent / 60, "seed": args.seed}
        write("averaged", about | {"config": dataclasses.asdict(config), "network": smooth.state_dict()})
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "averaged": averaged.values}
        write("latest", about | state | {"spent": spent})

    def log(entry: dict) -> None:
        with (out / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    began = time.monotonic() - spent
    saved = validated = spent
    recent: list[list[float]] = []
    while spent < args.minutes * 60:
        rng = np.random.default_rng((args.seed, step))
        # A quarter of the fine pixels tells as much as all of them.
        phase = (int(rng.integers(2)), int(rng.integers(2)), 2)
        loss, parts = loss_of(network, batch_of(shards, args.batch, rng), phase)
        network.zero_grad(set_to_none=True)
        loss.backward()
        for p in network.parameters():
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        spent = time.monotonic() - began
        if torch.isfinite(norm):
            optimizer.step(rate_at(spent / (args.minutes * 60), args.rate))
            averaged.update(network)
        step += 1
        recent.append([loss.item(), *(part.item() for part in parts.values())])
        if step % 50 == 0:
            shards.refresh()
            mean = dict(zip(("loss", *parts), np.mean(recent, 0).round(4).tolist()))
            log({"step": step, "min": round(spent / 60, 2), "worlds": len(shards), **mean})
            recent = []
        if spent - saved > args.checkpoint_minutes * 60:
            save()
            saved = spent
        if held_out is not None and spent - validated > args.validate_minutes * 60:
            save()
            log({"step": step, "val": scores(smooth.eval(), held_out)})
            validated = spent
    save()
    if held_out is not None:
        log({"step": step, "val": scores(smooth.eval(), held_out)})
