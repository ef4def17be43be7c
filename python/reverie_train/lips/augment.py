"""What happens to a sound on its way to a microphone: speed, rooms, filters, noise, loudness, clipping."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from .labels import RATE_HZ

ROOM_SECS = 0.4
"""Longest echo."""


def curve(points_hz: list[float], decibels: list[float], bins: int, length: int) -> np.ndarray:
    """Amplitudes of the bins of a transform of so many samples, between points."""
    octaves = np.log2(np.maximum(np.arange(bins) * RATE_HZ / length, 20.0))
    return 10 ** (np.interp(octaves, np.log2(points_hz), decibels) / 20)


def path(rng: np.random.Generator, bins: int, length: int) -> np.ndarray:
    """A random filter: microphone, telephone, room."""
    response = np.ones(bins, np.complex128)
    if rng.random() < 0.7:
        points = [60, 200, 600, 1500, 3500, 8000]
        response *= curve(points, list(rng.normal(0, 4, len(points))), bins, length)
    if rng.random() < 0.15:
        low, high = rng.uniform(60, 320), rng.uniform(3200, 7500)
        response *= curve([low / 2, low, high, min(1.25 * high, 7990)], [-24, 0, 0, -50], bins, length)
    if rng.random() < 0.4:
        fades = rng.uniform(0.1, 0.8)
        samples = int(ROOM_SECS * RATE_HZ)
        echo = rng.standard_normal(samples) * 10 ** (-3 * np.arange(samples) / RATE_HZ / fades)
        echo[: int(rng.uniform(0.001, 0.008) * RATE_HZ)] = 0
        echo *= 10 ** (-rng.uniform(0, 18) / 20) / np.linalg.norm(echo)
        echo[0] = 1
        response *= rfft(echo, length)
    return response


def noise(rng: np.random.Generator, samples: int, babble) -> np.ndarray:
    """Noise of power 1; `babble(rng, samples)` gives somebody else's speech."""
    kind = rng.integers(4)
    if kind == 0:
        made = sum(babble(rng, samples) * rng.uniform(0.3, 1) for _ in range(rng.integers(2, 7)))
    else:
        length = next_fast_len(samples, real=True)
        spectrum = rfft(rng.standard_normal(length))
        slope = (0.0, rng.uniform(-6, -3), rng.uniform(-12, -6))[kind - 1]
        spectrum *= curve([50, 8000], [0, slope * np.log2(160)], len(spectrum), length)
        made = irfft(spectrum, length)[:samples]
    return made / (np.sqrt(np.mean(np.square(made))) + 1e-9)


def heard(rng: np.random.Generator, clean: np.ndarray, babble, hardest_db: float = 3.0) -> np.ndarray:
    """A sound as a microphone may hear it; `hardest_db` is the least of speech over noise."""
    samples = len(clean)
    length = next_fast_len(samples + int(ROOM_SECS * RATE_HZ), real=True)
    bins = length // 2 + 1
    sound = irfft(rfft(clean, length) * path(rng, bins, length), length)[:samples]
    loud = np.sqrt(np.mean(np.square(sound))) + 1e-6
    if rng.random() < 0.75:
        sound = sound + noise(rng, samples, babble) * loud * 10 ** (-rng.uniform(hardest_db, 40) / 20)
    if rng.random() < 0.1:
        limit = rng.uniform(0.15, 0.7) * np.abs(sound).max()
        sound = np.clip(sound, -limit, limit)
    # Between a whisper across the room and a microphone turned up too far.
    level = 10 ** (rng.uniform(-45, -12) / 20)
    return np.clip(sound * (level / loud), -1, 1).astype(np.float32)
