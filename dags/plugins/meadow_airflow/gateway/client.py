"""The gateway, asked by a task."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx
from airflow.sdk import BaseHook

from meadow_airflow.gateway.answers import check, parse, unreachable
from meadow_airflow.gateway.connection import base_url, headers, timeout
from meadow_airflow.gateway.errors import GatewayRefusedError, GatewayUnavailableError
from meadow_airflow.gateway.models import (
    Changes,
    CurrentModel,
    Dataset,
    Job,
    JobPage,
    Quality,
    SystemStatus,
)
from meadow_airflow.gateway.pauses import growing_pauses
from meadow_airflow.settings import GATEWAY_CONNECTION

PATIENCE_SECONDS = 60.0
"""A gateway that is restarted is back by then; one that is not is left to the task's retries."""

PAGE_SIZE = 100


class GatewayClient:
    """Calls that wait for a gateway that is away for a moment. To be used as a context manager.

    Every call raises `GatewayUnavailableError` when patience is at an end, and `GatewayRefusedError` for what another
    try does not mend.
    """

    def __init__(
        self, url: str, *, headers: Mapping[str, str] | None = None, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._http = httpx.Client(base_url=url, headers=dict(headers or {}), timeout=timeout())
        self._patience = patience

    @classmethod
    def connect(cls, *, patience: float = PATIENCE_SECONDS) -> Self:
        """Follow the Airflow connection."""
        connection = BaseHook.get_connection(GATEWAY_CONNECTION)
        return cls(base_url(connection), headers=headers(connection), patience=patience)

    def submit(self, path: str, body: Mapping[str, object], key: str) -> Job:
        """Start a job; the same key with the same body leads to the same job, however often it is sent."""
        response = self._ask("POST", path, json=dict(body), headers={"Idempotency-Key": key})
        return parse(Job, response)

    def job(self, job_id: str, *, wait: int = 0) -> Job:
        """Read a job, up to `wait` seconds later if it has not ended before."""
        response = self._ask(
            "GET", f"/v1/jobs/{job_id}", headers={"Prefer": f"wait={wait}"} if wait else {}, timeout=timeout(wait)
        )
        return parse(Job, response)

    def cancel(self, job_id: str) -> None:
        """Stop a job; one that has ended meanwhile is left as it is."""
        try:
            self._ask("POST", f"/v1/jobs/{job_id}:cancel")
        except GatewayRefusedError as refusal:
            if refusal.code not in ("job-finished", "job-gone", "not-found"):
                raise

    def training_runs(self, page_token: str = "") -> JobPage:
        """Read a page of training runs, newest first."""
        parameters = {"page_size": PAGE_SIZE} | ({"page_token": page_token} if page_token else {})
        return parse(JobPage, self._ask("GET", "/v1/training-runs", params=parameters))

    def dataset(self, name: str) -> Dataset | None:
        """Read the newest version of a data set; None when there is none of that name."""
        try:
            return parse(Dataset, self._ask("GET", f"/v1/datasets/{name}"))
        except GatewayRefusedError as refusal:
            if refusal.code != "not-found":
                raise
        return None

    def changes(self, name: str, since: str) -> Changes:
        """Count what has changed in a data set since one of its versions; without one, everything is new."""
        parameters = {"since": since} if since else {}
        return parse(Changes, self._ask("GET", f"/v1/datasets/{name}/changes", params=parameters))

    def current_model(self) -> CurrentModel | None:
        """Read which model is in production; None when none is yet."""
        try:
            return parse(CurrentModel, self._ask("GET", "/v1/models/current"))
        except GatewayRefusedError as refusal:
            if refusal.code != "no-model":
                raise
        return None

    def status(self) -> SystemStatus:
        """Read what the workers serve."""
        return parse(SystemStatus, self._ask("GET", "/v1/status"))

    def quality(self, hours: int) -> Quality:
        """Read how well the model in production has done in the last hours."""
        return parse(Quality, self._ask("GET", "/v1/quality", params={"window_hours": hours}))

    def roll_back(self, reason: str, key: str) -> str:
        """Put back the version that was in production before, and name it."""
        response = self._ask("POST", "/v1/models:rollback", json={"reason": reason}, headers={"Idempotency-Key": key})
        return str(response.json()["model"]["ref"]["version"])

    def classify(self, image: bytes) -> Job:
        """Submit an image."""
        headers = {"Content-Type": "application/octet-stream"}
        return parse(Job, self._ask("POST", "/v1/classifications", content=image, headers=headers))

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own options
        deadline = time.monotonic() + self._patience
        pauses = growing_pauses()
        while True:
            try:
                return self._ask_once(method, path, **options)
            except GatewayUnavailableError as error:
                pause = next(pauses) if error.retry_after is None else error.retry_after
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)

    def _ask_once(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        try:
            response = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise unreachable(error) from error
        check(response)
        return response

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()
