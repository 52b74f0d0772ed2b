"""The training images most like a classified one, from the bundles of the model versions."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import numpy as np

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import unpack_embedding
from meadow.schemas.similar_images import SimilarImage, SimilarImages
from meadow_core.bundle.manifest import (
    MANIFEST_FILE,
    TRAINING_EMBEDDINGS_FILE,
    BundleError,
    BundleManifest,
    file_digest,
)
from meadow_core.bundle.training_embeddings import TrainingEmbeddings, read_training_embeddings
from meadow_core.registry.versions import ModelRegistry

KEPT_VERSIONS = 4
"""At most some megabytes each."""


@dataclass(frozen=True)
class _TrainedOn:
    """A version's training images; `embeddings` is None in bundles that have none."""

    manifest: BundleManifest
    embeddings: TrainingEmbeddings | None


class SimilarImageSearch:
    """Finds training images; safe to share between threads. Keeps the versions that were asked for last."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry
        self._kept: OrderedDict[ModelRef, _TrainedOn] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, ref: ModelRef, embedding: str, count: int) -> SimilarImages:
        """Find the training images of a version that are most like an image.

        Args:
            ref: The version that the image was answered by.
            embedding: As `Prediction.embedding` has it.
            count: How many, at most.

        Raises:
            BundleError: The bundle has no training embeddings, or is not what was registered.
            RegistryError: The version cannot be read.
            ValueError: The embedding is none of this version's.
        """
        trained = self._of(ref)
        if trained.embeddings is None:
            raise BundleError(f"The bundle of version {ref.version} has no embeddings of its training images.")
        compact = np.frombuffer(unpack_embedding(embedding), dtype=np.int8)
        expected = trained.embeddings.compact.shape[1]
        if len(compact) != expected:
            raise ValueError(f"An embedding of version {ref.version} has {expected} bytes, this one {len(compact)}.")
        manifest = trained.manifest
        folder = f"/v1/datasets/{quote(manifest.dataset_name, safe='')}/images"
        return SimilarImages(
            model=ref,
            dataset=manifest.dataset_name,
            dataset_version=manifest.dataset_digest,
            images=[
                SimilarImage(
                    sha256=image.sha256,
                    label=manifest.classes[image.class_index],
                    similarity=round(image.similarity, 4),
                    href=f"{folder}/{image.sha256}?version={manifest.dataset_digest}",
                )
                for image in trained.embeddings.most_similar(compact, count)
            ],
        )

    def _of(self, ref: ModelRef) -> _TrainedOn:
        with self._lock:
            if kept := self._kept.get(ref):
                self._kept.move_to_end(ref)
                return kept
        trained = self._read(ref)
        with self._lock:
            self._kept[ref] = trained
            while len(self._kept) > KEPT_VERSIONS:
                self._kept.popitem(last=False)
        return trained

    def _read(self, ref: ModelRef) -> _TrainedOn:
        with TemporaryDirectory() as scratch:
            file = self._registry.download_file(ref, MANIFEST_FILE, Path(scratch))
            if file_digest(file) != ref.digest:
                raise BundleError(f"{MANIFEST_FILE} of version {ref.version} is not the one that was registered.")
            manifest = BundleManifest.model_validate_json(file.read_bytes())
            expected = manifest.files.get(TRAINING_EMBEDDINGS_FILE)
            if expected is None:
                return _TrainedOn(manifest, None)
            file = self._registry.download_file(ref, TRAINING_EMBEDDINGS_FILE, Path(scratch))
            if file_digest(file) != expected:
                raise BundleError(f"{file.name} of version {ref.version} is not the one that was trained.")
            return _TrainedOn(manifest, read_training_embeddings(file))
