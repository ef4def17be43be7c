"""Runs on a bare Python: the training code parses, and its command line fails in one line."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_module_parses_and_is_packaged():
    files = sorted(ROOT.glob("reverie_train/**/*.py"))
    bare = {str(f.parent.relative_to(ROOT)) for f in files if not (f.parent / "__init__.py").exists()}
    assert not bare, f"setuptools finds no package in {bare}"
    for file in files:
        assert ast.get_docstring(ast.parse(file.read_text(), str(file))), f"{file.name} says nothing about itself"


def test_a_missing_part_or_argument_is_one_clear_line():
    for package in ("depth", "conditions"):
        command = [sys.executable, "-m", f"reverie_train.{package}", "train"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        complete = all(importlib.util.find_spec(name) for name in ("torch", "numpy", "PIL", "safetensors"))
        expected = "--data" if complete else "pip install"
        assert expected in done.stderr and "Traceback" not in done.stderr
