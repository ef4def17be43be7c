"""Voices for the training and for the test: numbers of `VoiceSpec`."""

from __future__ import annotations

import random
import re
from pathlib import Path

HELD_OUT_TRACTS = ((0.785, 0.815), (0.95, 1.06), (1.12, 1.14), (1.16, 1.18), (1.21, 1.24))
"""Lengths of the vocal tract that no voice of the training has; the shipped presets lie here."""
TRACTS = (0.73, 1.3)
STYLES = ("happy", "sad", "angry", "afraid", "surprised", "relaxed", "excited", "shout", "whisper")


def is_held_out(tract_length: float) -> bool:
    return any(least <= tract_length <= most for least, most in HELD_OUT_TRACTS)


def presets(folder: Path) -> list[dict]:
    """The shipped voices, all held out."""
    found = []
    for path in sorted(folder.glob("*.ron")):
        numbers = re.findall(r"(\w+):\s*(-?[\d.]+)", path.read_text(encoding="utf-8"))
        found.append({name: float(value) for name, value in numbers})
    if not found:
        raise ValueError(f"{folder}: no voices")
    return found


def draw(rng: random.Random, held_out: bool) -> dict:
    """A voice; the length of its tract says whether it may be trained on."""
    while True:
        tract = rng.uniform(*TRACTS)
        if is_held_out(tract) == held_out:
            break
    # Longer people have lower voices, by and large.
    octaves = rng.gauss(-2.2 * (tract - 1), 0.35)
    rare = lambda most: rng.uniform(0, most) if rng.random() < 0.5 else 0.0  # noqa: E731
    return {
        "pitch_hz": round(min(max(185 * 2**octaves, 65), 420), 1),
        "pitch_range": round(rng.uniform(0.4, 1.7), 2),
        "tract_length": round(tract, 4),
        "pace": round(min(max(rng.gauss(1.0, 0.16), 0.65), 1.5), 2),
        "breathiness": round(rare(0.7), 2),
        "roughness": round(rare(0.5), 2),
        "brightness": round(rng.uniform(-0.8, 0.8), 2),
        "tremor": round(rare(0.5), 2),
    }


def style(rng: random.Random) -> str:
    """A tag in front of the text, or none."""
    return f"[{rng.choice(STYLES)}] " if rng.random() < 0.3 else ""
