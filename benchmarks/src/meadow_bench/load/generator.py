"""Concurrent clients in one thread: each asks, waits for its answer, and asks again."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, takewhile
from pathlib import Path
from typing import Generic, TypeVar

from meadow_bench.errors import BenchmarkError
from meadow_bench.load.connection import Connection, ConnectionBrokenError
from meadow_bench.load.target import Target, UnexpectedAnswerError

T = TypeVar("T")

MILLISECONDS = 1000
FAILURES_SHOWN = 3


@dataclass
class LoadRun(Generic[T]):
    """What came of a number of requests."""

    seconds: float = 0.0
    """From the first request's first byte to the last answer's last."""
    user_seconds: float = 0.0
    """CPU time of the generator itself."""
    system_seconds: float = 0.0
    answers: list[tuple[str, T]] = field(default_factory=list)
    """With the name of the image, in the order in which they came."""
    milliseconds: list[float] = field(default_factory=list)
    """Of each request that was answered."""
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.milliseconds) / self.seconds

    def require_clean(self, who: str, requests: int) -> None:
        """Refuse a run in which not every request was answered.

        Raises:
            BenchmarkError: Says what was answered instead.
        """
        if self.failures or len(self.milliseconds) != requests:
            told = "; ".join(self.failures[:FAILURES_SHOWN])
            raise BenchmarkError(f"{who} answered {len(self.milliseconds)} of {requests} requests: {told}")


def load(
    target: Target[T], images: Sequence[Path], *, clients: int, warm_up: int = 0, seconds: float = 0
) -> LoadRun[T]:
    """Send each image once, from so many clients at a time.

    Args:
        target: Where to.
        images: Files; their names name the answers.
        clients: Each has a connection of its own.
        warm_up: So many images are sent before the clock starts, and again afterwards.
        seconds: Go through the images again and again for so long, instead of once.
    """
    return asyncio.run(_load(target, images, clients, warm_up, seconds))


async def _load(target: Target[T], images: Sequence[Path], clients: int, warm_up: int, seconds: float) -> LoadRun[T]:
    warm: LoadRun[T] = LoadRun()
    await _all(target, iter(images[:warm_up]), clients, warm)
    run: LoadRun[T] = LoadRun(failures=warm.failures)
    began, before = time.perf_counter(), os.times()
    await _all(target, _again(images, seconds) if seconds else iter(images), clients, run)
    run.seconds, after = time.perf_counter() - began, os.times()
    run.user_seconds, run.system_seconds = after.user - before.user, after.system - before.system
    return run


def _again(images: Sequence[Path], seconds: float) -> Iterator[Path]:
    end = time.perf_counter() + seconds
    return takewhile(lambda _: time.perf_counter() < end, cycle(images))


async def _all(target: Target[T], waiting: Iterator[Path], clients: int, run: LoadRun[T]) -> None:
    """Send all images; connections are new, because a server may have closed those of the warm-up meanwhile."""
    connections = [Connection(target.port) for _ in range(clients)]
    try:
        async with asyncio.TaskGroup() as group:
            for connection in connections:
                group.create_task(_client(target, waiting, connection, run))
    finally:
        for connection in connections:
            connection.close()


async def _client(target: Target[T], waiting: Iterator[Path], connection: Connection, run: LoadRun[T]) -> None:
    for image in waiting:
        request = target.request(image.read_bytes())
        began = time.perf_counter()
        try:
            answer = target.read(await connection.ask(request))
        except (ConnectionBrokenError, UnexpectedAnswerError) as error:
            connection.close()
            run.failures.append(f"{image.name}: {error}")
            continue
        run.milliseconds.append((time.perf_counter() - began) * MILLISECONDS)
        run.answers.append((image.name, answer))
