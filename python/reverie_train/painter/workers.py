"""Processes that share every step: single-threaded workers on a CPU, one per GPU under torchrun."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.distributed as dist


@dataclass
class Worker:
    """One of them; rank 0 keeps the clock, the log and the checkpoints."""

    rank: int
    count: int
    device: torch.device

    def mean(self, parameters: list[torch.nn.Parameter], measured: list[float]) -> list[float]:
        """Replaces gradients, and returns figures, by their means over all workers."""
        if self.count == 1:
            return measured
        flat = torch.cat([p.grad.flatten() for p in parameters] + [torch.tensor(measured, device=self.device)])
        dist.all_reduce(flat)
        flat /= self.count
        offset = 0
        for p in parameters:
            p.grad.copy_(flat[offset : offset + p.numel()].view_as(p))
            offset += p.numel()
        return flat[offset:].tolist()

    def agree(self, value: float) -> float:
        """Rank 0's value."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], device=self.device)
        dist.broadcast(shared, 0)
        return shared.item()


def launch(work: Callable, args) -> None:
    """Calls `work(worker, args)` in every process: torchrun's, or one on a GPU, or `args.workers` on the CPU."""
    if "RANK" in os.environ:
        cuda = torch.cuda.is_available()
        if cuda:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
        dist.init_process_group("nccl" if cuda else "gloo")
        device = torch.device("cuda", torch.cuda.current_device()) if cuda else torch.device("cpu")
        work(Worker(dist.get_rank(), dist.get_world_size(), device), args)
        dist.destroy_process_group()
    elif torch.cuda.is_available() and not args.cpu:
        work(Worker(0, 1, torch.device("cuda")), args)
    elif args.workers <= 1:
        torch.set_num_threads(1)
        work(Worker(0, 1, torch.device("cpu")), args)
    else:
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(_spawned, (work, args, f"{folder}/rendezvous"), nprocs=args.workers)


def _spawned(rank: int, work: Callable, args, rendezvous: str) -> None:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=args.workers)
    work(Worker(rank, args.workers, torch.device("cpu")), args)
    dist.barrier()
    dist.destroy_process_group()
