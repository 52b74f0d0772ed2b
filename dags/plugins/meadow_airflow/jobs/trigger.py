"""Waiting for a job without holding a slot."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from meadow import AsyncClient, ClientError
from meadow.schemas.jobs import Job
from meadow_airflow.gateway.asking import cancel_if_active_async
from meadow_airflow.gateway.connection import connected_async_gateway
from meadow_airflow.gateway.errors import as_task_error, may_pass

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
        try:
            async with asyncio.timeout(max(self.deadline - time.time(), 0)), connected_async_gateway() as client:
                event = await self._ended(client)
        except TimeoutError:
            event = self._event(OVERDUE, f"Job {self.job_id} has not ended in time.")
        yield TriggerEvent(event)

    async def on_kill(self) -> None:
        """Pass on that somebody cleared the task, or set its state: the job is not wanted any more."""
        async with asyncio.timeout(CANCEL_SECONDS), connected_async_gateway() as client:
            await cancel_if_active_async(client, self.job_id)
        self.log.info("Job %s is cancelled.", self.job_id)

    async def _ended(self, client: AsyncClient) -> dict[str, str]:
        """Wait for the job's end, however often the gateway is away meanwhile."""
        while True:
            try:
                job = await client.job(self.job_id, wait=POLL_SECONDS)
            except ClientError as error:
                if not may_pass(error):
                    return self._event(LOST, str(as_task_error(error)))
                self.log.warning("%s It is asked again.", error)
            else:
                if job.state.is_final:
                    return self._event(ENDED, f"Job {job.id} {job.state}.")
                self._tell(job)
            await asyncio.sleep(PAUSE_SECONDS)

    def _event(self, outcome: str, message: str) -> dict[str, str]:
        return {"job_id": self.job_id, "outcome": outcome, "message": message}

    def _tell(self, job: Job) -> None:
        """Log the job's progress when it has changed."""
        progress = job.progress
        counted = f" {progress.done}/{progress.total or '?'} {progress.message}" if progress else ""
        news = f"{job.state}{counted}"
        if news != self._told:
            self.log.info("Job %s is %s", job.id, news)
            self._told = news
