"""The networks that read sentences.

`WordEncoder` turns words into states without knowing any word beforehand: a word is the mean of vectors of its letter groups,
found by hashing, and two blocks of convolutions over neighbouring words follow. `Reader` answers the questions from states, be
they those of `WordEncoder` or of MiniLM: every question looks at all words and weighs them by itself.
`crates/language/src` runs the same layer by layer.
"""

from __future__ import annotations

import dataclasses
import unicodedata

import torch
import torch.nn.functional as F
from torch import nn

from .labels import QUESTIONS

MOST_WORDS = 128
"""Words behind these are not read."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Shape of a network. Field names are the keys of the exported configuration."""

    buckets: int = 16384
    embedding: int = 48
    width: int = 96
    blocks: int = 2
    hidden: int = 64


def words_of(text: str) -> list[str]:
    """Lower-case words without accents; everything but letters and digits parts them."""
    plain = unicodedata.normalize("NFKD", text.lower())
    out = "".join(" " if not (c.isalnum() or unicodedata.combining(c)) else "" if unicodedata.combining(c) else c for c in plain)
    return [word[:40] for word in out.split()[:MOST_WORDS]]


def fnv(data: bytes) -> int:
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def groups_of(word: str, buckets: int) -> list[int]:
    """Buckets of a word and of its groups of 3 to 5 letters, its ends marked."""
    marked = f"<{word}>"
    groups = [marked]
    for size in (3, 4, 5):
        groups += [marked[at : at + size] for at in range(len(marked) - size + 1)]
    return [fnv(group.encode()) % buckets for group in groups]


class Block(nn.Module):
    """`x + narrow(gelu(widen(neighbours(norm(x)))))` over words."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(3 * width, width)
        self.narrow = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        n = self.norm(x) * mask
        near = torch.cat([F.pad(n, (0, 0, 1, 0))[:, :-1], n, F.pad(n, (0, 0, 0, 1))[:, 1:]], 2)
        return (x + self.narrow(F.gelu(self.widen(near), approximate="tanh"))) * mask


class WordEncoder(nn.Module):
    """Words -> states `[N, L, width]` and their mask `[N, L, 1]`."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.table = nn.EmbeddingBag(config.buckets, config.embedding, mode="mean")
        nn.init.normal_(self.table.weight, std=0.1)
        self.enter = nn.Linear(config.embedding, config.width)
        self.blocks = nn.ModuleList(Block(config.width) for _ in range(config.blocks))
        self.cache: dict[str, list[int]] = {}

    def groups(self, word: str) -> list[int]:
        if word not in self.cache:
            if len(self.cache) > 500_000:
                self.cache.clear()
            self.cache[word] = groups_of(word, self.config.buckets)
        return self.cache[word]

    def forward(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        lists = [words_of(text) for text in texts]
        length = max(1, max(map(len, lists)))
        flat, offsets, mask = [], [], torch.zeros(len(texts), length, 1)
        for row, words in enumerate(lists):
            mask[row, : len(words)] = 1
            for at in range(length):
                offsets.append(len(flat))
                flat += self.groups(words[at]) if at < len(words) else []
        vectors = self.table(torch.tensor(flat, dtype=torch.long), torch.tensor(offsets, dtype=torch.long))
        x = self.enter(vectors.view(len(texts), length, -1)) * mask
        for block in self.blocks:
            x = block(x, mask)
        return x, mask


class Reader(nn.Module):
    """States -> for every question its log-odds `[N, answers]`."""

    def __init__(self, states: int, width: int, hidden: int, drop: float = 0.0):
        super().__init__()
        self.norm = nn.LayerNorm(states)
        self.enter = nn.Linear(states, width)
        self.look = nn.Linear(width, len(QUESTIONS))
        self.think = nn.ModuleDict({q: nn.Linear(width, hidden) for q in QUESTIONS})
        self.answer = nn.ModuleDict({q: nn.Linear(hidden, len(a)) for q, a in QUESTIONS.items()})
        self.drop = nn.Dropout(drop)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        x = F.gelu(self.enter(self.drop(self.norm(states))), approximate="tanh")
        weight = torch.softmax(self.look(x).masked_fill(mask == 0, -1e4), 1)
        seen = torch.einsum("nlq,nlw->nqw", weight, x)
        answers = {}
        for at, question in enumerate(QUESTIONS):
            thought = F.gelu(self.think[question](self.drop(seen[:, at])), approximate="tanh")
            answers[question] = self.answer[question](thought)
        return answers


class WordNetwork(nn.Module):
    """The network that needs nothing else."""

    def __init__(self, config: Config, drop: float = 0.0):
        super().__init__()
        self.config = config
        self.encoder = WordEncoder(config)
        self.reader = Reader(config.width, config.width, config.hidden, drop)

    def forward(self, texts: list[str]) -> dict[str, torch.Tensor]:
        return self.reader(*self.encoder(texts))
