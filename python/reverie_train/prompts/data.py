"""Captions, and what MiniLM makes of them.

A set is `texts.jsonl`, `labels.npz` (a matrix of shares a question; none for loose sentences), `states.f16` (MiniLM's states of all
tokens, text after text) and `lengths.npy` (tokens of each text).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from . import captions
from .labels import QUESTIONS
from .minilm import WIDTH, MiniLm

BATCH = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minilm", required=True, help="folder with MiniLM's model.safetensors and tokenizer.json")
    parser.add_argument("--out", required=True, help="folder for the sets `captions` and `loose`")
    parser.add_argument("--captions", type=int, default=14_000)
    parser.add_argument("--loose", type=int, default=12_000, help="sentences of any words, without labels")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--threads", type=int, default=2)


class Set:
    """A finished set."""

    def __init__(self, folder: str | Path):
        folder = Path(folder)
        self.texts = [json.loads(line) for line in (folder / "texts.jsonl").read_text().splitlines()]
        self.lengths = np.load(folder / "lengths.npy")
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)])
        states = folder / "states.f16"
        if states.stat().st_size != self.starts[-1] * WIDTH * 2 or len(self.texts) != len(self.lengths):
            raise ValueError(f"{states}: {states.stat().st_size} bytes are not {self.starts[-1]} tokens")
        self.states = np.memmap(states, np.float16, "r", shape=(int(self.starts[-1]), WIDTH))
        labels = folder / "labels.npz"
        self.labels = dict(np.load(labels)) if labels.exists() else None

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """States `[N, L, 384]` and mask of some texts."""
        length = int(self.lengths[rows].max())
        states = np.zeros((len(rows), length, WIDTH), np.float32)
        mask = np.zeros((len(rows), length, 1), np.float32)
        for at, row in enumerate(rows):
            count = int(self.lengths[row])
            states[at, :count] = self.states[self.starts[row] : self.starts[row] + count]
            mask[at, :count] = 1
        return torch.from_numpy(states), torch.from_numpy(mask)


def write(folder: Path, minilm: MiniLm, texts: list[str], labels: list[captions.Shares] | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Texts of a length together: little is computed for padding.
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    lengths = []
    with (folder / "states.f16").open("wb") as file:
        for start in range(0, len(order), BATCH):
            states, mask = minilm.states([texts[at] for at in order[start : start + BATCH]])
            for row, keep in zip(states, mask[:, :, 0] > 0):
                row[keep].half().numpy().tofile(file)
                lengths.append(int(keep.sum()))
            if start // BATCH % 20 == 0:
                print(f"{folder.name}: {start} of {len(order)}", flush=True)
    if labels is not None:
        np.savez(folder / "labels.npz", **{q: np.stack([labels[at][q] for at in order]) for q in QUESTIONS})
    (folder / "texts.jsonl").write_text("".join(json.dumps(texts[at]) + "\n" for at in order))
    np.save(folder / "lengths.npy", np.array(lengths, np.int64))


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    minilm = MiniLm(args.minilm)
    words = minilm.words()
    rng = np.random.default_rng(args.seed)
    made = [captions.make(rng, words) for _ in range(args.captions)]
    write(Path(args.out) / "captions", minilm, [text for text, _ in made], [shares for _, shares in made])
    loose = [captions.loose(rng, words) for _ in range(args.loose)]
    write(Path(args.out) / "loose", minilm, loose, None)
