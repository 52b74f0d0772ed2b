"""Which packs of a batch are in, written as ranges: a million packs in order are one pair of numbers."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field, WithJsonSchema

_BYTE = 8
Range = Annotated[
    tuple[int, int],
    # The plainest schema that says so: generators of clients rarely know `prefixItems`.
    WithJsonSchema({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}),
]


class PackNumbers(BaseModel):
    """A set of pack numbers."""

    count: int = Field(description="How many there are.")
    ranges: list[Range] = Field(
        description="First and last number of each run, in order.", examples=[[(0, 41), (43, 50)]]
    )

    @classmethod
    def from_bitmap(cls, bitmap: bytes) -> "PackNumbers":
        """Read a Redis bitmap, whose first bit is the highest of the first byte."""
        ranges: list[tuple[int, int]] = []
        for number in _set_bits(bitmap):
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1] = (ranges[-1][0], number)
            else:
                ranges.append((number, number))
        return cls(count=sum(last - first + 1 for first, last in ranges), ranges=ranges)

    def missing(self, packs: int) -> Iterator[int]:
        """Yield the numbers below `packs` that are not among them."""
        start = 0
        for first, last in self.ranges:
            yield from range(start, min(first, packs))
            start = last + 1
        yield from range(start, packs)


def _set_bits(bitmap: bytes) -> Iterator[int]:
    for place, byte in enumerate(bitmap):
        if byte:
            yield from (place * _BYTE + bit for bit in range(_BYTE) if byte & (0x80 >> bit))
