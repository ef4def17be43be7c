"""Augmentation that takes rendered pictures towards photographs.

Geometry first (crop, zoom, flip, roll: colour and depth together), then foreign objects,
then light and weather (shadows, haze by depth), then the lens (focus by depth) and the camera
(exposure, white balance, tone, blur, noise, JPEG).
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

Sample = tuple[np.ndarray, np.ndarray]


def warp(sample: Sample, width: int, height: int, rng: np.random.Generator, plain: bool) -> Sample:
    """Crop, zoom, flip and roll in one resampling. `plain` only resizes."""
    rgb, idep = sample
    h, w = idep.shape
    if plain:
        sx, sy, angle, cx, cy, flip = 1.0, 1.0, 0.0, 0.5, 0.5, False
    else:
        zoom = 1.0 if rng.random() < 0.25 else rng.uniform(0.5, 1.0)
        stretch = np.exp(rng.uniform(-0.2, 0.2))
        sx, sy = min(1.0, zoom * stretch), min(1.0, zoom / stretch)
        angle = np.radians(rng.normal(0.0, 3.0)) if rng.random() < 0.3 else 0.0
        cx, cy = rng.uniform(sx / 2, 1 - sx / 2), rng.uniform(sy / 2, 1 - sy / 2)
        flip = rng.random() < 0.5
    # Output pixel -> input pixel. The roll is small enough for edge pixels to be repeated.
    ax, ay = sx * w / width, sy * h / height
    c, s = np.cos(angle), np.sin(angle)
    sign = -1.0 if flip else 1.0
    a, b, d, e = sign * ax * c, -ax * s, sign * ay * s, ay * c
    x0 = cx * w - a * width / 2 - b * height / 2
    y0 = cy * h - d * width / 2 - e * height / 2
    image = Image.fromarray(rgb)
    reduce = max(1, int(min(ax, ay) + 0.3))
    if reduce > 1:
        image = image.reduce(reduce)
    if angle == 0:
        # Axis-aligned: rows and columns apart, and Pillow's own resampling.
        ix = np.clip((a * (np.arange(width) + 0.5) + x0).astype(np.int32), 0, w - 1)
        iy = np.clip((e * (np.arange(height) + 0.5) + y0).astype(np.int32), 0, h - 1)
        matrix = np.array([a, 0, x0, 0, e, y0]) / reduce
        picture = image.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        return np.asarray(picture, dtype=np.float32), idep[iy[:, None], ix]
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32) + 0.5
    ix = (a * xx + b * yy + x0).astype(np.float32)
    iy = (d * xx + e * yy + y0).astype(np.float32)
    nearest = idep[np.clip(iy.astype(np.int32), 0, h - 1), np.clip(ix.astype(np.int32), 0, w - 1)]
    picture = np.asarray(image, dtype=np.float32)
    return bilinear(picture, ix / reduce - 0.5, iy / reduce - 0.5), nearest


def bilinear(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Samples `image` [H, W, C] at pixel-centre coordinates, edges repeated."""
    h, w = image.shape[:2]
    x = np.clip(x, 0, w - 1.001)
    y = np.clip(y, 0, h - 1.001)
    x0, y0 = x.astype(np.int32), y.astype(np.int32)
    fx, fy = (x - x0)[..., None], (y - y0)[..., None]
    x1, y1 = np.minimum(x0 + 1, w - 1), np.minimum(y0 + 1, h - 1)
    top = image[y0, x0] * (1 - fx) + image[y0, x1] * fx
    bottom = image[y1, x0] * (1 - fx) + image[y1, x1] * fx
    return (top * (1 - fy) + bottom * fy).astype(np.float32)


def smooth_noise(height: int, width: int, cells: int, rng: np.random.Generator, channels: int) -> np.ndarray:
    """Uniform noise on a `cells` x `cells` grid, interpolated, [H, W, channels] in 0..1."""
    grid = rng.random((cells + 1, cells + 1, channels), dtype=np.float32)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    return bilinear(grid, xx * cells / width, yy * cells / height)


