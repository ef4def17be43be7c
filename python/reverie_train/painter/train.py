"""Training of the layout network: regression, averaged weights, resumable."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ..depth.optimizer import Optimizer
from ..running import Averaged, learning_rate
from . import evaluate, sheet
from .frames import Frames
from .load import painting
from .loss import layout_loss, window_errors
from .model import Config, Layout, no_noise, noise_maps
from .samples import Batch, Maker
from .workers import Worker, launch

WITH_NOISE = 0.75
"""Share of the windows that learn with noise, where there is any."""
WINDOWS = 12
"""Windows in a worker's step."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, nargs="+", help="data sets of training seeds; new shards are picked up")
    parser.add_argument("--val", nargs="+", default=[], help="held-out data sets, scored now and then")
    parser.add_argument("--out", required=True, help="folder for checkpoints, log and sheets; resumes from it")
    parser.add_argument("--cache", help="folder for decoded frames (default: OUT/cache)")
    parser.add_argument("--windows", type=int, default=400_000, help="length of the whole run, windows seen")
    parser.add_argument("--minutes", type=float, default=1e9, help="leave after this time; the next start goes on")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each, on the CPU")
    parser.add_argument("--cpu", action="store_true", help="leave GPUs alone")
    parser.add_argument("--batch", type=int, default=1, help="multiply the windows of a step (GPUs)")
    parser.add_argument("--draws", type=int, default=1, help="answers a window of which the best one learns")
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--validate-minutes", type=float, default=10)
    parser.add_argument("--init", help="start from the averaged weights of this checkpoint")


def replace(path: Path, state: dict) -> None:
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def run(args: argparse.Namespace) -> None:
    Path(args.out).mkdir(parents=True, exist_ok=True)
    launch(work, args)


@torch.no_grad()
def best_noise(draw: Callable, batch: Batch, draws: int, dice: torch.Generator) -> torch.Tensor:
    """Of several answers' noises the one nearest to the truth, window by window.

    Only that answer learns, so that answers part (implicit maximum likelihood, Li and Malik 2018). Some
    windows learn without noise: zeros stay the average.
    """
    best = no_noise(batch, torch.bfloat16)
    if draws <= 1:
        return best
    noises = torch.stack([noise_maps(batch, dice, torch.bfloat16) for _ in range(draws)])
    errors = torch.stack([window_errors(draw(noise), batch.truth, batch.known) for noise in noises])
    chosen = noises[errors.argmin(0), torch.arange(len(batch.known), device=errors.device)]
    with_noise = torch.rand(len(batch.known), generator=dice).to(errors.device) < WITH_NOISE
    return torch.where(with_noise[:, None, None, None], chosen, best)


def work(worker: Worker, args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    out, device = Path(args.out), worker.device
    config = dataclasses.replace(Config(), diverse=args.draws > 1)
    network, held = Layout(config).to(device), Layout(config).to(device)
    optimizer = Optimizer(network, worker.rank, worker.count)
    averaged = Averaged(network)
    spent, step, seen = 0.0, 0, 0
    latest = out / "latest.pt"
    if latest.exists():
        state = torch.load(latest, weights_only=True, map_location=device)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        averaged.values, averaged.steps = state["averaged"], state["step"]
        spent, step, seen = state["spent"], state["step"], state["seen"]
    elif args.init:
        # Parts that are new since then begin as they are.
        known = torch.load(args.init, weights_only=True, map_location=device)["network"]
        network.load_state_dict(network.state_dict() | known)
        averaged = Averaged(network)

    cache = args.cache or out / "cache"
    frames = Frames(args.data, cache, decode=worker.rank == 0)
    frames.wait()
    maker = Maker(frames, device)
    rng = np.random.default_rng((args.seed, step, worker.rank))
    dice = torch.Generator().manual_seed(hash((args.seed, step, worker.rank)) % 2**31)
    parameters = list(network.parameters())
    windows = []

    def save() -> None:
        held.load_state_dict(network.state_dict())
        averaged.copy_to(held)
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "averaged": averaged.values}
        replace(latest, state | {"step": step, "spent": spent, "seen": seen})
        about = {"config": dataclasses.asdict(config), "step": step, "seen": seen}
        about |= {"frames": len(frames), "minutes": spent / 60, "seed": args.seed}
        replace(out / "averaged.pt", about | {"network": held.state_dict()})

    def log(entry: dict) -> None:
        with (out / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    def validate() -> None:
        nonlocal windows
        side = config.size
        if not windows:
            held_out = Frames(args.val, cache, held_out=True)
            if not len(held_out):
                return
            windows = evaluate.fixed_windows(held_out, 24, side, device)
        samples = 8 if config.diverse else 1
        score = evaluate.scores(painting(held), windows, samples)
        log({"step": step, "seen": seen, "min": round(spent / 60, 1), "val": score})
        sheet.write(out / f"sheet-{step:06}.png", painting(held), windows, seeds=min(samples, 2))

    until = spent + args.minutes * 60
    began = time.monotonic() - spent
    last_saved = last_validated = spent
    recent: list[list[float]] = []
    recent_seen, recent_began = 0, time.monotonic()
    while seen < args.windows and spent < until:
        progress = seen / args.windows
        side, count = config.size, WINDOWS * args.batch
        batch = maker.make(maker.choose(count, rng), side, rng)
        # Arithmetic in bf16, master weights and loss in f32.
        half = {name: p.bfloat16() for name, p in network.named_parameters()}

        def draw(noise, half=half, batch=batch):
            return torch.func.functional_call(network, half, (batch, noise))

        answer = draw(best_noise(draw, batch, args.draws, dice))
        loss, parts = layout_loss(answer, batch.truth, batch.detail, batch.known)
        network.zero_grad(set_to_none=True)
        loss.backward()
        for p in parameters:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        clock = time.monotonic() - began
        measured = worker.mean(parameters, [loss.item(), *parts.values()])
        spent = worker.agree(clock)
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        if torch.isfinite(norm):
            optimizer.step(learning_rate(progress, args.rate, warmup=0.005))
            averaged.update(network)
        step += 1
        seen += count * worker.count
        if step % 50 == 0:
            frames.refresh()
        if worker.rank != 0:
            continue
        recent_seen += count * worker.count
        recent.append(measured)
        if step % 50 == 0:
            now = time.monotonic()
            mean = dict(zip(("loss", *parts), np.mean(recent, 0).round(4).tolist()))
            log({"step": step, "seen": seen, "min": round(spent / 60, 1), "frames": len(frames),
                 "per_s": round(recent_seen / (now - recent_began), 1), **mean})
            recent, recent_seen, recent_began = [], 0, now
        if spent - last_saved > args.checkpoint_minutes * 60:
            save()
            last_saved = spent
        if args.val and spent - last_validated > args.validate_minutes * 60:
            save()
            validate()
            last_validated = spent
    if worker.rank == 0:
        save()
        if args.val:
            validate()
