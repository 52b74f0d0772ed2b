"""The system as a whole: what it accepts, how it is, and how good its answers are."""

from meadow.client.aio.calls.base import AsyncCalls
from meadow.client.wire import parsed
from meadow.schemas.limits import Limits
from meadow.schemas.quality import QualityReport
from meadow.schemas.readiness import Readiness
from meadow.schemas.status import SystemStatus


class AsyncSystemCalls(AsyncCalls):
    """What is known beside jobs, data and models."""

    async def limits(self) -> Limits:
        """What the gateway accepts."""
        return parsed(Limits, await self._transport.send("GET", "/v1/limits"))

    async def status(self) -> SystemStatus:
        """Queues and workers at a glance."""
        return parsed(SystemStatus, await self._transport.send("GET", "/v1/status"))

    async def readiness(self) -> Readiness:
        """What the gateway says of the parts it needs; that one is missing is an answer, not a problem."""
        return parsed(Readiness, await self._transport.once("/readyz"))

    async def quality(self, *, window_hours: int | None = None) -> QualityReport:
        """How good the answers of the model in production are, as far as can be told."""
        params = {"window_hours": window_hours} if window_hours else {}
        return parsed(QualityReport, await self._transport.send("GET", "/v1/quality", params=params))
