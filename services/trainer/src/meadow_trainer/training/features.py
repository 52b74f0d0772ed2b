"""Features of a data set's images: the embeddings that a frozen network gives, computed once an image."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from meadow.schemas.dataset_manifest import DatasetEntry
from meadow_core.bundle.manifest import MODEL_FILE
from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.data.loader import EvaluationImages, ImageLoader
from meadow_trainer.data.normalise import normalisation_of, normalise
from meadow_trainer.errors import TrainingCancelledError, TrainingDataError
from meadow_trainer.evaluation.evaluate import Labels
from meadow_trainer.export.graph import Graph
from meadow_trainer.export.onnx_export import write_graph
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.embedding import tapped, with_embedding
from meadow_trainer.training.feature_cache import FeatureCache, backbone_digest
from meadow_trainer.training.head import Features

_KEPT = 2048
"""Images whose pixels are kept, for what needs pixels: 300 MB at 224 pixels. Features of any number fit."""
_CHUNK = 256

Embed = Callable[[NDArray[np.uint8]], Features]


@dataclass(frozen=True)
class ImageFeatures:
    """Features of the images of a split that can be decoded."""

    features: Features
    labels: Labels
    digests: tuple[str, ...]
    """sha256 of each image's file."""
    computed: int
    """Images whose features were not in the cache."""
    plain: EvaluationImages
    """The images, or some thousands of very many, evenly."""


class FeatureExtractor:
    """Computes and caches the features of one frozen network."""

    def __init__(
        self, network: nn.Module, preprocessing: Preprocessing, loader: ImageLoader, device: torch.device,
        cache: Path | None,
    ) -> None:  # fmt: skip
        """Set up; nothing is computed yet.

        Args:
            network: Pretrained, in evaluation mode.
            preprocessing: The network's.
            loader: Of the data set.
            device: Where to compute.
            cache: Folder of the caches of all backbones; None keeps features in memory only.
        """
        self.preprocessing = preprocessing
        self._loader = loader
        self._cache = FeatureCache(cache, backbone_digest(network, preprocessing))
        self._make_embed: Callable[[], Embed] = (
            partial(_on_gpu, network, device) if device.type == "cuda" else partial(_on_cpu, network, preprocessing)
        )
        self._embed: Embed | None = None
        self.computed = 0
        """Images whose features were not in the cache, in all calls."""
        self._decoded: EvaluationImages | None = None

    def of(self, entries: Sequence[DatasetEntry], callbacks: TrainingCallbacks) -> ImageFeatures:
        """Return the features of images, in their order.

        Args:
            entries: The images, none twice.
            callbacks: Told of progress; may cancel it.

        Raises:
            TrainingDataError: No image of some class can be decoded.
            TrainingCancelledError: Cancelled by a callback.
        """
        evenly = np.unique(np.linspace(0, len(entries) - 1, min(len(entries), _KEPT)).round().astype(int))
        plain = self._decode([entries[index] for index in evenly])
        rows = self._cache.find([entry.sha256 for entry in entries])
        known = len(rows)
        self._add(rows, plain, callbacks)
        tried = {entries[index].sha256 for index in evenly}
        missing = [one for one in entries if one.sha256 not in rows and one.sha256 not in tried]
        for start in range(0, len(missing), _CHUNK):
            part = self._loader.for_evaluation(missing[start : start + _CHUNK], self.preprocessing)
            self._add(rows, part, callbacks)
        self._decoded = plain
        usable = [entry for entry in entries if entry.sha256 in rows]
        classes = plain.classes
        lacking = sorted({entry.label for entry in entries} - {entry.label for entry in usable})
        if lacking:
            raise TrainingDataError(f"No image of class {', '.join(lacking)} could be decoded.")
        return ImageFeatures(
            features=np.stack([rows[entry.sha256] for entry in usable]),
            labels=np.array([classes.index(entry.label) for entry in usable], dtype=np.int64),
            digests=tuple(entry.sha256 for entry in usable),
            computed=len(usable) - known,
            plain=plain,
        )

    def add(self, images: EvaluationImages, callbacks: TrainingCallbacks) -> None:
        """Compute the features of decoded images.

        Raises:
            TrainingCancelledError: Cancelled by a callback.
        """
        self._add(self._cache.find(list(images.digests)), images, callbacks)

    def embed(self, pixels: NDArray[np.uint8]) -> Features:
        """Compute the features [N, D] of pixels [N, size, size, 3], without the cache."""
        self._embed = self._embed or self._make_embed()
        return np.concatenate([self._embed(pixels[start : start + _CHUNK]) for start in range(0, len(pixels), _CHUNK)])

    def known(self, entries: Sequence[DatasetEntry]) -> tuple[list[DatasetEntry], Features]:
        """Return those of the images whose features are computed, at least one, and their features [N, D]."""
        rows = self._cache.find([entry.sha256 for entry in entries])
        usable = [entry for entry in entries if entry.sha256 in rows]
        return usable, np.stack([rows[entry.sha256] for entry in usable])

    def _decode(self, entries: Sequence[DatasetEntry]) -> EvaluationImages:
        """Decode images, unless the last call has."""
        if self._decoded is not None:
            places = {digest: place for place, digest in enumerate(self._decoded.digests)}
            if all(entry.sha256 in places for entry in entries):
                return self._decoded.subset(np.array([places[entry.sha256] for entry in entries], dtype=np.int64))
        return self._loader.for_evaluation(entries, self.preprocessing)

    def _add(
        self, rows: dict[str, NDArray[np.float32]], images: EvaluationImages, callbacks: TrainingCallbacks
    ) -> None:
        """Compute the features of those images that have none."""
        fresh = [index for index, digest in enumerate(images.digests) if digest not in rows]
        computed: dict[str, NDArray[np.float32]] = {}
        for start in range(0, len(fresh), _CHUNK):
            if callbacks.should_stop():
                raise TrainingCancelledError("Stopped on request while computing features.")
            chosen = fresh[start : start + _CHUNK]
            features = self.embed(images.pixels[chosen])
            computed |= {images.digests[index]: row for index, row in zip(chosen, features, strict=True)}
        self._cache.add(computed)
        self.computed += len(computed)
        rows |= computed


def _on_cpu(network: nn.Module, preprocessing: Preprocessing) -> Embed:
    """Run the exported graph: as exact as torch, and in a third of its time."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / MODEL_FILE
        write_graph(network, preprocessing, path)
        return Graph(path.read_bytes()).embeddings


def _on_gpu(network: nn.Module, device: torch.device) -> Embed:
    network.to(device)

    @torch.inference_mode()
    def embed(pixels: NDArray[np.uint8]) -> Features:
        images = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().div(255)
        # Features are shared with hosts that have no such device: no shorter numbers.
        exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with tapped(network) as seen, exact:
            _, features = with_embedding(network, normalise(images, normalisation_of(network)), seen)
        return np.asarray(features.float().cpu().numpy())

    return embed
