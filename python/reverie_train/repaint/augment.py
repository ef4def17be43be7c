"""Augmentation that takes the simulator's pictures towards what memories hold: photographs, estimated depth, holes."""

from __future__ import annotations

import numpy as np

MIRRORED = ("rgb", "inverse_depth", "truth", "first_rgb", "first_inverse_depth")


def mirrored(sample: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The place in a mirror."""
    sample = dict(sample)
    for key in MIRRORED:
        sample[key] = sample[key][:, ::-1]
    for key in ("rotation", "first_rotation"):
        x, y, z, w = sample[key]
        sample[key] = np.array([x, -y, -z, w], np.float32)
    return sample


def blobs(side: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Round patches that cover about so much of a picture, bool [side, side]."""
    small = rng.normal(size=(side // 8, side // 8)).astype(np.float32)
    smooth = sum(np.roll(small, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
    return np.kron(smooth > np.quantile(smooth, 1 - share), np.ones((8, 8), bool))


def known_part(side: int, rng: np.random.Generator) -> np.ndarray:
    """What is known of a window: one side of a line, or what a picture of a narrower view shows, f32 [side, side]."""
    yy, xx = np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j]
    if rng.random() < 0.4:
        angle = rng.uniform(0, 2 * np.pi)
        hidden = np.cos(angle) * (xx - 0.5) + np.sin(angle) * (yy - 0.5) > rng.uniform(-0.1, 0.4)
    else:
        width, height = rng.uniform(0.4, 1.05), rng.uniform(0.25, 0.9)
        cx, cy = 0.5 + rng.normal(0, 0.03), 0.5 + rng.normal(0, 0.1)
        hidden = (np.abs(xx - cx) > width / 2) | (np.abs(yy - cy) > height / 2)
    return 1 - hidden.astype(np.float32)


def make(sample: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One training sample; `known` tells what the coarse picture shows."""
    if rng.random() < 0.5:
        sample = mirrored(sample)
    sample = dict(sample)
    if rng.random() < 0.3:
        # Cameras differ: in exposure, contrast, white balance and colour.
        gain = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.05, 3)).astype(np.float32)
        gamma, colour = np.float32(np.exp(rng.normal(0, 0.12))), np.float32(np.exp(rng.normal(0, 0.15)))
        for key in ("rgb", "first_rgb"):
            x = np.clip(sample[key] * gain, 0, 1) ** gamma
            grey = x.mean(2, keepdims=True)
            sample[key] = np.clip(grey + (x - grey) * colour, 0, 1)
    if rng.random() < 0.3:
        scale = np.float32(np.exp(rng.normal(0, 0.3)))
        for key in ("inverse_depth", "first_inverse_depth"):
            sample[key] = sample[key] * scale
    if rng.random() < 0.25:
        side = sample["inverse_depth"].shape[0]
        noise = rng.normal(0, 0.06, (side // 8, side // 8)).astype(np.float32)
        sample["inverse_depth"] = sample["inverse_depth"] * np.exp(np.kron(noise, np.ones((8, 8), np.float32)))
    if rng.random() < 0.2:
        sample["rgb"] = np.clip(sample["rgb"] + rng.normal(0, 0.02, sample["rgb"].shape).astype(np.float32), 0, 1)
    side = sample["inverse_depth"].shape[0]
    if rng.random() < 0.25:
        # Networks take clouds for mountains, and far mountains for sky.
        inverse_depth, patch = sample["inverse_depth"].copy(), blobs(side, rng.uniform(0.02, 0.25), rng)
        sky = inverse_depth == 0
        inverse_depth[sky & patch] = 1 / np.exp(rng.uniform(2.5, 6.0))
        inverse_depth[~sky & patch & (inverse_depth < 0.01)] = 0
        sample["inverse_depth"] = inverse_depth
    known = known_part(side, rng) if rng.random() < 0.6 else np.ones((side, side), np.float32)
    sample["known"] = known
    return sample
