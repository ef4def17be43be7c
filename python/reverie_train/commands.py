"""The command lines of the networks: `python -m reverie_train.NETWORK train|eval|export`."""

from __future__ import annotations

import argparse
import importlib
import sys


def run(package: str, commands: dict[str, tuple[str, str]], argv: list[str] | None = None) -> int:
    """Runs a command of a network's package; the exit code, 2 for bad input.

    `commands` maps its name to a module of the package, which has `add_arguments` and `run`, and to a line of help.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {package}")
    choices = parser.add_subparsers(dest="command", required=True)
    modules = {}
    for name, (module, text) in commands.items():
        try:
            modules[name] = importlib.import_module(f".{module}", package)
        except ModuleNotFoundError as error:
            print(f"python module `{error.name}` is missing: pip install './python[train]'", file=sys.stderr)
            return 2
        modules[name].add_arguments(choices.add_parser(name, help=text))
    args = parser.parse_args(argv)
    try:
        modules[args.command].run(args)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
