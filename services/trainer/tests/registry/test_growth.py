"""Training images of two versions."""

from datetime import UTC, datetime

import pytest

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.split import Split
from meadow_trainer.registry.growth import TrainingGrowth


def _version(numbers: range, label: str = "bee", split: Split = Split.TRAIN) -> DatasetManifest:
    entries = tuple(
        DatasetEntry(sha256=f"{number:064x}", label=label, source="here", moved_to=split) for number in numbers
    )
    return DatasetManifest(name="lawns", created_at=datetime.now(UTC), entries=entries)


def test_training_images_are_counted_whatever_their_labels() -> None:
    growth = TrainingGrowth.between(_version(range(100)), _version(range(2, 150), label="fly"))
    assert growth == TrainingGrowth(before=100, now=148, kept=98)
    assert growth.more == pytest.approx(0.48)


def test_other_images_are_no_growth() -> None:
    assert TrainingGrowth.between(_version(range(100)), _version(range(50, 300))).more == 0


def test_holdout_does_not_count() -> None:
    assert TrainingGrowth.between(_version(range(9)), _version(range(99), split=Split.HOLDOUT)).now == 0


@pytest.mark.parametrize("now", [range(99), range(100)])
def test_fewer_or_the_same_images_are_no_growth(now: range) -> None:
    assert TrainingGrowth.between(_version(range(100)), _version(now)).more == 0
