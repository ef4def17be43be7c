"""Training: AdamW, one cycle, averaged weights; a run that was stopped goes on where it was.

Every step draws its sounds from a generator of its own, seeded by run and step, so that a run that was
interrupted hears the same as one that was not. Sounds are made by other processes meanwhile.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
import torch.nn.functional as F

from ..running import Run, learning_rate, prepare
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
    prepare(args.threads, args.seed)
    batches, features = Batches(args), Features()
    watched = SpokenSet(args.watch) if args.watch else None
    config = Config()
    network = LipsNetwork(config)
    if args.init:
        network.load_state_dict(torch.load(args.init, weights_only=True)["network"])
    elif not Run.begun(args.out):
        statistics(network, batches, features)
    matrices = [p for name, p in network.named_parameters() if p.ndim == 2 and "filter" not in name]
    rest = [p for name, p in network.named_parameters() if p.ndim != 2 or "filter" in name]
    groups = [{"params": matrices, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98), fused=True)
    course = Run(args.out, network, optimizer, decay=0.998)
    loader = torch.utils.data.DataLoader(batches, batch_size=None, sampler=range(course.step, args.steps),
                                         num_workers=args.workers, prefetch_factor=4 if args.workers else None)
    recent: list[list[float]] = []
    for samples, labels, accents in loader:
        rate = learning_rate(course.step / args.steps, args.rate)
        for group in optimizer.param_groups:
            group["lr"] = rate
        logits = network(features(samples))
        loss, parts = loss_of(logits[:, config.delay :], labels[:, : -config.delay], accents)
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
            seen = course.step * args.batch * args.frames
            course.save(config, {"seed": args.seed, "seen": seen, "data": args.data, "init": args.init or ""})
        if watched is not None and (course.step % args.validate_every == 0 or course.step == args.steps):
            score = scores(course.smoothed(), watched)
            course.log({"step": course.step, "watch": {name: score[name] for name in list(score)[:9]}})
