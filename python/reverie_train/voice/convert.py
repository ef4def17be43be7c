"""ONNX files of the package `hibari-tts` to safetensors; the same bytes every time.

`python -m reverie_train.voice convert --package UNZIPPED_WHEEL --out ../assets/voices/hibari` prints name, size and
SHA-256 for `assets/models/manifest.ron`. Needs numpy and onnx.

Matrices are written as `[outputs, inputs]`. A quantised one keeps its eight bits: `NAME.weight` (U8, 128 more than the
signed number), `NAME.scale` and `NAME.zero_point` (128 more, too): value = scale * (weight - zero_point).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import struct
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

# Heads of attention are only a constant deep in a reshape, so they are stated; the parity tests would notice.
TEXT_HEADS = 2
SPELLING_HEADS = 4
DTYPES = {np.dtype("uint8"): "U8", np.dtype("float16"): "F16", np.dtype("float32"): "F32"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--package", required=True, help="folder with the unzipped wheel hibari_tts 0.2.1")
    parser.add_argument("--out", required=True, help="folder for the safetensors files")


class Graph:
    """Constants of an ONNX graph by name, and which node uses what."""

    def __init__(self, path: Path):
        self.path = path
        self.graph = onnx.load(path).graph
        self.values = {t.name: numpy_helper.to_array(t) for t in self.graph.initializer}

    def consumer(self, name: str, operators: tuple[str, ...]) -> onnx.NodeProto:
        """The first node of one of these kinds that the value flows into."""
        for _ in range(4):
            nodes = [n for n in self.graph.node if name in n.input]
            for node in nodes:
                if node.op_type in operators:
                    return node
            if len(nodes) != 1:
                break
            name = nodes[0].output[0]
        raise ValueError(f"{self.path}: nothing of {operators} follows `{name}`")

    def matrices(self) -> dict[str, tuple[onnx.NodeProto, int]]:
        """Multiplications by a constant matrix, under the name of the bias that follows; how often each is used."""
        found: dict[str, tuple[onnx.NodeProto, int]] = {}
        for node in self.graph.node:
            if node.op_type in ("MatMul", "MatMulInteger") and node.input[1] in self.values:
                add = self.consumer(node.output[0], ("Add",))
                bias = next(n for n in add.input if n in self.values)
                name = re.sub(r"[._]bias$", "", bias)
                known = found.get(name)
                if known and known[0].input[1] != node.input[1]:
                    raise ValueError(f"{self.path}: two matrices share the bias `{bias}`")
                found[name] = (node, known[1] + 1 if known else 1)
        return found

    def dilations(self, prefix: str) -> list[int]:
        """Of the depthwise convolutions `prefix.0`, `prefix.1`, ..."""
        found = {}
        for node in self.graph.node:
            match = node.op_type == "Conv" and re.fullmatch(re.escape(prefix) + r"\.(\d+)\.dw\.weight", node.input[1])
            if match:
                attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
                found[int(match[1])] = int(attributes["dilations"][0])
        return [found[i] for i in sorted(found)]

    def tensors(self) -> dict[str, np.ndarray]:
        """All weights under the names they had in training."""
        out = {}
        for name, (node, _) in self.matrices().items():
            if node.op_type == "MatMul":
                out[f"{name}.weight"] = self.values[node.input[1]].T
                continue
            stem = node.input[1].removesuffix("_quantized")
            zero = self.values[f"{stem}_zero_point"]
            for key, value in (("weight", self.values[node.input[1]].T), ("zero_point", zero.reshape(1))):
                out[f"{name}.{key}"] = (value.astype(np.int16) + 128).astype(np.uint8)
            out[f"{name}.scale"] = self.values[f"{stem}_scale"].reshape(1)
        for name, value in self.values.items():
            if re.match(r"(m|pn)\.", name) and value.dtype == np.float32:
                # The bias of an attention's input has another name than all others.
                out[name.replace("in_proj_bias", "in_proj.bias")] = value
        return {name: np.ascontiguousarray(value) for name, value in out.items()}


def save(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> dict[str, object]:
    """Writes safetensors with everything in alphabetical order; the widest numbers first, so that all is aligned."""
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    data = bytearray()
    for name, value in sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])):
        start = len(data)
        data += value.astype(value.dtype.newbyteorder("<")).tobytes()
        shape = list(value.shape)
        header[name] = {"dtype": DTYPES[value.dtype], "shape": shape, "data_offsets": [start, len(data)]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    content = struct.pack("<Q", len(text)) + text + data
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
    parameters = sum(v.size for n, v in tensors.items() if not n.endswith((".scale", ".zero_point")))
    digest = hashlib.sha256(content).hexdigest()
    return {"file": path.name, "sha256": digest, "bytes": len(content), "parameters": parameters}


def acoustic(assets: Path, out: Path) -> dict[str, object]:
    """Durations, melody and spectrum of a string of phonemes."""
    graph = Graph(assets / "hibari.onnx")
    uses = {name: count for name, (_, count) in graph.matrices().items()}
    tensors = graph.tensors()

    def text(prefix: str) -> dict[str, int]:
        return {
            "channels": tensors[f"{prefix}.emb.weight"].shape[1],
            "hidden": tensors[f"{prefix}.attn.linear1.weight"].shape[0],
            "kernel": tensors[f"{prefix}.convs.0.dw.weight"].shape[2],
            "convolutions": len(graph.dilations(f"{prefix}.convs")),
            "passes": uses[f"{prefix}.attn.linear1"],
            "heads": TEXT_HEADS,
        }

    def frames(prefix: str) -> dict[str, object]:
        return {
            "channels": tensors[f"{prefix}.0.dw.weight"].shape[0],
            "hidden": tensors[f"{prefix}.0.pw1.weight"].shape[0],
            "kernel": tensors[f"{prefix}.0.dw.weight"].shape[2],
            "dilations": graph.dilations(prefix),
        }

    config = {
        "symbols": tensors["m.text.emb.weight"].shape[0],
        "bins": tensors["m.head.weight"].shape[0] // 5,
        "sound_text": text("m.text"),
        "melody_text": text("pn.text"),
        "melody": frames("pn.pro"),
        "sound": frames("m.dec"),
    }
    symbols = json.loads((assets / "vocab.json").read_text(encoding="utf-8"))
    metadata = {
        "config": json.dumps(config, sort_keys=True),
        "symbols": json.dumps(symbols, ensure_ascii=False, sort_keys=True),
        "source": f"hibari-tts 0.2.1, hibari.onnx, SHA-256 {sha256(assets / 'hibari.onnx')}",
        "licence": "Apache-2.0",
    }
    return save(out / "hibari.safetensors", tensors, metadata)


def spelling(assets: Path, out: Path, name: str) -> dict[str, object]:
    """Letters of an unknown word to phonemes."""
    graph = Graph(assets / f"{name}.onnx")
    tensors = graph.tensors()
    described = json.loads((assets / f"{name}.json").read_text(encoding="utf-8"))
    config = {
        "channels": tensors["m.emb.weight"].shape[1],
        "hidden": tensors["m.layers.0.linear1.weight"].shape[0],
        "layers": sum(n.endswith(".linear1.weight") for n in tensors),
        "heads": SPELLING_HEADS,
        "max_letters": described["maxlen"],
        "slots": described["slots"],
        "quantised": "m.head.scale" in tensors,
    }
    metadata = {
        "config": json.dumps(config, sort_keys=True),
        "letters": "".join(described["in"]),
        "phonemes": "".join(described["out"]),
        "source": f"hibari-tts 0.2.1, {name}.onnx, SHA-256 {sha256(assets / f'{name}.onnx')}",
        "licence": "Apache-2.0",
    }
    return save(out / f"{name}.safetensors", tensors, metadata)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(args: argparse.Namespace) -> None:
    assets, out = Path(args.package) / "hibari" / "assets", Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    for made in (acoustic(assets, out), spelling(assets, out, "oov"), spelling(assets, out, "oov_gb")):
        print(json.dumps(made))
