"""`python -m reverie_train.conditions train|eval|export`."""

from __future__ import annotations

import sys

from reverie_train import commands

COMMANDS = {
    "train": ("train", "train the network on a folder of shards"),
    "eval": ("evaluate", "score a trained network on held-out pictures"),
    "export": ("export", "write the weights, the parity fixture and the figures for the run-time"),
}

if __name__ == "__main__":
    sys.exit(commands.run("reverie_train.conditions", COMMANDS))
