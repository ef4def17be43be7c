"""The network of Silero VAD (16 kHz) to safetensors, and the numbers that the run-time is checked against.

`python -m reverie_train.hearing activity --model silero_vad.onnx --out ../assets/models --reference ../crates/voice/tests/data`
prints name, size and SHA-256 for `assets/models/manifest.ron`. The file lies in the wheel of pipecat-ai 1.14.0 under
`pipecat/audio/vad/data`. Needs numpy, onnx and onnxruntime. Weights are f16, which changes no answer by more than some thousandths.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from ..voice.convert import save, sha256

RATE_HZ, WINDOW, CONTEXT = 16_000, 512, 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="silero_vad.onnx")
    parser.add_argument("--out", required=True, help="folder for the weights")
    parser.add_argument("--reference", required=True, help="folder for the numbers of the tests")


def weights(path: Path) -> dict[str, np.ndarray]:
    """Constants of the branch for 16 kHz, under the names that they had in training."""
    choice = next(node for node in onnx.load(path).graph.node if node.op_type == "If")
    branch = next(a.g for a in choice.attribute if a.name == "then_branch")
    found = {}
    for node in branch.node:
        name = node.output[0].split("Inline_0__")[-1]
        if node.op_type == "Constant" and name.startswith(("stft.", "encoder.", "decoder.")):
            found[name.replace("reparam_conv.", "")] = numpy_helper.to_array(node.attribute[0].t)
    renamed = {"stft.forward_basis_buffer": "spectrum.weight", "decoder.decoder.2.weight": "answer.weight"}
    renamed["decoder.decoder.2.bias"] = "answer.bias"
    named = {renamed.get(name, name).replace("decoder.rnn.", "memory."): value for name, value in found.items()}
    return {name: value.astype(np.float16) for name, value in named.items() if value.dtype == np.float32}


def speech() -> np.ndarray:
    """Two seconds: quiet, vowels of a buzzing voice, noise, a pure tone."""
    rng = np.random.default_rng(5)
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    voice = np.zeros_like(t)
    pitch = 118 + 14 * np.sin(2 * np.pi * 2.3 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    first, second = 500 + 250 * np.sin(2 * np.pi * 3.1 * t), 1500 + 500 * np.sin(2 * np.pi * 1.7 * t + 1)
    for harmonic in range(1, 30):
        hz = harmonic * pitch
        strength = 1 / (1 + ((hz - first) / 90) ** 2) + 0.5 / (1 + ((hz - second) / 130) ** 2) + 0.02 / harmonic
        voice += strength * np.sin(harmonic * phase)
    syllables = np.clip(np.sin(2 * np.pi * 4.3 * t), 0, 1) ** 0.5 * ((t > 0.3) & (t < 1.2))
    noise = rng.normal(0, 1, len(t)) * (0.002 + 0.08 * ((t > 1.3) & (t < 1.6)))
    tone = 0.2 * np.sin(2 * np.pi * 440 * t) * (t > 1.7)
    return (0.25 * voice * syllables + noise + tone).astype(np.float32)


def answers(path: Path, samples: np.ndarray) -> np.ndarray:
    """What the original says of each window."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    state, context, found = np.zeros((2, 1, 128), np.float32), np.zeros((1, CONTEXT), np.float32), []
    for window in samples[: len(samples) // WINDOW * WINDOW].reshape(-1, 1, WINDOW):
        heard = np.concatenate([context, window], 1)
        answer, state = session.run(None, {"input": heard, "state": state, "sr": np.array(RATE_HZ)})
        context = heard[:, -CONTEXT:]
        found.append(answer[0, 0])
    return np.array(found, np.float32)


def run(args: argparse.Namespace) -> None:
    path = Path(args.model)
    source = {"source": f"pipecat-ai 1.14.0, silero_vad.onnx, SHA-256 {sha256(path)}", "licence": "MIT"}
    print(json.dumps(save(Path(args.out) / "activity.safetensors", weights(path), source)))
    samples = speech()
    reference = {"samples": samples, "answers": answers(path, samples)}
    print(json.dumps(save(Path(args.reference) / "activity_reference.safetensors", reference, source)))
