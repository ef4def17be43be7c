"""Scores on captions written by hand, also mistyped."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np
import torch

from . import captions, vocabulary
from .labels import BUCKETS, QUESTIONS, UNSAID
from .minilm import MiniLm
from .model import words_of
from .train import load

FOLDER = Path(__file__).parent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--minilm", help="folder with MiniLM's files; needed for a reader of its states")
    parser.add_argument("--captions", default=str(FOLDER / "captions_test.tsv"))
    parser.add_argument("--wrong", action="store_true", help="also list what was read wrongly")


def read(path: str | Path) -> list[dict]:
    """Rows of a file of captions."""
    rows = []
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 5:
            raise ValueError(f"{path}:{number}: has {len(cells)} columns, expected 5")
        row = dict(zip(("place", "weather", "hour", "season", "text"), cells))
        for question, extra in (("place", ("other", "-")), ("weather", ()), ("season", ())):
            for answer in row[question].split("/"):
                if answer not in (*QUESTIONS[question], *extra):
                    raise ValueError(f"{path}:{number}: {question} `{answer}` is unknown")
        rows.append(row)
    return rows


@torch.no_grad()
def answers(network: torch.nn.Module, minilm: MiniLm | None, texts: list[str]) -> dict[str, list[str]]:
    """The likeliest answers to every question."""
    logits = network(*minilm.states(texts)) if minilm else network(texts)
    return {q: [QUESTIONS[q][at] for at in a.argmax(1).tolist()] for q, a in logits.items()}


def judge(rows: list[dict], found: dict[str, list[str]]) -> tuple[dict[str, list[bool]], list[str]]:
    """Right or wrong, row by row, under the name of what is asked; and lines about what is wrong."""
    right: dict[str, list[bool]] = {}
    wrong = []

    def note(name: str, ok: bool, row: dict, answer: str, wanted: str) -> None:
        right.setdefault(name, []).append(ok)
        if not ok:
            wrong.append(f"{name}: {answer} instead of {wanted}: {row['text']}")

    for at, row in enumerate(rows):
        place, named = found["place"][at], found["named"][at]
        if row["place"] in QUESTIONS["place"]:
            note("place", place == row["place"], row, place, row["place"])
        status = {"other": "elsewhere", "-": "-"}.get(row["place"], "named")
        note("named", named == status, row, named, status)
        for question in ("weather", "season"):
            answer, wanted = found[question][at], row[question]
            note(f"{question} said" if wanted != UNSAID else f"{question} not said", answer in wanted.split("/"), row, answer, wanted)
        # Times of the clock are read by rule, not by the network.
        if not re.search(r"\d|half past", row["hour"]):
            answer, wanted = found["hour"][at], row["hour"]
            ok = BUCKETS[answer] in {BUCKETS[part] for part in wanted.split("/")}
            note("hour said" if wanted != UNSAID else "hour not said", ok, row, answer, wanted)
    return right, wrong


def known_words() -> set[str]:
    """Every word of the training vocabulary."""
    tables = (vocabulary.PLACES, vocabulary.ELSEWHERE, vocabulary.WEATHERS, vocabulary.HOURS, vocabulary.SEASONS)
    phrases = [phrase for table in tables for phrases in table.values() for phrase in phrases]
    for more in (vocabulary.KIND, vocabulary.OPENINGS, vocabulary.ENDINGS, vocabulary.NOWHERE, vocabulary.STRONG, vocabulary.WEAK):
        phrases += more
    return {word for phrase in phrases for word in words_of(phrase)}


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    network, state = load(args.weights)
    if state["kind"] == "minilm" and not args.minilm:
        raise ValueError("--minilm: is needed for a reader of MiniLM's states")
    minilm = MiniLm(args.minilm) if state["kind"] == "minilm" else None
    rows = read(args.captions)
    known = known_words()
    long = [word for row in rows for word in words_of(row["text"]) if len(word) > 3]
    report: dict = {"captions": len(rows), "words_not_trained_on": round(float(np.mean([w not in known for w in long])), 3)}
    rng = np.random.default_rng(5)
    for name, texts in (
        ("as written", [row["text"] for row in rows]),
        ("mistyped", [captions.mistyped(rng, row["text"], 0.5) for row in rows]),
    ):
        right, wrong = judge(rows, answers(network, minilm, texts))
        report[name] = {key: [round(float(np.mean(values)), 3), len(values)] for key, values in sorted(right.items())}
        if args.wrong and name == "as written":
            print("\n".join(sorted(wrong)))
    print(json.dumps(report, indent=1))
