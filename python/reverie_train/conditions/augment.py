"""Augmentation that takes true frames towards what world models make of them.

Generated frames are softer or noisier than true ones and filled in where nothing was known; none
of that says anything about weather or hour, and the network must not listen to it.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter


def crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A part of it at the same size, mirrored half of the time."""
    width, height = image.size
    share = 1.0 if rng.random() < 0.4 else rng.uniform(0.75, 1.0)
    w, h = width * share, height * share
    x, y = rng.uniform(0, width - w), rng.uniform(0, height - h)
    image = image.resize((width, height), Image.Resampling.BILINEAR, (x, y, x + w, y + h))
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image


def fill(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A side or a patch blurred away, as push-pull fills what the memory has not seen."""
    width, height = image.size
    yy, xx = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        hole = np.cos(angle) * (xx - 0.5) + np.sin(angle) * (yy - 0.5) > rng.uniform(0.05, 0.45)
    else:
        cx, cy, rx, ry = rng.random(), rng.random(), rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.4)
        hole = ((xx - cx) / rx) ** 2 + ((yy - cy) / ry) ** 2 < 1
    soft = image.filter(ImageFilter.BoxBlur(rng.uniform(3, 14)))
    return Image.composite(soft, image, Image.fromarray((hole * 255).astype(np.uint8)))


def make(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One training picture, u8 [H, W, 3] both."""
    image = crop(Image.fromarray(rgb), rng)
    if rng.random() < 0.3:
        image = fill(image, rng)
    kind = rng.random()
    if kind < 0.35:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    elif kind < 0.42:
        image = image.filter(ImageFilter.UnsharpMask(1.0, int(rng.integers(30, 120)), 0))
    elif kind < 0.52:
        small = tuple(int(side * rng.uniform(0.4, 0.8)) for side in image.size)
        image = image.resize(small, Image.Resampling.BOX).resize(image.size, Image.Resampling.BILINEAR)
    if rng.random() < 0.2:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(35, 92)))
        image = Image.open(buffer)
    pixels = np.asarray(image, dtype=np.float32)
    if rng.random() < 0.5:
        # Exposure tells the hour a little: only slight changes of it.
        pixels = pixels * np.exp(rng.normal(0, 0.06, 3) * 0.5 + rng.normal(0, 0.06)).astype(np.float32)
    if rng.random() < 0.4:
        pixels = pixels + rng.normal(0, rng.uniform(1, 8), pixels.shape).astype(np.float32)
    return np.clip(pixels + 0.5, 0, 255).astype(np.uint8)
