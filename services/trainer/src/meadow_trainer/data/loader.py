"""Image loader: decodes every image once, into memory, before the first epoch."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from meadow.schemas.dataset_manifest import DatasetEntry
from meadow_core.bundle.decode import ImageRejectedError
from meadow_core.bundle.preprocess import Preprocessing, load_pixels
from meadow_core.bundle.region import read_region, whole_frame
from meadow_trainer.errors import TrainingDataError

log = logging.getLogger(__name__)

_THREADS = 8
_CACHE_SCALE = 1.25
"""Size of cached images relative to the model's input, so that crops keep detail."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class SkippedImage:
    """An image that was skipped, and the reason."""

    source: str
    reason: str


@dataclass(frozen=True)
class TrainingImages:
    """Decoded images, to be augmented."""

    pixels: Tensor
    """uint8 [N, 3, S, S]: each image resized to a square, so that all fit one tensor."""
    aspects: Tensor
    """float32 [N]: width divided by height, to restore the aspect ratio."""
    labels: Tensor
    """int64 [N]: index into the data set's classes."""
    classes: tuple[str, ...]

    def __len__(self) -> int:
        """Count the images."""
        return len(self.labels)

    @property
    def skew(self) -> float:
        """Class imbalance: size of the largest class divided by that of the smallest."""
        counts = self.labels.bincount(minlength=len(self.classes))
        return float(counts.max()) / max(1.0, float(counts.min()))


@dataclass(frozen=True)
class EvaluationImages:
    """Images preprocessed as for the served model."""

    pixels: NDArray[np.uint8]
    """[N, size, size, 3], RGB."""
    labels: NDArray[np.int64]
    """[N]: index into the data set's classes."""
    sources: tuple[str, ...]
    digests: tuple[str, ...]
    """[N]: sha256 of each image's file."""
    classes: tuple[str, ...]
    short_sides: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """[N]: each image's shorter side before preprocessing, in pixels; empty if unknown."""

    def __len__(self) -> int:
        """Count the images."""
        return len(self.labels)

    def subset(self, chosen: NDArray[np.int64]) -> "EvaluationImages":
        """Return the images with these indices, in this order."""
        return EvaluationImages(
            self.pixels[chosen],
            self.labels[chosen],
            tuple(self.sources[one] for one in chosen),
            tuple(self.digests[one] for one in chosen),
            self.classes,
            self.short_sides[chosen] if len(self.short_sides) else self.short_sides,
        )


class ImageLoader:
    """Reads and decodes entries of one data set, and collects the skipped ones."""

    def __init__(self, read: Callable[[DatasetEntry], bytes], classes: Sequence[str], *, max_pixels: int) -> None:
        self._read = read
        self._classes = tuple(classes)
        self._index = {label: index for index, label in enumerate(classes)}
        self._max_pixels = max_pixels
        self._skipped: dict[str, SkippedImage] = {}

    @property
    def skipped(self) -> list[SkippedImage]:
        """Images skipped so far, each once."""
        return list(self._skipped.values())

    def for_training(self, entries: Sequence[DatasetEntry], image_size: int) -> TrainingImages:
        """Decode whole images, slightly larger than the model's input.

        Raises:
            TrainingDataError: No image of some class could be decoded.
        """
        side = round(image_size * _CACHE_SCALE)
        decoded = self._decode(
            # The served preprocessing keeps only the centre; random crops may lie anywhere.
            entries,
            lambda body: read_region(body, side, whole_frame, max_pixels=self._max_pixels),
        )
        lacking = sorted(set(self._classes) - {entry.label for entry, _ in decoded})
        if lacking:
            raise TrainingDataError(f"No image of class {', '.join(lacking)} could be decoded.")
        return TrainingImages(
            pixels=torch.from_numpy(np.stack([image.pixels for _, image in decoded])).permute(0, 3, 1, 2),
            aspects=torch.tensor([image.width / image.height for _, image in decoded], dtype=torch.float32),
            labels=torch.tensor([self._index[entry.label] for entry, _ in decoded]),
            classes=self._classes,
        )

    def for_evaluation(self, entries: Sequence[DatasetEntry], preprocessing: Preprocessing) -> EvaluationImages:
        """Decode images with the bundle's preprocessing, the one the worker serves with."""
        decoded = self._decode(entries, lambda body: load_pixels(body, preprocessing, max_pixels=self._max_pixels))
        size, images = preprocessing.size, [image for _, image in decoded]
        return EvaluationImages(
            pixels=np.stack([one.pixels for one in images]) if images else np.zeros((0, size, size, 3), np.uint8),
            labels=np.array([self._index[entry.label] for entry, _ in decoded], dtype=np.int64),
            sources=tuple(entry.source for entry, _ in decoded),
            digests=tuple(entry.sha256 for entry, _ in decoded),
            classes=self._classes,
            short_sides=np.array([min(one.width, one.height) for one in images], dtype=np.int64),
        )

    def _decode(self, entries: Sequence[DatasetEntry], decode: Callable[[bytes], _T]) -> list[tuple[DatasetEntry, _T]]:
        """Read and decode in parallel, in the order of the entries; undecodable images are skipped and logged."""

        def attempt(entry: DatasetEntry) -> _T | ImageRejectedError:
            try:
                return decode(self._read(entry))
            except ImageRejectedError as error:
                return error

        decoded: list[tuple[DatasetEntry, _T]] = []
        with ThreadPoolExecutor(_THREADS) as pool:
            for entry, outcome in zip(entries, pool.map(attempt, entries), strict=True):
                if not isinstance(outcome, ImageRejectedError):
                    decoded.append((entry, outcome))
                elif entry.sha256 not in self._skipped:
                    self._skipped[entry.sha256] = SkippedImage(entry.source, outcome.detail)
                    log.warning("Skipped %s: %s", entry.source, outcome.detail)
        return decoded
