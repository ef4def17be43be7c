"""How quickly the package and the run-time say the same phonemes, in turn on one core.

`python -m reverie_train.voice speed --package UNZIPPED_WHEEL --program target/release/examples/time_phonemes --rounds 5`
prints, for each sentence, the seconds of sound that both make in a second, and their ratio. Needs numpy, onnxruntime and
scipy (without which the package is slower).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from .network_reference import PHONEMES

LONG = " ".join(PHONEMES[1:] + PHONEMES[1:2])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--package", required=True, help="folder with the unzipped wheel hibari_tts 0.2.1")
    parser.add_argument("--program", required=True, help="the example `time_phonemes` of crates/voice, built for release")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked")


def run(args: argparse.Namespace) -> None:
    sys.path.insert(0, str(Path(args.package)))
    from hibari import Hibari

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    voice = Hibari()
    lines = [*PHONEMES, LONG]
    theirs, ours, first = ({line: [] for line in lines} for _ in range(3))
    for _ in range(args.rounds):
        for line in lines:
            voice.from_phonemes(line, seed=0)
            start = time.perf_counter()
            samples = voice.from_phonemes(line, seed=0)
            theirs[line].append(len(samples) / voice.sample_rate / (time.perf_counter() - start))
        environment = os.environ | {"RAYON_NUM_THREADS": "1"}
        command = [args.program]
        done = subprocess.run(command, input="\n".join(lines), text=True, capture_output=True, check=True, env=environment)
        for line, answer in zip(lines, map(json.loads, done.stdout.splitlines())):
            ours[line].append(answer["secs"] / answer["spent_secs"])
            first[line].append(answer["first_ms"])
    for line in lines:
        middle = {name: statistics.median(of[line]) for name, of in (("package", theirs), ("here", ours))}
        best = {name: max(of[line]) for name, of in (("package", theirs), ("here", ours))}
        print(
            f"{len(line):4} phonemes: package {middle['package']:.0f} (best {best['package']:.0f}), "
            f"here {middle['here']:.0f} (best {best['here']:.0f}) times real time, "
            f"ratio {middle['here'] / middle['package']:.2f} (best {best['here'] / best['package']:.2f}), "
            f"first sound after {statistics.median(first[line]):.1f} ms"
        )
