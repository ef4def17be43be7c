"""The shipped lips network on voices that it never heard: those of `flite` 2.2 (Debian: flite), which say when each of their sounds is.

`python -m reverie_train.lips strangers --program ../target/release/reverie`. Each voice says the sentences by which the voices' intelligibility is
measured; `reverie lips` listens to all of them at once; what its track tells is compared with flite's own times, frame by frame of 10 ms.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from .labels import HOP, RATE_HZ, energy, frame_labels, without_tails
from .scores import Scores

SENTENCES = Path(__file__).parents[1] / "voice" / "sentences.txt"
VOICES = ("slt", "rms", "awb", "kal16")
PAUSE_SECS = 0.3
"""Between sentences."""
SOUNDS = dict(
    pair.split(":")
    for pair in (
        "aa:ɑ ae:æ ah:ʌ ao:ɔ aw:W ax:ə ay:I b:b ch:ʧ d:d dh:ð eh:ɛ er:ɜ ey:A f:f g:ɡ hh:h ih:ɪ iy:i jh:ʤ k:k l:l m:m n:n ng:ŋ "
        "ow:O oy:Y p:p r:ɹ s:s sh:ʃ t:t th:θ uh:ʊ uw:u v:v w:w y:j z:z zh:ʒ"
    ).split()
)
"""flite's sounds as ours."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--program", required=True, help="the program `reverie`")
    parser.add_argument("--voices", nargs="+", default=VOICES, help="of flite")
    parser.add_argument("--sentences", type=int, default=80)


def say(voice: str, line: str, path: Path) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
    """Samples, and the sounds with their times."""
    command = ["flite", "-voice", voice, "-psdur", "-t", line, "-o", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with wave.open(str(path)) as file:
        if file.getframerate() != RATE_HZ:
            raise ValueError(f"{voice}: {file.getframerate()} samples a second, {RATE_HZ} wanted")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    sounds, start = [], 0.0
    for item in told.split():
        name, end = item.rsplit(":", 1)
        if name != "pau":
            sounds.append((SOUNDS[name], start, float(end)))
        start = float(end)
    return samples, without_tails(sounds, energy(samples))


def score(program: str, voice: str, lines: list[str]) -> dict:
    parts, truth, at = [], [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        sound, track = Path(folder) / "sound.wav", Path(folder) / "track.json"
        for line in lines:
            samples, sounds = say(voice, line, sound)
            parts.append(np.append(samples[: len(samples) // HOP * HOP], np.zeros(round(PAUSE_SECS * RATE_HZ))))
            truth += [(name, start + at, end + at) for name, start, end in sounds]
            at += len(parts[-1]) / RATE_HZ
        samples = np.concatenate(parts)
        with wave.open(str(sound), "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
            file.writeframes(np.round(samples * 32768).clip(-32768, 32767).astype("<i2").tobytes())
        command = [program, "lips", sound, "--track", track, "--fps", "10"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        heard = [(p["p"], p["start"], p["end"]) for p in json.loads(track.read_text())["phonemes"]]
    frames = len(samples) // HOP
    total = Scores()
    total.add(*(frame_labels(sounds, frames, True)[0].astype(int) for sounds in (truth, heard)))
    return total.report()


def run(args: argparse.Namespace) -> None:
    lines = SENTENCES.read_text().splitlines()[: args.sentences]
    for voice in args.voices:
        print(json.dumps({"voice": voice, **score(args.program, voice, lines)}), flush=True)
