"""One network's fine-tuning: resumable, by time or steps, whole or by low-rank deltas."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..running import Averaged, learning_rate
from .deltas import Deltas, merge

CHECKPOINT_SECS = 60
LOG_STEPS = 25


class Lesson:
    """A course (`courses`) taken by a network."""

    def __init__(self, course, *, rank: int, seed: int, folder: Path, base_sha256: str):
        self.course, self.rank, self.seed = course, rank, seed
        self.path, self.log_path = folder / f"{course.name}.pt", folder / f"{course.name}.jsonl"
        torch.manual_seed(seed)
        self.deltas = Deltas(course.network, rank).to(course.device) if rank else None
        self.learner: nn.Module = self.deltas or course.network
        self.parameters = list(self.learner.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.01)
        self.averaged = Averaged(self.learner, decay=0.995)
        self.step, self.spent = 0, 0.0
        self.begun = {"rank": rank, "seed": seed, "base_sha256": base_sha256}
        if self.path.exists():
            self._resume()

    def _resume(self) -> None:
        try:
            state = torch.load(self.path, weights_only=True, map_location=self.course.device)
            begun = state["begun"]
        except Exception as error:  # noqa: BLE001 - PyTorch raises many types for a damaged file
            raise ValueError(f"{self.path}: is no checkpoint: {str(error).splitlines()[0]}") from None
        for key, value in self.begun.items():
            if begun[key] != value:
                raise ValueError(f"{self.path}: was begun with {key} {begun[key]}, not {value}: choose another --out")
        self.learner.load_state_dict(state["learner"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.averaged.values, self.averaged.steps = state["averaged"], state["step"]
        self.step, self.spent = state["step"], state["spent"]
        print(f"{self.course.name}: goes on at step {self.step}, {self.spent / 60:.1f} min", flush=True)

    def _save(self) -> None:
        state = {
            "begun": self.begun, "learner": self.learner.state_dict(), "optimizer": self.optimizer.state_dict(),
            "averaged": self.averaged.values, "step": self.step, "spent": self.spent,
        }  # fmt: skip
        torch.save(state, self.path.with_suffix(".tmp"))
        self.path.with_suffix(".tmp").replace(self.path)

    def _weights(self) -> dict[str, torch.Tensor]:
        network = self.course.network
        now = self.deltas.changed(network) if self.deltas else dict(network.named_parameters())
        # Arithmetic in bf16, what is learnt and the loss in f32.
        return {name: p.bfloat16() for name, p in now.items()}

    def _progress(self, steps: int | None, minutes: float) -> float:
        return self.step / steps if steps else self.spent / max(60 * minutes, 1e-9)

    def run(self, *, steps: int | None, minutes: float) -> None:
        """Goes on until there are so many steps, or so many minutes were spent, resumed ones included."""
        rate = self.course.rates["lora" if self.rank else "full"]
        began, last_saved, recent = time.monotonic() - self.spent, self.spent, []
        rng = np.random.default_rng((self.seed, self.step))
        while (progress := self._progress(steps, minutes)) < 1:
            loss = self.course.loss(self._weights(), rng, progress)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_([p for p in self.parameters if p.grad is not None], 1.0)
            if torch.isfinite(norm):
                for group in self.optimizer.param_groups:
                    group["lr"] = learning_rate(progress, rate)
                self.optimizer.step()
                self.averaged.update(self.learner)
            self.step += 1
            self.spent = time.monotonic() - began
            recent.append(loss.item())
            if self.step % LOG_STEPS == 0:
                entry = {"step": self.step, "min": round(self.spent / 60, 2), "loss": round(float(np.mean(recent)), 4)}
                recent = []
                with self.log_path.open("a") as file:
                    file.write(json.dumps(entry) + "\n")
                print(f"{self.course.name}: {json.dumps(entry)}", flush=True)
            if self.spent - last_saved > CHECKPOINT_SECS:
                self._save()
                last_saved = self.spent
        self._save()

    def finish(self) -> nn.Module:
        """The network as it was taught: averaged weights, deltas merged. The lesson is over then."""
        self.averaged.copy_to(self.learner)
        return merge(self.course.network, self.deltas) if self.deltas else self.course.network

    def about(self) -> dict[str, Any]:
        return {"steps": self.step, "minutes": round(self.spent / 60, 1), "rank": self.rank}