def paste(base: Sample, other: Sample, rng: np.random.Generator) -> Sample:
    """Puts what is nearest in `other` in front of `base`, shifted, at a depth that fits."""
    rgb, idep = base
    near = np.quantile(other[1], rng.uniform(0.7, 0.93))
    mask = other[1] > max(near, 1e-4)
    h, w = idep.shape
    dx, dy = int(rng.integers(-w // 3, w // 3 + 1)), int(rng.integers(-h // 6, h // 3 + 1))
    mask = shift(mask, dx, dy, False)
    if not 0.01 < mask.mean() < 0.4:
        return base
    colour, depth = shift(other[0], dx, dy, 0.0), shift(other[1], dx, dy, 0.0)
    # Just nearer than everything it hides.
    scale = rng.uniform(1.02, 1.6) * idep[mask].max() / depth[mask].min()
    if not np.isfinite(scale) or scale <= 0 or not idep.max() > 0:
        return base
    return np.where(mask[..., None], colour, rgb), np.where(mask, depth * scale, idep)


def lump(base: Sample, texture: np.ndarray, rng: np.random.Generator) -> Sample:
    """Puts a rounded thing of arbitrary outline, covered with `texture`, in front of `base`."""
    rgb, idep = base
    h, w = idep.shape
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    across = (xx / w - rng.uniform(0.1, 0.9)) / rng.uniform(0.08, 0.45)
    down = (yy / h - rng.uniform(0.2, 1.0)) / rng.uniform(0.1, 0.5)
    outline = smooth_noise(h, w, int(rng.integers(2, 8)), rng, 1)[..., 0] - 0.5
    height = 1 - across**2 - down**2 + rng.uniform(0, 1.5) * outline
    mask = height > 0
    if mask.sum() < 30 or not idep.max() > 0:
        return base
    dome = np.sqrt(np.clip(height, 0, 1))
    slope_y, slope_x = np.gradient(dome * min(h, w) * 0.3)
    angle = rng.uniform(0, 2 * np.pi)
    shade = 0.75 + 0.4 * np.clip(slope_x * np.cos(angle) + slope_y * np.sin(angle), -1, 1)
    behind = max(float(idep[mask].max()), float(np.quantile(idep, 0.2)), 1e-4)
    depth = behind * rng.uniform(1.05, 2.5) * (1 + rng.uniform(0.0, 0.3) * dome)
    colour = texture * shade[..., None].astype(np.float32)
    return np.where(mask[..., None], colour, rgb), np.where(mask, depth, idep).astype(np.float32)


def shift(image: np.ndarray, dx: int, dy: int, fill: float) -> np.ndarray:
    """Moves an image by whole pixels and fills what is uncovered."""
    h, w = image.shape[:2]
    result = np.full_like(image, fill)
    ys, yd = max(0, -dy), max(0, dy)
    xs, xd = max(0, -dx), max(0, dx)
    result[yd : h - ys, xd : w - xs] = image[ys : h - yd, xs : w - xd]
    return result


def light(rgb: np.ndarray, idep: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Uneven albedo, soft shadows, fine grain on surfaces, haze that thickens with depth."""
    h, w = idep.shape
    if rng.random() < 0.2:
        cells = int(rng.integers(2, 9))
        strength = rng.uniform(0.1, 0.5)
        tinted = smooth_noise(h, w, cells, rng, 3) if rng.random() < 0.4 else smooth_noise(h, w, cells, rng, 1)
        rgb = rgb * (1 + strength * (tinted - 0.5) * 2)
    if rng.random() < 0.15:
        # A cast shadow: half plane or band with a soft border.
        angle = rng.uniform(0, 2 * np.pi)
        yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
        t = (xx / w - rng.random()) * np.cos(angle) + (yy / h - rng.random()) * np.sin(angle)
        soft = rng.uniform(0.005, 0.1)
        rgb = rgb * (1 - rng.uniform(0.2, 0.6) / (1 + np.exp(np.clip(-t / soft, -30, 30))))[..., None]
    if rng.random() < 0.15:
        grain = smooth_noise(h, w, int(rng.integers(20, 90)), rng, 1)
        surface = (idep > 0)[..., None]
        rgb = np.where(surface, rgb * (1 + rng.uniform(0.1, 0.4) * (grain - 0.5) * 2), rgb)
    if rng.random() < 0.08:
        positive = idep[idep > 0]
        if positive.size:
            typical = float(np.median(positive))
            density = rng.uniform(0.05, 0.6) * typical
            clear = np.exp(-density / np.maximum(idep, 1e-6))[..., None]
            haze = rng.uniform(120, 245) + rng.normal(0, 12, 3)
            rgb = rgb * clear + haze * (1 - clear)
    return rgb


def focus(rgb: np.ndarray, idep: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shallow depth of field: what is nearer than some depth is sharp, the rest blurred, or the
    other way round. Close photographs tell depth by little else."""
    near = (idep > max(np.quantile(idep, rng.uniform(0.3, 0.95)), 1e-4)).astype(np.float32)
    if not 0.02 < near.mean() < 0.9:
        return rgb
    blurred = near if rng.random() < 0.2 else 1 - near
    radius = rng.uniform(0.005, 0.03) * idep.shape[1]
    # Colours of the sharp part must not bleed into the blur.
    weight = blur(blurred[..., None] * np.full(3, 255, np.float32), radius) / 255
    spread = blur(rgb * blurred[..., None], radius) / np.maximum(weight, 0.02)
    return np.where(blurred[..., None] > 0, spread, rgb)


def blur(image: np.ndarray, radius: float) -> np.ndarray:
    picture = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius)), np.float32)


