"""The client: one method for each thing the gateway does."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from meadow.client.downloads import read_lines
from meadow.client.errors import ApiProblem, JobPendingError
from meadow.client.events import follow_events
from meadow.client.file_upload import put_file
from meadow.client.media import media_type
from meadow.client.retries import RetryPolicy
from meadow.client.transport import Transport
from meadow.datasets.correction import Correction, CorrectionCounts
from meadow.explanations import ExplanationMap
from meadow.feedback import FeedbackRequest
from meadow.ingestion import IngestRequest
from meadow.items import ItemFilter, ItemPage, ItemResult
from meadow.jobs.model import Job, JobKind, JobPage, JobState
from meadow.limits import Limits
from meadow.pack_numbers import PackNumbers
from meadow.packs import PACK_TYPE, build_pack
from meadow.quality.model import QualityReport
from meadow.readiness import Readiness
from meadow.registry.model import ModelInfo
from meadow.registry.promotion import ModelDetail, ProductionChange
from meadow.review.model import ReviewPage
from meadow.settings import Settings
from meadow.sources.model import RequestedSource, Upload
from meadow.status import SystemStatus
from meadow.training import TrainingRequest

LONG_POLL_SECONDS = 20
"""How long one poll asks to be held: below the gateway's limit and below what proxies cut off."""

POLL_PAUSE = 0.2
"""Pause after a poll that was answered early, so that a gateway that does not hold polls is not flooded."""

