"""One demo picture: backdrop, grass, subject, grass before it, and the camera's own faults."""

import numpy as np
from PIL import Image, ImageFilter

from meadow_core.datasets.demo.backdrop import paint_backdrop
from meadow_core.datasets.demo.canvas import Canvas
from meadow_core.datasets.demo.clutter import strew
from meadow_core.datasets.demo.dandelion import plant
from meadow_core.datasets.demo.ears import bear_ears
from meadow_core.datasets.demo.grass import grow
from meadow_core.datasets.demo.lighting import Lighting, View, happens
from meadow_core.datasets.demo.scenery import furnish

DANDELION = "dandelion"
GRASS = "grass"
LABELS = (DANDELION, GRASS)

_CLUTTER = {DANDELION: 0.15, GRASS: 0.25}
_EARS = 0.25
"""Share of pictures of grass in which it flowers."""


def render_image(label: str, rng: np.random.Generator, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Draw a picture of a class.

    Args:
        label: `dandelion` or `grass`.
        rng: Source of all randomness: the same state gives the same picture.
        size: Width and height, in pixels.

    Raises:
        ValueError: There is no such class.
    """
    if label not in LABELS:
        raise ValueError(f"There are no demo pictures of {label!r}; there are of {' and '.join(LABELS)}.")
    lighting = Lighting.draw(rng)
    canvas = Canvas(paint_backdrop(lighting, rng, size), size)
    if lighting.view is View.FIELD:
        furnish(canvas, lighting, rng)
    grow(canvas, lighting, rng, density=rng.uniform(0.4, 1.0))
    if label == GRASS and lighting.view is not View.LAWN and happens(rng, _EARS):
        bear_ears(canvas, lighting, rng)
    strew(canvas, lighting, rng, _CLUTTER[label])
    if label == DANDELION:
        plant(canvas, lighting, rng)
    if happens(rng, 0.6):
        grow(canvas, lighting, rng, density=rng.uniform(0.3, 1.0), front=True)
    return _photograph(canvas.finished(), rng)


def _photograph(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add what a camera adds: a little blur, a colour cast, darker corners, exposure and noise."""
    if happens(rng, 0.3):
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.6)))
    pixels = np.asarray(image, dtype=np.float32)
    height, width, _ = pixels.shape
    cast = rng.uniform(0.9, 1.1, 3).astype(np.float32) * np.float32(rng.uniform(0.75, 1.2))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None] ** 2
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None] ** 2
    vignette = 1 - np.float32(rng.uniform(0, 0.22)) * (x + y)
    spread = int(rng.integers(1, 14))
    noise = rng.integers(-spread, spread + 1, pixels.shape, dtype=np.int8)
    return Image.fromarray(np.clip(pixels * cast * vignette + noise, 0, 255).astype(np.uint8))
