"""`python -m reverie_train.prompts data|train|eval|export`."""

from __future__ import annotations

import sys

from reverie_train import commands

COMMANDS = {
    "data": ("data", "make captions and let MiniLM read them"),
    "train": ("train", "train what reads MiniLM's states, or the small network that needs no MiniLM"),
    "eval": ("evaluate", "score trained networks on captions written by hand"),
    "export": ("export", "write weights and the parity fixture for the run-time"),
}

if __name__ == "__main__":
    sys.exit(commands.run("reverie_train.prompts", COMMANDS))
