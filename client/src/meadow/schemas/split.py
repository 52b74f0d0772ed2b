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
    return Split.HOLDOUT if content_rank(sha256) < HOLDOUT_PERCENT else Split.TRAIN


def content_rank(sha256: str) -> int:
    """Rank an image from 0 to 99 by its content; the hold-out is what comes first."""
    return int(sha256[:8], 16) % 100
