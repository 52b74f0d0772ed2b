"""A gateway without queue, workers or model: its jobs pass through their states as time passes."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import count
from urllib.parse import unquote

from pydantic import BaseModel, TypeAdapter

from fake_gateway.answers import EXPLANATION_PNG, make_explanation
from fake_gateway.batches import FakeBatches
from fake_gateway.datasets import FakeDatasets
from fake_gateway.labels import FakeLabels
from fake_gateway.models import FakeProduction
from fake_gateway.quality import make_quality
from fake_gateway.server import Answer, Asked, ScriptedServer, problem_answer
from fake_gateway.state import GatewayState, Submitted, make_job
from meadow.schemas.explanations import Explanation, ExplanationState
from meadow.schemas.jobs import Job, JobError, JobKind, JobPage, JobState
from meadow.schemas.models import ModelInfo
from meadow.schemas.predictions import Prediction

_MODELS = TypeAdapter(list[ModelInfo])
_PAGE = (("page_token", "0"), ("page_size", "50"))
_JOB_PATH = re.compile(r"/v1/jobs/([^/:]+)(:cancel|/explanation|/neighbours|/events)?")


class FakeGateway(ScriptedServer):
    """Serves what the client asks of a gateway; scripted answers come first."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.state = GatewayState()
        self.batches = FakeBatches(self._classify, self.url)
        self.production = FakeProduction()
        self.labels = FakeLabels(self.state)
        self.datasets = FakeDatasets(self.state)
        self._busy_until = datetime.now(UTC)
        self._numbers = count(1)
        self._answered: dict[str, tuple[bytes, Answer]] = {}
        """What was answered under an idempotency key, and the body that it was asked with."""

    def respond(self, request: Asked) -> Answer:
        """Answer from the script, else from the state."""
        self.asked.append(request)
        if self.answers:
            return self.answers.pop(0)
        if self.state.api_key and request.headers["Authorization"] != f"Bearer {self.state.api_key}":
            return problem_answer("unauthenticated", 401, "An API key is needed.")
        key = request.headers["Idempotency-Key"]
        if key not in self._answered:
            answer = self._respond(request)
            if key and answer.status < HTTPStatus.BAD_REQUEST:
                self._answered[key] = (request.body, answer)
            return answer
        body, answer = self._answered[key]
        if body != request.body:
            return problem_answer("idempotency-key-reused", 422, "The key was used for another request.")
        return answer

    def _respond(self, request: Asked) -> Answer:
        return (
            self.batches.respond(request)
            or self.production.respond(request, self.state.models)
            or self.labels.respond(request)
            or self.datasets.respond(request)
            or self._respond_about_job(request)
            or self._respond_otherwise(request)
        )

    def _respond_about_job(self, request: Asked) -> Answer | None:
        found = _JOB_PATH.fullmatch(request.path)
        submitted = self.state.submitted.get(found[1]) if found else None
        if found and submitted:
            if found[2] == "/explanation":
                return self._explain(request, submitted)
            if found[2] == "/neighbours":
                return self._similar(submitted)
            job = self._progressed(submitted, cancel=found[2] == ":cancel")
            return _events(job) if found[2] == "/events" else _body(job)
        known = next((job for job in self.state.jobs if found and job.id == found[1]), None)
        if known and found and found[2] == ":cancel":
            ended = known.model_copy(update={"state": JobState.CANCELLED, "finished_at": datetime.now(UTC)})
            self.state.jobs[self.state.jobs.index(known)] = known = ended
        if known and found and found[2] == "/events":
            return _events(known)
        return _body(known) if known else None

    def _respond_otherwise(self, request: Asked) -> Answer:
        routes: dict[tuple[str, str], Callable[[], Answer]] = {
            ("POST", "/v1/classifications"): lambda: self._submit(request),
            ("GET", "/v1/jobs"): lambda: _body(self._job_page(request)),
            ("GET", "/v1/quality"): lambda: self._report_quality(request),
            ("GET", "/v1/status"): lambda: _body(self.state.status),
            ("GET", "/v1/models"): lambda: Answer(content=_MODELS.dump_json(self.state.models)),
            ("GET", "/v1/models/current"): self._current_model,
            ("GET", "/readyz"): lambda: _body(self.state.readiness, 200 if self.state.readiness.ready else 503),
        }
        route = routes.get((request.method, request.path))
        return route() if route else problem_answer("not-found", 404, f"There is nothing at {request.path}.")

    def _classify(self, data: bytes, name: str) -> Prediction | JobError:
        """Ask the state, which a test may change at any time."""
        return self.state.classify(data, name)

    def _current_model(self) -> Answer:
        if self.state.model is None:
            return problem_answer("no-model", 404, "No model is in production yet.")
        return _body(self.state.model)

    def _report_quality(self, request: Asked) -> Answer:
        if self.state.quality_problem:
            return problem_answer(*self.state.quality_problem)
        hours = int(request.query.get("window_hours", ["24"])[0])
        return _body(self.state.quality.get(hours) or make_quality(self.state.model, hours))

    def _jobs(self, request: Asked) -> list[Job]:
        for submitted in self.state.submitted.values():
            self._progressed(submitted)
        batches = [batch.job for batch in reversed(self.batches.opened.values())]
        kinds = request.query.get("kind")
        return [job for job in [*batches, *self.state.all_jobs] if kinds is None or job.kind in kinds]

    def _job_page(self, request: Asked) -> JobPage:
        jobs = self._jobs(request)
        start, size = (int(request.query.get(name, [default])[0]) for name, default in _PAGE)
        more = start + size < len(jobs)
        return JobPage(jobs=jobs[start : start + size], next_page_token=str(start + size) if more else "")

    def _submit(self, request: Asked) -> Answer:
        if self.state.refusal:
            return problem_answer(*self.state.refusal)
        now = datetime.now(UTC)
        self._busy_until = max(self._busy_until, now) + timedelta(seconds=self.state.seconds_per_image)
        name = unquote(request.headers["X-Image-Name"] or "")
        number = f"job_{next(self._numbers)}"
        explanation = Explanation(state=ExplanationState.PENDING) if "explain" in request.query else None
        fields = make_job(number, kind=JobKind.CLASSIFICATION, name=name, explanation=explanation)
        job = Job.model_validate(fields)
        outcome = self.state.classify(request.body, name)
        self.state.submitted[number] = Submitted(job, request.body, self._busy_until, outcome)
        return _body(job, 202)

    def _explain(self, request: Asked, submitted: Submitted) -> Answer:
        job = self._progressed(submitted)
        if not job.explanation or job.explanation.state is not ExplanationState.READY:
            return problem_answer("not-found", 404, f"Job {job.id} has no explanation.")
        if request.query.get("format") == ["json"]:
            return _body(make_explanation(job.result.label if isinstance(job.result, Prediction) else ""))
        return Answer(content=EXPLANATION_PNG)

    def _similar(self, submitted: Submitted) -> Answer:
        if self.state.similar_images is None:
            return problem_answer("not-found", 404, f"The model of job {submitted.job.id} has no embeddings.")
        return _body(self.state.similar_images)

    def _progressed(self, submitted: Submitted, *, cancel: bool = False) -> Job:
        now = datetime.now(UTC)
        job = submitted.job
        if job.state.is_final:
            return job
        changes: dict[str, object] = {}
        if cancel:
            changes = {"state": JobState.CANCELLED, "finished_at": now}
        elif now >= submitted.ready_at:
            changes = {"started_at": job.created_at, "finished_at": now, **_outcome(submitted.outcome)}
            changes["model"] = self.state.model.ref if self.state.model else None
            if job.explanation:
                changes["explanation"] = self.state.explanation
        elif now >= submitted.ready_at - timedelta(seconds=self.state.seconds_per_image):
            changes = {"state": JobState.RUNNING, "started_at": now}
        submitted.job = job.model_copy(update=changes)
        return submitted.job


def _outcome(outcome: Prediction | JobError) -> dict[str, object]:
    if isinstance(outcome, JobError):
        return {"state": JobState.FAILED, "error": outcome}
    return {"state": JobState.SUCCEEDED, "result": outcome}


def _events(job: Job) -> Answer:
    """The job as it is; of one that is not finished the stream breaks off, and is to be opened again."""
    name = "done" if job.state.is_final else "job"
    content = f"event: {name}\ndata: {job.model_dump_json()}\n\n".encode()
    return Answer(content=content, headers={"Content-Type": "text/event-stream"})


def _body(model: BaseModel, status: int = 200) -> Answer:
    return Answer(status, model.model_dump_json().encode())
