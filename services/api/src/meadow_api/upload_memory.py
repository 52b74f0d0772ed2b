"""How many bytes of large uploads are in memory at a time; further ones wait, unread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meadow.schemas.problems import ProblemCode
from meadow.sizes import MEBIBYTE
from meadow_core.errors import ProblemError

LARGE_BYTES = MEBIBYTE
"""Smaller bodies do not wait for room: a few that come in slowly must not hold up everybody."""
WAIT_SECONDS = 30.0
RETRY_AFTER_SECONDS = 5


class UploadMemory:
    """Room for large bodies, given out in the order in which it is asked for."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._turn = asyncio.Lock()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Wait until there is room for a body, and keep it while the body is in memory.

        Raises:
            ProblemError: There is none for long (503).
        """
        if size < LARGE_BYTES:
            yield
            return
        size = min(size, self._limit)
        try:
            async with asyncio.timeout(WAIT_SECONDS), self._turn, self._freed:
                await self._freed.wait_for(lambda: self._used + size <= self._limit)
                self._used += size
        except TimeoutError as error:
            raise ProblemError(
                ProblemCode.OVERLOADED,
                f"Other uploads have filled the {self._limit:,} bytes that large images may take in memory for "
                f"{WAIT_SECONDS:.0f} s. Try again in {RETRY_AFTER_SECONDS} s.",
                retry_after=RETRY_AFTER_SECONDS,
            ) from error
        try:
            yield
        finally:
            async with self._freed:
                self._used -= size
                self._freed.notify_all()
