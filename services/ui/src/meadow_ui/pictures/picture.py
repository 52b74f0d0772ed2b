"""One dropped picture, how far it has come, and what a person said of it."""

from dataclasses import dataclass
from enum import StrEnum

from meadow.client import ApiProblem, ClientError
from meadow.explanations import ExplanationState
from meadow.jobs.model import Job, JobError, JobState
from meadow.predictions import Decision, Prediction
from meadow.problems import ProblemTypes
from meadow_ui.labels.said import Said

UNREACHABLE = "gateway-unreachable"


class Stage(StrEnum):
    """How far a picture has come, as a person would say it."""

    SENDING = "sending"
    WAITING = "waiting"
    CLASSIFYING = "classifying"
    DONE = "done"
    FAILED = "failed"


_STAGES = {
    JobState.QUEUED: Stage.WAITING,
    JobState.RUNNING: Stage.CLASSIFYING,
    JobState.SUCCEEDED: Stage.DONE,
}


@dataclass
class Picture:
    """Changed by the sender's threads and read by the page, one attribute at a time."""

    name: str
    data: bytes
    """Kept, if there is room, until the picture is cleared: to be tried again, or sent with a label."""
    thumbnail: str = ""
    explain: bool = False
    """Whether to ask which parts of it the answer rests on."""
    overlay: str = ""
    """That, drawn over the picture, as a data URI."""
    job: Job | None = None
    error: JobError | None = None
    dropped: bool = False
    """Cleared from the page: nobody waits for the answer any more."""
    number: int = 0
    """Of this visitor's pictures; none has it twice."""
    said: Said | None = None
    unheard: str = ""
    """Why what was said last did not arrive."""
    tries: int = 0
    """How often a person said something."""
    changing: bool = False
    """Whether a person is about to say something else."""

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        if self.error is not None:
            return Stage.FAILED
        return _STAGES.get(self.job.state, Stage.FAILED) if self.job else Stage.SENDING

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.stage in {Stage.DONE, Stage.FAILED}

    @property
    def prediction(self) -> Prediction | None:
        """The answer, once there is one."""
        result = self.job.result if self.job else None
        return result if isinstance(result, Prediction) else None

    @property
    def unexplained(self) -> str:
        """Why there is no explanation although one was asked for; empty otherwise."""
        explanation = self.job.explanation if self.job else None
        return explanation.detail if explanation and explanation.state is ExplanationState.UNAVAILABLE else ""

    @property
    def unsure(self) -> bool:
        """Whether the model answered that it cannot tell."""
        return self.prediction is not None and self.prediction.decision is Decision.UNSURE

    @property
    def unknown(self) -> bool:
        """Whether the model answered that it was never shown anything like it."""
        return self.prediction is not None and self.prediction.decision is Decision.UNKNOWN

    def progress(self, job: Job) -> None:
        """Take in how the job stands."""
        if job.state.is_final and job.state is not JobState.SUCCEEDED:
            self.error = job.error or JobError(code=job.state, detail=f"The job was {job.state}.")
        self.job = job

    def fail(self, error: Exception) -> None:
        """Take in that the gateway could not be asked, or refused, or that these pages failed."""
        match error:
            case ApiProblem():
                self.error = JobError(code=error.code, detail=str(error))
            case ClientError():
                self.error = JobError(code=UNREACHABLE, detail=str(error))
            case _:
                self.error = JobError(
                    code=ProblemTypes.INTERNAL.code, detail="The pages failed on it. Their log has the reason."
                )

    def reset(self) -> None:
        """Forget how it failed, to be sent again."""
        self.error, self.job, self.overlay = None, None, ""
