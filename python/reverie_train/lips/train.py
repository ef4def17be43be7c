"""Training: AdamW, one cycle, averaged weights; a run that was stopped goes on where it was.

Every step draws its sounds from a generator of its own, seeded by run and step, so that a run that was
interrupted hears the same as one that was not. Sounds are made by other processes meanwhile.
"""

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
from .evaluate import scores
from .features import Features
from .labels import PP, VISEMES
from .model import Config, LipsNetwork
from .sets import SpokenSet

CLOSURE_WEIGHT = 1.6
"""How much more a frame with closed lips counts: a p that stays open is seen by everybody."""
VOICING, ENERGY, ACCENT = 0.3, 1.0, 0.5
"""Weights of the other answers."""
STATISTICS = 60
"""Batches from which mean and spread of the features are taken."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", nargs="+", required=True, help="sets of the training; SET:0.3 is drawn 0.3 times as often")
    parser.add_argument("--watch", help="a held-out set, scored now and then")
    parser.add_argument("--out", required=True, help="folder for checkpoints and the log; resumes from it")
    parser.add_argument("--init", help="averaged.pt of an earlier run to start from")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--frames", type=int, default=256, help="of a sound")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that make sounds")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--validate-every", type=int, default=1000, help="steps between scores")


class Batches(torch.utils.data.Dataset):
    """Batch `k` is that of step `k`: sounds, labels, and whether accents are known."""

    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.sets, chances = [], []
        for name in args.data:
            folder, _, part = name.partition(":")
            self.sets.append(SpokenSet(folder))
            chances.append(len(self.sets[-1].labels) * float(part or 1))
        self.chances = np.array(chances) / sum(chances)

    def __len__(self) -> int:
        return self.args.steps

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng((self.args.seed, step))
        chosen = rng.choice(len(self.sets), size=self.args.batch, p=self.chances)
        crops = [self.sets[k].crop(rng, self.args.frames) for k in chosen]
        samples, labels = (np.stack(column) for column in zip(*crops))
        accents = np.array([self.sets[k].accents for k in chosen])
        return torch.from_numpy(samples), torch.from_numpy(labels), torch.from_numpy(accents)


def loss_of(logits: torch.Tensor, labels: torch.Tensor, accents: torch.Tensor) -> tuple[torch.Tensor, dict]:
    """The loss of answers (batch, frames, OUTPUTS) to labels (batch, frames, 4), and its parts."""
    count = len(VISEMES)
    weights = torch.ones(count)
    weights[PP] = CLOSURE_WEIGHT
    visemes = labels[..., 0].long()
    truth = labels[..., 2:].float() / 255
    ce = F.cross_entropy(logits[..., :count].flatten(0, 1), visemes.flatten(), weights, label_smoothing=0.03)
    voicing = F.binary_cross_entropy_with_logits(logits[..., count], labels[..., 1].float())
    energy = F.mse_loss(logits[..., count + 1].sigmoid(), truth[..., 0])
    known = accents.float()[:, None]
    accent = F.binary_cross_entropy_with_logits(logits[..., count + 2], truth[..., 1], reduction="none")
    accent = (accent * known).sum() / (known.sum() * accent.shape[1] + 1e-6)
    right = (logits[..., :count].argmax(-1) == visemes).float().mean()
    parts = {"visemes": ce, "voicing": voicing, "energy": energy, "accent": accent, "right": right}
    return ce + VOICING * voicing + ENERGY * energy + ACCENT * accent, parts


def statistics(network: LipsNetwork, batches: Batches, features: Features) -> None:
    """Sets mean and spread of the features from the first batches."""
    heard = torch.cat([features(batches[step][0]).flatten(0, 1) for step in range(STATISTICS)])
    network.mean.copy_(heard.mean(0))
    network.scale.copy_(1 / heard.std(0))


def run(args: argparse.Namespace) -> None:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    batches, features = Batches(args), Features()
    watched = SpokenSet(args.watch) if args.watch else None
    config = Config()
    network, smooth = LipsNetwork(config), LipsNetwork(config)
    matrices = [p for name, p in network.named_parameters() if p.ndim == 2 and "filter" not in name]
    rest = [p for name, p in network.named_parameters() if p.ndim != 2 or "filter" in name]
    groups = [{"params": matrices, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98), fused=True)
    step, spent = 0, 0.0
    latest = out / "latest.pt"
    if latest.exists():
        state = torch.load(latest, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        averaged = Averaged(network, decay=0.998)
        averaged.values, averaged.steps = state["averaged"], state["step"]
        step, spent = state["step"], state["spent"]
        print(f"resumed at step {step}", flush=True)
    else:
        if args.init:
            network.load_state_dict(torch.load(args.init, weights_only=True)["network"])
        else:
            statistics(network, batches, features)
        averaged = Averaged(network, decay=0.998)

    def smoothed() -> LipsNetwork:
        smooth.load_state_dict(network.state_dict())
        return averaged.copy_to(smooth).eval()

    def write(name: str, state: dict) -> None:
        torch.save(state, out / f"{name}.tmp")
        (out / f"{name}.tmp").replace(out / f"{name}.pt")

    def save() -> None:
        about = {"step": step, "seed": args.seed, "spent": spent, "seen": step * args.batch * args.frames}
        about |= {"config": dataclasses.asdict(config), "data": args.data, "init": args.init or ""}
        write("averaged", about | {"network": smoothed().state_dict()})
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "averaged": averaged.values}
        write("latest", about | state)

    def log(entry: dict) -> None:
        with (out / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    loader = torch.utils.data.DataLoader(batches, batch_size=None, sampler=range(step, args.steps),
                                         num_workers=args.workers, prefetch_factor=4 if args.workers else None)
    recent: list[list[float]] = []
    began = time.monotonic() - spent
    for samples, labels, accents in loader:
        rate = learning_rate(step / args.steps, args.rate)
        for group in optimizer.param_groups:
            group["lr"] = rate
        logits = network(features(samples))
        loss, parts = loss_of(logits[:, config.delay :], labels[:, : -config.delay], accents)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        averaged.update(network)
        step += 1
        spent = time.monotonic() - began
        recent.append([loss.item(), *(part.item() for part in parts.values())])
        if step % 50 == 0:
            mean = dict(zip(("loss", *parts), np.mean(recent, 0).round(4).tolist()))
            log({"step": step, "min": round(spent / 60, 2), "rate": round(rate, 6), **mean})
            recent = []
        if step % args.save_every == 0 or step == args.steps:
            save()
        if watched is not None and (step % args.validate_every == 0 or step == args.steps):
            score = scores(smoothed(), watched)
            log({"step": step, "watch": {name: score[name] for name in list(score)[:9]}})
