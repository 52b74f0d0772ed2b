"""What a verdict on the quality calls for."""

from dataclasses import dataclass

from meadow.schemas.quality import QualityReport, Verdict
from meadow.schemas.training import TrainingCause

CAUSES: dict[str, TrainingCause] = {
    Verdict.DRIFT: TrainingCause.DRIFT,
    Verdict.PERFORMANCE_DROP: TrainingCause.PERFORMANCE,
}
"""The verdicts that a training run is the answer to, and what it is called then."""


@dataclass(frozen=True)
class Signal:
    """Something that retraining may mend."""

    cause: TrainingCause
    verdict: Verdict
    reason: str


def read_signal(quality: QualityReport) -> Signal | None:
    """Tell whether something is wrong; too few images to judge by is no sign of anything."""
    cause = CAUSES.get(quality.verdict)
    if cause is None:
        return None
    return Signal(cause, quality.verdict, " ".join(quality.reasons) or f"The gateway's verdict is {quality.verdict}.")
