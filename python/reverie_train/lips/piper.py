"""A voice of Piper (VITS), which the shipped voice has nothing to do with: to train on and to test with.

Piper wants the phonemes of espeak, which is not used here: those of the shipped voice are translated. The network's own
lengths of the phonemes are read out of its graph, so every sound's time is exact to a frame of 11.6 ms.
"""

from __future__ import annotations

import json

import numpy as np
import onnx
import onnxruntime
from scipy.signal import resample_poly

from .labels import DIPHTHONGS, RATE_HZ, VISEME_OF

HOP = 256
"""Samples of a frame of its spectra."""
PAUSE_SECS = 0.25
"""Between sentences."""
EARLY_SECS = 0.01
"""How much sooner its sounds are heard than their frames, measured on bands of noise and of voice."""

TRANSLATION = {
    "A": "eɪ", "I": "aɪ", "W": "aʊ", "O": "oʊ", "Q": "əʊ", "Y": "ɔɪ", "ʤ": "dʒ", "ʧ": "tʃ", "ᵊ": "ə", "T": "ɾ", "ɡ": "ɡ",
    "i": "iː", "u": "uː", "ɑ": "ɑː", "ɔ": "ɔː", "ɜ": "ɜː", "a": "æ", "—": ",", "…": ".", "“": '"', "”": '"', "g": "ɡ",
}
"""What differs between the alphabet of misaki and that of espeak."""
VOWELS = set("ɑaæʌɐɒɛeəᵊiɪᵻɔouʊɜAIWOQY")


class Piper:
    def __init__(self, path: str):
        with open(f"{path}.json", encoding="utf-8") as file:
            config = json.load(file)
        self.ids = {symbol: ids[0] for symbol, ids in config["phoneme_id_map"].items()}
        self.rate = config["audio"]["sample_rate"]
        inference = config["inference"]
        self.noise, self.noise_w = inference["noise_scale"], inference["noise_w"]
        model = onnx.load(path)
        # The one node that rounds lengths up to whole frames.
        lengths = [node.output[0] for node in model.graph.node if node.op_type == "Ceil"]
        if len(lengths) != 1:
            raise ValueError(f"{path}: {len(lengths)} nodes may be the lengths of phonemes")
        model.graph.output.append(onnx.helper.make_tensor_value_info(lengths[0], onnx.TensorProto.FLOAT, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def symbols(self, phonemes: str) -> tuple[list[int], list[int]]:
        """Ids, and of each the place of its phoneme in the string (-1: none)."""
        ids, places = [self.ids["^"]], [-1]
        stress = None
        for place, phoneme in enumerate(phonemes):
            if phoneme in "ˈˌ":
                stress = phoneme
                continue
            written = TRANSLATION.get(phoneme, phoneme)
            # espeak writes the vowel of "her" with its r in one.
            if stress and phoneme in VOWELS:
                written, stress = stress + written, None
            for symbol in written:
                if symbol in self.ids:
                    ids += [self.ids["_"], self.ids[symbol]]
                    places += [-1, place]
        return [*ids, self.ids["_"], self.ids["$"]], [*places, -1, -1]

    def sentence(self, phonemes: str, length_scale: float) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
        ids, places = self.symbols(phonemes)
        feed = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([self.noise, length_scale, self.noise_w], np.float32),
        }
        sound, lengths = self.session.run(None, feed)
        sound, lengths = sound.reshape(-1), lengths.reshape(-1)
        if len(lengths) != len(ids):
            raise ValueError(f"{len(lengths)} lengths of {len(ids)} symbols")
        ends = np.cumsum(lengths) * HOP / self.rate - EARLY_SECS
        starts = ends - lengths * HOP / self.rate
        said: list[list] = []
        for k, place in enumerate(places):
            if place < 0:
                continue
            # The flap of "water" has a letter of its own.
            phoneme = "ɾ" if phonemes[place] == "T" else phonemes[place]
            # The blanks around a symbol are shared out between its neighbours.
            start = (starts[k - 1] + ends[k - 1]) / 2 if k else starts[k]
            end = (starts[k + 1] + ends[k + 1]) / 2 if k + 1 < len(ids) else ends[k]
            if said and said[-1][3] == place:
                said[-1][2] = end
            else:
                said.append([phoneme, start, end, place])
        sounds: list[list] = []
        for phoneme, start, end, _ in said:
            known = phoneme in VISEME_OF or phoneme in DIPHTHONGS
            if known:
                sounds.append([phoneme, start, end])
            elif sounds and phoneme == " " and end - start <= 0.08:
                # A short space is spoken over, as in the shipped voice.
                sounds[-1][2] = end
        return sound.astype(np.float32), [(p, float(a), float(b)) for p, a, b in sounds]

    def say(self, sentences: list[str], length_scale: float = 1.0) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
        """Samples of 16 kHz, and each phoneme (of the shipped voice's alphabet) with its time."""
        pause = np.zeros(int(PAUSE_SECS * self.rate), np.float32)
        pieces, sounds, at = [pause], [], len(pause)
        for phonemes in sentences:
            if not phonemes.strip():
                continue
            sound, said = self.sentence(phonemes, length_scale)
            sounds += [(p, round(a + at / self.rate, 4), round(b + at / self.rate, 4)) for p, a, b in said]
            pieces += [sound, pause]
            at += len(sound) + len(pause)
        return resample_poly(np.concatenate(pieces), RATE_HZ, self.rate).astype(np.float32), sounds
