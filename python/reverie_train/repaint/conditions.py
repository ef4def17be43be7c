"""Weather, hour and season as the network is told them."""

from __future__ import annotations

import math

import numpy as np

from ..conditions.labels import DECLINATION_RAD, LATITUDE_RAD, WEATHERS

SEASONS = ("spring", "summer", "autumn", "winter")
CONDITIONS = len(WEATHERS) + 5 + len(SEASONS)
NIGHT_BELOW = 0.035
"""Sine of the sun's height below which lamps burn."""


def sun_up(hour: float, season: str) -> float:
    """Sine of the sun's height over the horizon."""
    declination = DECLINATION_RAD[season]
    angle = math.pi * (hour - 12.0) / 12.0
    up = math.sin(LATITUDE_RAD) * math.sin(declination)
    return up + math.cos(LATITUDE_RAD) * math.cos(declination) * math.cos(angle)


def vector(conditions: dict) -> np.ndarray:
    """The weather's share (the rest is clear), the hour on its circle, the sun's height, coarse and fine, whether lamps
    burn, and the season: f32 [CONDITIONS]."""
    weather, season = conditions["weather"].lower(), conditions["season"].lower()
    shares = np.zeros(len(WEATHERS), np.float32)
    shares[WEATHERS.index("clear")] = 1.0 - conditions["strength"]
    shares[WEATHERS.index(weather)] += conditions["strength"]
    turn = 2 * math.pi * conditions["hour"] / 24.0
    up = sun_up(conditions["hour"], season)
    sky = [math.sin(turn), math.cos(turn), up, math.tanh(up / 0.15), float(up < NIGHT_BELOW)]
    return np.concatenate([shares, np.array(sky, np.float32), np.eye(len(SEASONS), dtype=np.float32)[SEASONS.index(season)]])
