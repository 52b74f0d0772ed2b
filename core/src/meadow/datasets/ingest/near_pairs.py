"""Finding all pairs of hashes that differ in few bits, without comparing each with each.

Two hashes that differ in at most k bits agree in at least one of k + 1 slices (the pigeonhole principle), so only those
within a slice's bucket are compared: Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with Multi-Index
Hashing" (CVPR 2012).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from meadow.datasets.ingest.look import HASH_BYTES

BLOCK = 1024
"""Rows that are compared with a bucket at a time: bounds memory where many images look alike."""


def near_pairs(hashes: list[bytes], bits: int) -> Iterator[tuple[int, int]]:
    """Yield every pair of places whose hashes differ in at most `bits` bits, once, the smaller place first."""
    if not hashes:
        return
    table = np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, HASH_BYTES)
    words = table.view(np.uint64)
    slices = _slices(table, bits + 1)
    for number, values in enumerate(slices):
        order = np.argsort(values, kind="stable")
        starts = np.flatnonzero(np.diff(values[order], prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
            if end - start > 1:
                yield from _in_bucket(words, order[start:end], bits, slices[:number])


def _in_bucket(
    words: NDArray[np.uint64], members: NDArray[np.intp], bits: int, earlier: list[NDArray[np.int64]]
) -> Iterator[tuple[int, int]]:
    """Compare the members of a bucket; a pair that an earlier slice put together was yielded there."""
    for begin in range(0, len(members), BLOCK):
        rows = members[begin : begin + BLOCK]
        columns = members[begin:]
        distances = np.bitwise_count(words[rows, None] ^ words[None, columns]).sum(axis=2)
        for row, column in zip(*np.nonzero(distances <= bits), strict=True):
            first, second = int(rows[row]), int(columns[column])
            # The stable sort keeps the members of a bucket in ascending order.
            if first < second and not any(values[first] == values[second] for values in earlier):
                yield first, second


def _slices(table: NDArray[np.uint8], count: int) -> list[NDArray[np.int64]]:
    """Cut the hashes into slices of nearly equal length, each as one number."""
    bits = np.unpackbits(table, axis=1)
    return [part @ (1 << np.arange(part.shape[1], dtype=np.int64)) for part in np.array_split(bits, count, axis=1)]
