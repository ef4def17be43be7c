"""Training: AdamW, one cycle, averaged weights."""

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

from . import augment
from ..depth.train import Averaged, learning_rate
from .data import Pictures
from .evaluate import scores
from .model import Config, ObjectsNetwork


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="folder of objects_corpus, seeds below 1000000")
    parser.add_argument("--val", help="folder of held-out pictures, scored at the end")
    parser.add_argument("--out", required=True, help="folder for the weights and the log")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)


def run(args: argparse.Namespace) -> None:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    pictures = Pictures(args.data, held_out=False)
    config = Config()
    network, smooth = ObjectsNetwork(config), ObjectsNetwork(config)
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    averaged = Averaged(network, decay=0.995)
    recent: list[float] = []
    began = time.monotonic()

    def log(entry: dict) -> None:
        with (out / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    for step in range(args.steps):
        rng = np.random.default_rng((args.seed, step))
        chosen = rng.integers(len(pictures), size=args.batch)
        rgb = np.stack([augment.make(pictures.pixels[i], rng) for i in chosen])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step / args.steps, args.rate)
        logits = network(torch.from_numpy(rgb))
        loss = F.cross_entropy(logits, torch.from_numpy(pictures.kinds[chosen]), label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        averaged.update(network)
        recent.append(loss.item())
        if (step + 1) % 100 == 0:
            log({"step": step + 1, "min": round((time.monotonic() - began) / 60, 2), "loss": round(np.mean(recent), 4)})
            recent = []
    averaged.copy_to(smooth)
    about = {"step": args.steps, "seen": args.steps * args.batch, "seed": args.seed, "pictures": len(pictures)}
    state = about | {"config": dataclasses.asdict(config), "network": smooth.state_dict()}
    torch.save(state, out / "averaged.pt")
    if args.val:
        log({"step": args.steps, "val": scores(smooth.eval(), Pictures(args.val, held_out=True))})
