"""`python -m reverie_train.hearing activity`."""

from __future__ import annotations

import sys

from reverie_train import commands

COMMANDS = {
    "activity": ("activity", "turn silero_vad.onnx into the weights that the run-time reads"),
}

if __name__ == "__main__":
    sys.exit(commands.run("reverie_train.hearing", COMMANDS))
