"""Image source of a run, and its split into training, validation and hold-out images."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.minimums import MINIMUM_HOLDOUT, MINIMUM_TRAIN
from meadow.schemas.split import Split
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.rejection import Rejection
from meadow_trainer.errors import TrainingDataError


@dataclass(frozen=True)
class ImageSource:
    """A data set version, with a function that reads its images."""

    manifest: DatasetManifest
    read: Callable[[DatasetEntry], bytes]
    rejected: tuple[Rejection, ...] = ()
    """Images rejected while it was made."""
    load_version: Callable[[str], DatasetManifest] | None = None
    """Returns a version of the same data set by its digest, or raises DatasetError; None where none is kept."""


def catalog_source(catalog: DatasetCatalog, name: str, digest: str | None) -> ImageSource:
    """Return a published version; the newest when no digest is given.

    Raises:
        DatasetError: There is no such data set or version.
    """
    manifest = catalog.load(name, digest)
    return ImageSource(manifest, catalog.read_image, load_version=lambda version: catalog.load(name, version))


@dataclass(frozen=True)
class Splits:
    """A version's images by split. No image is in two splits."""

    training: list[DatasetEntry]
    validation: list[DatasetEntry]
    holdout: list[DatasetEntry]


def split_manifest(
    manifest: DatasetManifest, validation_percent: int, left_out: Collection[str] = frozenset()
) -> Splits:
    """Split a version by the digests of its images, so that the split is the same in every run.

    The validation split is taken from the training split; the hold-out is the data set's own.

    Args:
        manifest: The version.
        validation_percent: Of the training split.
        left_out: Digests of training images in no split, unless their class would become too small.

    Raises:
        TrainingDataError: A class has too few training images, or none in the hold-out.
    """
    training: list[DatasetEntry] = []
    validation: list[DatasetEntry] = []
    entries = manifest.of_split(Split.TRAIN)
    left = Counter(entry.label for entry in entries)
    for entry in entries:
        if entry.sha256 in left_out and left[entry.label] > MINIMUM_TRAIN:
            left[entry.label] -= 1
            continue
        # Other digits than those that select the hold-out: the two choices are independent.
        kept_back = int(entry.sha256[8:16], 16) % 100 < validation_percent
        # All images of a small class are needed for training.
        if kept_back and left[entry.label] > MINIMUM_TRAIN:
            left[entry.label] -= 1
            validation.append(entry)
        else:
            training.append(entry)
    holdout = manifest.of_split(Split.HOLDOUT)
    if len(manifest.classes) < 2:  # noqa: PLR2004 - a classifier needs two classes
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
