"""Waiting for a job without holding a slot."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from meadow_airflow.gateway.async_client import AsyncGateway, connected_gateway
from meadow_airflow.gateway.errors import GatewayRefusedError, GatewayUnavailableError
from meadow_airflow.gateway.models import Job
from meadow_airflow.gateway.pauses import growing_pauses

POLL_SECONDS = 20
"""How long the gateway may hold back an answer until the job has ended."""
PAUSE_SECONDS = 1.0
"""Between two polls, in case an answer is not held back."""
CANCEL_SECONDS = 20
"""Airflow gives a trigger that is ended half a minute."""

ENDED, OVERDUE, LOST = "ended", "overdue", "lost"


class JobTrigger(BaseTrigger):
    """Fires when a job has ended, is overdue, or is not there any more.

    All that it knows is in the job's id and the deadline, so any triggerer can go on with it at any time.
    """

    def __init__(self, job_id: str, deadline: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_id = job_id
        self.deadline = deadline
        """In seconds since the epoch: a trigger that starts anew has no more time than before."""
        self._told = ""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How another triggerer makes this one."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"job_id": self.job_id, "deadline": self.deadline}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until there is something to say; the task reads the job itself."""
        async with connected_gateway() as gateway:
            yield TriggerEvent(await self._outcome(gateway))

    async def on_kill(self) -> None:
        """Pass on that somebody cleared the task, or set its state: the job is not wanted any more."""
        async with asyncio.timeout(CANCEL_SECONDS), connected_gateway() as gateway:
            for pause in growing_pauses():
                try:
                    await gateway.cancel(self.job_id)
                except GatewayUnavailableError:
                    await asyncio.sleep(pause)
                else:
                    self.log.info("Job %s is cancelled.", self.job_id)
                    return

    async def _outcome(self, gateway: AsyncGateway) -> dict[str, str]:
        pauses = growing_pauses()
        while (left := self.deadline - time.time()) > 0:
            try:
                job = await gateway.job(self.job_id, wait=max(1, min(POLL_SECONDS, int(left))))
            except GatewayUnavailableError as error:
                pause = next(pauses) if error.retry_after is None else error.retry_after
                self.log.warning("%s Trying again in %.1f s.", error, pause)
                await asyncio.sleep(min(pause, left))
            except GatewayRefusedError as refusal:
                return self._event(LOST, str(refusal))
            else:
                if job.is_final:
                    return self._event(ENDED, f"Job {job.id} {job.state}.")
                self._tell(job)
                pauses = growing_pauses()
                await asyncio.sleep(PAUSE_SECONDS)
        return self._event(OVERDUE, f"Job {self.job_id} has not ended in time.")

    def _event(self, outcome: str, message: str) -> dict[str, str]:
        return {"job_id": self.job_id, "outcome": outcome, "message": message}

    def _tell(self, job: Job) -> None:
        """Log the job's progress when it has changed."""
        progress = job.progress
        news = f"{job.state} {progress.done}/{progress.total or '?'} {progress.message}" if progress else job.state
        if news != self._told:
            self.log.info("Job %s is %s", job.id, news)
            self._told = news
