"""Training: Muon and AdamW, one cycle by progress, growing picture size, averaged weights, resumable.

Several single-threaded workers share every step (gradients are averaged): on a machine that
others use too, threads inside one worker spend their time waiting for each other.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from ..running import Averaged, learning_rate
from . import augment
from .data import Shards
from .evaluate import evaluate_shards, load
from .loss import depth_loss
from .model import Config, DepthNetwork
from .optimizer import Optimizer

STAGES = ((0.66, (128, 96), 16), (0.89, (192, 144), 12), (1.0, (256, 192), 8))
"""(until which share of the run, picture size, pictures in a worker's step)"""

DOMAIN_WEIGHTS = {"mountain": 0.4}
"""How often a picture is chosen compared with one of the other domains: open country is soon learnt."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="folder of shards; new ones are picked up")
    parser.add_argument("--val", help="folder of held-out shards, scored now and then")
    parser.add_argument("--out", required=True, help="folder for checkpoints and the log; resumes from it")
    parser.add_argument("--minutes", type=float, default=85, help="length of the whole run")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--stage", help="fix WIDTHxHEIGHTxBATCH instead of growing")
    parser.add_argument("--checkpoint-minutes", type=float, default=3)
    parser.add_argument("--validate-minutes", type=float, default=8)
    parser.add_argument("--init", help="start from the weights of a checkpoint, or from exported ones")


def stage_at(progress: float) -> tuple[tuple[int, int], int]:
    for until, size, batch in STAGES:
        if progress < until:
            return size, batch
    return STAGES[-1][1], STAGES[-1][2]


def chances_of(shards: Shards) -> np.ndarray:
    """The chance of every picture to be chosen."""
    weights = np.array([DOMAIN_WEIGHTS.get(domain, 1.0) for domain in shards.domains()])
    return weights / weights.sum()


def wait_for_data(folder: str) -> Shards:
    shards = Shards(folder)
    while not len(shards):
        print(f"no complete shard in {folder} yet", flush=True)
        time.sleep(10)
        shards.refresh()
    return shards


def run(args: argparse.Namespace) -> None:
    Path(args.out).mkdir(parents=True, exist_ok=True)
    if args.workers <= 1:
        work(0, args, "")
        return
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(work, (args, f"{folder}/rendezvous"), nprocs=args.workers)


def work(rank: int, args: argparse.Namespace, rendezvous: str) -> None:
    """One worker. Rank 0 keeps the clock, the log and the checkpoints."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    workers = max(1, args.workers)
    if workers > 1:
        dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=workers)
    out = Path(args.out)

    config = Config()
    network = DepthNetwork(config)
    optimizer = Optimizer(network, rank, workers)
    averaged = Averaged(network)
    spent, step, seen = 0.0, 0, 0

    latest = out / "latest.pt"
    if latest.exists():
        state = torch.load(latest, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        averaged.values = state["averaged"]
        averaged.steps = step = state["step"]
        spent, seen = state["spent"], state["seen"]
        if rank == 0:
            print(f"resumed at step {step}, {spent / 60:.1f} min", flush=True)
    elif args.init:
        network.load_state_dict(load(args.init)[0].state_dict())
        averaged = Averaged(network)

    rng = np.random.default_rng((args.seed, step, rank))
    shards = wait_for_data(args.data)
    chances = chances_of(shards)
    parameters = list(network.parameters())
    held_out = DepthNetwork(config)

    def save() -> None:
        held_out.load_state_dict(network.state_dict())
        averaged.copy_to(held_out)
        state = {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "averaged": averaged.values,
            "step": step,
            "spent": spent,
            "seen": seen,
        }
        torch.save(state, latest.with_suffix(".tmp"))
        latest.with_suffix(".tmp").replace(latest)
        about = {
            "config": dataclasses.asdict(config),
            "step": step,
            "seen": seen,
            "pictures": len(shards),
            "minutes": spent / 60,
            "seed": args.seed,
        }
        for name, weights in (("averaged", held_out), ("last", network)):
            torch.save(about | {"network": weights.state_dict()}, out / f"{name}.tmp")
            (out / f"{name}.tmp").replace(out / f"{name}.pt")

    def log(entry: dict) -> None:
        with (out / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    budget = args.minutes * 60
    began = time.monotonic() - spent
    last_saved = last_validated = spent
    recent: list[dict[str, float]] = []
    recent_seen, recent_began = 0, time.monotonic()
    while spent < budget:
        progress = spent / budget
        if args.stage:
            width, height, batch = (int(v) for v in args.stage.split("x"))
        else:
            (width, height), batch = stage_at(progress)
        chosen = rng.choice(len(shards), size=batch, p=chances)
        pairs = [augment.make(shards, int(i), width, height, rng) for i in chosen]
        rgb = torch.from_numpy(np.stack([p[0] for p in pairs])).to(torch.bfloat16) / 255
        idep = torch.from_numpy(np.stack([p[1] for p in pairs]))

        rate = learning_rate(progress, args.rate)
        # Arithmetic in bf16, master weights and loss in f32.
        half = {name: p.bfloat16() for name, p in network.named_parameters()}
        predicted, sky = torch.func.functional_call(network, half, (rgb,))
        loss, parts = depth_loss(predicted, sky, idep)
        network.zero_grad(set_to_none=True)
        loss.backward()
        measured = {"loss": loss.item(), **parts}
        clock = time.monotonic() - began if rank == 0 else 0.0
        shared = torch.tensor([*measured.values(), clock])
        flat = torch.cat([p.grad.flatten() for p in parameters] + [shared])
        if workers > 1:
            dist.all_reduce(flat)
        spent = flat[-1].item()
        flat /= workers
        offset = 0
        for p in parameters:
            p.grad.copy_(flat[offset : offset + p.numel()].view_as(p))
            offset += p.numel()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        if torch.isfinite(norm):
            optimizer.step(rate)
            averaged.update(network)
        step += 1
        seen += batch * workers
        if step % 50 == 0 and shards.refresh():
            chances = chances_of(shards)
        if rank != 0:
            continue
        recent_seen += batch * workers
        recent.append(dict(zip(measured, flat[offset:-1].tolist())) | {"norm": norm.item()})

        if step % 50 == 0:
            now = time.monotonic()
            mean = {k: round(float(np.mean([r[k] for r in recent])), 4) for k in recent[0]}
            speed = round(recent_seen / (now - recent_began), 1)
            log({"step": step, "seen": seen, "min": round(spent / 60, 1), "size": width, "rate": round(rate, 6),
                 "per_s": speed, "pictures": len(shards), **mean})
            recent, recent_seen, recent_began = [], 0, now
        if spent - last_saved > args.checkpoint_minutes * 60:
            save()
            last_saved = spent
        if args.val and spent - last_validated > args.validate_minutes * 60:
            last_validated = spent
            save()
            result = evaluate_shards(held_out, Shards(args.val), limit=96)
            log({"step": step, "val": result})
    if rank == 0:
        save()
        if args.val:
            log({"step": step, "val": evaluate_shards(held_out, Shards(args.val))})
    if workers > 1:
        dist.barrier()
        dist.destroy_process_group()
