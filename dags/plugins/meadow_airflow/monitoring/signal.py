"""What a verdict on the quality calls for."""

from dataclasses import dataclass

from meadow_airflow.gateway.models import Cause, Quality

CAUSES: dict[str, Cause] = {"drift": "drift", "performance-drop": "performance"}
"""The verdicts that a training run is the answer to, and what it is called then."""


@dataclass(frozen=True)
class Signal:
    """Something that retraining may mend."""

    cause: Cause
    verdict: str
    reason: str


def read_signal(quality: Quality) -> Signal | None:
    """Tell whether something is wrong; too few images to judge by is no sign of anything."""
    cause = CAUSES.get(quality.verdict)
    if cause is None:
        return None
    return Signal(cause, quality.verdict, " ".join(quality.reasons) or f"The gateway's verdict is {quality.verdict}.")
