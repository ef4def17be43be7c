"""Training: AdamW, one cycle, averaged weights; a run that was stopped goes on where it was.

`--network minilm` trains what reads MiniLM's states of the set `captions`. `--network words` trains the small network on new
captions every step and, with `--teacher`, on what that reader answers to the sets `captions` and `loose`: so it learns what
words mean that no template has. Every step draws from a generator of its own, seeded by run and step.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open

from ..running import Run, learning_rate, prepare
from . import captions
from .data import Set
from .labels import QUESTIONS
from .minilm import WIDTH
from .model import Config, Reader, WordNetwork

MINILM_WIDTH, MINILM_HIDDEN = 128, 64
QUESTION_WEIGHTS = {"place": 1.0, "named": 0.7, "weather": 1.0, "strength": 0.3, "hour": 1.0, "season": 0.7}
TEACHING = 1.0
"""Weight of what the teacher says next to what the labels say."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", choices=("minilm", "words"), required=True)
    parser.add_argument("--data", required=True, help="folder of `data`")
    parser.add_argument("--teacher", help="averaged.pt of a run with --network minilm; only for words")
    parser.add_argument("--begin", help="weights that `export` wrote, to train on from; without, from random ones")
    parser.add_argument("--out", required=True, help="folder for checkpoints and the log; resumes from it")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=250, help="steps between checkpoints")


def build(kind: str, config: dict | None = None, drop: float = 0.0) -> torch.nn.Module:
    """The network of a run."""
    if kind == "minilm":
        return Reader(WIDTH, MINILM_WIDTH, MINILM_HIDDEN, drop)
    return WordNetwork(Config(**config) if config else Config(), drop)


def load(path: str | Path) -> tuple[torch.nn.Module, dict]:
    """A trained network, ready to answer, and what its run says of itself."""
    state = torch.load(path, weights_only=True)
    network = build(state["kind"], state["config"])
    network.load_state_dict(state["network"])
    return network.eval(), state


def begin(network: torch.nn.Module, path: str | Path) -> int:
    """Takes exported weights over; returns the steps they were trained for."""
    with safe_open(path, "pt") as file:
        network.load_state_dict({key: file.get_tensor(key).float() for key in file.keys()})
        return int(file.metadata()["step"])


def loss_of(answers: dict[str, torch.Tensor], shares: dict[str, torch.Tensor], smooth: float = 0.03) -> torch.Tensor:
    """Cross-entropy with shares of right answers, smoothed, over all questions."""
    total = torch.zeros(())
    for question, weight in QUESTION_WEIGHTS.items():
        wanted = shares[question] * (1 - smooth) + smooth / len(QUESTIONS[question])
        total = total - weight * (wanted * F.log_softmax(answers[question], 1)).sum(1).mean()
    return total


@torch.no_grad()
def taught(teacher: torch.nn.Module, data: Set) -> dict[str, torch.Tensor]:
    """What the teacher answers to every text of a set, as shares."""
    parts = []
    for start in range(0, len(data.texts), 256):
        states, mask = data.batch(np.arange(start, min(start + 256, len(data.texts))))
        parts.append({q: torch.softmax(a, 1) for q, a in teacher(states, mask).items()})
    return {q: torch.cat([part[q] for part in parts]) for q in QUESTIONS}


class Draws:
    """Batches: answers of the network, and the shares that they should be."""

    def __init__(self, args: argparse.Namespace, words: tuple[str, ...]):
        self.args, self.words = args, words
        self.captions = Set(Path(args.data) / "captions")
        self.teacher = None
        if args.network == "words" and args.teacher:
            teacher, _ = load(args.teacher)
            self.loose = Set(Path(args.data) / "loose")
            self.teacher = [(data, taught(teacher, data)) for data in (self.captions, self.loose)]

    def loss(self, network: torch.nn.Module, rng: np.random.Generator) -> torch.Tensor:
        batch = self.args.batch
        if self.args.network == "minilm":
            rows = rng.integers(len(self.captions.texts), size=batch)
            shares = {q: torch.from_numpy(self.captions.labels[q][rows]) for q in QUESTIONS}
            return loss_of(network(*self.captions.batch(rows)), shares)
        made = [captions.make(rng, self.words) for _ in range(batch)]
        shares = {q: torch.from_numpy(np.stack([s[q] for _, s in made])) for q in QUESTIONS}
        loss = loss_of(network([text for text, _ in made]), shares)
        for data, answers in self.teacher or ():
            rows = rng.integers(len(data.texts), size=batch)
            texts = [data.texts[row] for row in rows]
            if rng.random() < 0.3:
                # The teacher read it well written; the pupil is to read it mistyped, too.
                texts = [captions.mistyped(rng, text, 0.3) for text in texts]
            loss = loss + TEACHING * loss_of(network(texts), {q: answers[q][rows] for q in QUESTIONS}, 0.0)
        return loss


def vocabulary_of(data: Path) -> tuple[str, ...]:
    """Any words: those of the loose sentences."""
    words = {word for text in Set(data / "loose").texts for word in text.split() if word.isascii() and word.isalpha()}
    return tuple(sorted(words))


def run(args: argparse.Namespace) -> None:
    prepare(args.threads, args.seed)
    draws = Draws(args, vocabulary_of(Path(args.data)) if args.network == "words" else ())
    network = build(args.network, drop=0.15)
    before = begin(network, args.begin) if args.begin else 0
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.02)
    course = Run(args.out, network, optimizer, decay=0.995)
    config = network.config if args.network == "words" else {}
    recent: list[float] = []
    while course.step < args.steps:
        rng = np.random.default_rng((args.seed, course.step))
        # Dropout draws from the same: a run that was stopped goes on as if it had not been.
        torch.manual_seed(args.seed * 1_000_003 + course.step)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(course.step / args.steps, args.rate)
        loss = draws.loss(network.train(), rng)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        course.averaged.update(network)
        course.count()
        recent.append(loss.item())
        if course.step % 100 == 0:
            loss = round(float(np.mean(recent)), 4)
            course.log({"step": course.step, "min": round(course.spent / 60, 2), "loss": loss})
            recent = []
        if course.step % args.save_every == 0 or course.step == args.steps:
            about = {"kind": args.network, "before": before, "seed": args.seed}
            about["seen"] = course.step * args.batch * (1 + len(draws.teacher or ()))
            course.save(config, about)
