"""What the Python package `hibari-tts` makes of the sentences that the text front end is checked with.

`python -m reverie_train.voice text --out ../crates/voice/tests/data` reads `text_sentences.txt` there (accent, kind and
sentence, with tabs between) and writes `text_reference.json`: the phonemes of each sentence, and what the network for
unknown words answered, so that the check needs no network. Needs `hibari-tts` 0.2.1.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from hibari.g2p import G2P
from hibari.tts import Hibari


def recorder(british: bool, answers: dict[str, str]):
    """The package's own network, with its answers kept."""
    network = G2P(british=british).oov

    def ask(word: str) -> str | None:
        answer = network(word)
        if answer:
            answers[word] = answer
        return answer

    return ask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, type=Path, help="folder of the sentences and of the reference")


def run(args: argparse.Namespace) -> None:
    folder = args.out
    unknown: dict[str, dict[str, str]] = {"us": {}, "gb": {}}
    readers = {}
    for accent, answers in unknown.items():
        british = accent == "gb"
        # Splitting and reading need no acoustic network.
        reader = readers[accent] = Hibari.__new__(Hibari)
        reader._g2p = G2P(oov=recorder(british, answers), british=british)
    sentences = []
    for line in (folder / "text_sentences.txt").read_text(encoding="utf-8").splitlines():
        accent, kind, text = line.split("\t")
        phonemes = readers[accent].phonemize(text)
        sentences.append({"accent": accent, "kind": kind, "text": text, "phonemes": phonemes})
    reference = {"unknown": unknown, "sentences": sentences}
    text = json.dumps(reference, ensure_ascii=False, indent=0, sort_keys=True)
    (folder / "text_reference.json").write_text(text + "\n", encoding="utf-8")

