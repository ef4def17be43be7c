"""Captions for training: labels are drawn first, then phrases for them, then how they are put together.

A caption is its text and, for every question of `labels.QUESTIONS`, how much each answer is right (shares that sum to 1:
"a sunny storm" is half clear, half rain).
"""

from __future__ import annotations

import re

import numpy as np

from . import vocabulary as v
from .labels import QUESTIONS, UNSAID, of_clock

Shares = dict[str, np.ndarray]


def one(question: str, answer: str) -> np.ndarray:
    shares = np.zeros(len(QUESTIONS[question]), np.float32)
    shares[QUESTIONS[question].index(answer)] = 1.0
    return shares


def _pick(rng: np.random.Generator, phrases) -> str:
    return phrases[int(rng.integers(len(phrases)))]


def _place(rng: np.random.Generator, words) -> tuple[str, Shares]:
    kind = _pick(rng, QUESTIONS["place"])
    chance = rng.random()
    if chance < 0.17:
        # Nothing named: no kind is nearer than another.
        level = np.full(3, 1 / 3, np.float32)
        return (_pick(rng, v.NOWHERE) if rng.random() < 0.6 else ""), {"place": level, "named": one("named", UNSAID)}
    if chance < 0.30:
        shares = {"place": one("place", kind), "named": one("named", "elsewhere")}
        return _dressed(rng, _pick(rng, v.ELSEWHERE[kind]), words), shares
    place = _pick(rng, v.PLACES[kind])
    shares = {"place": one("place", kind), "named": one("named", "named")}
    if rng.random() < 0.3:
        joint = _pick(rng, (" with ", " and ", ", ", " near ", " by ", " beside ", " in front of ", " between "))
        place = f"{place}{joint}{_pick(rng, v.PLACES[kind])}"
    elif rng.random() < 0.04:
        other = _pick(rng, [k for k in QUESTIONS["place"] if k != kind])
        place = f"{place}{_pick(rng, (' with ', ' and ', ' near '))}{_pick(rng, v.PLACES[other])}"
        shares["place"] = 0.65 * shares["place"] + 0.35 * one("place", other)
    return _dressed(rng, place, words), shares


def _dressed(rng: np.random.Generator, place: str, words) -> str:
    """With adjectives that change nothing, now and then any word of the language."""
    adjectives = [_pick(rng, v.KIND) for _ in range(int(rng.choice(3, p=(0.55, 0.35, 0.1))))]
    if words and rng.random() < 0.12:
        adjectives.append(_pick(rng, words))
    article = _pick(rng, ("a ", "the ", "", "", "some ", "this ", "our ", "an "))
    return article + " ".join([*adjectives, place])


def _weather(rng: np.random.Generator, hour: str) -> tuple[list[str], Shares]:
    if rng.random() < 0.35:
        if rng.random() < 0.1:
            # What is not there says little of what is.
            absent = _pick(rng, ("rain", "snow", "fog"))
            noun = {"rain": ("rain", "storm"), "snow": ("snow", "snowfall"), "fog": ("fog", "mist")}[absent]
            shares = 0.5 * one("weather", UNSAID) + 0.5 * one("weather", "clear")
            return [f"{_pick(rng, v.NOT)} {_pick(rng, noun)}"], {"weather": shares, "strength": one("strength", UNSAID)}
        return [], {"weather": one("weather", UNSAID), "strength": one("strength", UNSAID)}
    weather = _pick(rng, QUESTIONS["weather"][:-1])
    source = "clear night" if weather == "clear" and hour == "night" and rng.random() < 0.5 else weather
    phrase, strength = _pick(rng, v.WEATHERS[source]), UNSAID
    if weather in ("rain", "snow", "fog") and rng.random() < 0.35:
        strength = _pick(rng, ("weak", "strong"))
        noun = {"rain": ("rain", "showers", "rainfall"), "snow": ("snow", "snowfall"), "fog": ("fog", "mist", "haze")}[weather]
        phrase = f"{_pick(rng, v.STRONG if strength == 'strong' else v.WEAK)} {_pick(rng, noun)}"
    shares = {"weather": one("weather", weather), "strength": one("strength", strength)}
    phrases = [phrase]
    if rng.random() < 0.12:
        phrases.append(_pick(rng, v.WEATHERS[weather]))
    elif rng.random() < 0.05:
        second = _pick(rng, QUESTIONS["weather"][:-1])
        phrases.append(_pick(rng, v.WEATHERS[second]))
        shares["weather"] = 0.5 * shares["weather"] + 0.5 * one("weather", second)
    return phrases, shares


