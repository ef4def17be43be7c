"""Visemes of phonemes, and of each frame of 10 ms; the classes of `reverie_behavior::Viseme`."""

from __future__ import annotations

import numpy as np

RATE_HZ = 16_000
HOP = 160
"""Samples of a frame: 10 ms."""

VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
SIL, PP = 0, 1

_PHONEMES = {
    "PP": "pbm", "FF": "fv", "TH": "θð", "DD": "tdɾ", "kk": "kɡghxʔ", "CH": "ʃʒʧʤ", "SS": "sz", "nn": "nlŋ",
    "RR": "ɹrɜ", "aa": "ɑaæʌɐɒ", "E": "ɛeəᵊ", "I": "iɪᵻj", "O": "ɔo", "U": "uʊw",
}
VISEME_OF = {phoneme: VISEMES.index(name) for name, phonemes in _PHONEMES.items() for phoneme in phonemes}
DIPHTHONGS = {"A": ("E", "I"), "I": ("aa", "I"), "W": ("aa", "U"), "O": ("O", "U"), "Q": ("E", "U"), "Y": ("O", "I")}
SPLIT = 0.55
"""Part of a diphthong after which the mouth is on its way to its second half, as in `crates/avatar/src/mouth.rs`."""
VOICELESS = set("ptkfθsʃʧhxʔ")

ACCENT_SECS = 0.05
"""How far around an accent its curve falls to 0.6."""
QUIETEST_DB = 40.0
"""Below the loud parts of a sentence; that is energy 0."""
UNHEARD = 0.1
"""What has less energy is not heard."""
PAUSE_SECS = 0.06
"""Longer gaps between sounds are silence."""
LEAST_SECS = 0.06
"""Shortest last sound."""


def parts(phoneme: str, start: float, end: float) -> list[tuple[int, float, float]]:
    """The visemes of a sound with their times."""
    if phoneme in DIPHTHONGS:
        first, then = (VISEMES.index(name) for name in DIPHTHONGS[phoneme])
        split = start + SPLIT * (end - start)
        return [(first, start, split), (then, split, end)]
    return [(VISEME_OF.get(phoneme, SIL), start, end)]


def frame_labels(phonemes: list[tuple[str, float, float]], frames: int, voiced: bool) -> tuple[np.ndarray, np.ndarray]:
    """Viseme and voicing (0 or 1) at the middle of each frame; `voiced` is false for whispers."""
    visemes = np.zeros(frames, np.uint8)
    voicing = np.zeros(frames, np.uint8)

    def span(start: float, end: float) -> slice:
        # The frames whose middle lies within.
        first, last = (max(int(np.ceil(secs * RATE_HZ / HOP - 0.5)), 0) for secs in (start, end))
        return slice(first, last)

    for phoneme, start, end in phonemes:
        for viseme, begin, until in parts(phoneme, start, end):
            visemes[span(begin, until)] = viseme
        if voiced and phoneme not in VOICELESS:
            voicing[span(start, end)] = 1
    return visemes, voicing


def energy(samples: np.ndarray) -> np.ndarray:
    """Loudness of each frame, 0 to 1: decibels against the loud parts of the sentence."""
    frames = len(samples) // HOP
    power = np.square(samples[: frames * HOP].reshape(frames, HOP)).mean(1)
    decibels = 10 * np.log10(power + 1e-10)
    loud = np.percentile(decibels, 95)
    return np.clip(1 + (decibels - loud) / QUIETEST_DB, 0, 1)


def accent_curve(accents: list[tuple[float, float]], frames: int) -> np.ndarray:
    """A bump of the accent's strength around each (seconds, strength)."""
    curve = np.zeros(frames)
    middles = (np.arange(frames) + 0.5) * HOP / RATE_HZ
    for at, strength in accents:
        curve = np.maximum(curve, strength * np.exp(-0.5 * ((middles - at) / ACCENT_SECS) ** 2))
    return curve


def without_tails(phonemes: list[tuple[str, float, float]], energy: np.ndarray) -> list[tuple[str, float, float]]:
    """The same sounds, but the last one before a silence ends where it is no longer heard.

    Voices give it the silence that follows, too: lips that closed for a last "b" would be closed for 0.3 s.
    """
    made = []
    for k, (phoneme, start, end) in enumerate(phonemes):
        if k + 1 == len(phonemes) or phonemes[k + 1][1] - end > PAUSE_SECS:
            first, last = (round(secs * RATE_HZ / HOP) for secs in (start, end))
            heard = np.flatnonzero(energy[first:last] > UNHEARD)
            heard_secs = (heard[-1] + 2) * HOP / RATE_HZ if len(heard) else 0.0
            end = min(end, start + max(heard_secs, LEAST_SECS))
        made.append((phoneme, start, round(end, 4)))
    return made
