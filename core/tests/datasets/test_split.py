import hashlib
from datetime import UTC, datetime

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.split import Split, split_of

HASHES = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(4000)]


def test_a_quarter_is_held_out() -> None:
    held_out = sum(split_of(sha256) is Split.HOLDOUT for sha256 in HASHES)
    # Four standard deviations of 4000 fair draws.
    assert abs(held_out / len(HASHES) - 0.25) < 4 * (0.25 * 0.75 / len(HASHES)) ** 0.5


def test_known_images_stay_where_they_are() -> None:
    """A change here would move images that a registered model has trained on into its hold-out."""
    assert [split_of(sha256) for sha256 in HASHES[:8]] == [
        Split(name) for name in ("train", "holdout", "train", "holdout", "holdout", "train", "holdout", "train")
    ]


def test_neither_label_nor_name_nor_neighbours_move_an_image() -> None:
    entries = [DatasetEntry(sha256=sha256, label="grass", source=sha256) for sha256 in HASHES[:100]]
    renamed = [entry.model_copy(update={"label": "moss", "source": "x"}) for entry in entries[::-2]]
    small = DatasetManifest(name="small", created_at=datetime.now(UTC), entries=tuple(renamed))
    for split in Split:
        large = {entry.sha256 for entry in entries if entry.split is split}
        assert {entry.sha256 for entry in small.of_split(split)} == large & {entry.sha256 for entry in renamed}
