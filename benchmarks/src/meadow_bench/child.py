"""Running a function in a process of its own, started afresh.

Its CPU time and memory are its own, and the harness stays light enough to measure others.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a module's function in a child and wait for what it returns."""
    with running(function, *args, **kwargs) as future:
        return future.result()


@contextmanager
def running(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Iterator["Future[T]"]:
    """Call a module's function in a child while the block goes on."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool.submit(function, *args, **kwargs)
