"""A gateway without queue, workers or model: its jobs pass through their states as time passes."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from pydantic import BaseModel, TypeAdapter

from meadow.client.testing.answers import EXPLANATION_PNG, classify_by_name, make_explanation
from meadow.client.testing.batches import FakeBatches
from meadow.client.testing.models import FakeProduction
from meadow.client.testing.server import Answer, Asked, ScriptedServer, problem_answer
from meadow.datasets.correction import Correction, CorrectionCounts
from meadow.explanations import Explanation, ExplanationState
from meadow.jobs.model import Job, JobError, JobKind, JobPage, JobState, Links
from meadow.predictions import Prediction
from meadow.readiness import Check, Readiness
from meadow.registry.model import ModelInfo
from meadow.status import SystemStatus

Classify = Callable[[bytes, str], Prediction | JobError]

_MODELS = TypeAdapter(list[ModelInfo])
_JOB_PATH = re.compile(r"/v1/jobs/([^/:]+)(:cancel|/explanation)?")


@dataclass
class _Submitted:
    job: Job
    ready_at: datetime
    outcome: Prediction | JobError


@dataclass
class GatewayState:
    """What the gateway knows; a test sets it up as it likes."""

    model: ModelInfo | None = None
    models: list[ModelInfo] = field(default_factory=list)
    status: SystemStatus = field(default_factory=lambda: SystemStatus(queues=[], workers=[], inflight_bytes=0))
    readiness: Readiness = field(
        default_factory=lambda: Readiness(status="ready", checks={"redis": Check(ok=True, detail="answers")})
    )
    jobs: list[Job] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    refusal: tuple[str, int, str] | None = None
    """Code, status and detail of the problem that meets every submission."""
    classify: Classify = classify_by_name
    explanation: Explanation = field(default_factory=lambda: Explanation(state=ExplanationState.READY))
    """What comes of the explanations that are asked for."""
    seconds_per_image: float = 0.0
    """How long one image takes; they are done one after another."""


class FakeGateway(ScriptedServer):
    """Serves what the client asks of a gateway; scripted answers come first."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.state = GatewayState()
        self.batches = FakeBatches(self._classify, self.url)
        self.production = FakeProduction()
        self._submitted: dict[str, _Submitted] = {}
        self._busy_until = datetime.now(UTC)

    def respond(self, request: Asked) -> Answer:
        """Answer from the script, else from the state."""
        self.asked.append(request)
        if self.answers:
            return self.answers.pop(0)
        about_batches = self.batches.respond(request)
        if about_batches:
            return about_batches
        about_models = self.production.respond(request, self.state.models)
        if about_models:
            return about_models
        found = _JOB_PATH.fullmatch(request.path)
        if found and found[1] in self._submitted:
            if found[2] == "/explanation":
                return self._explain(request, self._submitted[found[1]])
            return _body(self._progressed(self._submitted[found[1]], cancel=bool(found[2])))
        routes: dict[tuple[str, str], Callable[[], Answer]] = {
            ("POST", "/v1/classifications"): lambda: self._submit(request),
            ("POST", "/v1/corrections"): lambda: self._correct(request),
            ("GET", "/v1/corrections"): lambda: _body(self._count_corrections()),
            ("GET", "/v1/jobs"): lambda: _body(JobPage(jobs=self._all_jobs())),
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

    def _correct(self, request: Asked) -> Answer:
        """Keep what was said of an image; of the labels, those of the model in production are accepted."""
        label = request.query["label"][0]
        new_class = request.query.get("new_class") == ["true"]
        if not new_class and self.state.model and label not in self.state.model.classes:
            return problem_answer("unknown-label", 422, f"{label!r} is no class of the model in production.")
        correction = Correction(
            sha256=hashlib.sha256(request.body).hexdigest(),
            label=label,
            new_class=new_class,
            name=unquote(request.headers["X-Image-Name"] or ""),
            job_id=request.query.get("job_id", [""])[0],
            created_at=datetime.now(UTC),
        )
        self.state.corrections.append(correction)
        return _body(correction, 201)

    def _count_corrections(self) -> CorrectionCounts:
        last = {correction.sha256: correction.label for correction in self.state.corrections}
        return CorrectionCounts(total=len(last), labels=Counter(last.values()))

    def _all_jobs(self) -> list[Job]:
        batches = [batch.job for batch in reversed(self.batches.opened.values())]
        return [*batches, *(self._progressed(job) for job in reversed(self._submitted.values())), *self.state.jobs]

    def _submit(self, request: Asked) -> Answer:
        if self.state.refusal:
            return problem_answer(*self.state.refusal)
        now = datetime.now(UTC)
        self._busy_until = max(self._busy_until, now) + timedelta(seconds=self.state.seconds_per_image)
        name = unquote(request.headers["X-Image-Name"] or "")
        number = f"job_{len(self._submitted) + 1}"
        job = Job(
            id=number,
            kind=JobKind.CLASSIFICATION,
            state=JobState.QUEUED,
            created_at=now,
            name=name,
            explanation=Explanation(state=ExplanationState.PENDING) if "explain" in request.query else None,
            links=Links(self=f"/v1/jobs/{number}", cancel=f"/v1/jobs/{number}:cancel"),
        )
        self._submitted[number] = _Submitted(job, self._busy_until, self.state.classify(request.body, name))
        return _body(job, 202)

    def _explain(self, request: Asked, submitted: _Submitted) -> Answer:
        job = self._progressed(submitted)
        if not job.explanation or job.explanation.state is not ExplanationState.READY:
            return problem_answer("not-found", 404, f"Job {job.id} has no explanation.")
        if request.query.get("format") == ["json"]:
            return _body(make_explanation(job.result.label if isinstance(job.result, Prediction) else ""))
        return Answer(content=EXPLANATION_PNG)

    def _progressed(self, submitted: _Submitted, *, cancel: bool = False) -> Job:
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


def _body(model: BaseModel, status: int = 200) -> Answer:
    return Answer(status, model.model_dump_json().encode())
