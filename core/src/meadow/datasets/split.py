"""Which images a model never sees in training."""

from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum

from meadow.datasets.minimums import MINIMUM_HOLDOUT, MINIMUM_TRAIN

HOLDOUT_PERCENT = 25


class Split(StrEnum):
    """The part of a data set that an image belongs to."""

    TRAIN = "train"
    HOLDOUT = "holdout"


def split_of(sha256: str) -> Split:
    """Tell an image's split from its content alone, so that it can never move between the two.

    Args:
        sha256: Hexadecimal digest of the image's bytes.
    """
    return Split.HOLDOUT if _rank(sha256) < HOLDOUT_PERCENT else Split.TRAIN


def moved_splits(labels: Mapping[str, str], given: Mapping[str, Split]) -> dict[str, Split]:
    """Tell which images are not in the split of their content, so that every class has images on both sides.

    A class of two images or more gets one in the hold-out, and one of three or more two to train on: those whose
    content is nearest to the other side. Images whose split is given stay where they are.

    Args:
        labels: The label of each image, by sha256.
        given: Splits that are settled, by sha256: of an earlier version, or of the data set as it came.
    """
    of_class: dict[str, list[str]] = defaultdict(list)
    for sha256, label in labels.items():
        of_class[label].append(sha256)
    moved: dict[str, Split] = {}
    for images in of_class.values():
        movable = sorted((image for image in images if image not in given), key=lambda image: (_rank(image), image))
        split = {image: given.get(image) or split_of(image) for image in images}
        holdout = sum(each is Split.HOLDOUT for each in split.values())
        wanted = min(MINIMUM_HOLDOUT, len(images) - 1)
        to_holdout = [image for image in movable if split[image] is Split.TRAIN][: max(0, wanted - holdout)]
        most = max(wanted, len(images) - MINIMUM_TRAIN)
        to_train = [image for image in reversed(movable) if split[image] is Split.HOLDOUT][: max(0, holdout - most)]
        moved |= dict.fromkeys(to_holdout, Split.HOLDOUT) | dict.fromkeys(to_train, Split.TRAIN)
    settled = {image: split for image, split in given.items() if image in labels and split is not split_of(image)}
    return moved | settled


def _rank(sha256: str) -> int:
    return int(sha256[:8], 16) % 100
