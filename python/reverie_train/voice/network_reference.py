"""Numbers of the original networks and signal processing for the tests of `crates/voice`.

`python -m reverie_train.voice reference --package UNZIPPED_WHEEL --out ../crates/voice/tests/data` writes
`network_reference.safetensors` and `sound_reference.safetensors`. Needs numpy, onnx, onnxruntime and scipy, and
imports the package's own signal processing. Figures depend a little on the processor: the networks round
their activations, and a sum that differs in its last digit may fall to the other side.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from .convert import save

PHONEMES = [
    "həlˈO ðˈɛɹ.",
    "ɪz ðɪs ɹˈiᵊli wˌʌt ju wˈɔntᵻd, ɔɹ dˈɪd wi mˌɪsˌʌndəɹstˈænd?",
    "ˈɛvɹiwˌʌn əɡɹˈid ðæt ɪt hæd bˌɪn ɐ ɹəmˈɑɹkəbᵊl ˈivnɪŋ, ɔlðˈO nˈObədi kwˈIt ˌʌndəɹstˈʊd wˌʌt wʌz bˈiɪŋ sˈɛd!",
]
# One short word: everything that its sound is made of is kept.
SOUND = "jˈɛs."
WORDS = (
    "Kaelith Zorblax tensorflow Reverie hibari quokka Przybylski glorfindel xylorimba wug blorp snazzle "
    "Eyjafjallajökull naïveté Çelik Ωmega kubernetes grokking zeitgeisty unfollowable Nguyen O'Brien "
    "pneumonoultramicroscopicsilicovolcanoconiosis a Q schwa"
).split()
# Of every so many frames the spectrum is kept.
EVERY = 37


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--package", required=True, help="folder with the unzipped wheel hibari_tts 0.2.1")
    parser.add_argument("--out", required=True, help="folder for the files")


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def in_floats(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with the weights that it stands for, and without rounding anything else."""
    values = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    rounded = {n.output[0]: n.input[0] for n in model.graph.node if n.op_type == "DynamicQuantizeLinear"}
    nodes = []
    for node in model.graph.node:
        if node.op_type == "DynamicQuantizeLinear":
            continue
        if node.op_type == "MatMulInteger":
            stem = node.input[1].removesuffix("_quantized")
            weight = values[node.input[1]].astype(np.float32) * values[f"{stem}_scale"]
            name = f"{node.name}_in_floats"
            model.graph.initializer.append(numpy_helper.from_array(weight.astype(np.float32), name))
            nodes.append(helper.make_node("MatMul", [rounded[node.input[0]], name], node.output))
            continue
        # The products of scales are gone; what they were multiplied with has its scale already.
        scales = [i for i in node.input if i.endswith("_quant_scales_mul:0") or "quant_scales_mul" in i]
        if node.op_type == "Mul" and any("quant_scales_mul" in o for o in node.output):
            continue
        if node.op_type == "Mul" and scales:
            other = next(i for i in node.input if i not in scales)
            nodes.append(helper.make_node("Identity", [other], node.output))
            continue
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def spectra(outputs: list[np.ndarray]) -> np.ndarray:
    """`[frames, 5 * bins]`."""
    return np.concatenate([part[0] for part in outputs[:5]]).T


def run(args: argparse.Namespace) -> None:
    package, out = Path(args.package), Path(args.out)
    sys.path.insert(0, str(package))
    from hibari import dsp
    from hibari.g2p.oov import OOV

    assets = package / "hibari" / "assets"
    vocabulary = json.loads((assets / "vocab.json").read_text(encoding="utf-8"))
    names = ["lh", "theta", "ln", "lr", "phi", "f0", "/Clip_output_0", "/Mul_62_output_0"]

    def loaded() -> onnx.ModelProto:
        model = onnx.load(assets / "hibari.onnx")
        for name in names[6:]:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
        return model

    original, floats = session(loaded()), session(in_floats(loaded()))

    def infer(of: onnxruntime.InferenceSession, phonemes: str, speed: float = 1.0) -> list[np.ndarray]:
        ids = [0, *(vocabulary[c] for c in phonemes if c in vocabulary), 0]
        return of.run(names, {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)})

    tensors, metadata = {}, {"every": str(EVERY)}
    for number, phonemes in enumerate(PHONEMES):
        metadata[f"phonemes.{number}"] = phonemes
        for name, speed in (("", 1.0), (".fast", 1.4)):
            answer = infer(original, phonemes, speed)
            tensors[f"{number}.lengths{name}"] = answer[6].astype(np.float32).reshape(-1)
            tensors[f"{number}.pitch{name}"] = answer[5][0]
            if not name:
                tensors[f"{number}.spectra"] = spectra(answer)[::EVERY]
        answer = infer(floats, phonemes)
        tensors[f"{number}.floats.lengths"] = answer[6].astype(np.float32).reshape(-1)
        tensors[f"{number}.floats.pitch"] = answer[5][0]
        tensors[f"{number}.floats.strength"] = answer[7].reshape(-1)
        tensors[f"{number}.floats.spectra"] = spectra(answer)[::EVERY]
    for name in ("oov", "oov_gb"):
        speller = OOV(str(assets / f"{name}.onnx"))
        metadata[name] = json.dumps({word: speller(word) for word in WORDS}, ensure_ascii=False)
    out.mkdir(parents=True, exist_ok=True)
    contiguous = {n: np.ascontiguousarray(v, np.float32) for n, v in tensors.items()}
    print(json.dumps(save(out / "network_reference.safetensors", contiguous, metadata)))

    # Both sides get the values that sixteen bits leave of them.
    answer = infer(original, SOUND)
    parts = [part[0].astype(np.float16).astype(np.float32) for part in answer[:5]]
    silent = [*parts[:2], np.full_like(parts[2], -80.0), *parts[3:]]
    samples = dsp.synth(*silent, answer[5][0], np.random.default_rng(0))
    halves = np.concatenate(parts).T.astype(np.float16)
    sound = {
        "pitch": answer[5][0].astype(np.float32),
        # Bytes of numbers of sixteen bits.
        "spectra": np.ascontiguousarray(halves).view(np.uint8),
        "samples": samples.astype(np.float32),
    }
    print(json.dumps(save(out / "sound_reference.safetensors", sound, {"phonemes": SOUND})))
