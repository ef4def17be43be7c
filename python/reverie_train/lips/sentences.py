"""Sentences to be spoken: templates of our own, filled from word lists and from the voice's lexicon.

What is held out has templates and lexicon words of its own; a sentence of one set is never one of the other.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from pathlib import Path

NAMES = "Anna Ben Chloe David Emma Finn Grace Henry Isabel Jack Kate Liam Maya Noah Olivia Paul Quinn Rose Sam Tess Uma " \
    "Victor Wendy Yusuf Zoe Thomas Judith Shirley George Beth Philip Ruth".split()
PLACES = "river|bridge|old mill|village|tower|market|harbour|forest path|northern gate|blue house|beach|museum|railway station|" \
    "school yard|kitchen|library|garden|castle|valley|workshop|bakery|theatre|farm|lighthouse|church|park|cave".split("|")
THINGS = "book|lamp|map|basket|horse|boat|letter|key|bottle|mirror|coat|wooden box|piece of cheese|violin|ship|watch|chair|" \
    "picture|bowl of soup|paper bag|pair of shoes|thermos|feather|purple scarf|bucket|measuring jug|rope|telescope|fish|" \
    "young dog|voice|machine|wheel|mouth organ|garage door|thing".split("|")
ADJECTIVES = "small heavy beautiful strange old yellow quiet broken expensive thin famous bright cheap warm smooth rusty huge " \
    "polite bumpy empty fresh gentle vague thirsty lazy foggy joyful measured wealthy visible oily awful pure".split()
VERBS = "find|buy|carry|paint|bring|move|watch|push|open|forget|measure|choose|fix|borrow|keep|wash|use|hold|give away|" \
    "throw|improve|describe|join|change|mention|believe".split("|")
ADVERBS = "slowly|quickly|again|today|very carefully|this morning|before lunch|without a word|as usual|together|" \
    "after the storm|on Thursday|above all|by mistake|in the evening|both times".split("|")
TIMES = ["at half past seven", "in the year 1984", "on the 3rd of June", "about 45 minutes ago", "at 6:15", "for 12 days",
         "every other week", "in March", "long before dawn", "20 years later", "on a Tuesday afternoon", "just now"]

TEMPLATES = {
    False: [
        "{Name} went to the {place} {time}.",
        "Have you seen the {adj} {thing} that {Name} left by the {place}?",
        "I will {verb} the {thing} {adv}, if you {verb} mine.",
        "There is a {adj} {thing} near the {place}, but nobody wants to {verb} it.",
        "{Name} and {Name} walked {adv} from the {place} to the {place}.",
        "Why would anyone {verb} a {adj}, {adj} {thing}?",
        "Please {verb} it {adv}.",
        "My brother works at the {place}; he says the {thing} is too {adj}.",
        "It was {adj}, wasn't it?",
        "We paid {number} dollars for the {thing} {time}.",
        "Oh, {Name}! Put the {thing} back, now!",
        "They could {verb} everything except the {thing}.",
        "The {word} was {word}, and the {word} was not.",
        "You should say {word}, not {word}.",
        "She wrote {word}, {word}, {word} and {word} on the board.",
        "What does {word} mean, {Name}?",
        "A {word} {word} never helps a {word} {thing}.",
        "{Name} told me about {word} and {word} {time}.",
        "No, thank you. I'd rather {verb} the {word}.",
        "As far as I know, the {place} has {number} {word} rooms.",
        "Between the {place} and the {place} lies a {adj} {word}.",
        "Both of them shouted: {word}!",
        "If the {thing} is {adj}, leave it; if it is {adj}, {verb} it.",
        "Well, maybe. Maybe {adv}, maybe never.",
        "This {thing} belongs to my {adj} friend {Name}.",
        "I hope {Name} will {verb} that {word} {thing} {time}.",
        "The weather at the {place} is {adj} and {adj} {time}.",
        "Good morning, {Name}, how is the {thing}?",
        "They sell {word}, {word} and fresh {word} at the {place}.",
        "We've got to {verb} the {word} before {Name} does.",
    ],
    True: [
        "Nobody at the {place} had heard of {Name} until {time}.",
        "Would you mind if I {verb} your {adj} {thing} {adv}?",
        "{Name}, who lives by the {place}, keeps a {thing} under the bed.",
        "First {verb} the {thing}; then we can talk about the {place}.",
        "It took them {number} hours to {verb} that {adj} {thing}.",
        "Can a {thing} be more {adj} than a {word}?",
        "Ask {Name} for the {word}, and thank him for the {word}.",
        "He whispered {word} and then {word} to himself.",
        "Whether it rains or not, {Name} will {verb} the {place} {adv}.",
        "Some people prefer {word}; others only trust {word} and {word}.",
        "Look at that {adj} {word} over the {place}!",
        "I'm sorry, but your {thing} looks rather {adj} {time}.",
    ],
}


def is_held_out(word: str) -> bool:
    """Whether a word of the lexicon is kept for the test."""
    return zlib.crc32(word.encode()) % 8 == 0


class Sentences:
    """Draws sentences; the same seed, the same ones."""

    def __init__(self, lexicon: Path, held_out: bool, seed: int):
        words = json.loads(gzip.decompress(lexicon.read_bytes()))
        plain = (w for w in words if w.isascii() and w.isalpha() and w.islower() and 3 <= len(w) <= 12)
        self.words = sorted(word for word in plain if is_held_out(word) == held_out)
        self.templates = TEMPLATES[held_out]
        self.random = random.Random(f"{seed} {held_out}")

    def draw(self) -> str:
        text = self.random.choice(self.templates)
        choices = {
            "Name": NAMES, "place": PLACES, "thing": THINGS, "adj": ADJECTIVES, "verb": VERBS, "adv": ADVERBS,
            "time": TIMES, "word": self.words,
        }
        while "{" in text:
            begin, end = text.index("{"), text.index("}")
            kind = text[begin + 1 : end]
            number = str(self.random.choice([self.random.randint(2, 99), self.random.randint(100, 9999)]))
            filled = number if kind == "number" else self.random.choice(choices[kind])
            text = text[:begin] + filled + text[end + 1 :]
        return f"{text[:1].upper()}{text[1:]}"
