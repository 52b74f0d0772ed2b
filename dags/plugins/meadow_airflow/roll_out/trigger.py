"""Waiting for the workers without holding a slot."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from meadow import AsyncClient, ClientError
from meadow.schemas.models import ModelRef
from meadow_airflow.gateway.connection import connected_async_gateway
from meadow_airflow.gateway.errors import as_task_error, may_pass
from meadow_airflow.roll_out.progress import roll_out_of

POLL_SECONDS = 1.0


class RollOutTrigger(BaseTrigger):
    """Fires when every worker serves a version, when one refuses it, or when time is up."""

    def __init__(self, model: dict[str, str], deadline: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model
        self.deadline = deadline
        self._message = "The workers were not asked."

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How another triggerer makes this one."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"model": self.model, "deadline": self.deadline}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until there is something to say."""
        try:
            async with asyncio.timeout(max(self.deadline - time.time(), 0)), connected_async_gateway() as client:
                event = await self._outcome(client)
        except TimeoutError:
            event = {"done": False, "message": f"Time is up; {self._message}"}
        yield TriggerEvent(event)

    async def _outcome(self, client: AsyncClient) -> dict[str, object]:
        ref = ModelRef.model_validate(self.model)
        while True:
            try:
                state = roll_out_of(ref, await client.status())
            except ClientError as error:
                if not may_pass(error):
                    raise as_task_error(error) from error
                self._message = str(error)
            else:
                if state.message != self._message:
                    self.log.info("Version %s: %s", ref.version, state.message)
                self._message = state.message
                if state.done or state.failed:
                    return {"done": state.done, "message": state.message}
            await asyncio.sleep(POLL_SECONDS)
