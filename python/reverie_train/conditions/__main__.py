"""`python -m reverie_train.conditions train|eval|export`."""

from __future__ import annotations

import argparse
import importlib
import sys

COMMANDS = {
    "train": ("train", "train the network on a folder of shards"),
    "eval": ("evaluate", "score a trained network on held-out pictures"),
    "export": ("export", "write the weights, the parity fixture and the figures for the run-time"),
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m reverie_train.conditions", description=__doc__)
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
    try:
        modules[args.command].run(args)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
