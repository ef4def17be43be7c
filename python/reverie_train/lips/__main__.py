"""`python -m reverie_train.lips data|train|eval|export|peers|strangers`."""

from __future__ import annotations

import sys

from reverie_train import commands

COMMANDS = {
    "data": ("data", "have sentences spoken in many voices and write them with the viseme of every frame"),
    "train": ("train", "train the network; goes on where a run was stopped"),
    "eval": ("evaluate", "score a trained network on voices and sentences it never heard"),
    "export": ("export", "write the weights, the parity fixture and the figures for the run-time"),
    "peers": ("peers", "score other programs on the same sounds"),
    "strangers": ("strangers", "score the shipped network on voices of flite, which it never heard"),
}

if __name__ == "__main__":
    sys.exit(commands.run("reverie_train.lips", COMMANDS))
