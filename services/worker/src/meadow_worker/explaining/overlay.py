"""An explanation as a picture: the map over the image, and a scale that says what its colours mean."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from meadow.schemas.explanations import ExplanationMap
from meadow_core.bundle.region import read_region, whole_frame
from meadow_worker.explaining.colours import STEPS, scale

PICTURE_SIDE = 480
"""Longest side of the image as it is drawn, in pixels."""
LEGEND_HEIGHT = 32
LEAST_WIDTH = 340
"""Room for the scale's words."""
LEAST_RANGE = 0.5
"""Log-odds that the scale reaches at least: an answer that nothing changes must not look as if it did."""

_OPAQUE = (0.35, 0.8)
"""How much of the colour covers the image, from the least to the most."""
_DIM = 0.45
"""Brightness of what the model does not see."""
_GREY = (0.299, 0.587, 0.114)
_PAPER = (24, 22, 28)
_INK = (236, 234, 240)

Colours = NDArray[np.float32]


def draw_overlay(body: bytes, explanation: ExplanationMap, *, max_pixels: int) -> bytes:
    """Draw a map over its image.

    The image is grey, so that no colour of its own is taken for one of the map. What the model does not see is darker.

    Args:
        body: The image's bytes.
        explanation: Of this image.
        max_pixels: Larger images are refused.

    Returns:
        A PNG of at most 512 pixels a side.

    Raises:
        ImageRejectedError: The image cannot be decoded.
    """
    ratio = PICTURE_SIDE / max(explanation.width, explanation.height)
    width, height = (max(round(side * ratio), 1) for side in (explanation.width, explanation.height))
    decoded = read_region(body, PICTURE_SIDE, whole_frame, max_pixels=max_pixels)
    picture = np.asarray(Image.fromarray(decoded.pixels).resize((width, height)), dtype=np.float32)
    grey = np.repeat((picture @ np.array(_GREY, dtype=np.float32))[..., None], 3, axis=2)
    top = max(LEAST_RANGE, *map(max, explanation.drops))
    drawn = grey * _DIM
    left, upper, right, lower = (round(place * ratio) for place in explanation.box)
    right, lower = max(right, left + 1), max(lower, upper + 1)
    seen = grey[upper:lower, left:right]
    drawn[upper:lower, left:right] = _tinted(seen, _spread(explanation, (seen.shape[1], seen.shape[0])) / top)
    page = Image.new("RGB", (max(width, LEAST_WIDTH), height + LEGEND_HEIGHT), _PAPER)
    page.paste(_image(drawn), ((page.width - width) // 2, 0))
    _draw_legend(page, height, top)
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def _spread(explanation: ExplanationMap, size: tuple[int, int]) -> Colours:
    """Spread the cells smoothly over what the model sees."""
    cells = Image.fromarray(np.array(explanation.drops, dtype=np.float32))
    return np.asarray(cells.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)


def _tinted(grey: Colours, strength: Colours) -> Colours:
    """Colour grey pixels [height, width, 3] by strengths [height, width]; those beyond 0 to 1 count as the ends."""
    strength = np.clip(strength, 0, 1)
    opaque = np.interp(strength, (0, 1), _OPAQUE)[..., None].astype(np.float32)
    colours = scale()[np.rint(strength * (STEPS - 1)).astype(int)]
    return np.asarray(grey * (1 - opaque) + colours * opaque, dtype=np.float32)


def _draw_legend(page: Image.Image, top: int, reach: float) -> None:
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(18)
    middle = top + LEGEND_HEIGHT // 2
    least, most = "no effect", f"odds / {_rounded(float(np.exp(reach)))}"
    pen.text((10, middle), least, fill=_INK, font=font, anchor="lm")
    pen.text((page.width - 10, middle), most, fill=_INK, font=font, anchor="rm")
    start = 20 + int(pen.textlength(least, font))
    end = page.width - 20 - int(pen.textlength(most, font))
    # Over a middle grey, as the map is over the image.
    strength = np.broadcast_to(np.linspace(0, 1, end - start, dtype=np.float32), (12, end - start))
    bar = _tinted(np.full((*strength.shape, 3), 128, dtype=np.float32), strength)
    page.paste(_image(bar), (start, middle - 6))


def _rounded(factor: float) -> str:
    """Write a factor with two digits that mean something."""
    if factor >= 1e4:  # noqa: PLR2004 - where digits stop to tell people anything
        return "10,000+"
    return f"{factor:.1f}" if factor < 10 else f"{float(f'{factor:.2g}'):,.0f}"  # noqa: PLR2004


def _image(colours: Colours) -> Image.Image:
    return Image.fromarray(np.clip(colours, 0, 255).round().astype(np.uint8))
