"""Which images a model never sees in training."""

from enum import StrEnum

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
    return Split.HOLDOUT if int(sha256[:8], 16) % 100 < HOLDOUT_PERCENT else Split.TRAIN
