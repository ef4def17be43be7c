"""What each network learns from recordings, and how it is judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ..depth import augment, evaluate, metrics as depth_metrics
from ..depth.loss import depth_loss
from ..painter import metrics
from ..painter.evaluate import SHARES
from ..painter.loss import layout_loss
from ..painter.model import joined, no_noise, noise_maps
from ..painter.samples import Batch, Maker, decode
from ..painter.train import best_noise
from .recordings import Pictures

LIST_SEED = 20_261
"""Of the held-out windows."""
WINDOWS, PICTURES = 192, 120
"""Most held-out ones that are judged."""


def fixed_windows(pictures: Pictures, count: int, size: int, device: torch.device) -> Batch:
    """Held-out windows of 25 to 60 % unknown, of which enough is there to compare; the same for the same recordings."""
    rng = np.random.default_rng(LIST_SEED)
    maker = Maker(pictures, device)
    kept: list[Batch] = []
    for _ in range(200):
        batch = maker.make(rng.integers(len(pictures), size=16), size, rng, training=False)
        share = ((1 - batch.known) * batch.valid).mean((1, 2)) / batch.valid.mean((1, 2)).clamp_min(1e-3)
        good = (share >= SHARES[0]) & (share <= SHARES[1])
        kept.append(Batch(**{k: v[good] for k, v in vars(batch).items()}))
        if sum(len(b.known) for b in kept) >= count:
            break
    windows = Batch(**{k: torch.cat([getattr(b, k) for b in kept])[:count] for k in vars(kept[0])})
    if not len(windows.known):
        raise ValueError("the held-out episodes have no window to compare: record longer ones")
    return windows


class PainterCourse:
    """The layout network on windows."""

    name = "painter_layout"
    rates = {"full": 3e-4, "lora": 2e-3}

    def __init__(self, network: nn.Module, learn: Pictures, held: Pictures, device: torch.device):
        self.network, self.device = network, device
        self.side = network.config.size
        self.maker, self.count = Maker(learn, device), len(learn)
        self.windows = fixed_windows(held, WINDOWS, self.side, device)

    def loss(self, weights: dict[str, torch.Tensor], rng: np.random.Generator, progress: float) -> torch.Tensor:
        batch = self.maker.make(rng.integers(self.count, size=12), self.side, rng)
        dice = torch.Generator().manual_seed(int(rng.integers(2**31)))

        def draw(noise: torch.Tensor) -> torch.Tensor:
            return torch.func.functional_call(self.network, weights, (batch, noise))

        noise = best_noise(draw, batch, 2, dice) if self.network.config.diverse else no_noise(batch, torch.bfloat16)
        return layout_loss(draw(noise), batch.truth, batch.detail, batch.known, batch.valid)[0]

    @torch.no_grad()
    def answers(self, network: nn.Module) -> torch.Tensor:
        """What a network paints in the held-out windows, [N, H, W, 4]."""
        drawn = []
        for at in range(0, len(self.windows.known), 16):
            part = Batch(**{k: v[at : at + 16] for k, v in vars(self.windows).items()})
            dice = torch.Generator().manual_seed(at)
            noise = noise_maps(part, dice) if network.config.diverse else no_noise(part)
            drawn.append(joined(network(part, noise), part))
        return torch.cat(drawn)

    def score(self, network: nn.Module) -> dict[str, Any]:
        """Over what is unknown: PSNR and its gain over push-pull, and depth's error against push-pull's."""
        w = self.windows
        # What the recording does not show does not count as unknown.
        known = 1 - (1 - w.known) * w.valid
        truth, answer = decode(w.code), self.answers(network)
        base = metrics.psnr(w.fill[..., :3], w.rgb, known)
        ours = metrics.psnr(answer[..., :3], w.rgb, known)
        errors = [metrics.depth_error(decode(x), truth, known).nanmean() for x in (answer[..., 3], w.fill[..., 3])]
        return {
            "psnr_db": round(ours.mean().item(), 3),
            "psnr_push_pull_db": round(base.mean().item(), 3),
            "gain_db": round((ours - base).mean().item(), 3),
            "depth_absrel": round(errors[0].item(), 4),
            "depth_absrel_push_pull": round(errors[1].item(), 4),
            "windows": len(w.known),
        }


class DepthCourse:
    """The depth network on pictures."""

    name = "depth"
    rates = {"full": 2e-4, "lora": 1e-3}

    def __init__(self, network: nn.Module, learn: Pictures, held: Pictures, device: torch.device):
        self.network, self.learn, self.held, self.device = network, learn, held, device
        self.chosen = np.linspace(0, len(held) - 1, min(PICTURES, len(held))).astype(int)

    def loss(self, weights: dict[str, torch.Tensor], rng: np.random.Generator, progress: float) -> torch.Tensor:
        (width, height), batch = ((192, 144), 8) if progress < 0.7 else ((256, 192), 6)
        chosen = rng.integers(len(self.learn), size=batch)
        pairs = [augment.make(self.learn, int(i), width, height, rng) for i in chosen]
        rgb = torch.from_numpy(np.stack([p[0] for p in pairs])).to(self.device, torch.bfloat16) / 255
        truth = torch.from_numpy(np.stack([p[1] for p in pairs])).to(self.device)
        predicted, sky = torch.func.functional_call(self.network, weights, (rgb,))
        return depth_loss(predicted, sky, truth)[0]

    def predicted(self, network: nn.Module, index: int) -> np.ndarray:
        rgb, _ = self.held.picture(index)
        return evaluate.predict_resized(network, rgb, evaluate.configured_size(network))[0]

    def score(self, network: nn.Module) -> dict[str, Any]:
        """AbsRel and delta1 of held-out pictures, and the row prior's."""
        network, rows = network.cpu(), []
        prior = depth_metrics.prior(self.held.height, self.held.width)
        for index in self.chosen:
            truth = self.held.picture(int(index))[1]
            ours = depth_metrics.scores(self.predicted(network, int(index)), truth, truth > 0)
            theirs = depth_metrics.scores(prior, truth, truth > 0)
            if ours and theirs:
                rows.append([ours["absrel"], ours["delta1"], theirs["absrel"]])
        network.to(self.device)
        if not rows:
            raise ValueError("the held-out episodes have no picture with depths to compare")
        absrel, delta1, prior_absrel = np.mean(rows, 0).round(4).tolist()
        median = round(float(np.median([row[0] for row in rows])), 4)
        return {
            "absrel": absrel, "absrel_median": median, "delta1": delta1, "prior_absrel": prior_absrel, "pictures": len(rows),
        }  # fmt: skip


__all__ = ["DepthCourse", "PainterCourse", "fixed_windows"]