LIST_PAGE = 50
"""Jobs that are asked for at a time: most readers stop early."""

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
        explain: bool = False,
        idempotency_key: str | None = None,
        wait: int | None = None,
    ) -> Job:
        """Submit one image; with `wait`, the answer comes with the result or after so many seconds.

        With `explain`, the job is finished once its `explanation` is there too, or known to be unavailable.
        """
        headers = {"Content-Type": content_type or media_type(data, name)}
        if name:
            headers["X-Image-Name"] = quote(name)
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if wait:
            headers["Prefer"] = f"wait={wait}"
        asked = {"top_k": top_k, "explain": "true" if explain else None}
        response = self._transport.send(
            "POST",
            "/v1/classifications",
            params={key: value for key, value in asked.items() if value is not None},
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

    def events(self, job_id: str) -> Iterator[Job]:
        """The job as it is, and again as soon as it has changed, until it is finished."""
        return follow_events(self._transport, f"{_job(job_id)}/events")

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

    def each_job(self, *, kind: JobKind | None = None, state: JobState | None = None) -> Iterator[Job]:
        """All jobs, newest first, page by page as they are read."""
        token = ""
        while True:
            page = self.jobs(kind=kind, state=state, page_size=LIST_PAGE, page_token=token)
            yield from page.jobs
            token = page.next_page_token
            if not token:
                return

    def explanation(self, job_id: str) -> bytes:
        """What a classification's answer rests on, drawn over the image, as a PNG."""
        return self._transport.send("GET", f"{_job(job_id)}/explanation").content

    def explanation_map(self, job_id: str) -> ExplanationMap:
        """The same in numbers."""
        path = f"{_job(job_id)}/explanation"
        return _parsed(ExplanationMap, self._transport.send("GET", path, params={"format": "json"}))

    def cancel(self, job_id: str) -> Job:
        """Ask for a job to be stopped."""
        return _parsed(Job, self._transport.send("POST", f"{_job(job_id)}:cancel"))

    def limits(self) -> Limits:
        """What the gateway accepts."""
        return _parsed(Limits, self._transport.send("GET", "/v1/limits"))

    def open_batch(self, name: str = "", *, fingerprint: str = "", source: RequestedSource | None = None) -> Job:
        """Open a batch.

        Args:
            name: What people call it.
            fingerprint: What it can be found by again.
            source: Where the gateway finds the images; without one, the batch is to be filled with packs and sealed.
        """
        # Not `exclude_defaults`: a source's type is one.
        asked = _Batch(name=name, fingerprint=fingerprint or None, source=source)
        content = asked.model_dump_json(exclude_none=True).encode()
        return _parsed(Job, self._transport.send("POST", "/v1/batches", headers=_JSON, content=content))

    def upload_file(self, path: Path, on_progress: Callable[[int], None] = lambda _: None) -> str:
        """Upload a file for a batch's source, and return the upload's id.

        Raises:
            UploadTooLargeError: The gateway does not take so large a file.
        """
        upload = _parsed(Upload, self._transport.send("POST", "/v1/uploads"))
        put_file(self._transport, upload, path, on_progress)
        return upload.upload_id

    def packs(self, batch_id: str) -> PackNumbers:
        """Which packs of a batch are in."""
        return _parsed(PackNumbers, self._transport.send("GET", f"{_batch(batch_id)}/packs"))

    def add_pack(self, batch_id: str, number: int, items: Sequence[tuple[str, bytes]]) -> Job:
        """Add named images to a batch; a pack that is sent again under its number counts once."""
        return self.send_pack(batch_id, number, build_pack(items))

    def send_pack(self, batch_id: str, number: int, pack: bytes) -> Job:
        """Add a pack that is built already."""
        path = f"{_batch(batch_id)}/packs/{number}"
        return _parsed(Job, self._transport.send("PUT", path, headers={"Content-Type": PACK_TYPE}, content=pack))

    def seal_batch(self, batch_id: str, packs: int) -> Job:
        """Say that a batch is complete with so many packs."""
        content = _Seal(packs=packs).model_dump_json().encode()
        path = f"{_batch(batch_id)}:seal"
        return _parsed(Job, self._transport.send("POST", path, headers=_JSON, content=content))

    def results(
        self, job_id: str, *, page_size: int | None = None, wanted: ItemFilter | None = None
    ) -> Iterator[ItemResult]:
        """The results of a batch up to the first that is still to come, page by page as they are read."""
        params = _filtered(wanted) if page_size is None else {**_filtered(wanted), "page_size": page_size}
        while True:
            page = _parsed(ItemPage, self._transport.send("GET", f"{_job(job_id)}/results", params=params))
            yield from page.items
            # While the batch runs there is a token for what is still to come, the same until it is there.
            if page.next_page_token in {"", params.get("page_token")}:
                return
            params["page_token"] = page.next_page_token

    def download(self, job_id: str, *, wanted: ItemFilter | None = None, partial: bool = False) -> Iterator[ItemResult]:
        """The results of a finished batch in one stream, which costs a fraction of the pages.

        Args:
            job_id: The batch.
            wanted: Leave out the others.
            partial: Take what is there although the batch is not finished. Such a stream is not taken up again when
                it breaks off: by then there may be more results in front of where it was.
        """
        params = {**_filtered(wanted), **({"partial": "true"} if partial else {})}
        path = f"{_job(job_id)}/results.ndjson"
        for line in read_lines(self._transport, path, params, may_repeat=not partial):
            yield ItemResult.model_validate_json(line)

    def correct(
        self, data: bytes, label: str, *, job_id: str = "", name: str = "", new_class: bool = False
    ) -> Correction:
        """Say what an image really shows, so that a model can learn from it.

        Args:
            data: The image.
            label: What it shows: a class of the model in production.
            job_id: The job whose answer is corrected.
            name: What people call the image.
            new_class: The label is a class that the model does not have yet.
        """
        asked = {"label": label, "job_id": job_id, "new_class": "true" if new_class else ""}
        headers = {"Content-Type": media_type(data, name)}
        if name:
            headers["X-Image-Name"] = quote(name)
        params = {key: value for key, value in asked.items() if value}
        response = self._transport.send("POST", "/v1/corrections", params=params, headers=headers, content=data)
        return _parsed(Correction, response)

    def give_feedback(self, job_id: str, label: str, *, note: str = "", new_class: bool = False) -> Job:
        """Correct or confirm a job's answer; its image need not be sent as long as the gateway keeps it.

        Args:
            job_id: A classification that has succeeded.
            label: What its image shows.
            note: For people.
            new_class: The label is a class that the model does not have yet.
        """
        content = FeedbackRequest(label=label, note=note, new_class=new_class).model_dump_json().encode()
        return _parsed(Job, self._transport.send("PUT", f"{_job(job_id)}/feedback", headers=_JSON, content=content))

    def reviews(self, *, page_size: int | None = None, page_token: str = "") -> ReviewPage:
        """A page of the answers that the model was not sure of, newest first."""
        asked = {"page_size": page_size, "page_token": page_token}
        params = {key: value for key, value in asked.items() if value}
        return _parsed(ReviewPage, self._transport.send("GET", "/v1/reviews", params=params))

    def review_image(self, item_id: str) -> bytes:
        """The image of one of them."""
        return self._transport.send("GET", f"{_review(item_id)}/image").content

    def label_review(self, item_id: str, label: str, *, new_class: bool = False) -> Correction:
        """Say what one of them shows; it leaves the list."""
        content = FeedbackRequest(label=label, new_class=new_class).model_dump_json().encode()
        return _parsed(Correction, self._transport.send("PUT", _review(item_id), headers=_JSON, content=content))

    def forget_review(self, item_id: str) -> None:
        """Take one of them from the list without a label."""
        self._transport.send("DELETE", _review(item_id))

    def quality(self, *, window_hours: int | None = None) -> QualityReport:
        """How good the answers of the model in production are, as far as can be told."""
        params = {"window_hours": window_hours} if window_hours else {}
        return _parsed(QualityReport, self._transport.send("GET", "/v1/quality", params=params))

    def corrections(self) -> CorrectionCounts:
        """How many images have a corrected label."""
        return _parsed(CorrectionCounts, self._transport.send("GET", "/v1/corrections"))

    def start_ingestion(self, request: IngestRequest, *, idempotency_key: str | None = None) -> Job:
        """Have images taken into a data set."""
        headers = {**_JSON, **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
        content = request.model_dump_json().encode()
        return _parsed(Job, self._transport.send("POST", "/v1/datasets", headers=headers, content=content))

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

    def model(self, version: str) -> ModelDetail:
        """One version, and each time that it came into production."""
        return _parsed(ModelDetail, self._transport.send("GET", _model(version)))

    def promote(self, version: str, *, reason: str = "", force: bool = False) -> ProductionChange:
        """Put a version into production.

        Args:
            version: Its number.
            reason: Why; kept in the history.
            force: Although the gate refused it, or although it is no bundle.
        """
        content = _Promotion(reason=reason, force=force).model_dump_json().encode()
        response = self._transport.send("POST", f"{_model(version)}:promote", headers=_JSON, content=content)
        return _parsed(ProductionChange, response)

    def roll_back(self, *, reason: str = "") -> ProductionChange:
        """Put back the version that served before; each further call goes one version further back."""
        content = _Promotion(reason=reason).model_dump_json(exclude_defaults=True).encode()
        return _parsed(
            ProductionChange, self._transport.send("POST", "/v1/models:rollback", headers=_JSON, content=content)
        )

    def readiness(self) -> Readiness:
        """What the gateway says of the parts it needs; that one is missing is an answer, not a problem."""
        return _parsed(Readiness, self._transport.once("/readyz"))


class _Batch(BaseModel):
    name: str
    fingerprint: str | None
    source: RequestedSource | None


class _Promotion(BaseModel):
    reason: str
    force: bool = False


class _Seal(BaseModel):
    packs: int


def _job(job_id: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}"


def _review(item_id: str) -> str:
    return f"/v1/reviews/{quote(item_id, safe='')}"


def _model(version: str) -> str:
    return f"/v1/models/{quote(version, safe='')}"


def _batch(batch_id: str) -> str:
    return f"/v1/batches/{quote(batch_id, safe='')}"


def _filtered(wanted: ItemFilter | None) -> dict[str, str | int]:
    return wanted.model_dump(mode="json", exclude_none=True) if wanted else {}


def _parsed(kind: type[T], response: httpx.Response) -> T:
    try:
        return TypeAdapter(kind).validate_json(response.content)
    except ValidationError as error:
        raise ApiProblem.unexpected(response) from error
