"""What did not get into a version, and why."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an image is left out."""

    UNREACHABLE = "unreachable"
    REFUSED_ADDRESS = "refused-address"
    TOO_LARGE = "too-large"
    WRONG_TYPE = "wrong-type"
    UNDECODABLE = "undecodable"
    TOO_MANY_PIXELS = "too-many-pixels"
    NEAR_EMPTY = "near-empty"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    CONFLICTING_LABELS = "conflicting-labels"
    CORRECTED = "corrected"
    LABEL_MISSING = "label-missing"
    UNKNOWN_CLASS = "unknown-class"

    @property
    def is_failure(self) -> bool:
        """Whether the image could not be had or read at all; the others were looked at and left out on purpose."""
        return self in FAILURES


FAILURES = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.REFUSED_ADDRESS,
        Reason.TOO_LARGE,
        Reason.WRONG_TYPE,
        Reason.UNDECODABLE,
        Reason.TOO_MANY_PIXELS,
    }
)
