"""What the network is asked: weathers, phases of the day, kinds of world.

A picture does not show a clock. Morning and evening differ in nothing that can be seen without a
compass, deep night is one night, and the eye gets used to the light of a high sun as to that of a
higher one. What it shows is how high the sun stands when it stands low, so the hour is judged as
one of four phases, by the sun's height over the horizon. The same rule is in
`crates/evaluation/src/conditions/labels.rs`.
"""

from __future__ import annotations

import math

import numpy as np

WEATHERS = ("clear", "rain", "snow", "fog", "overcast")
PHASES = ("night", "twilight", "low sun", "day")
DOMAINS = ("mountain", "city", "warehouse")

BORDERS_DEG = (-6.0, 4.0, 18.0)
"""Heights of the sun between one phase and the next."""
TOLERANCE_DEG = 3.0
"""This near to a border both phases are right."""
LATITUDE_RAD = 0.768
DECLINATION_RAD = {"spring": 0.15, "summer": 0.35, "autumn": -0.10, "winter": -0.35}


def sun_height_deg(hour: float, season: str) -> float:
    """Of the worlds' sun over the horizon."""
    declination = DECLINATION_RAD[season]
    angle = math.pi * (hour - 12.0) / 12.0
    up = math.sin(LATITUDE_RAD) * math.sin(declination)
    up += math.cos(LATITUDE_RAD) * math.cos(declination) * math.cos(angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, up))))


def phase_shares(height_deg: float) -> np.ndarray:
    """How much a height belongs to each phase; shared between two of them near a border."""
    above = [min(1.0, max(0.0, 0.5 + (height_deg - b) / (2 * TOLERANCE_DEG))) for b in BORDERS_DEG]
    edges = np.array([1.0, *above, 0.0], dtype=np.float32)
    return edges[:-1] - edges[1:]
