"""Submitting an image, and following jobs of every kind."""
# Written from aio/calls/jobs.py by `make sync-client`: change that file instead.

from collections.abc import Iterator
from time import monotonic, sleep
from urllib.parse import quote

from meadow.client.calls.base import Calls
from meadow.client.errors import JobPendingError
from meadow.client.events import follow_events
from meadow.client.wire import job_path, parsed
from meadow.image_files.types import media_type
from meadow.schemas.explanations import ExplanationMap
from meadow.schemas.jobs import Job, JobKind, JobPage, JobState
from meadow.schemas.similar_images import SimilarImages

LONG_POLL_SECONDS = 20
"""How long one poll asks to be held: below the gateway's limit and below what proxies cut off."""

POLL_PAUSE = 0.2
"""Pause after a poll that was answered early, so that a gateway that does not hold polls is not flooded."""

LIST_PAGE = 50
"""Jobs that are asked for at a time: most readers stop early."""


class JobCalls(Calls):
    """Classifications, and the jobs that they and all others are."""

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
        return parsed(Job, response)

    def job(self, job_id: str, *, wait: int = 0) -> Job:
        """The job as it is; with `wait`, once it is finished or after so many seconds."""
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return parsed(Job, self._transport.send("GET", job_path(job_id), headers=headers, wait=wait))

    def wait(self, job_id: str, *, timeout: float) -> Job:
        """Poll until the job is finished.

        Raises:
            JobPendingError: It was not within `timeout` seconds.
        """
        deadline = monotonic() + timeout
        while True:
            left = deadline - monotonic()
            job = self.job(job_id, wait=min(LONG_POLL_SECONDS, max(int(left), 0)))
            if job.state.is_final:
                return job
            left = deadline - monotonic()
            if left <= 0:
                raise JobPendingError(job, timeout)
            sleep(min(POLL_PAUSE, left))

    def events(self, job_id: str) -> Iterator[Job]:
        """The job as it is, and again as soon as it has changed, until it is finished."""
        return follow_events(self._transport, f"{job_path(job_id)}/events")

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
        return parsed(JobPage, self._transport.send("GET", "/v1/jobs", params=params))

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
        response = self._transport.send("GET", f"{job_path(job_id)}/explanation")
        return response.content

    def explanation_map(self, job_id: str) -> ExplanationMap:
        """The same in numbers."""
        path = f"{job_path(job_id)}/explanation"
        return parsed(ExplanationMap, self._transport.send("GET", path, params={"format": "json"}))

    def similar_images(self, job_id: str, *, count: int = 5) -> SimilarImages:
        """The training images most like a classified one, the most similar first."""
        path = f"{job_path(job_id)}/neighbours"
        return parsed(SimilarImages, self._transport.send("GET", path, params={"count": count}))

    def cancel(self, job_id: str) -> Job:
        """Ask for a job to be stopped."""
        return parsed(Job, self._transport.send("POST", f"{job_path(job_id)}:cancel"))
