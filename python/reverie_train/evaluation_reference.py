"""Reference numbers for the metrics of `crates/evaluation`, from scikit-image and SciPy.

`python -m reverie_train.evaluation_reference crates/evaluation/tests/data` writes small pictures and
`reference.json`. Needs numpy, pillow, scipy and scikit-image.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.linalg import sqrtm
from scipy.stats import pearsonr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

MS_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
WINDOW = 11


def street(width: int, height: int, seed: int) -> Image.Image:
    """Flat shapes over a coarse gradient: has edges and contrast, and is small as PNG."""
    rng = np.random.default_rng(seed)
    rows = np.linspace(0, 1, height)[:, None, None]
    sky = np.array([110, 160, 220]) * (1 - rows) + np.array([120, 110, 90]) * rows
    picture = Image.fromarray((np.broadcast_to(sky, (height, width, 3)) // 6 * 6).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y = rng.integers(0, width), rng.integers(height // 4, height)
        w, h = rng.integers(6, width // 4), rng.integers(6, height // 3)
        colour = tuple(int(c) for c in rng.integers(20, 236, 3))
        draw.rectangle((x, y - h, x + w, y), fill=colour)
        for step in range(3, int(w) - 3, 7):
            draw.rectangle((x + step, y - h + 3, x + step + 3, y - h + 6), fill=(30, 30, 40))
    return picture


def distorted(picture: Image.Image) -> Image.Image:
    """Blurred, a little darker, shifted by a pixel, with a blot."""
    soft = picture.filter(ImageFilter.GaussianBlur(0.9))
    moved = np.roll(np.asarray(soft), 1, axis=1).astype(np.float64) * 0.94 + 3
    blot = Image.fromarray((moved // 4 * 4).astype(np.uint8))
    width, height = picture.size
    ImageDraw.Draw(blot).ellipse((width // 2, height // 3, width // 2 + 20, height // 3 + 14), fill=(200, 60, 40))
    return blot


def ssim(a: np.ndarray, b: np.ndarray, **changes):
    options = dict(
        data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    return structural_similarity(a, b, **{**options, **changes})


def ms_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Wang, Simoncelli, Bovik 2003, channel by channel. With a huge K1 the luminance term of
    scikit-image's SSIM is 1, which leaves the contrast-structure term."""
    scales = sum(1 for scale in range(5) if min(a.shape[:2]) >> scale >= WINDOW)
    weights = MS_WEIGHTS[:scales] / MS_WEIGHTS[:scales].sum()
    products = []
    for channel in range(3):
        x, y = (v[..., channel].astype(np.float64) for v in (a, b))
        product = 1.0
        for scale, weight in enumerate(weights):
            if scale:
                x, y = (halved(v) for v in (x, y))
            last = scale + 1 == scales
            mean, _ = ssim(x, y, **({} if last else {"K1": 1e6}))
            product *= max(mean, 0.0) ** weight
        products.append(product)
    return float(np.mean(products))


def halved(v: np.ndarray) -> np.ndarray:
    height, width = (side // 2 for side in v.shape)
    return v[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))


def compare(a: np.ndarray, b: np.ndarray) -> dict:
    mean, per_pixel = ssim(a, b, channel_axis=2)
    inner = np.zeros(a.shape[:2], bool)
    pad = WINDOW // 2
    inner[pad:-pad, pad:-pad] = True
    left = inner & (np.arange(a.shape[1]) < a.shape[1] // 2)[None]
    return {
        "psnr": float(peak_signal_noise_ratio(b, a, data_range=255)),
        "ssim": float(mean),
        "ssim_left_half": float(per_pixel[left].mean()),
        "ms_ssim": ms_ssim(a, b),
    }


def frechet(first: np.ndarray, second: np.ndarray) -> float:
    one, two = (np.cov(v, rowvar=False) for v in (first, second))
    apart = first.mean(axis=0) - second.mean(axis=0)
    return float(apart @ apart + np.trace(one + two - 2 * sqrtm(one @ two).real))


def frechet_case(rng: np.random.Generator, count: int, features: int) -> dict:
    mix = rng.normal(size=(features, features))
    first = (rng.normal(size=(count, features)) @ mix).round(3)
    second = (rng.normal(size=(count + 3, features)) * rng.uniform(0.3, 2, features) + 0.4).round(3)
    return {"first": first.tolist(), "second": second.tolist(), "distance": frechet(first, second)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for name, size, seed in (("large", (196, 181), 5), ("small", (64, 37), 9)):
        truth = street(*size, seed)
        answer = distorted(truth)
        truth.save(folder / f"{name}_truth.png", optimize=True)
        answer.save(folder / f"{name}.png", optimize=True)
        pictures.append({"name": name, **compare(np.asarray(answer), np.asarray(truth))})
    rng = np.random.default_rng(3)
    # The second set has more features than vectors: its covariance has no full rank.
    sets = [frechet_case(rng, 24, 5), frechet_case(rng, 8, 12)]
    scores = rng.uniform(size=(2, 7)).round(4)
    reference = {
        "pictures": pictures,
        "frechet": sets,
        "pearson": {
            "truth": scores[0].tolist(),
            "model": scores[1].tolist(),
            "r": float(pearsonr(*scores).statistic),
        },
    }
    (folder / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()
