"""The client: one method for each thing the gateway does."""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from meadow.client.errors import ApiProblem, JobPendingError
from meadow.client.media import media_type
from meadow.client.retries import RetryPolicy
from meadow.client.transport import Transport
from meadow.items import ItemPage, ItemResult
from meadow.jobs.model import Job, JobKind, JobPage, JobState
from meadow.packs import PACK_TYPE, build_pack
from meadow.readiness import Readiness
from meadow.registry.model import ModelInfo
from meadow.settings import Settings
from meadow.status import SystemStatus
from meadow.training import TrainingRequest

LONG_POLL_SECONDS = 20
"""How long one poll asks to be held: below the gateway's limit and below what proxies cut off."""

POLL_PAUSE = 0.2
"""Pause after a poll that was answered early, so that a gateway that does not hold polls is not flooded."""

T = TypeVar("T")

_JSON = {"Content-Type": "application/json"}


class MeadowClient:
    """Talks to a gateway; safe to share between threads, and a context manager that closes its connections.

    Methods raise `ApiProblem` when the gateway refuses, `GatewayUnreachableError` when it does not answer.

    Args:
        base_url: Where the gateway is.
        api_key: Sent with every request when not empty.
        timeout: Seconds to wait for an answer, beyond what the gateway was asked to wait.
        retries: How long to go on after failed connections and 503 answers that invite a retry.
    """

    def __init__(
        self, base_url: str, api_key: str = "", *, timeout: float = 30.0, retries: RetryPolicy | None = None
    ) -> None:
        self._transport = Transport(base_url, api_key, timeout=timeout, retries=retries or RetryPolicy())

    @classmethod
    def from_settings(
        cls, settings: Settings, *, timeout: float = 30.0, retries: RetryPolicy | None = None
    ) -> "MeadowClient":
        """The client for the gateway that the settings name."""
        key = settings.api_key.get_secret_value()
        return cls(settings.api_url, key, timeout=timeout, retries=retries)

    @property
    def base_url(self) -> str:
        """Where the gateway is."""
        return self._transport.base_url

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def submit_image(
        self,
        data: bytes,
        *,
        name: str = "",
        content_type: str | None = None,
        top_k: int | None = None,
        idempotency_key: str | None = None,
        wait: int | None = None,
    ) -> Job:
        """Submit one image; with `wait`, the answer comes with the result or after so many seconds."""
        headers = {"Content-Type": content_type or media_type(data, name)}
        if name:
            headers["X-Image-Name"] = quote(name)
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if wait:
            headers["Prefer"] = f"wait={wait}"
        response = self._transport.send(
            "POST",
            "/v1/classifications",
            params={} if top_k is None else {"top_k": top_k},
            headers=headers,
            content=data,
            wait=wait or 0,
        )
        return _parsed(Job, response)

    def job(self, job_id: str, *, wait: int = 0) -> Job:
        """The job as it is; with `wait`, once it is finished or after so many seconds."""
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return _parsed(Job, self._transport.send("GET", _job(job_id), headers=headers, wait=wait))

    def wait(self, job_id: str, *, timeout: float) -> Job:
        """Poll until the job is finished.

        Raises:
            JobPendingError: It was not within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            job = self.job(job_id, wait=min(LONG_POLL_SECONDS, max(int(left), 0)))
            if job.state.is_final:
                return job
            left = deadline - time.monotonic()
            if left <= 0:
                raise JobPendingError(job, timeout)
            time.sleep(min(POLL_PAUSE, left))

    def jobs(
        self,
        *,
        kind: JobKind | None = None,
        state: JobState | None = None,
        page_size: int | None = None,
        page_token: str = "",
    ) -> JobPage:
        """A page of jobs, newest first."""
        asked = {"kind": kind, "state": state, "page_size": page_size, "page_token": page_token}
        params = {key: value for key, value in asked.items() if value}
        return _parsed(JobPage, self._transport.send("GET", "/v1/jobs", params=params))

    def cancel(self, job_id: str) -> Job:
        """Ask for a job to be stopped."""
        return _parsed(Job, self._transport.send("POST", f"{_job(job_id)}:cancel"))

    def open_batch(self, name: str = "") -> Job:
        """Open a batch, to be filled with packs and then sealed."""
        content = _Name(name=name).model_dump_json().encode()
        return _parsed(Job, self._transport.send("POST", "/v1/batches", headers=_JSON, content=content))

    def add_pack(self, batch_id: str, number: int, items: Sequence[tuple[str, bytes]]) -> Job:
        """Add named images to a batch; a pack that is sent again under its number counts once."""
        path = f"{_batch(batch_id)}/packs/{number}"
        headers = {"Content-Type": PACK_TYPE}
        return _parsed(Job, self._transport.send("PUT", path, headers=headers, content=build_pack(items)))

    def seal_batch(self, batch_id: str, packs: int) -> Job:
        """Say that a batch is complete with so many packs."""
        content = _Seal(packs=packs).model_dump_json().encode()
        path = f"{_batch(batch_id)}:seal"
        return _parsed(Job, self._transport.send("POST", path, headers=_JSON, content=content))

    def results(self, job_id: str, *, page_size: int | None = None) -> Iterator[ItemResult]:
        """The results of a batch that are there, page by page as they are read."""
        params: dict[str, str | int] = {} if page_size is None else {"page_size": page_size}
        while True:
            page = _parsed(ItemPage, self._transport.send("GET", f"{_job(job_id)}/results", params=params))
            yield from page.items
            # While the batch runs there is a token for what is still to come, even after the last result so far.
            if not page.next_page_token or not page.items:
                return
            params["page_token"] = page.next_page_token

    def start_training(self, request: TrainingRequest) -> Job:
        """Submit a training run."""
        content = request.model_dump_json(exclude_none=True).encode()
        return _parsed(Job, self._transport.send("POST", "/v1/training-runs", headers=_JSON, content=content))

    def status(self) -> SystemStatus:
        """Queues and workers at a glance."""
        return _parsed(SystemStatus, self._transport.send("GET", "/v1/status"))

    def current_model(self) -> ModelInfo:
        """The model in production."""
        return _parsed(ModelInfo, self._transport.send("GET", "/v1/models/current"))

    def models(self) -> list[ModelInfo]:
        """All registered model versions."""
        return _parsed(list[ModelInfo], self._transport.send("GET", "/v1/models"))

    def readiness(self) -> Readiness:
        """What the gateway says of the parts it needs; that one is missing is an answer, not a problem."""
        return _parsed(Readiness, self._transport.once("/readyz"))


class _Name(BaseModel):
    name: str


class _Seal(BaseModel):
    packs: int


def _job(job_id: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}"


def _batch(batch_id: str) -> str:
    return f"/v1/batches/{quote(batch_id, safe='')}"


def _parsed(kind: type[T], response: httpx.Response) -> T:
    try:
        return TypeAdapter(kind).validate_json(response.content)
    except ValidationError as error:
        raise ApiProblem.unexpected(response) from error
