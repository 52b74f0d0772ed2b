import time

import numpy as np
import pytest

from meadow_core.datasets.ingest.near_index import NearIndex


@pytest.mark.parametrize("bits", [0, 3, 10])
def test_all_near_hashes_are_found_nearest_first(bits: int) -> None:
    generator = np.random.default_rng(bits)
    # Few distinct bytes, so that buckets are full and distances small.
    table = generator.choice(np.array([0, 1, 3, 255], dtype=np.uint8), (300, 16), p=[0.7, 0.1, 0.1, 0.1])
    index = NearIndex(bits)
    assert [index.add(row.tobytes()) for row in table] == list(range(300))
    found_any = False
    for row in table[:50]:
        distances = [int(np.bitwise_count(row ^ other).sum()) for other in table]
        expected = sorted((distance, place) for place, distance in enumerate(distances) if distance <= bits)
        assert index.near(row.tobytes()) == expected
        found_any = found_any or len(expected) > 1
    assert bits < 10 or found_any


def test_nothing_is_near_in_nothing() -> None:
    assert NearIndex(10).near(bytes(16)) == []


@pytest.mark.slow
def test_a_hundred_thousand_hashes_are_looked_up_in_seconds() -> None:
    generator = np.random.default_rng(0)
    table = generator.integers(0, 256, (100_000, 16), dtype=np.uint8)
    for copy in range(100):
        unpacked = np.unpackbits(table[copy])
        unpacked[generator.choice(128, 10, replace=False)] ^= 1
        table[50_000 + copy] = np.packbits(unpacked)
    began = time.process_time()
    index, found = NearIndex(10), set()
    for place, row in enumerate(table):
        found |= {(other, place) for _, other in index.near(row.tobytes())}
        index.add(row.tobytes())
    assert found == {(copy, 50_000 + copy) for copy in range(100)}
    assert time.process_time() - began < 60
