"""Cache of image features on this host: an image that a backbone has seen once costs nothing in the next run.

The same serves for the logits of a model in production, which every challenger is compared with.
"""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.training.embedding import classifier_of
from meadow_trainer.training.snapshot import Snapshot, SnapshotError, read_snapshot, write_snapshot

log = logging.getLogger(__name__)

_FORMAT = "1"
"""Of the file, and of how features are computed: a change of either makes another file."""
_MOST = 200_000
"""Images in one file, about a gigabyte of an EfficientNet's features; the oldest are dropped first."""
_DIGEST_BYTES = 32


def backbone_digest(network: nn.Module, preprocessing: Preprocessing) -> str:
    """Return the sha256 of all that features depend on besides the image: every weight but the classifier's."""
    classifier, _ = classifier_of(network)
    digest = hashlib.sha256(f"{_FORMAT} {type(network).__qualname__} {preprocessing.model_dump_json()}".encode())
    for name, tensor in network.state_dict().items():
        if not name.startswith(f"{classifier}."):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


class FeatureCache:
    """What one network gives for images, by the sha256 of the image's file."""

    def __init__(self, folder: Path | None, backbone: str) -> None:
        """Set up; nothing is read yet.

        Args:
            folder: Created with the first file; None keeps features in memory only.
            backbone: As from `backbone_digest`, or the digest of a whole bundle.
        """
        self._path = folder / f"features-{backbone[:32]}.safetensors" if folder else None
        self._known: dict[bytes, NDArray[np.float32]] | None = None

    def find(self, digests: list[str]) -> dict[str, NDArray[np.float32]]:
        """Return the features that are known, [D] each, by digest."""
        known = self._read()
        return {one: known[raw] for one in digests if (raw := bytes.fromhex(one)) in known}

    def add(self, features: Mapping[str, NDArray[np.float32]]) -> None:
        """Store features, [D] each, by digest, beside what other runs stored meanwhile; a full disk costs the cache."""
        if not features:
            return
        fresh = {bytes.fromhex(one): row for one, row in features.items()}
        if self._path is None:
            self._known = dict(list((self._read() | fresh).items())[-_MOST:])
            return
        self._known = None
        known = self._read() | fresh
        kept = list(known.items())[-_MOST:]
        digests = np.frombuffer(b"".join(raw for raw, _ in kept), dtype=np.uint8).reshape(-1, _DIGEST_BYTES)
        tensors = {
            "digests": torch.from_numpy(digests.copy()),
            "features": torch.from_numpy(np.stack([row for _, row in kept])),
        }
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_snapshot(self._path, Snapshot(tensors, {}))
        except OSError as error:
            log.warning("Could not store features; the next run computes them again: %s", error)
        self._known = dict(kept)

    def _read(self) -> dict[bytes, NDArray[np.float32]]:
        if self._known is None:
            self._known = self._load() if self._path else {}
        return self._known

    def _load(self) -> dict[bytes, NDArray[np.float32]]:
        try:
            saved = read_snapshot(self._path) if self._path else None
        except SnapshotError as error:
            log.warning("Features are computed again: %s", error)
            return {}
        if saved is None:
            return {}
        rows = saved.tensors["features"].numpy()
        return {raw.tobytes(): row for raw, row in zip(saved.tensors["digests"].numpy(), rows, strict=True)}
