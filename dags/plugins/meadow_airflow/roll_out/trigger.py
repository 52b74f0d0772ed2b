"""Waiting for the workers without holding a slot."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from meadow_airflow.gateway.async_client import AsyncGateway, connected_gateway
from meadow_airflow.gateway.errors import GatewayUnavailableError
from meadow_airflow.gateway.models import ModelRef
from meadow_airflow.roll_out.progress import roll_out_of

POLL_SECONDS = 1.0


class RollOutTrigger(BaseTrigger):
    """Fires when every worker serves a version, when one refuses it, or when time is up."""

    def __init__(self, model: dict[str, str], deadline: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model
        self.deadline = deadline

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How another triggerer makes this one."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"model": self.model, "deadline": self.deadline}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until there is something to say."""
        async with connected_gateway() as gateway:
            yield TriggerEvent(await self._outcome(gateway))

    async def _outcome(self, gateway: AsyncGateway) -> dict[str, object]:
        ref, message = ModelRef.model_validate(self.model), "The workers were not asked."
        while True:
            try:
                state = roll_out_of(ref, await gateway.status())
            except GatewayUnavailableError as error:
                message = str(error)
            else:
                if state.message != message:
                    self.log.info("Version %s: %s", ref.version, state.message)
                message = state.message
                if state.done or state.failed:
                    return {"done": state.done, "message": message}
            if time.time() >= self.deadline:
                return {"done": False, "message": f"Time is up; {message}"}
            await asyncio.sleep(POLL_SECONDS)
