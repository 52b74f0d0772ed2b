import itertools
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow.datasets.ingest.near_pairs import near_pairs


def hashes_of(table: NDArray[np.uint8]) -> list[bytes]:
    return [row.tobytes() for row in table]


def flip(table: NDArray[np.uint8], row: int, bits: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    unpacked = np.unpackbits(table[row])
    unpacked[generator.choice(128, bits, replace=False)] ^= 1
    return np.packbits(unpacked)


@pytest.mark.parametrize("bits", [0, 3, 10])
def test_all_pairs_are_found_each_once(bits: int) -> None:
    generator = np.random.default_rng(bits)
    # Few distinct bytes, so that buckets are full and distances small.
    table = generator.choice(np.array([0, 1, 3, 255], dtype=np.uint8), (300, 16), p=[0.7, 0.1, 0.1, 0.1])
    expected = {
        (one, other)
        for one, other in itertools.combinations(range(len(table)), 2)
        if int(np.bitwise_count(table[one] ^ table[other]).sum()) <= bits
    }
    found = list(near_pairs(hashes_of(table), bits))
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert bits < 10 or expected


def test_nothing_is_near_in_nothing() -> None:
    assert list(near_pairs([], 10)) == []
    assert list(near_pairs([bytes(16)], 10)) == []


def test_a_hundred_thousand_are_compared_in_seconds() -> None:
    generator = np.random.default_rng(0)
    table = generator.integers(0, 256, (100_000, 16), dtype=np.uint8)
    for copy in range(100):
        table[50_000 + copy] = flip(table, copy, 10, generator)
    began = time.monotonic()
    found = set(near_pairs(hashes_of(table), 10))
    assert found == {(copy, 50_000 + copy) for copy in range(100)}
    assert time.monotonic() - began < 60
