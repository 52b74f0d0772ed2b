"""Both clients behind one face, so that a test of one is a test of the other."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from meadow.client import AsyncClient, Client
from meadow.client.aio import downloads as async_downloads
from meadow.client.aio import file_upload as async_file_upload
from meadow.client.aio.transport import AsyncTransport
from meadow.client.downloads import read_lines
from meadow.client.file_upload import put_file
from meadow.client.transport import Transport


class Blocking:
    """Waits for whatever an asynchronous object's methods return, so that one test can be of both clients."""

    def __init__(self, wrapped: object, runner: asyncio.Runner) -> None:
        self.wrapped = wrapped
        self._runner = runner

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it has
        found = getattr(self.wrapped, "aclose" if name == "close" else name)
        return blocking(found, self._runner) if callable(found) else found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def blocking(function: Callable[..., Any], runner: asyncio.Runner) -> Callable[..., Any]:
    """Wrap a function that returns something to be waited for."""

    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        result = function(*[arg.wrapped if isinstance(arg, Blocking) else arg for arg in args], **kwargs)
        if inspect.isasyncgen(result):
            return _iterate(result, runner)
        return runner.run(result) if inspect.iscoroutine(result) else result

    return call


def _iterate(generator: Any, runner: asyncio.Runner) -> Iterator[Any]:  # noqa: ANN401
    async def step() -> Any:  # noqa: ANN401
        return await anext(generator)

    try:
        while True:
            try:
                item = runner.run(step())
            except StopAsyncIteration:
                return
            yield item
    finally:
        runner.run(generator.aclose())


@dataclass(frozen=True)
class Side:
    """One of the two clients, and what it is made of."""

    client: Callable[..., Client]
    settings_client: Callable[..., Client]
    transport: Callable[..., Transport]
    read_lines: Callable[..., Iterator[bytes]]
    put_file: Callable[..., None]


SYNC = Side(Client, Client.from_settings, Transport, read_lines, put_file)


@contextmanager
def asynchronous_side() -> Iterator[Side]:
    """The asynchronous client on an event loop of its own."""
    with asyncio.Runner() as runner:

        def wrap(make: Callable[..., object]) -> Callable[..., Any]:
            return lambda *args, **kwargs: Blocking(make(*args, **kwargs), runner)

        yield Side(
            wrap(AsyncClient),
            wrap(AsyncClient.from_settings),
            wrap(AsyncTransport),
            blocking(async_downloads.read_lines, runner),
            blocking(async_file_upload.put_file, runner),
        )
