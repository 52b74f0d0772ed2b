"""Tasks that run beside something else, and end with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine

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
