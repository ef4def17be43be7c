"""`python -m reverie_train.painter train|eval|export`."""

from __future__ import annotations

import argparse
import importlib
import sys

COMMANDS = {
    "train": ("train", "train the layout network on data sets"),
    "eval": ("evaluate", "score trained networks against push-pull"),
    "export": ("export", "write the weights and parity fixtures for the run-time"),
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m reverie_train.painter", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    modules = {}
    for name, (module, text) in COMMANDS.items():
        try:
            modules[name] = importlib.import_module(f".{module}", __package__)
        except ModuleNotFoundError as error:
            print(f"python module `{error.name}` is missing: pip install './python[train]'", file=sys.stderr)
            return 2
        modules[name].add_arguments(commands.add_parser(name, help=text))
    args = parser.parse_args(argv)
    modules[args.command].run(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
