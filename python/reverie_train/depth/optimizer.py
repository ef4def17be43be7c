"""Muon for the hidden matrices, AdamW for everything else.

Muon (K. Jordan, 2024) replaces the momentum of a matrix by the nearest orthogonal one, found by
five Newton-Schulz iterations; scaled so that an update is as large as AdamW's, both share one
learning rate. The iterations cost as much as several pictures, so workers share the matrices.
"""

from __future__ import annotations

import math

import torch
import torch.distributed as dist

NOT_HIDDEN = ("stem.", "position.", "head.")


def orthogonalised(matrix: torch.Tensor) -> torch.Tensor:
    """Newton-Schulz iterations towards the nearest matrix with singular values of one."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    # Processors without arithmetic in bf16 take eight times as long for it.
    x = x.bfloat16() if x.is_cuda else x
    for _ in range(5):
        square = x @ x.T
        x = a * x + (b * square + c * (square @ square)) @ x
    return (x.T if matrix.shape[0] > matrix.shape[1] else x).float()


class Optimizer:
    """Both at one learning rate; gradients must already be averaged over the workers."""

    def __init__(self, network: torch.nn.Module, rank: int, workers: int, decay: float = 0.05, momentum: float = 0.95):
        hidden = {n for n, p in network.named_parameters() if p.ndim == 2 and not n.startswith(NOT_HIDDEN)}
        self.matrices = [p for n, p in network.named_parameters() if n in hidden]
        rest = [p for n, p in network.named_parameters() if n not in hidden]
        groups = [
            {"params": [p for p in rest if p.ndim == 2], "weight_decay": decay},
            {"params": [p for p in rest if p.ndim != 2], "weight_decay": 0.0},
        ]
        self.adam = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), fused=True)
        self.momenta = [torch.zeros_like(p) for p in self.matrices]
        self.rank, self.workers, self.decay, self.momentum = rank, workers, decay, momentum
        # Largest first, each to the worker with the least to do.
        load = [0.0] * workers
        self.owner = [0] * len(self.matrices)
        for i in sorted(range(len(self.matrices)), key=lambda i: -self.matrices[i].numel()):
            self.owner[i] = load.index(min(load))
            load[self.owner[i]] += self.matrices[i].numel() * min(self.matrices[i].shape)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        flat = torch.zeros(sum(p.numel() for p in self.matrices), device=self.matrices[0].device)
        offset = 0
        for p, momentum, owner in zip(self.matrices, self.momenta, self.owner):
            momentum.lerp_(p.grad, 1 - self.momentum)
            if owner == self.rank:
                update = orthogonalised(torch.lerp(p.grad, momentum, self.momentum))
                size = 0.2 * math.sqrt(max(p.shape))
                flat[offset : offset + p.numel()] = update.flatten() * size
            offset += p.numel()
        if self.workers > 1:
            dist.all_reduce(flat)
        offset = 0
        for p in self.matrices:
            p.mul_(1 - rate * self.decay).add_(flat[offset : offset + p.numel()].view_as(p), alpha=-rate)
            offset += p.numel()

    def state_dict(self) -> dict:
        return {"adam": self.adam.state_dict(), "momenta": self.momenta}

    def load_state_dict(self, state: dict) -> None:
        self.adam.load_state_dict(state["adam"])
        for mine, stored in zip(self.momenta, state["momenta"]):
            mine.copy_(stored)
