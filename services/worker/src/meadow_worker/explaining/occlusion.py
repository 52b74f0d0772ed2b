"""Occlusion sensitivity (Zeiler and Fergus 2014): how much an answer falls when a part of the image is hidden.

It asks the served network itself, as it serves, so it holds for every architecture and precision.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.scores import log_odds

CELLS = 10
"""The input is divided into so many cells a side; one picture is made for each, with its surroundings hidden."""
WINDOW_CELLS = 3.0
"""Side of the window that is hidden. Larger than a cell: what is told by its outline or twice is missed otherwise."""
RUN = 16
"""Pictures in one run of the network, as in a batch."""

Pixels = NDArray[np.uint8]
Infer = Callable[[Pixels], NDArray[np.float32]]
"""From RGB images [N, size, size, 3] to logits [N, classes]."""


def occlusion_drops(infer: Infer, pixels: Pixels, index: int, *, temperature: float) -> NDArray[np.float64]:
    """Measure what hiding each cell's surroundings takes from an answer.

    The cost is the same for every image: `CELLS` x `CELLS` + 1 pictures through the network.

    Args:
        infer: The network.
        pixels: The input as it was answered, [size, size, 3].
        index: The class that was answered.
        temperature: Of the model.

    Returns:
        Log-odds of the class less those that are left, [CELLS, CELLS], from the top and from the left.
    """
    [whole] = log_odds(infer(np.stack([pixels])), temperature, index)
    left = [log_odds(infer(run), temperature, index) for run in _runs(pixels)]
    return np.asarray(whole - np.concatenate(left).reshape(CELLS, CELLS))


def _runs(pixels: Pixels) -> Iterator[Pixels]:
    """Yield the picture with one window after the other hidden, a run at a time."""
    picture = pixels.astype(np.float32)
    # The picture's own mean: no colour or edge that was not there, as black or grey would be.
    away = picture - picture.mean(axis=(0, 1))
    profiles = _profiles(len(pixels))
    windows = [(row, column) for row in profiles for column in profiles]
    for start in range(0, len(windows), RUN):
        hidden = [picture - away * np.outer(row, column)[..., None] for row, column in windows[start : start + RUN]]
        yield np.stack(hidden).round().astype(np.uint8)


def _profiles(size: int) -> NDArray[np.float32]:
    """Return, for each cell along a side, how much of each pixel is hidden: all in the middle, fading to none.

    A window with hard edges would add edges to the picture, and the network would answer to those.
    """
    places = (np.arange(size, dtype=np.float32) + 0.5) * CELLS / size
    centres = np.arange(CELLS, dtype=np.float32) + 0.5
    return np.clip((WINDOW_CELLS + 1) / 2 - np.abs(places - centres[:, None]), 0, 1)
