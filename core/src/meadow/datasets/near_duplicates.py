"""What becomes of images that look nearly the same."""

from enum import StrEnum


class NearDuplicates(StrEnum):
    """What becomes of images that look nearly the same, though their bytes differ."""

    AUTO = "auto"
    """Drop them, unless that takes a class away or puts many labels in dispute, as under a fixed camera."""
    DROP = "drop"
    """One of each group is taken; none if their labels differ."""
    KEEP = "keep"
    """All are taken."""
