"""What the network hears of a frame; `crates/voice/src/lips/features.rs` computes the same.

Frame `i` is the 25 ms around the middle of samples `160 i` to `160 (i + 1)`, with zeros before the first sample. It has the
logarithms of 48 mel bands, and how alike the frame is to itself at 28 lags between the periods of a high and a low
voice.
"""

from __future__ import annotations

import numpy as np
import torch

from .labels import HOP, RATE_HZ

WINDOW = 400
FFT = 512
BINS = FFT // 2 + 1
BEFORE = (WINDOW - HOP) // 2
"""Samples of a frame's window before its own 160, and after them."""
MELS = 48
MEL_HZ = (60.0, 7800.0)
FLOOR = 1e-5
"""Added to the power of a band before the logarithm."""
LAGS = 28
LAG_HZ = (450.0, 65.0)
LAG_BINS = 64
"""Lags are looked for below 2 kHz."""
LAG_FLOOR = 1e-2
FEATURES = MELS + LAGS


def mel(hz: np.ndarray) -> np.ndarray:
    return 2595 * np.log10(1 + np.asarray(hz) / 700)


def window() -> np.ndarray:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def mel_bands() -> np.ndarray:
    """Triangles over the bins, (MELS, BINS); each reaches from its lower neighbour's top to its upper one's."""
    edges = np.linspace(mel(MEL_HZ[0]), mel(MEL_HZ[1]), MELS + 2)[:, None]
    bins = mel(np.arange(BINS) * RATE_HZ / FFT)[None, :]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(np.minimum(rising, falling), 0)


def lag_waves() -> np.ndarray:
    """Cosines that turn strengths of the bins from 1 on into likeness at a lag, (LAGS, LAG_BINS)."""
    periods = RATE_HZ / np.geomspace(*LAG_HZ, LAGS)
    return np.cos(2 * np.pi * periods[:, None] * np.arange(1, LAG_BINS + 1)[None, :] / FFT)


class Features(torch.nn.Module):
    """Samples (batch, 160 frames) to features (batch, frames, FEATURES)."""

    def __init__(self) -> None:
        super().__init__()
        for name, value in (("window", window()), ("mel", mel_bands().T), ("lag", lag_waves().T)):
            self.register_buffer(name, torch.tensor(np.ascontiguousarray(value), dtype=torch.float32), persistent=False)

    @torch.no_grad()
    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        padded = torch.nn.functional.pad(samples, (BEFORE, WINDOW - HOP - BEFORE))
        spectrum = torch.fft.rfft(padded.unfold(-1, WINDOW, HOP) * self.window, FFT)
        power = spectrum.real.square() + spectrum.imag.square()
        bands = torch.log(power @ self.mel + FLOOR)
        strength = power[..., 1 : LAG_BINS + 1].sqrt()
        lags = strength @ self.lag / (strength.sum(-1, keepdim=True) + LAG_FLOOR)
        return torch.cat([bands, lags], -1)
