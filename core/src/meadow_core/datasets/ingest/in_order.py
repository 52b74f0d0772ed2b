"""Working on many things at a time and getting the results in the order of the things."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 512
"""Results that may wait for a slow one before them."""


def in_order(pool: ThreadPoolExecutor, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """Yield what `work` makes of each thing; only so many things are taken from their iterator in advance."""
    waiting: deque[Future[R]] = deque()
    for thing in things:
        waiting.append(pool.submit(work, thing))
        if len(waiting) >= AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
