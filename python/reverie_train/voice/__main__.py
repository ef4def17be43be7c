"""`python -m reverie_train.voice convert|speed|reference|intelligibility|text`."""

from __future__ import annotations

import sys

from reverie_train import commands

COMMANDS = {
    "convert": ("convert", "turn the ONNX files of hibari-tts into the weights that the run-time reads"),
    "speed": ("compare_speed", "time the package and the run-time in turn"),
    "reference": ("network_reference", "write the numbers that the run-time's tests compare with"),
    "intelligibility": ("intelligibility", "have a speech recogniser listen to the voices"),
    "text": ("text_reference", "write the phonemes that the text front end is compared with"),
}

if __name__ == "__main__":
    sys.exit(commands.run("reverie_train.voice", COMMANDS))
