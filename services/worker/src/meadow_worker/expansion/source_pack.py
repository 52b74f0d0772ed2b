"""What a source gives, piece by piece."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

KeyOf = Callable[[str, int], str]
"""Makes an object's key from the batch's id and the pack's number."""


@dataclass(frozen=True)
class SourcePack:
    """A pack that is not stored yet."""

    images: int
    cursor: str
    """Where the source goes on behind it."""
    parts: tuple[tuple[KeyOf, bytes], ...]
    """What is stored before the pack counts as added."""
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """What lies between the cursor of the piece before and this one and is no image."""


@dataclass(frozen=True)
class Pause:
    """A stretch of the source without images: a moment to look whether to go on."""

    cursor: str
    passed_over: Mapping[str, int]
    """As above."""
