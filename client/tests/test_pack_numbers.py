import pytest

from meadow.schemas.pack_numbers import PackNumbers


def bitmap(numbers: set[int]) -> bytes:
    """As Redis keeps it: bit 0 is the highest of the first byte."""
    size = max(numbers, default=-1) // 8 + 1
    return bytes(sum(0x80 >> bit for bit in range(8) if place * 8 + bit in numbers) for place in range(size))


@pytest.mark.parametrize(
    ("numbers", "ranges"),
    [(set(), []), ({0}, [(0, 0)]), ({7, 8, 9}, [(7, 9)]), ({0, 2, 3, 30}, [(0, 0), (2, 3), (30, 30)])],
)
def test_a_bitmap_is_read_as_ranges(numbers: set[int], ranges: list[tuple[int, int]]) -> None:
    assert PackNumbers.from_bitmap(bitmap(numbers)) == PackNumbers(count=len(numbers), ranges=ranges)


def test_what_is_missing_is_what_is_not_there() -> None:
    for packs in (0, 1, 20, 100):
        numbers = {number for number in range(packs + 10) if number % 7 in {0, 1, 4}}
        assert list(PackNumbers.from_bitmap(bitmap(numbers)).missing(packs)) == sorted(set(range(packs)) - numbers)
