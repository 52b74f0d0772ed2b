"""Split of a data set: by digest, stable, and refused for classes with too few images."""

import hashlib
from datetime import UTC, datetime

import pytest

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.minimums import MINIMUM_TRAIN
from meadow.schemas.split import Split
from meadow_trainer.data.source import split_manifest
from meadow_trainer.errors import TrainingDataError


def _manifest(**per_class: int) -> DatasetManifest:
    entries = tuple(
        DatasetEntry(sha256=hashlib.sha256(f"{label}{number}".encode()).hexdigest(), label=label, source=f"{number}")
        for label, count in per_class.items()
        for number in range(count)
    )
    return DatasetManifest(name="test", created_at=datetime.now(UTC), entries=entries)


def test_split_puts_every_image_in_exactly_one_split() -> None:
    manifest = _manifest(bee=200, fly=100)
    parts = split_manifest(manifest, 20)
    groups = [{entry.sha256 for entry in part} for part in (parts.training, parts.validation, parts.holdout)]
    assert sum(map(len, groups)) == 300
    assert len(set.union(*groups)) == 300
    assert 0.1 < len(parts.validation) / (len(parts.training) + len(parts.validation)) < 0.3


def test_holdout_split_is_the_data_sets_own() -> None:
    manifest = _manifest(bee=50, fly=50)
    assert split_manifest(manifest, 10).holdout == manifest.of_split(Split.HOLDOUT)


def test_added_images_leave_split_of_earlier_ones() -> None:
    before, after = split_manifest(_manifest(bee=50, fly=50), 10), split_manifest(_manifest(bee=80, fly=50), 10)
    assert {entry.sha256 for entry in before.validation} <= {entry.sha256 for entry in after.validation}
    assert {entry.sha256 for entry in before.training} <= {entry.sha256 for entry in after.training}


def test_single_class_raises() -> None:
    with pytest.raises(TrainingDataError, match="one class only"):
        split_manifest(_manifest(bee=50), 10)


def test_classes_with_too_few_images_are_all_named() -> None:
    with pytest.raises(TrainingDataError, match=r"too few images.*'ant' \(1 and 0\), 'fly'"):
        split_manifest(_manifest(ant=1, bee=50, fly=1), 10)


def test_small_class_keeps_all_images_for_training() -> None:
    parts = split_manifest(_manifest(bee=200, fly=200), 20)
    small = [entry.model_copy(update={"label": "ant"}) for entry in parts.validation[:2]]
    manifest = DatasetManifest(
        name="test",
        created_at=datetime.now(UTC),
        entries=(*parts.training, *small, parts.holdout[0].model_copy(update={"label": "ant"}), *parts.holdout[1:]),
    )
    assert [entry.label for entry in split_manifest(manifest, 20).training].count("ant") == 2


def test_left_out_images_are_in_no_split_unless_their_class_needs_them() -> None:
    manifest = _manifest(ant=4, bee=50)
    training = manifest.of_split(Split.TRAIN)
    left_out = {entry.sha256 for entry in training if entry.label == "ant"}
    bees = [entry.sha256 for entry in training if entry.label == "bee"][:3]
    whole, parts = split_manifest(manifest, 0), split_manifest(manifest, 0, left_out | set(bees))
    assert parts.holdout == whole.holdout
    assert len([one for one in parts.training if one.label == "ant"]) == MINIMUM_TRAIN
    assert {one.sha256 for one in whole.training} - {one.sha256 for one in parts.training} >= set(bees)
