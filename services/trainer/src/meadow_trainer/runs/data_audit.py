"""Audit of a data set by the features of a pretrained network: wrong labels, and leaks across the split."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from meadow.schemas.dataset_manifest import DatasetEntry
from meadow.schemas.label_suspects import LabelSuspect, LabelSuspects
from meadow.schemas.split import Split
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.data.source import ImageSource
from meadow_trainer.evaluation.label_errors import find_label_errors
from meadow_trainer.evaluation.near_duplicates import find_near_duplicates
from meadow_trainer.runs.trained import Start
from meadow_trainer.training.head import Features

_MOST_SHOWN = 24
_DECODED = 512
"""Images whose pixels are kept while pairs are compared: 150 kB each."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SplitLeak:
    """A training image that shows the same photograph as one of the hold-out."""

    training: str
    """Its source, for people."""
    training_sha256: str
    holdout: str
    holdout_sha256: str
    correlation: float


@dataclass(frozen=True)
class LabelAudit:
    """Labels that are probably wrong, with pictures of the most certain ones."""

    found: LabelSuspects
    shown: tuple[LabelSuspect, ...]
    pixels: NDArray[np.uint8]
    """[len(shown), size, size, 3], RGB."""


def compute_features(start: Start, holdout: EvaluationImages) -> None:
    """Compute the features of both splits, unless they are known.

    Raises:
        TrainingDataError: No training image of some class can be decoded.
        TrainingCancelledError: Cancelled by a callback.
    """
    manifest = start.source.manifest
    start.callbacks.on_stage(f"computing features of {len(manifest.entries)} images")
    start.features.of(manifest.of_split(Split.TRAIN), start.callbacks)
    start.features.add(holdout, start.callbacks)


def leave_out_leaks(start: Start) -> tuple[SplitLeak, ...]:
    """Find training images of which the hold-out has a near duplicate, and leave them out of the training.

    The hold-out stays as it is: models are compared on it.

    Args:
        start: With the features of both splits computed; its `left_out` is added to.
    """
    start.callbacks.on_stage("looking for near duplicates across the split")
    manifest = start.source.manifest
    holdout, held_out = start.features.known(manifest.of_split(Split.HOLDOUT))
    training, rows = start.features.known(manifest.of_split(Split.TRAIN))

    @lru_cache(_DECODED)
    def decode(entry: DatasetEntry) -> NDArray[np.uint8]:
        return start.loader.for_evaluation([entry], start.preprocessing).pixels

    def pixels(first: int, second: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
        one, other = decode(holdout[first]), decode(training[second])
        return (one[0], other[0]) if len(one) and len(other) else None

    leaks = tuple(
        SplitLeak(
            training=training[one.second].source,
            training_sha256=training[one.second].sha256,
            holdout=holdout[one.first].source,
            holdout_sha256=holdout[one.first].sha256,
            correlation=one.correlation,
        )
        for one in find_near_duplicates(held_out, rows, pixels)
    )
    start.left_out.update(one.training_sha256 for one in leaks)
    for one in leaks:
        log.warning(
            "%s is left out of the training: it shows what %s of the hold-out shows.", one.training, one.holdout
        )
    return leaks


def audit_labels(start: Start) -> LabelAudit:
    """List the images of both splits whose label is probably wrong; labels that a person gave are trusted.

    Args:
        start: With the features of both splits computed.
    """
    manifest = start.source.manifest
    start.callbacks.on_stage("checking the labels")
    found = label_suspects(start.source, *start.features.known(manifest.entries), seed=start.config.seed)
    if found.suspects:
        log.info("%d of %d labels are probably wrong.", len(found.suspects), found.images)
    start.callbacks.on_label_suspects(found)
    shown = {one.sha256: one for one in found.suspects[:_MOST_SHOWN]}
    by_digest = {entry.sha256: entry for entry in manifest.entries if entry.sha256 in shown}
    images = start.loader.for_evaluation([by_digest[one] for one in shown], start.preprocessing)
    return LabelAudit(found, tuple(shown[digest] for digest in images.digests), images.pixels)


def label_suspects(
    source: ImageSource, entries: Sequence[DatasetEntry], features: Features, *, seed: int
) -> LabelSuspects:
    """List the images whose label is probably wrong.

    Args:
        source: The data set version.
        entries: Its images that could be decoded.
        features: Of them, [N, D].
        seed: Shuffles the images among the folds.
    """
    classes = source.manifest.classes
    labels = np.array([classes.index(entry.label) for entry in entries], dtype=np.int64)
    errors = find_label_errors(features, labels, classes, seed=seed)
    suspects = [
        LabelSuspect(
            sha256=entries[image].sha256,
            label=entries[image].label,
            suggested=classes[suggested],
            probability=float(errors.probabilities[image, suggested]),
            label_probability=float(errors.probabilities[image, labels[image]]),
            source=entries[image].source,
            split=entries[image].split,
        )
        for image, suggested in zip(errors.images, errors.suggested, strict=True)
        if not entries[image].corrected
    ]
    return LabelSuspects(
        name=source.manifest.name,
        version=source.manifest.digest,
        examined_at=datetime.now(UTC),
        images=len(entries),
        suspects=suspects,
    )
