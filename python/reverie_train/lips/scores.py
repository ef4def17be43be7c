"""Scores of visemes per frame, alike for the network and for other programs."""

from __future__ import annotations

import numpy as np

from .labels import HOP, PP, RATE_HZ, SIL, VISEMES

FOUND_FRAMES = 2
"""Lips are seen to close when they do so for at least this long: 20 ms."""
ACCENT = 0.25
"""Weaker accents are not counted."""
ACCENT_SECS = 0.1
"""How far off an accent may be."""


def runs(frames: np.ndarray) -> list[tuple[int, int]]:
    """First frame and end of each stretch of true ones."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], frames.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))


class Scores:
    """Adds sentences up."""

    def __init__(self) -> None:
        self.confusion = np.zeros((len(VISEMES), len(VISEMES)), np.int64)
        self.inner = np.zeros(2, np.int64)
        self.closures = [0, 0]
        self.false_closures = 0
        self.voicing = np.zeros(2, np.int64)
        self.energy: list[tuple[np.ndarray, np.ndarray]] = []
        self.accents = np.zeros(3, np.int64)

    def add(self, truth: np.ndarray, answer: np.ndarray) -> None:
        """Visemes of the frames of a sentence."""
        np.add.at(self.confusion, (truth, answer), 1)
        # Two frames and more from any border of the truth.
        border = np.flatnonzero(np.diff(truth)) + 1
        inner = np.ones(len(truth), bool)
        for shift in (-2, -1, 0, 1):
            inner[np.clip(border + shift, 0, len(truth) - 1)] = False
        self.inner += [int((truth == answer)[inner].sum()), int(inner.sum())]
        for first, end in runs(truth == PP):
            longest = max((b - a for a, b in runs(answer[first:end] == PP)), default=0)
            self.closures[0] += longest >= min(FOUND_FRAMES, end - first)
            self.closures[1] += 1
        for first, end in runs(answer == PP):
            if end - first >= FOUND_FRAMES and not (truth[max(first - 1, 0) : end + 1] == PP).any():
                self.false_closures += 1

    def add_rest(self, truth: np.ndarray, voicing: np.ndarray, energy: np.ndarray, accent: np.ndarray | None) -> None:
        """Voicing, energy and accents: `truth` are labels of 255, the rest is 0 to 1."""
        self.voicing += [int(((voicing > 0.5) == (truth[:, 1] > 0)).sum()), len(truth)]
        self.energy.append((truth[:, 2] / 255, energy))
        if accent is not None:
            real, said = peaks(truth[:, 3] / 255), peaks(accent)
            reach = ACCENT_SECS * RATE_HZ / HOP
            found = sum(any(abs(at - other) <= reach for other in said) for at in real)
            self.accents += [found, len(real), len(said)]

    def report(self) -> dict:
        right, frames = int(np.trace(self.confusion)), int(self.confusion.sum())
        speech = self.confusion[np.arange(len(VISEMES)) != SIL]
        minutes = frames * HOP / RATE_HZ / 60
        rows = self.confusion.sum(1)
        made = {
            "frames": frames,
            "accuracy": round(right / frames, 4),
            "accuracy_speech": round(float((right - self.confusion[SIL, SIL]) / speech.sum()), 4),
            "accuracy_20ms_from_borders": round(float(self.inner[0] / self.inner[1]), 4),
            "closure_recall": round(self.closures[0] / max(self.closures[1], 1), 4),
            "closures": self.closures[1],
            "closure_frame_recall": round(float(self.confusion[PP, PP] / max(rows[PP], 1)), 4),
            "closure_frame_precision": round(float(self.confusion[PP, PP] / max(self.confusion[:, PP].sum(), 1)), 4),
            "false_closures_per_minute": round(self.false_closures / minutes, 2),
            "recall": {name: round(float(self.confusion[k, k] / max(rows[k], 1)), 3) for k, name in enumerate(VISEMES)},
        }
        if self.energy:
            real, said = (np.concatenate(column) for column in zip(*self.energy))
            made["voicing"] = round(float(self.voicing[0] / self.voicing[1]), 4)
            made["energy_error"] = round(float(np.abs(real - said).mean()), 4)
            made["energy_r"] = round(float(np.corrcoef(real, said)[0, 1]), 4)
        if self.accents[1]:
            found, real, said = self.accents.tolist()
            made["accent_recall"] = round(found / real, 4)
            made["accents_said_per_real"] = round(said / real, 4)
        return made


def peaks(curve: np.ndarray) -> list[int]:
    """Frames where a curve has its top within 100 ms to both sides and is above the threshold."""
    reach = round(ACCENT_SECS * RATE_HZ / HOP)
    padded = np.pad(curve, reach, constant_values=-1)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    top = (curve >= ACCENT) & (around.argmax(1) == reach)
    return np.flatnonzero(top).tolist()
