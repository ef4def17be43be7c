"""Weights, parity fixtures and figures for the run-time."""

from __future__ import annotations

import argparse
import json

import torch

from ..exporting import half_precision, told, write
from .labels import QUESTIONS
from .minilm import WIDTH, MiniLm
from .train import MINILM_HIDDEN, MINILM_WIDTH, load

TEXTS = (
    "a snowy valley at dusk",
    "Neon, rain & wet asphalt -- 23:30, TOKYO!",
    "naïve café façade, Überraschung",
    "unbelievablyhyperlongwordwithoutanyspaces",
    "x",
    "山の朝 fog 🌫 в горах",
    "a distribution centre with tall shelves, don't forget the forklift's pallets",
)
"""Of all kinds: other scripts, accents, signs, one letter."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--minilm", help="folder with MiniLM's files; needed for a reader of its states")
    parser.add_argument("--out", required=True, help="folder for the weights and the fixture")


@torch.no_grad()
def fixture(network: torch.nn.Module, minilm: MiniLm | None) -> dict[str, torch.Tensor]:
    """Texts, and the log-odds of all questions one after another; of MiniLM also tokens and sentence embeddings."""
    tensors = {}
    for at, text in enumerate(TEXTS):
        tensors[f"{at}.text"] = torch.tensor(list(text.encode()), dtype=torch.uint8)
        answers = network(*minilm.states([text])) if minilm else network([text])
        tensors[f"{at}.answers"] = torch.cat([answers[q][0] for q in QUESTIONS])
        if minilm:
            tensors[f"{at}.tokens"] = torch.tensor(minilm.tokens(text), dtype=torch.uint32)
            tensors[f"{at}.sentence"] = minilm.sentence([text])[0]
    return tensors


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    network, state = load(args.weights)
    reads_minilm = state["kind"] == "minilm"
    if reads_minilm and not args.minilm:
        raise ValueError("--minilm: is needed for a reader of MiniLM's states")
    half_precision(network)
    name = "prompts_minilm" if reads_minilm else "prompts"
    config = state["config"] or {"states": WIDTH, "width": MINILM_WIDTH, "hidden": MINILM_HIDDEN}
    metadata = told(state, "seen", "seed") | {q: ",".join(answers) for q, answers in QUESTIONS.items()}
    metadata["step"] = str(state["before"] + state["step"])
    expected = fixture(network, MiniLm(args.minilm) if reads_minilm else None)
    print(json.dumps(write(args.out, name, network, expected, metadata, config), indent=1))
