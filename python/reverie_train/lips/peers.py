"""Other programs on the same held-out sounds: `openfacefx` and `pylipsync`, as their documentation uses them.

Each is only run; nothing of it is part of this repository. `pip install openfacefx pylipsync` first. What they answer is read at
the middle of each frame of 10 ms.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

from .labels import HOP, RATE_HZ, VISEMES, frame_labels
from .scores import Scores
from .sets import SpokenSet

PYLIPSYNC = {"silence": "sil", "aa": "aa", "ee": "E", "ih": "I", "oh": "O", "ou": "U"}
"""Its classes, which have the letters of uLipSync's A, E, I, O, U."""
TAG = re.compile(r"\[\w+\] ")
LENIENT = {"l": "DD", "ɪ": "E", "ᵻ": "E", "ə": "aa", "ᵊ": "aa"}
"""Sounds that openfacefx's own table puts elsewhere."""
LENIENT_WHOLE = {"A": "E", "I": "aa", "W": "O", "O": "O", "Q": "O", "Y": "O"}
"""Diphthongs that it gives one viseme."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a training run")
    parser.add_argument("--sets", nargs="+", required=True, help="folders of held-out sets")
    parser.add_argument("--sentences", type=int, default=120, help="of each set, evenly chosen")


def middles(frames: int) -> np.ndarray:
    return (np.arange(frames) + 0.5) * HOP / RATE_HZ


def of_track(track, frames: int) -> np.ndarray:
    """The strongest viseme of a `FaceTrack` in each frame."""
    at = middles(frames)
    weights = np.zeros((frames, len(VISEMES)))
    for channel in track.channels:
        if channel.name in VISEMES and channel.keys:
            times = [key.time for key in channel.keys]
            weights[:, VISEMES.index(channel.name)] = np.interp(at, times, [key.value for key in channel.keys])
    return weights.argmax(1)


def openfacefx_table(about: dict, frames: int) -> np.ndarray:
    """The truth in the classes that openfacefx's own table gives its sounds."""
    truth = np.zeros(frames, int)
    for phoneme, start, end in about["phonemes"]:
        name = LENIENT_WHOLE.get(phoneme) or LENIENT.get(phoneme)
        if name is None:
            part, _ = frame_labels([(phoneme, start, end)], frames, True)
            truth = np.where(part > 0, part, truth)
        else:
            inside = (middles(frames) >= start) & (middles(frames) < end)
            truth[inside] = VISEMES.index(name)
    return truth


class OpenFaceFxNaive:
    name, knows = "openfacefx naive (text and length)", "text"

    def __init__(self):
        import openfacefx

        self.make = openfacefx.generate_naive

    def answer(self, path: str, samples: np.ndarray, about: dict) -> np.ndarray:
        text = TAG.sub("", about["text"])
        track = self.make(text, len(samples) / RATE_HZ, fps=100)
        return of_track(track, len(samples) // HOP)

    table = staticmethod(openfacefx_table)


class OpenFaceFxEnergy:
    name, knows = "openfacefx energy (sound)", "sound"

    def __init__(self):
        from openfacefx.energy import generate_from_energy

        self.make = generate_from_energy

    def answer(self, path: str, samples: np.ndarray, about: dict) -> np.ndarray:
        return of_track(self.make(path, fps=100), len(samples) // HOP)

    table = staticmethod(openfacefx_table)


class PyLipSync:
    name, knows = "pylipsync (sound)", "sound"

    def __init__(self):
        from pylipsync import PhonemeAnalyzer

        self.analyzer = PhonemeAnalyzer()

    def answer(self, path: str, samples: np.ndarray, about: dict) -> np.ndarray:
        segments = self.analyzer.extract_phoneme_segments(samples, RATE_HZ, fps=100, return_seconds=True)
        found = np.zeros(len(samples) // HOP, int)
        for k, segment in enumerate(segments[: len(found)]):
            loudest = max(segment.phonemes, key=lambda phoneme: phoneme.target)
            # Where it holds back all of them, there is silence.
            found[k] = VISEMES.index(PYLIPSYNC[loudest.name]) if loudest.target > 0 else 0
        return found

    @staticmethod
    def table(about: dict, frames: int) -> np.ndarray | None:
        return None


class Ours:
    name, knows = "reverie", "sound"

    def __init__(self, weights: str):
        import torch

        from . import evaluate

        torch.set_num_threads(1)
        self.evaluate, (self.network, _) = evaluate, evaluate.load(weights)

    def answer(self, path: str, samples: np.ndarray, about: dict) -> np.ndarray:
        return self.evaluate.answers(self.network, samples)[0].argmax(1)

    @staticmethod
    def table(about: dict, frames: int) -> np.ndarray | None:
        return None


def write_wav(path: str, samples: np.ndarray) -> None:
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def programs(weights: str) -> list:
    found = [Ours(weights)]
    for kind in (OpenFaceFxNaive, OpenFaceFxEnergy, PyLipSync):
        try:
            found.append(kind())
        except ImportError as error:
            print(f"{kind.name}: not installed ({error})", flush=True)
    return found


def compare(program, spoken: SpokenSet, chosen: list[int]) -> dict:
    total, own = Scores(), [0, 0]
    taken: set[int] = set()
    spent = heard = 0.0
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for number in chosen:
            samples, truth, about = spoken.sentence(number)
            path = str(Path(folder) / "sound.wav")
            write_wav(path, samples)
            began = time.process_time()
            answer = program.answer(path, samples, about)
            spent += time.process_time() - began
            heard += len(samples) / RATE_HZ
            pairs.append((truth[:, 0].astype(int), answer))
            total.add(*pairs[-1])
            taken |= set(answer.tolist())
            table = program.table(about, len(answer))
            if table is not None:
                own[0] += int((table == answer).sum())
                own[1] += len(answer)
    # Frames of the classes that a program has at all.
    known = [np.isin(truth, list(taken)) for truth, _ in pairs]
    right = sum(int((truth == answer)[k].sum()) for (truth, answer), k in zip(pairs, known))
    report = total.report()
    kept = ("accuracy", "accuracy_speech", "closure_recall", "closures", "false_closures_per_minute")
    made = {name: report[name] for name in kept}
    made["classes"] = len(taken)
    made["accuracy_of_its_classes"] = round(right / max(sum(int(k.sum()) for k in known), 1), 4)
    made["accuracy_by_its_own_table"] = round(own[0] / own[1], 4) if own[1] else None
    made["cpu_ms_per_second"] = round(1e3 * spent / heard, 2)
    return made


def run(args: argparse.Namespace) -> None:
    rows = []
    for program in programs(args.weights):
        for folder in args.sets:
            spoken = SpokenSet(folder)
            chosen = np.unique(np.linspace(0, len(spoken) - 1, args.sentences).round().astype(int)).tolist()
            made = compare(program, spoken, chosen)
            rows.append({"program": program.name, "set": spoken.folder.name, **made})
            print(json.dumps(rows[-1]), flush=True)
    print("\n| | set | 15 classes | closures found | false closures a minute | of its own classes | by its own table | processor ms per second |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        table = "-" if row["accuracy_by_its_own_table"] is None else f"{100 * row['accuracy_by_its_own_table']:.1f} %"
        print(
            f"| {row['program']} | {row['set']} | {100 * row['accuracy']:.1f} % | {100 * row['closure_recall']:.1f} % | "
            f"{row['false_closures_per_minute']:.1f} | {100 * row['accuracy_of_its_classes']:.1f} % ({row['classes']}) | "
            f"{table} | {row['cpu_ms_per_second']:.1f} |"
        )
