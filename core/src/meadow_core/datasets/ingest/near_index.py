"""Finding the hashes that differ from one in few bits, without comparing it with each.

Two hashes that differ in at most k bits agree in at least one of k + 1 slices (the pigeonhole principle), so only those
that share a slice are compared: Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with Multi-Index Hashing"
(CVPR 2012).
"""

from collections import defaultdict
from itertools import pairwise

BITS = 128


class NearIndex:
    """Hashes of 128 bits that can be looked up by others near them."""

    def __init__(self, bits: int) -> None:
        """Find hashes that differ in at most `bits` bits."""
        self._bits = bits
        count = bits + 1
        edges = [BITS * number // count for number in range(count + 1)]
        self._slices = [(start, (1 << (end - start)) - 1) for start, end in pairwise(edges)]
        self._buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._hashes: list[int] = []

    def add(self, hash_bytes: bytes) -> int:
        """Add a hash; return its place, counted from 0."""
        value = int.from_bytes(hash_bytes)
        place = len(self._hashes)
        self._hashes.append(value)
        for start, mask in self._slices:
            self._buckets[start, (value >> start) & mask].append(place)
        return place

    def near(self, hash_bytes: bytes) -> list[tuple[int, int]]:
        """Return the distance in bits and the place of each hash that is near, the nearest first."""
        value = int.from_bytes(hash_bytes)
        candidates: set[int] = set()
        for start, mask in self._slices:
            if bucket := self._buckets.get((start, (value >> start) & mask)):
                candidates.update(bucket)
        distances = ((value ^ self._hashes[place]).bit_count() for place in candidates)
        return sorted(pair for pair in zip(distances, candidates, strict=True) if pair[0] <= self._bits)
