"""Users of Meadow, for Locust: `make load`, or by hand against a gateway that runs.

    MEADOW_LOAD_STAGE=smoke locust -f benchmarks/locustfile.py --headless --host http://127.0.0.1:8000

`MEADOW_LOAD_STAGE` names the stage, `MEADOW_LOAD_FINDINGS` a file for what was seen, `MEADOW_API_KEY` a key if one is
needed. The exit status is 1 when a limit of the stage is broken.
"""

import io
import os
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
from locust import HttpUser, LoadTestShape, between, events, task
from locust.env import Environment
from locust.stats import StatsEntry

from meadow_bench.loadtest.findings import ANSWER, REFUSED, Line, StepFindings, write_findings
from meadow_bench.loadtest.stages import STAGES
from meadow_core.datasets.demo import LABELS, render_image

STAGE = STAGES[os.environ.get("MEADOW_LOAD_STAGE", "smoke")]
FINDINGS = os.environ.get("MEADOW_LOAD_FINDINGS", "")
KEY = os.environ.get("MEADOW_API_KEY", "")
SIZE = (275, 183)
PICTURES = 16
PATIENCE_SECONDS = 60.0
OVERLOADED = 503
FORM_IMAGES = 10
MILLISECONDS = 1000


def _drawn(number: int) -> bytes:
    buffer = io.BytesIO()
    render_image(LABELS[number % len(LABELS)], np.random.default_rng(number), SIZE).save(buffer, "JPEG")
    return buffer.getvalue()


IMAGES = [_drawn(number) for number in range(PICTURES)]


class Visitor(HttpUser):
    """What all of them do."""

    abstract = True
    wait_time = between(0.05, 0.3)

    def on_start(self) -> None:
        """Show the key, if there is one."""
        if KEY:
            self.client.headers["Authorization"] = f"Bearer {KEY}"

    def picture(self) -> bytes:
        """Choose one."""
        return random.choice(IMAGES)  # noqa: S311 - no secret

    def job(self, name: str, path: str, **options: Any) -> dict[str, Any] | None:  # noqa: ANN401 - as requests takes it
        """Submit; None when there is no room, or it failed."""
        with self.client.post(path, name=name, catch_response=True, **options) as response:
            if response.status_code == OVERLOADED:
                response.success()
                self.note(REFUSED, 0)
                time.sleep(float(response.headers.get("Retry-After", "1")))
                return None
            if not response.ok:
                response.failure(f"{response.status_code}: {response.text[:200]}")
                return None
            found: dict[str, Any] = response.json()
            return found

    def follow(self, job: dict[str, Any], started: float, *, name: str, wait: int = 0) -> None:
        """Poll a job until it has ended, and note how long it took."""
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        pause = 0.05
        while job["state"] in {"queued", "running"}:
            if time.perf_counter() - started > PATIENCE_SECONDS:
                self.note(ANSWER, time.perf_counter() - started, TimeoutError("no answer"))
                return
            if not wait:
                time.sleep(pause)
                pause = min(pause * 1.5, 0.5)
            with self.client.get(job["links"]["self"], name=name, headers=headers, catch_response=True) as response:
                if not response.ok:
                    response.failure(f"{response.status_code}: {response.text[:200]}")
                    return
                job = response.json()
        fault = None if job["state"] == "succeeded" else RuntimeError(f"ended as {job['state']}: {job.get('error')}")
        if job["kind"] == "classification" or fault:
            self.note(ANSWER, time.perf_counter() - started, fault)

    def note(self, name: str, seconds: float, fault: Exception | None = None) -> None:
        """Count something that is no request of its own."""
        self.environment.events.request.fire(
            request_type="JOB",
            name=name,
            response_time=seconds * MILLISECONDS,
            response_length=0,
            exception=fault,
            context={},
        )


class Interactive(Visitor):
    """Submits an image, and polls."""

    weight = 5

    @task
    def classify(self) -> None:
        """Submit and poll."""
        started = time.perf_counter()
        job = self.job("submit", "/v1/classifications", data=self.picture(), headers={"Content-Type": "image/jpeg"})
        if job:
            self.follow(job, started, name="poll")


class Patient(Visitor):
    """Submits an image, and lets the gateway hold the request."""

    weight = 3

    @task
    def classify(self) -> None:
        """Submit and wait."""
        started = time.perf_counter()
        headers = {"Content-Type": "image/jpeg", "Prefer": "wait=10"}
        job = self.job("submit and wait", "/v1/classifications", data=self.picture(), headers=headers)
        if job:
            self.follow(job, started, name="wait on", wait=10)


class Folder(Visitor):
    """Sends a few images as one batch, and reads its results."""

    weight = 1

    @task
    def classify(self) -> None:
        """Send, wait, read."""
        started = time.perf_counter()
        files = [("images", (f"{n}.jpg", self.picture(), "image/jpeg")) for n in range(FORM_IMAGES)]
        job = self.job("submit a batch", "/v1/batches", files=files)
        if job:
            self.follow(job, started, name="wait for a batch", wait=10)
            self.client.get(f"/v1/jobs/{job['id']}/results?partial=true", name="results of a batch")


class Reader(Visitor):
    """Looks at what the pages show."""

    weight = 2
    wait_time = between(0.5, 2)

    @task(3)
    def status(self) -> None:
        """Queues and workers."""
        self.client.get("/v1/status", name="read status")

    @task(2)
    def jobs(self) -> None:
        """The newest jobs."""
        self.client.get("/v1/jobs?page_size=20", name="read jobs")

    @task(1)
    def model(self) -> None:
        """The model in production."""
        self.client.get("/v1/models/current", name="read model")


class Steps(LoadTestShape):
    """The steps of the stage, each with findings of its own."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: list[StepFindings] = []
        self._on = 0

    def tick(self) -> tuple[int, float] | None:
        """Say how many users there are to be; None at the end."""
        place = STAGE.step_at(self.get_run_time())  # type: ignore[no-untyped-call]
        if place != self._on:
            self.close_step()
            self._on = place if place is not None else len(STAGE.steps)
            broken = self.found[-1].broken(STAGE.limits)
            if place is None or (STAGE.stops_when_broken and broken):
                return None
        users = STAGE.steps[self._on].users
        return users, max(users / 2, 1)

    def close_step(self) -> None:
        """Keep what was seen, and begin anew."""
        if self._on < len(STAGE.steps) and len(self.found) == self._on:
            if self.runner is None:
                return
            stats = self.runner.stats
            lines = [_line(entry) for entry in stats.entries.values() if entry.num_requests]
            self.found.append(StepFindings(STAGE.steps[self._on].users, lines))
            stats.reset_all()


def _line(entry: StatsEntry) -> Line:
    p50, p95, p99 = ((entry.get_response_time_percentile(share) or 0) / MILLISECONDS for share in (0.5, 0.95, 0.99))
    return Line(entry.name, entry.num_requests, entry.num_failures, entry.total_rps, p50, p95, p99)


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def judge(environment: Environment, **_: object) -> None:
    """Say what was too much, and fail the run."""
    shape = environment.shape_class
    if not isinstance(shape, Steps) or not shape.found:
        environment.process_exit_code = 2
        return
    if FINDINGS:
        write_findings(Path(FINDINGS), shape.found)
    broken = [(step.users, words) for step in shape.found for words in step.broken(STAGE.limits)]
    environment.process_exit_code = 1 if broken and not STAGE.stops_when_broken else 0
