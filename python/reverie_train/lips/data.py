"""Speech to learn from: sentences spoken by the shipped voice as many people, and by Piper, with the viseme of every frame.

A set is a folder: `audio.i16` (16 kHz, all sentences one after the other, each a whole number of frames), `labels.npy`
(frames x 4 bytes: viseme, voicing, energy and accent of 255) and `index.json`.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from . import labels, voices
from .labels import HOP, RATE_HZ
from .sentences import Sentences

SENTENCES_A_VOICE = 8
"""Sentences that a voice of the training says."""
PART = 800
"""Sentences of a set of the training: it can begin before all of them are there."""
BATCH = 100
"""Sentences that the voice is given at a time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tool", required=True, help="the program `lips_corpus` (an example of crates/voice)")
    parser.add_argument("--assets", default="../assets", help="the repository's assets")
    parser.add_argument("--out", required=True, help="folder for the sets")
    parser.add_argument("--sentences", type=int, default=8000, help="of the training")
    parser.add_argument("--test-voices", type=int, default=24, help="held-out voices besides the shipped ones")
    parser.add_argument("--piper", help="a Piper voice, MODEL.onnx with MODEL.onnx.json beside it")
    parser.add_argument("--piper-sentences", type=int, default=1200, help="of the training in Piper's voice")
    parser.add_argument("--workers", type=int, default=1, help="programs that speak at a time")
    parser.add_argument("--seed", type=int, default=7)


class Writer:
    """Writes a set; it appears when it is whole."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.partial = folder.with_suffix(".partial")
        self.partial.mkdir(parents=True, exist_ok=True)
        self.audio = (self.partial / "audio.i16").open("wb")
        self.labels: list[np.ndarray] = []
        self.index: list[dict] = []
        self.frames = 0

    def add(self, samples: np.ndarray, phonemes: list, accents: list | None, voiced: bool, about: dict) -> None:
        """A sentence: samples of 16 kHz, -1 to 1; (phoneme, start, end) and, where known, (time, strength)."""
        frames = len(samples) // HOP
        samples = samples[: frames * HOP]
        energy = labels.energy(samples)
        phonemes = labels.without_tails(phonemes, energy)
        viseme, voicing = labels.frame_labels(phonemes, frames, voiced)
        curve = labels.accent_curve(accents or [], frames)
        columns = [viseme, voicing, np.round(255 * energy), np.round(255 * curve)]
        self.labels.append(np.stack(columns, 1).astype(np.uint8))
        self.audio.write(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        about |= {"first_frame": self.frames, "frames": frames, "accents": accents is not None}
        self.index.append(about | {"phonemes": phonemes})
        self.frames += frames

    def close(self) -> None:
        self.audio.close()
        np.save(self.partial / "labels.npy", np.concatenate(self.labels))
        (self.partial / "index.json").write_text(json.dumps(self.index, ensure_ascii=False))
        self.partial.replace(self.folder)
        hours = self.frames * HOP / RATE_HZ / 3600
        print(f"{self.folder}: {len(self.index)} sentences, {hours:.2f} hours", flush=True)


def speak(tool: str, jobs: list[dict]) -> list[tuple[np.ndarray, dict]]:
    """Samples (16 kHz) and what the tool says of each job that has something to say."""
    with tempfile.TemporaryDirectory() as folder:
        text = "".join(json.dumps(job, ensure_ascii=False) + "\n" for job in jobs)
        subprocess.run([tool, f"{folder}/said"], input=text.encode(), check=True)
        sounds = np.fromfile(f"{folder}/said.i16", "<i2").astype(np.float32) / 32767
        lines = [json.loads(line) for line in Path(f"{folder}/said.jsonl").read_text(encoding="utf-8").splitlines()]
    said = []
    for line in lines:
        samples = sounds[line["first_sample"] :][: line["samples"]]
        said.append((resample_poly(samples, RATE_HZ, line["rate_hz"]).astype(np.float32), line))
    return said


def times(speech: dict) -> list[tuple[str, float, float]]:
    return [(sound["p"], round(sound["start"], 4), round(sound["end"], 4)) for sound in speech["phonemes"]]


def own_voices(folder: Path, jobs: list[dict], args: argparse.Namespace) -> None:
    if folder.exists():
        print(f"{folder}: is there already")
        return
    writer, began = Writer(folder), time.monotonic()
    batches = [jobs[at : at + BATCH] for at in range(0, len(jobs), BATCH)]
    with ThreadPoolExecutor(args.workers) as pool:
        for batch, said in zip(batches, pool.map(lambda batch: speak(args.tool, batch), batches)):
            for samples, line in said:
                job, speech = batch[line["job"]], line["speech"]
                accents = [(accent["at_secs"], accent["strength"]) for accent in speech["accents"]]
                about = {"text": job["text"], "voice": job["voice"]}
                writer.add(samples, times(speech), accents, "[whisper]" not in job["text"], about)
            minutes = (time.monotonic() - began) / 60
            print(f"{folder}: {len(writer.index)} of {len(jobs)} sentences after {minutes:.1f} min", flush=True)
    writer.close()


def piper(folder: Path, sentences: list[str], args: argparse.Namespace) -> None:
    from .piper import Piper

    if folder.exists():
        print(f"{folder}: is there already")
        return
    voice = Piper(args.piper)
    # The shipped voice reads the text; only its phonemes are used.
    writer, rng = Writer(folder), np.random.default_rng(args.seed)
    jobs = [{"text": text} for text in sentences]
    for _, line in speak(args.tool, jobs):
        samples, phonemes = voice.say(line["phonemes"], length_scale=float(rng.uniform(0.85, 1.25)))
        writer.add(samples, phonemes, None, True, {"text": jobs[line["job"]]["text"], "voice": {"name": "piper joe"}})
    writer.close()


def run(args: argparse.Namespace) -> None:
    out, assets = Path(args.out), Path(args.assets)
    out.mkdir(parents=True, exist_ok=True)
    lexicon = assets / "voices" / "hibari" / "lexicon_us_gold.json.gz"

    def jobs(count: int, held_out: bool, speakers: list[dict], seed: int) -> list[dict]:
        rng, drawn = random.Random(f"jobs {seed}"), Sentences(lexicon, held_out, seed)
        made = []
        for number in range(count):
            tag = voices.style(rng)
            text = " ".join(drawn.draw() for _ in range(2 if rng.random() < 0.25 else 1))
            made.append({"text": tag + text, "voice": speakers[number % len(speakers)], "seed": rng.getrandbits(32)})
        return made

    rng = random.Random(f"voices {args.seed}")
    shipped = voices.presets(assets / "voices" / "presets")
    unheard = [voices.draw(rng, True) for _ in range(args.test_voices)]
    own_voices(out / "test", jobs(8 * (len(shipped) + len(unheard)), True, shipped + unheard, args.seed + 1), args)
    # To look at meanwhile; the figures are those of the test.
    watched = [voices.draw(rng, True) for _ in range(10)]
    own_voices(out / "watch", jobs(40, True, watched, args.seed + 2), args)
    if args.piper:
        train = Sentences(lexicon, False, args.seed + 3)
        piper(out / "piper_train", [train.draw() for _ in range(args.piper_sentences)], args)
        test = Sentences(lexicon, True, args.seed + 4)
        piper(out / "piper_test", [test.draw() for _ in range(90)], args)
    for part in range(-(-args.sentences // PART)):
        speakers = [voices.draw(rng, False) for _ in range(PART // SENTENCES_A_VOICE)]
        own_voices(out / f"train_{part:02}", jobs(PART, False, speakers, args.seed + 100 + part), args)
