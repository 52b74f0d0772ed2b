"""Keeping the last reading of quality for Prometheus: it asks the registry, which no scrape should wait for."""

import asyncio
import contextlib
import logging
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

from meadow_api.quality_reading import QualityReading, read_quality
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_core.settings.services import ApiSettings

WINDOW_HOURS = 24
FRESH_SECONDS = 30.0
PATIENCE_SECONDS = 1.0
"""How long a scrape waits for a reading; then it takes the one before."""

logger = logging.getLogger(__name__)


class QualityWatch:
    """Reads at most every half a minute, and only while somebody scrapes."""

    def __init__(
        self, redis: Redis, registry: ModelRegistry, settings: ApiSettings, *, fresh_seconds: float = FRESH_SECONDS
    ) -> None:
        self._redis = redis
        self._registry = registry
        self._settings = settings
        self._fresh_seconds = fresh_seconds
        self._reading: QualityReading | None = None
        self._begun = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._registry_up: bool | None = None

    @property
    def registry_up(self) -> bool | None:
        """Whether the registry answered last; None before it was asked."""
        return self._registry_up

    async def latest(self) -> QualityReading | None:
        """Return the last reading, a fresh one if it comes quickly; None before the first, and during an outage."""
        now = time.monotonic()
        if self._task is None and now - self._begun >= self._fresh_seconds:
            self._begun = now
            self._task = asyncio.create_task(self._read())
        if self._task is not None:
            await asyncio.wait([self._task], timeout=PATIENCE_SECONDS)
        return self._reading

    async def close(self) -> None:
        """End a reading that is under way."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _read(self) -> None:
        try:
            self._reading = await read_quality(self._redis, self._registry, self._settings, WINDOW_HOURS)
            self._registry_up = True
        except RegistryError as error:
            # Old numbers would look like new ones.
            self._reading, self._registry_up = None, False
            logger.warning("cannot read the quality of answers: %s", error)
        except RedisError as error:
            self._reading = None
            logger.warning("cannot read the quality of answers: %s", error)
        except Exception:
            self._reading = None
            logger.exception("failed to read the quality of answers")
        finally:
            self._task = None
