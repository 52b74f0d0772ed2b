"""The gateway of Meadow's own tests, whose jobs besides take time, end, and lead to models that workers serve.

Also a process of its own, to try the DAGs on: `python training_gateway.py PORT`, with `tests/support` on the path.
"""

import re
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

from fake_gateway import Answer, Asked, FakeGateway, problem_answer
from fake_gateway.answers import make_model
from fake_gateway.quality import make_quality
from fake_gateway.state import make_job
from meadow.schemas.dataset_diff import DatasetChanges
from meadow.schemas.dataset_images import DatasetImage
from meadow.schemas.dataset_summary import ClassCounts, VersionSummary
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.ingestion import IngestResult
from meadow.schemas.jobs import Job, JobKind, JobState
from meadow.schemas.models import PRODUCTION_ALIAS, GateDecision, RefusedModel
from meadow.schemas.quality import Verdict
from meadow.schemas.split import Split
from meadow.schemas.status import SystemStatus, WorkerStatus
from meadow.schemas.training import TrainingResult

_JOB = re.compile(r"/v1/jobs/([^/:]+)")
HELD_ROUND = 0.02


def model(version: str) -> dict[str, str]:
    """A reference to a model version."""
    return make_model(version).ref.model_dump()


def training_result(
    decision: GateDecision = GateDecision.PROMOTED, version: str = "2", reason: str = "By rule."
) -> TrainingResult:
    """What a training run led to."""
    return TrainingResult(
        dataset="lawns", dataset_version="d2", run_id="r", run_url="http://mlflow/r", model=make_model(version).ref,
        holdout_accuracy=0.9, champion_accuracy=0.8, champion_version="1", gain=0.1, p_value=0.01, decision=decision,
        reason=reason,
    )  # fmt: skip


def version_of_lawns(digest: str) -> VersionSummary:
    """A version of the data set."""
    classes = {label: ClassCounts(train=45, holdout=15) for label in ("dandelion", "grass")}
    return VersionSummary(name="lawns", digest=digest, created_at=datetime.now(UTC), classes=classes)