def _clock(rng: np.random.Generator) -> tuple[str, str]:
    quarter = float(rng.integers(96)) / 4
    hours, minutes = int(quarter), int(60 * (quarter % 1))
    half = hours % 12 or 12
    suffix = _pick(rng, ("am", "a.m.", " am", " AM")) if hours < 12 else _pick(rng, ("pm", "p.m.", " pm", " PM"))
    time = _pick(rng, (f"{hours:02}:{minutes:02}", f"{half}:{minutes:02}{suffix}", f"{half}{suffix}", f"{hours} h", f"{hours:02}{minutes:02} hours"))
    if "h" in time and ":" not in time or ":" not in time and "hours" not in time:
        quarter = quarter if "hours" in time else float(hours)
    return _pick(rng, ("at ", "around ", "it is ", "")) + time, of_clock(quarter)


def _hour(rng: np.random.Generator) -> tuple[list[str], Shares, str]:
    if rng.random() < 0.33:
        return [], {"hour": one("hour", UNSAID)}, UNSAID
    if rng.random() < 0.1:
        phrase, hour = _clock(rng)
        return [phrase], {"hour": one("hour", hour)}, hour
    hour = _pick(rng, QUESTIONS["hour"][:-1])
    shares, phrases = one("hour", hour), [_pick(rng, v.HOURS[hour])]
    if rng.random() < 0.04:
        second = _pick(rng, QUESTIONS["hour"][:-1])
        phrases.append(_pick(rng, v.HOURS[second]))
        shares = 0.5 * shares + 0.5 * one("hour", second)
    return phrases, {"hour": shares}, hour


SHINING = re.compile(r"\b(midday|noonday|morning|afternoon|evening|low|late|warm low) (sun|light of the sun)\b|sun overhead|sunlight|golden|honey|star|moon")
"""Hours that are told by what shines."""


def _lit(rng: np.random.Generator, hours: list[str], hour: str, about: Shares) -> tuple[list[str], Shares]:
    """Where sun or stars tell the hour the sky is likely clear; under another sky they do not tell it."""
    if hour == UNSAID or not any(SHINING.search(phrase) for phrase in hours):
        return hours, about
    if about["weather"][QUESTIONS["weather"].index(UNSAID)] == 1:
        return hours, about | {"weather": 0.75 * one("weather", "clear") + 0.25 * one("weather", UNSAID)}
    if about["weather"][QUESTIONS["weather"].index("clear")] == 0:
        others = [phrase for phrase in v.HOURS[hour] if not SHINING.search(phrase)]
        return [_pick(rng, others) if SHINING.search(phrase) else phrase for phrase in hours], about
    return hours, about


def _season(rng: np.random.Generator) -> tuple[list[str], Shares]:
    if rng.random() < 0.55:
        return [], {"season": one("season", UNSAID)}
    season = _pick(rng, QUESTIONS["season"][:-1])
    return [_pick(rng, v.SEASONS[season])], {"season": one("season", season)}


def _fused(rng: np.random.Generator, conditions: list[str]) -> list[str]:
    """Some neighbours become one phrase: "a rainy night", "snow on a winter morning"."""
    bare = [re.sub(r"^(at|in|in the|by|it is|it's|this|one|under|on|around) ", "", c) for c in conditions]
    if len(bare) < 2 or rng.random() < 0.5:
        return conditions
    joint = _pick(rng, (" ", " ", " in ", " and ", " on a ", " of ", " at ", " with ", " during "))
    return [_pick(rng, ("", "a ", "on a ", "during a ", "one ", "the ")) + bare[0] + joint + bare[1], *conditions[2:]]


