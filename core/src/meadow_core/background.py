"""Tasks that run beside something else, and end with it."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TypeVar

T = TypeVar("T")

_PATIENCE_SECONDS = 0.5


@contextlib.asynccontextmanager
async def running_beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` while this is open, and cancel it at the end.

    It is cancelled again until it ends: `asyncio.wait_for` of Python 3.11, with which the Redis client writes, drops a
    cancellation that comes as what it waits for is done.

    Raises:
        Exception: What ended `work` before it was cancelled.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_PATIENCE_SECONDS)
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


async def in_own_thread(work: Callable[[], T]) -> T:
    """Run what blocks in a thread that nobody waits for at the end of the process.

    The threads of `asyncio.to_thread` are waited for: one that asks a server which hangs would hold up the end.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(settling: Callable[[], None]) -> None:
        # The caller may have gone meanwhile, and the loop with it.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: None if outcome.done() else settling())

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must hear of it
            fault = error
            settle(lambda: outcome.set_exception(fault))
        else:
            settle(lambda: outcome.set_result(result))

    threading.Thread(target=run, daemon=True).start()
    return await outcome