class TrainingGateway(FakeGateway):
    """A test sets its attributes as it likes, and its `state` beside."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.changed = threading.Condition(threading.RLock())
        self.job_seconds = 0.0
        """How long an ingestion or a training run takes."""
        self.decision = GateDecision.PROMOTED
        self.ingest_changed = True
        self.workers = 2
        self.worker_serves = ""
        """The version that the workers are stuck at; empty: what is in production."""
        self.worker_refusal = ""
        """Why the workers refuse what is in production."""
        current = version_of_lawns("d2")
        versions = [current, version_of_lawns("d1")]
        self.state.datasets = [DatasetDetail(**current.model_dump(), versions=versions)]
        since_d1 = DatasetChanges(dataset="lawns", since="d1", version="d2", added=40, removed=0, relabelled=0)
        self.state.changes = {"d1": since_d1}
        self.produce("1")

    def produce(self, *versions: str, trained_on: str = "d1") -> None:
        """Put versions into production, one after another; these are all that there are."""
        self.production.history.clear()
        self.state.models.clear()
        for version in versions:
            self._promote(version, trained_on)

    def publish(self, digest: str, images: list[DatasetImage]) -> None:
        """Make these the images of the data set's current version."""
        classes = {
            label: ClassCounts(
                train=sum(one.label == label and one.split is Split.TRAIN for one in images),
                holdout=sum(one.label == label and one.split is Split.HOLDOUT for one in images),
            )
            for label in {image.label for image in images}
        }
        version = version_of_lawns(digest).model_copy(update={"classes": classes})
        self.state.datasets = [DatasetDetail(**version.model_dump(), versions=[version])]
        self.state.dataset_images[digest] = images

    @property
    def serving(self) -> str:
        """The version in production; empty for none."""
        return next((one.ref.version for one in self.state.models if PRODUCTION_ALIAS in one.aliases), "")

    def paths(self, method: str = "") -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked if method in ("", asked.method)]

    def add_job(self, kind: JobKind = JobKind.TRAINING, *, hours_ago: float = 0.0, **fields: object) -> Job:
        """Add a job that somebody else has submitted."""
        number = f"{kind}_{len(self.state.jobs) + 100}"
        made = {"kind": kind, "created_at": datetime.now(UTC) - timedelta(hours=hours_ago), **fields}
        job = Job.model_validate(make_job(number, **made))
        self.state.jobs.append(job)
        self.state.jobs.sort(key=lambda one: one.created_at, reverse=True)
        return job

    def job(self, job_id: str) -> Job:
        """A job as it stands."""
        return next(job for job in self.state.all_jobs if job.id == job_id)

    def end(self, job_id: str, state: JobState = JobState.SUCCEEDED, **changes: object) -> None:
        """End a job."""
        with self.changed:
            place = next(place for place, job in enumerate(self.state.jobs) if job.id == job_id)
            ended = {"state": state, "finished_at": datetime.now(UTC), **changes}
            self.state.jobs[place] = self.state.jobs[place].model_copy(update=ended)
            self.changed.notify_all()

    def judge(self, verdict: Verdict) -> None:
        """Change the verdict on the model in production."""
        self.state.quality = {24: make_quality(self.state.model, verdict=verdict, reasons=["Half is grass."])}

    def _respond(self, request: Asked) -> Answer:
        found = _JOB.fullmatch(request.path)
        if found and request.method == "GET":
            self._hold(request, found[1])
        self.state.model = next((one for one in self.state.models if PRODUCTION_ALIAS in one.aliases), None)
        if request.path == "/v1/status":
            return Answer(content=self._status().model_dump_json().encode())
        if request.path.endswith(":cancel"):
            job = next((one for one in self.state.jobs if f"/{one.id}:" in request.path), None)
            if job and job.state.is_final:
                return problem_answer("job-finished", 409, f"Job {job.id} is {job.state}.")
        return super()._respond(request)

    def _hold(self, request: Asked, job_id: str) -> None:
        """Hold an answer back until the job has ended, as long as the caller allows."""
        wait = re.search(r"wait=(\d+)", request.headers["Prefer"] or "")
        deadline = time.monotonic() + (int(wait[1]) if wait else 0)
        while self._is_active(job_id) and (left := deadline - time.monotonic()) > 0:
            with self.changed:
                self.changed.wait(min(left, HELD_ROUND))

    def _is_active(self, job_id: str) -> bool:
        if submitted := self.state.submitted.get(job_id):
            return not self._progressed(submitted).state.is_final
        with self.changed:
            job = next((one for one in self.state.jobs if one.id == job_id), None)
            if job is None or job.state.is_final:
                return False
            if (datetime.now(UTC) - job.created_at).total_seconds() < self.job_seconds:
                place = self.state.jobs.index(job)
                self.state.jobs[place] = job.model_copy(update={"state": JobState.RUNNING})
                return True
            self.end(job_id, result=self._result(job))
            return False

    def _result(self, job: Job) -> TrainingResult | IngestResult:
        if job.kind is JobKind.INGEST:
            return IngestResult(
                dataset=job.name, version="d2", changed=self.ingest_changed, images=120, classes={}, added=40,
                removed=0, relabelled=0, rejected={}, report="",
            )  # fmt: skip
        version = str(len(self.state.models) + 1)
        if self.decision is GateDecision.PROMOTED:
            self._promote(version, "d2")
        return training_result(self.decision, version)

    def _promote(self, version: str, trained_on: str) -> None:
        info = make_model(version, aliases=()).model_copy(update={"dataset_digest": trained_on})
        self.state.models.append(info)
        self.production.promote(info, self.state.models)

    def _status(self) -> SystemStatus:
        serving = self.worker_serves or self.serving
        now = datetime.now(UTC)
        ref = make_model(serving).ref if serving else None
        refused = (
            RefusedModel(model=make_model(self.serving).ref, reason=self.worker_refusal, at=now)
            if self.worker_refusal
            else None
        )
        workers = [
            WorkerStatus(worker=f"w{number}", engine="none", model=ref, refused=refused, seen_at=now)
            for number in range(self.workers)
        ]
        return SystemStatus(workers=workers, queues=[], inflight_bytes=0)


if __name__ == "__main__":
    TrainingGateway(int(sys.argv[1])).serve_forever()
