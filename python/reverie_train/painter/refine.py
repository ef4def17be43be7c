"""Training of the refiner around a finished layout network: one step, adversarial, resumable.

The critic compares whole windows (known and new together), so that a seam gives an answer away. Beside it:
its features of answer and truth shall be alike, block means stay the layout's, and two noises shall differ.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..depth.train import Averaged
from . import evaluate, sheet
from .fill import box
from .frames import Frames
from .load import layout, painting
from .model import joined, no_noise
from .refiner import COARSE, Critic, Refiner, RefinerConfig, noise_maps
from .samples import Maker
from .train import replace
from .workers import Worker, launch

WEIGHTS = {"critic": 0.1, "features": 1.0, "means": 2.0, "truth": 0.3, "differ": 0.2}
DIFFERENCE = 0.5
"""Two noises' answers shall differ by this share of what the layout is wrong by, and no more is asked."""
DIFFERENCE_BLOCK = 4
"""Both are compared in means of such blocks: speckle is no difference."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--layout", required=True, help="averaged.pt of a layout network's run")
    parser.add_argument("--data", required=True, nargs="+", help="data sets of training seeds")
    parser.add_argument("--val", nargs="+", default=[], help="held-out data sets")
    parser.add_argument("--out", required=True, help="folder for checkpoints, log and sheets; resumes from it")
    parser.add_argument("--cache", help="folder for decoded frames (default: OUT/cache)")
    parser.add_argument("--windows", type=int, default=200_000, help="length of the whole run, windows seen")
    parser.add_argument("--minutes", type=float, default=1e9, help="leave after this time; the next start goes on")
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each, on the CPU")
    parser.add_argument("--cpu", action="store_true", help="leave GPUs alone")
    parser.add_argument("--batch", type=int, default=8, help="windows in a worker's step")
    parser.add_argument("--side", type=int, help="side of the windows (default: as the layout network's)")
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--validate-minutes", type=float, default=10)


def run(args: argparse.Namespace) -> None:
    Path(args.out).mkdir(parents=True, exist_ok=True)
    launch(work, args)


def work(worker: Worker, args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    out, device = Path(args.out), worker.device
    base, about_base = layout(args.layout)
    base = base.to(device).bfloat16()
    config = RefinerConfig(size=args.side or about_base["config"]["size"])
    network, held, critic = Refiner(config).to(device), Refiner(config).to(device), Critic().to(device)
    painter_steps = torch.optim.AdamW(network.parameters(), lr=args.rate, betas=(0.5, 0.95), weight_decay=0.01)
    critic_steps = torch.optim.AdamW(critic.parameters(), lr=2 * args.rate, betas=(0.5, 0.95), weight_decay=0.0)
    averaged = Averaged(network)
    spent, step, seen = 0.0, 0, 0
    latest = out / "latest.pt"
    if latest.exists():
        state = torch.load(latest, weights_only=True, map_location=device)
        network.load_state_dict(state["network"])
        critic.load_state_dict(state["critic"])
        painter_steps.load_state_dict(state["painter_steps"])
        critic_steps.load_state_dict(state["critic_steps"])
        averaged.values, averaged.steps = state["averaged"], state["step"]
        spent, step, seen = state["spent"], state["step"], state["seen"]

    cache = args.cache or out / "cache"
    frames = Frames(args.data, cache, decode=worker.rank == 0)
    frames.wait()
    maker = Maker(frames, device)
    rng = np.random.default_rng((args.seed, step, worker.rank))
    dice = torch.Generator().manual_seed(hash((args.seed, step, worker.rank)) % 2**31)
    mine, its = list(network.parameters()), list(critic.parameters())
    windows = []

    def save() -> None:
        held.load_state_dict(network.state_dict())
        averaged.copy_to(held)
        state = {"network": network.state_dict(), "critic": critic.state_dict(), "averaged": averaged.values}
        state |= {"painter_steps": painter_steps.state_dict(), "critic_steps": critic_steps.state_dict()}
        replace(latest, state | {"step": step, "spent": spent, "seen": seen})
        about = {"config": dataclasses.asdict(config), "step": step, "seen": seen, "frames": len(frames)}
        replace(out / "averaged.pt", about | {"minutes": spent / 60, "seed": args.seed, "network": held.state_dict()})

    def log(entry: dict) -> None:
        with (out / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    def validate() -> None:
        nonlocal windows
        if not windows:
            held_out = Frames(args.val, cache, held_out=True)
            if not len(held_out):
                return
            windows = evaluate.fixed_windows(held_out, 12, config.size, device)

        paint = painting(base, held)
        log({"step": step, "seen": seen, "min": round(spent / 60, 1), "val": evaluate.scores(paint, windows, 8)})
        sheet.write(out / f"sheet-{step:06}.png", paint, windows, seeds=2)

    until = spent + args.minutes * 60
    began = time.monotonic() - spent
    last_saved = last_validated = spent
    recent: list[list[float]] = []
    recent_seen, recent_began = 0, time.monotonic()
    while seen < args.windows and spent < until:
        batch = maker.make(maker.choose(args.batch, rng), config.size, rng)
        shape = tuple(batch.known.shape)
        with torch.no_grad():
            start = joined(base(batch, no_noise(batch, torch.bfloat16)), batch)
        half = {name: p.bfloat16() for name, p in network.named_parameters()}

        def draw(half=half, batch=batch, start=start, shape=shape) -> torch.Tensor:
            noise = noise_maps(shape, dice, device).bfloat16()
            return joined(torch.func.functional_call(network, half, (batch, start, noise)), batch)

        first, second = draw(), draw()
        truth = joined(batch.truth, batch)
        unknown = (1 - batch.known)[..., None]

        with torch.autocast(device.type, torch.bfloat16):
            real, _ = critic(truth, batch)
            fake, _ = critic(first.detach(), batch)
        apart = sum(
            (patches(F.relu(1 - r.float()), batch) + patches(F.relu(1 + f.float()), batch)) for r, f in zip(real, fake)
        )
        critic.zero_grad(set_to_none=True)
        apart.backward()
        worker.mean(its, [])
        critic_steps.step()

        critic.requires_grad_(False)
        with torch.autocast(device.type, torch.bfloat16):
            fake, features = critic(first, batch)
            with torch.no_grad():
                _, wanted = critic(truth, batch)
        critic.requires_grad_(True)
        share = unknown.mean().clamp_min(0.05)
        apart_by = box((first - second)[..., :3], DIFFERENCE_BLOCK).abs().mean((1, 2, 3))
        wanted_apart = DIFFERENCE * box((truth - start)[..., :3], DIFFERENCE_BLOCK).abs().mean((1, 2, 3))
        parts = {
            "critic": sum(-patches(f.float(), batch) for f in fake),
            "features": sum((a - b).abs().float().mean() for a, b in zip(features, wanted)) / share / len(wanted),
            "means": box((first - start) * unknown, COARSE).abs().mean() / share,
            "truth": ((first - truth).abs() * unknown).mean() / share,
            "differ": -(apart_by / wanted_apart.clamp_min(1e-3)).clamp_max(1).mean(),
        }
        loss = sum(WEIGHTS[k] * v for k, v in parts.items())
        network.zero_grad(set_to_none=True)
        loss.backward()
        for p in mine:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        clock = time.monotonic() - began
        measured = worker.mean(mine, [loss.item(), apart.item(), *(v.item() for v in parts.values())])
        spent = worker.agree(clock)
        norm = torch.nn.utils.clip_grad_norm_(mine, 1.0)
        if torch.isfinite(norm):
            painter_steps.step()
            averaged.update(network)
        step += 1
        seen += args.batch * worker.count
        if step % 50 == 0:
            frames.refresh()
        if worker.rank != 0:
            continue
        recent_seen += args.batch * worker.count
        recent.append(measured)
        if step % 25 == 0:
            now = time.monotonic()
            mean = dict(zip(("loss", "apart", *parts), np.mean(recent, 0).round(4).tolist()))
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


def patches(values: torch.Tensor, batch) -> torch.Tensor:
    """Mean over patches, counted by how much of them is new."""
    weight = F.adaptive_avg_pool2d(1 - batch.known[:, None], values.shape[2:])
    return (values * weight).sum() / weight.sum().clamp_min(1e-3)
