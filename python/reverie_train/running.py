"""What training runs share: the rate, averaged weights, checkpoints that survive a kill, the log."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import os
import time
from pathlib import Path

import torch


def learning_rate(progress: float, highest: float, warmup: float = 0.03) -> float:
    """Linear warm-up, then half a cosine down to a hundredth."""
    if progress < warmup:
        return highest * max(progress / warmup, 0.01)
    t = min(1.0, (progress - warmup) / (1 - warmup))
    return highest * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * t)))


class Averaged:
    """Exponential moving average of the parameters."""

    def __init__(self, network: torch.nn.Module, decay: float = 0.999):
        self.decay = decay
        self.values = [p.detach().clone() for p in network.parameters()]
        self.steps = 0

    @torch.no_grad()
    def update(self, network: torch.nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.values, [p.detach() for p in network.parameters()], 1 - decay)

    def copy_to(self, network: torch.nn.Module) -> torch.nn.Module:
        with torch.no_grad():
            for p, v in zip(network.parameters(), self.values):
                p.copy_(v)
        return network


def prepare(threads: int, seed: int) -> None:
    """What a run on a CPU sets before anything else."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(threads)
    torch.manual_seed(seed)


class Run:
    """A run in a folder. `latest.pt` is what it goes on from, `averaged.pt` what is evaluated and exported, `log.jsonl` its log."""

    def __init__(self, folder: str | Path, network: torch.nn.Module, optimizer, decay: float = 0.999):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.network, self.optimizer = network, optimizer
        self.smooth, self.averaged = copy.deepcopy(network), Averaged(network, decay)
        self.step, self.spent = 0, 0.0
        if self.begun(folder):
            state = torch.load(self.folder / "latest.pt", weights_only=True)
            network.load_state_dict(state["network"])
            optimizer.load_state_dict(state["optimizer"])
            self.averaged.values, self.averaged.steps = state["averaged"], state["step"]
            self.step, self.spent = state["step"], state["spent"]
            print(f"resumed at step {self.step}", flush=True)
        self._began = time.monotonic() - self.spent

    @staticmethod
    def begun(folder: str | Path) -> bool:
        """Whether there is something to go on from."""
        return (Path(folder) / "latest.pt").exists()

    def count(self) -> None:
        """A step is done."""
        self.step += 1
        self.spent = time.monotonic() - self._began

    def smoothed(self) -> torch.nn.Module:
        """The network with averaged parameters, for measuring."""
        self.smooth.load_state_dict(self.network.state_dict())
        return self.averaged.copy_to(self.smooth).eval()

    def save(self, config, about: dict) -> None:
        """Writes both checkpoints; `config` is a dataclass or a dictionary."""
        config = dataclasses.asdict(config) if dataclasses.is_dataclass(config) else config
        about = {"step": self.step, "spent": self.spent, "minutes": self.spent / 60} | about
        self._write("averaged", about | {"config": config, "network": self.smoothed().state_dict()})
        state = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        self._write("latest", about | state | {"averaged": self.averaged.values})

    def _write(self, name: str, state: dict) -> None:
        part = self.folder / f"{name}.tmp"
        torch.save(state, part)
        part.replace(self.folder / f"{name}.pt")

    def log(self, entry: dict) -> None:
        """A line of the log, on the screen, too."""
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)
