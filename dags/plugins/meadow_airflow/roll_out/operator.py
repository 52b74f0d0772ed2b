"""A task that ends when every worker serves a new version."""

import time
from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from meadow.schemas.models import ModelRef
from meadow_airflow.gateway.asking import model_in_production
from meadow_airflow.gateway.connection import connected_gateway
from meadow_airflow.roll_out.trigger import RollOutTrigger
from meadow_airflow.settings import ROLL_OUT_SECONDS


class RollOutOperator(BaseOperator):
    """Watches a promoted version reach the workers.

    Skipped when somebody has put another version into production meanwhile: then there is nothing to verify.

    Args:
        model: The version, as the training run's result names it.
    """

    template_fields = ("model",)
    ui_color = "#d8f0d0"

    def __init__(self, *, model: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's
        super().__init__(**kwargs)
        self.model = model

    def execute(self, context: Context) -> None:  # noqa: ARG002 - as Airflow declares it
        """Look whether there is something to wait for, and make way."""
        self._skip_if_replaced()
        deadline = time.time() + ROLL_OUT_SECONDS.get()
        self.defer(trigger=RollOutTrigger(self.model, deadline), method_name="resume")

    def resume(self, context: Context, event: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002
        """Say how it ended."""
        if event["done"]:
            self.log.info("Version %s is rolled out: %s", self.model["version"], event["message"])
            served: dict[str, str] = self.model
            return served
        self._skip_if_replaced()
        raise AirflowFailException(f"Version {self.model['version']} is not rolled out. {event['message']}")

    def _skip_if_replaced(self) -> None:
        with connected_gateway() as client:
            current = model_in_production(client)
        if current is None or current.ref != ModelRef.model_validate(self.model):
            now = f"version {current.ref.version}" if current else "none"
            raise AirflowSkipException(f"Production is {now} by now, not version {self.model['version']}.")
