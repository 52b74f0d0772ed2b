"""Synthetic out-of-distribution set: rendered images that belong to no class."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from meadow_core.bundle.preprocess import Preprocessing, load_pixels

PER_KIND = 12
_SEED = 20
_SMALLEST, _LARGEST = 180, 420
"""Sides of the images, in pixels."""
_JPEG_QUALITY = 90
_WORDS = ("invoice", "total", "the", "of", "date", "amount", "number", "and", "paid", "in", "account", "to", "page")
_SKIN = ((255, 219, 172), (241, 194, 125), (224, 172, 105), (198, 134, 66), (141, 85, 36))


def render_synthetic_ood(preprocessing: Preprocessing, per_kind: int = PER_KIND) -> dict[str, NDArray[np.uint8]]:
    """Render images of each kind, the same on every call, as the served model would see them.

    Returns:
        [per_kind, size, size, 3] by the kind's name.
    """
    rng = np.random.default_rng(_SEED)
    return {
        kind: np.stack([_served(draw(rng), preprocessing) for _ in range(per_kind)]) for kind, draw in _KINDS.items()
    }


def _served(image: Image.Image, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    body = io.BytesIO()
    image.save(body, "JPEG", quality=_JPEG_QUALITY)
    return load_pixels(body.getvalue(), preprocessing, max_pixels=_LARGEST * _LARGEST).pixels


def _size(rng: np.random.Generator) -> tuple[int, int]:
    width, height = rng.integers(_SMALLEST, _LARGEST, 2)
    return int(width), int(height)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = rng.integers(0, 256, 3)
    return int(red), int(green), int(blue)


def _noise(rng: np.random.Generator) -> Image.Image:
    """Draw independent pixels or, half of the time, smooth clouds of colour."""
    width, height = _size(rng)
    if rng.random() < 0.5:  # noqa: PLR2004 - a coin
        return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    grain = int(rng.integers(2, 12))
    small = rng.integers(0, 256, (height // grain + 1, width // grain + 1, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR)


def _document(rng: np.random.Generator) -> Image.Image:
    """Set lines of text on paper."""
    width, height = _size(rng)
    paper = int(rng.integers(225, 256))
    image = Image.new("RGB", (width, height), (paper, paper, paper - int(rng.integers(0, 12))))
    pen = ImageDraw.Draw(image)
    size = int(rng.integers(9, 18))
    font = ImageFont.load_default(size)
    ink = int(rng.integers(0, 70))
    for top in range(int(rng.integers(8, 30)), height - size, round(size * 1.5)):
        line = " ".join(rng.choice(_WORDS, int(rng.integers(2, 14))))
        pen.text((width // 12, top), line, font=font, fill=(ink, ink, ink))
    return image


def _face(rng: np.random.Generator) -> Image.Image:
    """Draw a face with hair, eyes and a mouth on a plain background."""
    width, height = _size(rng)
    image = Image.new("RGB", (width, height), _colour(rng))
    pen = ImageDraw.Draw(image)
    middle, centre = width / 2, height / 2
    tall = min(width, height) * rng.uniform(0.3, 0.45)
    wide = tall * rng.uniform(0.7, 0.9)
    pen.ellipse((middle - wide * 1.12, centre - tall * 1.15, middle + wide * 1.12, centre + tall * 0.6), _colour(rng))
    pen.ellipse(
        (middle - wide, centre - tall * 0.9, middle + wide, centre + tall), _SKIN[int(rng.integers(len(_SKIN)))]
    )
    for side in (-1, 1):
        x, y, radius = middle + side * wide * 0.4, centre - tall * 0.15, wide * 0.15
        pen.ellipse((x - radius, y - radius * 0.7, x + radius, y + radius * 0.7), "white")
        pen.ellipse((x - radius / 2, y - radius / 2, x + radius / 2, y + radius / 2), (40, 30, 25))
    pen.arc((middle - wide * 0.4, centre, middle + wide * 0.4, centre + tall * 0.6), 20, 160, (150, 50, 50), 4)
    return image


def _plain(rng: np.random.Generator) -> Image.Image:
    """Fill an image with one colour."""
    return Image.new("RGB", _size(rng), _colour(rng))


def _stripes(rng: np.random.Generator) -> Image.Image:
    """Draw stripes of two colours at any angle."""
    width, height = _size(rng)
    angle, wave = rng.uniform(0, np.pi), rng.uniform(6, 40)
    rows, columns = np.mgrid[0:height, 0:width]
    first = ((columns * np.cos(angle) + rows * np.sin(angle)) // wave) % 2 > 0
    pixels = np.where(first[..., None], _colour(rng), _colour(rng)).astype(np.uint8)
    return Image.fromarray(pixels)


_KINDS: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "noise": _noise,
    "document": _document,
    "face": _face,
    "plain": _plain,
    "stripes": _stripes,
}
