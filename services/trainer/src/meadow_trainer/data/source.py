"""Where a run's labelled images come from, and which of them are for what."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from meadow.datasets.catalog import DatasetCatalog
from meadow.datasets.manifest import DatasetEntry, DatasetManifest
from meadow.datasets.minimums import MINIMUM_HOLDOUT, MINIMUM_TRAIN
from meadow.datasets.rejection import Rejection
from meadow.datasets.split import Split
from meadow_trainer.errors import TrainingDataError


@dataclass(frozen=True)
class ImageSource:
    """A data set version and the way to its bytes."""

    manifest: DatasetManifest
    read: Callable[[DatasetEntry], bytes]
    rejected: tuple[Rejection, ...] = ()
    """What was left out of it just now."""


def catalog_source(catalog: DatasetCatalog, name: str, digest: str | None) -> ImageSource:
    """Take a published version; the newest when no digest is given.

    Raises:
        DatasetError: There is no such data set or version.
    """
    return ImageSource(catalog.load(name, digest), catalog.read_image)


@dataclass(frozen=True)
class Splits:
    """A version's images by what they are for. No image is in two parts."""

    training: list[DatasetEntry]
    validation: list[DatasetEntry]
    holdout: list[DatasetEntry]


def split_manifest(manifest: DatasetManifest, validation_percent: int) -> Splits:
    """Divide a version by the content of its images, so that every run with it divides it alike.

    The validation part is cut out of the training part; the hold-out is the data set's own.

    Raises:
        TrainingDataError: A class has too few images in the training part, or none in the hold-out.
    """
    training: list[DatasetEntry] = []
    validation: list[DatasetEntry] = []
    entries = manifest.of_split(Split.TRAIN)
    left = Counter(entry.label for entry in entries)
    for entry in entries:
        # Other digits than those that decided about the hold-out: the two choices are independent.
        kept_back = int(entry.sha256[8:16], 16) % 100 < validation_percent
        # A small class is needed whole to learn from.
        if kept_back and left[entry.label] > MINIMUM_TRAIN:
            left[entry.label] -= 1
            validation.append(entry)
        else:
            training.append(entry)
    holdout = manifest.of_split(Split.HOLDOUT)
    if len(manifest.classes) < 2:  # noqa: PLR2004 - telling one class from nothing is no task
        raise TrainingDataError(
            f"Data set {manifest.name!r} has one class only ({', '.join(manifest.classes)}); two are needed at least."
        )
    learned = Counter(entry.label for entry in training)
    held_out = Counter(entry.label for entry in holdout)
    small = [one for one in manifest.classes if learned[one] < MINIMUM_TRAIN or held_out[one] < MINIMUM_HOLDOUT]
    if small:
        counts = ", ".join(f"{label!r} ({learned[label]} and {held_out[label]})" for label in small)
        raise TrainingDataError(
            f"Data set {manifest.name!r} has classes with too few images, to train on and in the hold-out: {counts}. "
            f"At least {MINIMUM_TRAIN} and {MINIMUM_HOLDOUT} are needed. Add images, or take these classes out."
        )
    return Splits(training, validation, holdout)
