"""The questions a sentence is asked. The last answer of most is `-`: it does not say.

The same names in the same order are in `crates/language/src/reader.rs`.
"""

from __future__ import annotations

QUESTIONS = {
    "place": ("mountain", "city", "warehouse"),
    "named": ("named", "elsewhere", "-"),
    "weather": ("clear", "rain", "snow", "fog", "overcast", "-"),
    "strength": ("weak", "strong", "-"),
    "hour": ("night", "dawn", "morning", "noon", "afternoon", "golden", "dusk", "evening", "-"),
    "season": ("spring", "summer", "autumn", "winter", "-"),
}
"""`place` is the nearest kind; `named` tells whether it is that, something there is none of, or nothing."""

BUCKETS = {
    "night": "night", "dawn": "morning", "morning": "morning", "noon": "day", "afternoon": "day",
    "golden": "evening", "dusk": "evening", "evening": "evening", "-": "-",
}
"""What answers about the hour are measured by: neighbours such as dusk and evening are both right."""

UNSAID = "-"


def of_clock(hour: float) -> str:
    """The answer that goes with a time of day."""
    borders = ((4.5, "night"), (6.5, "dawn"), (10.75, "morning"), (13.0, "noon"), (16.75, "afternoon"))
    borders += ((18.5, "golden"), (20.0, "dusk"), (21.5, "evening"), (24.1, "night"))
    return next(name for end, name in borders if hour < end)
