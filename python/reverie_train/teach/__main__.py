"""`python -m reverie_train.teach RECORDINGS --out WEIGHTS`: painter and depth network learn the look of a game.

The folder is one that the plugin (`WorldView::weights`, `weights` in a preset) and `reverie explore --weights` open.
Called again, it goes on where it was. `--merge DELTAS` makes the weights of deltas that somebody keeps, without learning.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path

import torch

from ..dataset import DatasetError
from . import sheet, weights
from .courses import DepthCourse, PainterCourse
from .deltas import load as load_deltas
from .deltas import merge
from .deltas import save as save_deltas
from .lesson import Lesson
from .recordings import Recordings

COURSES = {"painter": (PainterCourse, 0.6), "depth": (DepthCourse, 0.4)}
"""By the word of `--only`: what it is, and its share of the time."""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m reverie_train.teach", description=__doc__.splitlines()[0])
    p.add_argument("recordings", nargs="*", metavar="RECORDINGS", help="folders that RecorderPlugin wrote")
    p.add_argument("--out", required=True, metavar="WEIGHTS", help="folder for the weights; goes on from what is in it")
    p.add_argument("--val", nargs="+", metavar="DIR", help="recordings to measure on (default: the last tenth of the episodes)")
    p.add_argument("--lora", type=int, default=0, metavar="RANK", help="learn low-rank deltas only, kept as small files as well")
    p.add_argument("--minutes", type=float, default=60, help="for both networks together, earlier starts included")
    p.add_argument("--steps", type=int, help="steps of each network instead of minutes")
    p.add_argument("--only", choices=list(COURSES), help="teach one of them; the other stays as it is")
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    p.add_argument("--threads", type=int, default=1, help="threads on the CPU")
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--base", type=Path, help="folder of the weights to begin with (default: the shipped ones)")
    p.add_argument("--merge", type=Path, metavar="DELTAS", help="make the weights of a folder of deltas, without learning")
    return p


def chosen_device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda: PyTorch finds no GPU")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def merged(args: argparse.Namespace, base: Path) -> None:
    """Weights of deltas."""
    origins = {}
    for course, _ in COURSES.values():
        path = args.merge / f"{course.name}.safetensors"
        if not path.exists():
            continue
        network, metadata, digest = weights.load(course.name, base)
        merge(network, load_deltas(path, network, digest))
        weights.save(course.name, network, metadata, args.out / "models")
        origins[course.name] = f"deltas merged by reverie_train.teach into {digest[:12]}"
    if not origins:
        raise ValueError(f"{args.merge}: there are no deltas")
    weights.write_manifest(args.out / "models", origins)
    print(f"{', '.join(origins)}: merged into {args.out}")


def teach(args: argparse.Namespace, base: Path) -> dict:
    device = chosen_device(args.device)
    out, training = args.out, args.out / "training"
    recordings = Recordings(args.recordings, training / "frames")
    if args.val:
        learn, held = recordings.entries, Recordings(args.val, training / "frames", held_out=True).entries
    else:
        learn, held = recordings.split(0.1)
    training.mkdir(parents=True, exist_ok=True)
    print(f"{len(learn)} episodes to learn from, {len(held)} to measure on; decoding", flush=True)
    learn, held = recordings.frames(learn), recordings.frames(held)

    report: dict = {"frames": len(learn), "frames_held_out": len(held)}
    origins, pictures = {}, {}
    for word, (kind, share) in COURSES.items():
        network, metadata, digest = weights.load(kind.name, base)
        if args.only not in (None, word):
            # What was taught earlier stays.
            if (out / "models" / f"{kind.name}.safetensors").exists():
                origins[kind.name] = "taught by reverie_train.teach"
            continue
        course = kind(network.to(device), learn, held, device)
        before = course.score(network)
        print(f"{kind.name} before: {json.dumps(before)}", flush=True)
        pictures[word] = [sheet.drawn(course, network)]
        lesson = Lesson(course, rank=args.lora, seed=args.seed, folder=training, base_sha256=digest)
        lesson.run(steps=args.steps, minutes=args.minutes * (1.0 if args.only else share))
        network = weights.rounded(lesson.finish())
        after = course.score(network)
        print(f"{kind.name} after: {json.dumps(after)}", flush=True)
        pictures[word].append(sheet.drawn(course, network))
        weights.save(kind.name, network, metadata, out / "models")
        if lesson.deltas:
            (out / "deltas").mkdir(exist_ok=True)
            save_deltas(lesson.deltas, out / "deltas" / f"{kind.name}.safetensors", digest)
        names = ", ".join(Path(folder).name for folder in args.recordings)
        origins[kind.name] = f"taught by reverie_train.teach on {len(learn)} frames of {names}, from {digest[:12]}"
        report[kind.name] = {"before": before, "after": after} | lesson.about()
        sheet.write(out / f"{word}.png", course, *pictures[word])
    weights.write_manifest(out / "models", origins)
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    return report


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    args.out = Path(args.out)
    warnings.formatwarning = lambda message, *_rest, **_named: f"warning: {message}\n"
    try:
        torch.set_num_threads(max(1, args.threads))
        base = args.base or weights.shipped()
        if args.merge:
            merged(args, base)
            return 0
        if not args.recordings:
            raise ValueError("RECORDINGS: no folder is named")
        if args.lora < 0 or (args.steps is not None and args.steps < 1) or not args.minutes > 0:
            raise ValueError("--lora, --steps or --minutes: makes no sense")
        report = teach(args, base)
    except (DatasetError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last minute", file=sys.stderr)
        return 130
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
