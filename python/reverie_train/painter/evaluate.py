"""Scores of a painter against push-pull on a fixed list of held-out windows, and sheets of samples."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from . import metrics, sheet
from .frames import DOMAINS, Frames
from .load import painter
from .model import joined
from .samples import Batch, Maker, decode

SHARES = (0.25, 0.6)
"""Unknown shares of the windows that count."""
LIST_SEED = 20_261


def fixed_windows(frames: Frames, per_domain: int, size: int, device="cpu") -> list[tuple[int, Batch]]:
    """(domain, batch) with windows of 25 to 60 % unknown, the same whenever the frames are the same."""
    result = []
    for domain in np.unique(frames.domains):
        rng = np.random.default_rng((LIST_SEED, int(domain)))
        maker = Maker(frames, device)
        candidates = np.flatnonzero(frames.domains == domain)
        kept: list[Batch] = []
        while sum(len(b.known) for b in kept) < per_domain:
            batch = maker.make(rng.choice(candidates, 16), size, rng, training=False)
            share = 1 - batch.known.mean((1, 2))
            good = (share >= SHARES[0]) & (share <= SHARES[1])
            kept.append(Batch(**{k: v[good] for k, v in vars(batch).items()}))
        joint = Batch(**{k: torch.cat([getattr(b, k) for b in kept])[:per_domain] for k in vars(kept[0])})
        result.append((int(domain), joint))
    return result


@torch.no_grad()
def scores(paint: Callable[[Batch, int], torch.Tensor], windows: list[tuple[int, Batch]], samples: int) -> dict:
    """`paint(batch, seed)` answers [N, H, W, 4]. Gains over push-pull in dB, ratios, per domain and as means."""
    rows: dict[str, dict[str, float]] = {}
    for domain, batch in windows:
        truth, true_depth, known = batch.rgb, decode(batch.code), batch.known
        drawn = [joined(paint(batch, seed), batch) for seed in range(samples)]
        base = metrics.psnr(batch.fill[..., :3], truth, known)
        each = torch.stack([metrics.psnr(d[..., :3], truth, known) for d in drawn])
        mean = metrics.psnr(torch.stack([d[..., :3] for d in drawn]).mean(0), truth, known)
        first = drawn[0]
        energy = metrics.energies(truth, known).sum()
        row = {
            "psnr_push_pull_db": base.mean(),
            "psnr_gain_db": (each.mean(0) - base).mean(),
            "psnr_mean8_gain_db": (mean - base).mean(),
            "psnr_best4_gain_db": (each[:4].amax(0) - base).mean(),
            "depth_absrel_ratio": metrics.depth_error(decode(first[..., 3]), true_depth, known).nanmean()
            / metrics.depth_error(decode(batch.fill[..., 3]), true_depth, known).nanmean(),
            "sharpness_ratio": metrics.energies(first[..., :3], known).sum() / energy,
            "sharpness_push_pull": metrics.energies(batch.fill[..., :3], known).sum() / energy,
            "seam_ratio": metrics.seams(first[..., :3], known).nanmean() / metrics.seams(truth, known).nanmean(),
            "difference_of_seeds": (drawn[0] - drawn[-1])[..., :3].abs().mean() / (1 - known).mean(),
        }
        rows[DOMAINS[domain]] = {k: round(v.item(), 4) for k, v in row.items()}
    return {k: round(float(np.mean([r[k] for r in rows.values()])), 4) for k in next(iter(rows.values()))} | {
        "windows": sum(len(b.known) for _, b in windows),
        "domains": rows,
    }


def window_ms(paint: Callable[[Batch, int], torch.Tensor], windows: list[tuple[int, Batch]], times: int = 8) -> float:
    """Milliseconds for one window, median."""
    one = Batch(**{k: v[:1] for k, v in vars(windows[0][1]).items()})
    spent = []
    with torch.no_grad():
        for seed in range(times + 2):
            began = time.perf_counter()
            paint(one, seed)
            spent.append(time.perf_counter() - began)
    return round(1000 * float(np.median(spent[2:])), 1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", required=True, help="averaged.pt of a run")
    parser.add_argument("--val", required=True, nargs="+", help="held-out data sets")
    parser.add_argument("--cache", required=True, help="folder for decoded frames")
    parser.add_argument("--windows", type=int, default=64, help="windows a domain")
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--sheet", help="also write a sheet of samples (PNG)")
    parser.add_argument("--threads", type=int, default=2)


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    paint, about = painter(args.weights)
    frames = Frames(args.val, args.cache, held_out=True)
    windows = fixed_windows(frames, args.windows, about["size"])
    result = scores(paint, windows, args.samples if about["diverse"] else 1)
    print(json.dumps(about | {"ms": window_ms(paint, windows)} | result, indent=1))
    if args.sheet:
        sheet.write(Path(args.sheet), paint, windows, seeds=2 if about["diverse"] else 1)
