"""Audit of a data set by the features of a pretrained network: labels that are probably wrong."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from meadow.schemas.dataset_manifest import DatasetEntry
from meadow.schemas.label_suspects import LabelSuspect, LabelSuspects
from meadow.schemas.split import Split
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.data.source import ImageSource
from meadow_trainer.evaluation.label_errors import find_label_errors
from meadow_trainer.runs.trained import Start
from meadow_trainer.training.head import Features

_MOST_SHOWN = 24

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelAudit:
    """Labels that are probably wrong, with pictures of the most certain ones."""

    found: LabelSuspects
    shown: tuple[LabelSuspect, ...]
    pixels: NDArray[np.uint8]
    """[len(shown), size, size, 3], RGB."""


def audit_labels(start: Start, holdout: EvaluationImages) -> LabelAudit:
    """List the images of both splits whose label is probably wrong; labels that a person gave are trusted.

    Args:
        start: With a pretrained network, not trained yet.
        holdout: Decoded.

    Raises:
        TrainingDataError: No training image of some class can be decoded.
        TrainingCancelledError: Cancelled by a callback.
    """
    manifest = start.source.manifest
    start.callbacks.on_stage(f"computing features of {len(manifest.entries)} images")
    start.features.of(manifest.of_split(Split.TRAIN), start.callbacks)
    start.features.add(holdout, start.callbacks)
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
