"""Training of the layout network: regression, growing picture size, averaged weights, resumable."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import torch

from ..depth.optimizer import Optimizer
from ..depth.train import Averaged, learning_rate
from . import evaluate, sheet
from .frames import Frames
from .loss import layout_loss
from .model import Config, Layout, no_noise
from .samples import Maker
from .workers import Worker, launch

STAGES = ((0.55, 64, 12), (1.0, 128, 8))
"""(until which share of the run, side of the windows, windows in a worker's step)"""


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
    parser.add_argument("--side", type=int, help="fix the side of the windows instead of growing")
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--validate-minutes", type=float, default=10)
    parser.add_argument("--init", help="start from the averaged weights of this checkpoint")


def stage_at(progress: float) -> tuple[int, int]:
    for until, side, batch in STAGES:
        if progress < until:
            return side, batch
    return STAGES[-1][1:]


def replace(path: Path, state: dict) -> None:
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def run(args: argparse.Namespace) -> None:
    Path(args.out).mkdir(parents=True, exist_ok=True)
    launch(work, args)


def work(worker: Worker, args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    out, device = Path(args.out), worker.device
    config = Config()
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
        network.load_state_dict(torch.load(args.init, weights_only=True, map_location=device)["network"])
        averaged = Averaged(network)

    cache = args.cache or out / "cache"
    frames = Frames(args.data, cache, decode=worker.rank == 0)
    frames.wait()
    maker = Maker(frames, device)
    rng = np.random.default_rng((args.seed, step, worker.rank))
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
        side = args.side or config.size
        if not windows:
            held_out = Frames(args.val, cache, held_out=True)
            if not len(held_out):
                return
            windows = evaluate.fixed_windows(held_out, 24, side, device)
        held.eval()

        def paint(batch, _seed):
            return held(batch, no_noise(batch))

        log({"step": step, "seen": seen, "min": round(spent / 60, 1), "val": evaluate.scores(paint, windows, 1)})
        sheet.write(out / f"sheet-{step:06}.png", paint, windows)

    until = spent + args.minutes * 60
    began = time.monotonic() - spent
    last_saved = last_validated = spent
    recent: list[list[float]] = []
    recent_seen, recent_began = 0, time.monotonic()
    while seen < args.windows and spent < until:
        progress = seen / args.windows
        side, count = stage_at(progress)
        side, count = args.side or side, count * args.batch
        batch = maker.make(maker.choose(count, rng), side, rng)
        # Arithmetic in bf16, master weights and loss in f32.
        half = {name: p.bfloat16() for name, p in network.named_parameters()}
        answer = torch.func.functional_call(network, half, (batch, no_noise(batch, torch.bfloat16)))
        loss, parts = layout_loss(answer, batch.truth, batch.known)
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
            log({"step": step, "seen": seen, "min": round(spent / 60, 1), "side": side, "frames": len(frames),
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