def camera(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White balance, colour mixing, exposure, tone curve, vignette, blur, noise, JPEG. 0..255."""
    x = np.clip(rgb, 0, 255).astype(np.float32) / 255
    if rng.random() < 0.8:
        x = x * np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    if rng.random() < 0.5:
        grey = x.mean(2, keepdims=True)
        x = grey + (x - grey) * np.float32(rng.uniform(0.2, 1.8))
    if rng.random() < 0.3:
        mix = np.eye(3) + rng.normal(0, 0.15, (3, 3))
        x = x @ (mix / mix.sum(1, keepdims=True)).T.astype(np.float32)
    if rng.random() < 0.04:
        x = x[..., rng.permutation(3)]
    x = np.clip(x, 0, None)
    if rng.random() < 0.8:
        x = x * np.float32(np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.6:
        x = np.clip(x, 1e-4, None) ** np.float32(np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.6:
        pivot = np.float32(rng.uniform(0.3, 0.7))
        x = (x - pivot) * np.float32(np.exp(rng.normal(0, 0.3))) + pivot
    if rng.random() < 0.06:
        x = np.repeat(x.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.2:
        h, w = x.shape[:2]
        yy, xx = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
        x = x * (1 - rng.uniform(0, 0.5) * (xx**2 + yy**2) / 2)[..., None].astype(np.float32)
    if rng.random() < 0.2:
        x = x + rng.standard_normal(x.shape, dtype=np.float32) * np.float32(rng.uniform(0.005, 0.05))
    pixels = (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)
    kind = rng.random()
    if kind < 0.36:
        image = Image.fromarray(pixels)
        if kind < 0.18:
            image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
        elif kind < 0.24:
            image = image.filter(ImageFilter.UnsharpMask(1.0, int(rng.integers(50, 200)), 0))
        if kind > 0.12:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=int(rng.integers(25, 92)))
            image = Image.open(buffer)
        pixels = np.asarray(image)
    return pixels


def make(shards, i: int, width: int, height: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One training sample: (u8 [height, width, 3], f32 [height, width])."""
    sample = warp(shards[i], width, height, rng, plain=False)
    close = rng.random() < 0.3
    if close:
        other = warp(shards[int(rng.integers(len(shards)))], width, height, rng, plain=False)
        sample = paste(sample, other, rng) if rng.random() < 0.25 else lump(sample, other[0], rng)
    rgb, idep = sample
    rgb = light(rgb, idep, rng)
    # Close photographs have the shallowest focus.
    if rng.random() < (0.4 if close else 0.1):
        rgb = focus(rgb, idep, rng)
    return camera(rgb, rng), idep
