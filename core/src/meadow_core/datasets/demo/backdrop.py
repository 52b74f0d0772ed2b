"""What lies behind everything: sky, distant meadow, soil, all out of focus."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from meadow_core.datasets.demo.canvas import Floats, hsv
from meadow_core.datasets.demo.lighting import Lighting, View, happens

_REDUCTION = 4
"""A blurred picture has no detail to lose."""


def paint_backdrop(lighting: Lighting, rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Paint a backdrop at a quarter of the size."""
    width, height = max(1, size[0] // _REDUCTION), max(1, size[1] // _REDUCTION)
    down = np.linspace(0, 1, height)[:, None, None]
    top, bottom = _ends(lighting, rng)
    mixture = np.where(down < lighting.horizon, 0.0, 0.75 + 0.25 * down) if lighting.view is View.FIELD else down
    pixels = np.broadcast_to(top * (1 - mixture) + bottom * mixture, (height, width, 3))
    pixels = pixels * (1 + _clouds(rng, (height, width)) * rng.uniform(0.1, 0.45))
    image = Image.fromarray(np.clip(pixels * 255, 0, 255).astype(np.uint8))
    if lighting.view in {View.SIDE, View.FIELD}:
        _scatter_lights(image, lighting, rng)
    return image.filter(ImageFilter.GaussianBlur(lighting.focus * height))


def _ends(lighting: Lighting, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Choose the colours of the upper and the lower edge."""
    grass = lighting.greens(rng, 2, shade=rng.uniform(0.6, 1.05))
    if lighting.view is View.SOIL:
        earth = hsv(rng.uniform(0.05, 0.11, 2), rng.uniform(0.2, 0.6, 2), lighting.light * rng.uniform(0.4, 0.85, 2))
        return earth[0], earth[1]
    if lighting.view is View.LAWN:
        return grass[0] * 0.75, grass[1] * 0.75
    if lighting.view is View.SIDE and happens(rng, 0.5):
        return grass[0] * 1.1, grass[1] * 0.7
    if happens(rng, 0.7):  # from overcast to blue; else evening
        sky = hsv(rng.uniform(0.53, 0.62, 1), rng.uniform(0.02, 0.65, 1), rng.uniform(0.6, 1.0, 1))[0]
    else:
        sky = hsv(rng.uniform(0.07, 0.14, 1), rng.uniform(0.1, 0.6, 1), rng.uniform(0.7, 1.0, 1))[0]
    return sky, grass[1] * 0.8


def _clouds(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw smooth noise between -1 and 1, from coarse to fine."""
    total = np.zeros(shape)
    for cells, weight in ((3, 0.5), (8, 0.3), (24, 0.2)):
        grid = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
        total += weight * np.asarray(grid.resize((shape[1], shape[0]), Image.Resampling.BICUBIC))
    return total[..., None]


def _scatter_lights(image: Image.Image, lighting: Lighting, rng: np.random.Generator) -> None:
    """Add round highlights, white, green or golden: round and yellow alone must not mean dandelion."""
    draw = ImageDraw.Draw(image, "RGBA")
    for _ in range(rng.integers(0, 14)):
        radius = image.height * rng.uniform(0.02, 0.11)
        x, y = rng.uniform(0, image.width), rng.uniform(0, image.height * 0.9)
        golden = happens(rng, 0.4)
        hue = rng.uniform(0.11, 0.17) if golden else lighting.hue
        saturation = 0.7 if golden else rng.uniform(0, 0.5)
        red, green, blue = (int(part * 255) for part in hsv(*(np.array(one) for one in (hue, saturation, 0.95))))
        alpha = int(rng.uniform(50, 170))
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(red, green, blue, alpha))
