"""Near duplicates: the same photograph twice, as a crop, mirrored, or stored anew.

Embeddings propose pairs, but two lawns are as near to each other as two crops of one. So a proposed pair is checked by
its pixels: the middle of one image is looked for in the other by normalised cross-correlation (Lewis, "Fast Normalized
Cross-Correlation", 1995), at some scales and mirrored too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from meadow_trainer.training.head import Features

_SIMILAR = 0.8
"""Cosine of two embeddings from which a pair is checked."""
_SAME = 1.72
"""Cosine and correlation together from which two images are one photograph: where the embeddings all but coincide, less
has to be seen in the pixels."""
_MOST_CHECKED = 2000
"""Pairs, the most similar first: a check takes tens of milliseconds."""
_PATIENCE = 50
"""Pairs in a row that are no duplicates after which the less similar ones are not checked."""
_ROWS = 256
_GRID = 64
_MIDDLE = 0.6
"""Share of the sides of one image that is looked for in the other."""
_SCALES = np.arange(1.0, 0.78, -0.02)
"""Sides of the crop relative to the other image; 0.8 is 64 % of the area."""
_BLUR = 9
_FLAT = 0.05
"""Share of the most detailed place's energy that counts as flat: anything correlates with nothing."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class NearDuplicate:
    """A pair of images, by their indices in the two sets."""

    first: int
    second: int
    correlation: float


def find_near_duplicates(
    first: Features,
    second: Features,
    pixels: Callable[[int, int], tuple[Pixels, Pixels] | None],
    *,
    most: int = _MOST_CHECKED,
    patience: int = _PATIENCE,
) -> list[NearDuplicate]:
    """Find the pairs of an image of one set and one of another that show the same photograph.

    Args:
        first: Embeddings [N, D].
        second: Embeddings [M, D].
        pixels: Returns both images of a pair, [size, size, 3] each; None to leave the pair out.
        most: Pairs that are checked at most, those with the most similar embeddings.
        patience: Pairs in a row that are no duplicates after which the search ends.
    """
    proposed: list[tuple[float, int, int]] = []
    normalised = second / np.maximum(np.linalg.norm(second, axis=1, keepdims=True), 1e-12)
    for start in range(0, len(first), _ROWS):
        rows = first[start : start + _ROWS]
        cosines = rows @ normalised.T / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        found = zip(*np.nonzero(cosines >= _SIMILAR), strict=True)
        proposed += [(float(cosines[row, column]), start + int(row), int(column)) for row, column in found]
        proposed = sorted(proposed, reverse=True)[:most]
    pairs: list[NearDuplicate] = []
    misses = 0
    for cosine, row, column in proposed:
        if misses == patience:
            break
        images = pixels(row, column)
        if images is None:
            continue
        correlation = overlap(*images)
        misses += 1
        if cosine + correlation >= _SAME:
            pairs.append(NearDuplicate(row, column, correlation))
            misses = 0
    return pairs


def overlap(first: Pixels, second: Pixels) -> float:
    """Return how well the middle of one of two square images is found in the other, mirrored or not; -1 to 1."""
    one, other = _Prepared(first), _Prepared(second)
    mirrored = _Prepared(first[:, ::-1])
    return max(one.within(other), other.within(one), mirrored.within(other), other.within(mirrored))


class _Prepared:
    """Spectra of an image's detail, and of its middle at each scale."""

    def __init__(self, pixels: Pixels) -> None:
        grey = Image.fromarray(pixels).convert("L")
        detail = _detail(grey, _GRID)
        self.whole = np.fft.rfft2(detail)
        self.energy = np.fft.rfft2(detail**2)
        self._middles = [_middle(grey, scale) for scale in _SCALES]

    def within(self, other: "_Prepared") -> float:
        """Return the highest correlation of this image's middle with a place in another."""
        best = -1.0
        for size, middle, box in self._middles:
            places = _GRID - size + 1
            products = np.fft.irfft2(other.whole * middle, (_GRID, _GRID))[:places, :places]
            energy = np.fft.irfft2(other.energy * box, (_GRID, _GRID))[:places, :places]
            scale = np.sqrt(np.maximum(energy, _FLAT * energy.max() + 1e-6))
            best = max(best, float((products / scale).max()))
        return best


def _middle(grey: Image.Image, scale: float) -> tuple[int, NDArray[np.complex128], NDArray[np.complex128]]:
    """Return the side of the middle of an image at a scale, its spectrum and that of a box of its size."""
    whole = _detail(grey, round(_GRID * scale))
    size = round(_GRID * _MIDDLE * scale)
    edge = (len(whole) - size) // 2
    middle = whole[edge : edge + size, edge : edge + size]
    middle = middle - middle.mean()
    middle /= max(1e-6, float(np.linalg.norm(middle)))
    shape = (_GRID, _GRID)
    return size, np.conj(np.fft.rfft2(middle, shape)), np.conj(np.fft.rfft2(np.ones((size, size)), shape))


def _detail(grey: Image.Image, side: int) -> NDArray[np.float64]:
    """Return grey levels at a size, less what is blurred: skies and lawns are bright above and dark below."""
    levels = np.asarray(grey.resize((side, side), Image.Resampling.BOX), dtype=np.float64)
    blurred = np.pad(levels, _BLUR // 2, mode="reflect")
    for _ in range(2):
        sums = np.pad(blurred.cumsum(axis=0), ((1, 0), (0, 0)))
        blurred = ((sums[_BLUR:] - sums[:-_BLUR]) / _BLUR).T
    return np.asarray(levels - blurred)
