"""Drawing with smooth edges: everything is drawn at twice the size and reduced at the end."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

OVERSAMPLING = 2

Floats = NDArray[np.float64]


class Canvas:
    """A picture in the making. Coordinates are pixels of the finished picture, y downwards."""

    def __init__(self, backdrop: Image.Image, size: tuple[int, int]) -> None:
        self.width, self.height = size
        self._size = size
        large = (self.width * OVERSAMPLING, self.height * OVERSAMPLING)
        self._image = backdrop.resize(large, Image.Resampling.BICUBIC)
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def shapes(self, outlines: Floats, colours: Floats, opacity: float = 1.0) -> None:
        """Fill polygons.

        Args:
            outlines: [N, points, 2].
            colours: [N, 3], each between 0 and 1.
            opacity: Of all of them.
        """
        alpha = round(255 * opacity)
        fills = _bytes(colours)
        for outline, (red, green, blue) in zip(
            (outlines * OVERSAMPLING).reshape(len(outlines), -1).tolist(), fills, strict=True
        ):
            self._draw.polygon(outline, fill=(red, green, blue, alpha))

    def lines(self, starts: Floats, ends: Floats, colours: Floats, width: float, opacity: float = 1.0) -> None:
        """Draw straight lines from [N, 2] to [N, 2] in colours [N, 3]."""
        alpha = round(255 * opacity)
        pairs = np.concatenate([starts, ends], axis=1) * OVERSAMPLING
        for pair, (red, green, blue) in zip(pairs.tolist(), _bytes(colours), strict=True):
            self._draw.line(pair, fill=(red, green, blue, alpha), width=max(1, round(width * OVERSAMPLING)))

    def disc(self, centre: Sequence[float], radii: Sequence[float], colour: Floats, opacity: float = 1.0) -> None:
        """Fill an upright ellipse."""
        (x, y), (across, down) = centre, radii
        box = [(x - across), (y - down), (x + across), (y + down)]
        red, green, blue = _bytes(colour[None])[0]
        self._draw.ellipse([value * OVERSAMPLING for value in box], fill=(red, green, blue, round(255 * opacity)))

    def finished(self) -> Image.Image:
        """Reduce to the picture's size."""
        return self._image.resize(self._size, Image.Resampling.BOX)


def hsv(hue: Floats, saturation: Floats, value: Floats) -> Floats:
    """Turn hue (a turn is 1), saturation and value, of one shape, into RGB [..., 3] between 0 and 1."""
    sector = np.stack([hue * 6 + 5, hue * 6 + 3, hue * 6 + 1], axis=-1) % 6
    ramp = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    return np.asarray(np.clip(value[..., None] * (1 - saturation[..., None] * ramp), 0, 1))


def _bytes(colours: Floats) -> list[list[int]]:
    return [[int(part) for part in colour] for colour in np.clip(colours * 255, 0, 255).round().tolist()]
