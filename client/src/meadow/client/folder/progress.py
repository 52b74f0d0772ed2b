"""How far a run has come."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class FolderProgress:
    """Counts of images."""

    total: int
    uploaded: int
    done: int


Report = Callable[[FolderProgress], None]
