"""A picture with known depth for the tests."""

import numpy as np


def scene(height=48, width=64):
    """Ground below the horizon, sky above, a box in front."""
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    idep = np.maximum(yy - height / 2, 0) / height
    box = (abs(xx - width / 2) < width / 8) & (abs(yy - height * 0.6) < height / 6)
    idep = np.where(box, 0.4, idep).astype(np.float32)
    rgb = np.where((idep > 0)[..., None], [90, 120, 60], [150, 180, 230])
    return np.where(box[..., None], [200, 40, 40], rgb).astype(np.uint8), idep
