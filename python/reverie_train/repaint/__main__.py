"""`python -m reverie_train.repaint train|haze|eval|export`."""

from __future__ import annotations

import sys

from reverie_train import commands

COMMANDS = {
    "train": ("train", "train the network on a folder of shards"),
    "haze": ("haze", "fit the colour of thick air of a trained network"),
    "eval": ("evaluate", "score a trained network on held-out places"),
    "export": ("export", "write the weights and the parity fixture for the run-time"),
}

if __name__ == "__main__":
    sys.exit(commands.run("reverie_train.repaint", COMMANDS))
