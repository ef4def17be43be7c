"""Reading the sets of `data.py`: whole sentences, and random crops as a microphone may hear them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.signal import resample

from . import augment
from .labels import HOP


class SpokenSet:
    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.index = json.loads((self.folder / "index.json").read_text())
        self.labels = np.load(self.folder / "labels.npy", mmap_mode="r")
        self.audio = np.memmap(self.folder / "audio.i16", "<i2", mode="r")
        self.accents = all(entry["accents"] for entry in self.index)
        if len(self.audio) != len(self.labels) * HOP:
            raise ValueError(f"{folder}: {len(self.audio)} samples are not {len(self.labels)} frames")

    def __len__(self) -> int:
        return len(self.index)

    def samples(self, first_frame: int, frames: int) -> np.ndarray:
        return self.audio[first_frame * HOP : (first_frame + frames) * HOP].astype(np.float32) / 32767

    def sentence(self, number: int) -> tuple[np.ndarray, np.ndarray, dict]:
        """Samples, labels and what is known of it."""
        about = self.index[number]
        first, frames = about["first_frame"], about["frames"]
        return self.samples(first, frames), np.asarray(self.labels[first : first + frames]), about

    def babble(self, rng: np.random.Generator, samples: int) -> np.ndarray:
        frames = -(-samples // HOP)
        return self.samples(int(rng.integers(len(self.labels) - frames)), frames)[:samples]

    def crop(self, rng: np.random.Generator, frames: int) -> tuple[np.ndarray, np.ndarray]:
        """A random stretch, augmented; it may go from one sentence into the next. Samples and labels."""
        if rng.random() < 0.5:
            # Faster and higher, or slower and lower: more kinds of people.
            taken = round(frames * rng.uniform(0.87, 1.15))
            first = int(rng.integers(len(self.labels) - taken))
            clean = resample(self.samples(first, taken), frames * HOP).astype(np.float32)
            places = ((np.arange(frames) + 0.5) * taken / frames).astype(int)
            labels = self.labels[first : first + taken][places]
        else:
            first = int(rng.integers(len(self.labels) - frames))
            clean, labels = self.samples(first, frames), np.asarray(self.labels[first : first + frames])
        return augment.heard(rng, clean, self.babble), labels
