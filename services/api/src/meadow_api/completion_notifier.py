"""Waking the requests that wait for a job, by one subscription for all of them."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from redis.asyncio import Redis
from redis.exceptions import RedisError

from meadow_core.background import running_beside
from meadow_core.jobs import keys
from meadow_core.settings.services import ApiSettings

RECONNECT_SECONDS = 0.5
POLL_SECONDS = 1.0
"""A notice can be lost while the subscription is down: waiters look for themselves this often."""

logger = logging.getLogger(__name__)


class CompletionNotifier:
    """Listens for finished jobs while it is open.

    Attributes:
        is_letting_go: The gateway stops, so whoever waits should answer with what there is.
    """

    def __init__(self, settings: ApiSettings) -> None:
        self._redis = Redis.from_url(settings.redis_url.get_secret_value(), socket_connect_timeout=2)
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._open = contextlib.AsyncExitStack()
        self.is_letting_go = False

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._open.push_async_callback(self._redis.aclose)
        await self._open.enter_async_context(running_beside(self._listen()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to listen."""
        await self._open.aclose()

    @contextlib.contextmanager
    def expecting(self, job_id: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when the job finishes. Enter it before the job's state is read."""
        event = asyncio.Event()
        waiting = self._waiting.setdefault(job_id, set())
        waiting.add(event)
        try:
            yield event
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(job_id, None)

    def let_go(self) -> None:
        """Wake everyone, for good."""
        self.is_letting_go = True
        for event in itertools.chain.from_iterable(self._waiting.values()):
            event.set()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(keys.FINISHED_CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            for event in self._waiting.get(message["data"].decode(), ()):
                                event.set()
            except (RedisError, OSError) as error:
                logger.warning("lost the subscription to finished jobs: %s", error)
                await asyncio.sleep(RECONNECT_SECONDS)
