"""`python -m reverie_train.painter train|eval|export`."""

from __future__ import annotations

import sys

from reverie_train import commands

COMMANDS = {
    "train": ("train", "train the layout network on data sets"),
    "eval": ("evaluate", "score trained networks against push-pull"),
    "export": ("export", "write the weights and parity fixtures for the run-time"),
}

if __name__ == "__main__":
    sys.exit(commands.run("reverie_train.painter", COMMANDS))