def make(rng: np.random.Generator, words: tuple[str, ...] = ()) -> tuple[str, Shares]:
    """A caption and its labels; `words` are any words, put in here and there to be passed over."""
    hours, about_hour, hour = _hour(rng)
    weathers, about_weather = _weather(rng, hour)
    hours, about_weather = _lit(rng, hours, hour, about_weather)
    seasons, about_season = _season(rng)
    place, about_place = _place(rng, words)
    conditions = [*hours, *weathers, *seasons]
    rng.shuffle(conditions)
    conditions = _fused(rng, conditions)
    style = rng.random()
    if style < 0.25:
        parts = [p for p in [place, *conditions] if p]
        rng.shuffle(parts)
        text = _pick(rng, (", ", ", ", " ", "; ", " - ", ". ", " / ")).join(parts)
    else:
        before = [c for c in conditions if rng.random() < 0.4]
        after = [c for c in conditions if c not in before]
        joint = _pick(rng, (" in ", " at ", ", ", " during ", " on ", " under ", " with ", " while there is ", ", it is ", " and ", " "))
        text = ", ".join(before)
        text += (_pick(rng, (" ", ", ", " in ", " over ", " at ", " on ", ": ", " above ", " falls on ", " and ", " covers ")) if before and place else "") + place
        for c in after:
            text += (joint if rng.random() < 0.7 else _pick(rng, (", ", " and ", " ", ". "))) + c
        if rng.random() < 0.3:
            text = f"{_pick(rng, v.OPENINGS)} {text}"
        if rng.random() < 0.2:
            text = text + (" " if rng.random() < 0.5 else "") + _pick(rng, v.ENDINGS)
    if words and rng.random() < 0.1:
        text = f"{text} {_pick(rng, words)}"
    return _carelessly(rng, text.strip()) or "a place", about_place | about_weather | about_hour | about_season


def _carelessly(rng: np.random.Generator, text: str) -> str:
    """As people type: capitals, stops, and now and then a slip."""
    if rng.random() < 0.15:
        text = mistyped(rng, text, 0.25)
    case = rng.random()
    if case < 0.3:
        text = text[:1].upper() + text[1:]
    elif case < 0.35:
        text = text.upper()
    return text + ("." if rng.random() < 0.2 else "!" if rng.random() < 0.03 else "")


def mistyped(rng: np.random.Generator, text: str, share: float = 1.0) -> str:
    """With a slip of the finger in that share of the words of four letters and more."""

    def slip(match: re.Match) -> str:
        word = match[0]
        if rng.random() >= share:
            return word
        at = int(rng.integers(1, len(word) - 1))
        kind = rng.integers(4)
        if kind == 0:
            return word[:at] + word[at + 1 :]
        if kind == 1:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if kind == 2:
            return word[:at] + word[at] + word[at:]
        return word[:at] + _pick(rng, "etaoinshrdlu") + word[at + 1 :]

    return re.sub(r"[A-Za-z]{4,}", slip, text)


def loose(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    """Any words of the language in any company: what the small network learns from the large one."""
    chance = rng.random()
    if chance < 0.35:
        return _pick(rng, ("", "", "a ", "the ", "in the ")) + _pick(rng, words)
    if chance < 0.65:
        return _pick(rng, ("{} {}", "{} and {}", "the {} of {}", "a {} {}", "{} in the {}", "{}, {}")).format(_pick(rng, words), _pick(rng, words))
    text, _ = make(rng, words)
    parts = text.split()
    for at in range(len(parts)):
        if rng.random() < 0.3:
            parts[at] = _pick(rng, words)
    return " ".join(parts)
