"""Whether a run trains, and with which cause: rules over what the gateway says, and nothing else."""

from dataclasses import dataclass, field
from enum import StrEnum

from meadow.schemas.dataset_diff import DatasetChanges
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.models import ModelInfo
from meadow.schemas.training import TrainingCause


class Occasion(StrEnum):
    """Why a run was started."""

    BY_HAND = "by hand"
    TIME = "the schedule"
    DATA = "new data"
    DRIFT = "drift"


@dataclass(frozen=True)
class Situation:
    """What is known when a run begins."""

    occasions: frozenset[Occasion]
    dataset_name: str
    dataset: VersionSummary | None
    model: ModelInfo | None
    changes: DatasetChanges | None
    """Since the version that the model in production was trained on."""
    min_new_images: int
    drift_cause: TrainingCause = TrainingCause.DRIFT
    recent_run: str = ""
    """A training run that drift of this kind has caused within the cooldown."""


@dataclass(frozen=True)
class Decision:
    """Train or not, and why."""

    train: bool
    reason: str
    cause: TrainingCause = TrainingCause.MANUAL
    notes: list[str] = field(default_factory=list)


def decide(situation: Situation) -> Decision:
    """Choose; what a person or the calendar wants is always done, new data and drift under conditions."""
    if situation.dataset is None:
        return Decision(train=False, reason=f"There is no data set {situation.dataset_name} yet: run the DAG `ingest`.")
    if Occasion.BY_HAND in situation.occasions:
        return Decision(train=True, reason="Started by hand.", cause=TrainingCause.MANUAL)
    if Occasion.DRIFT in situation.occasions and not situation.recent_run:
        return Decision(train=True, reason="Production no longer fits what it is asked.", cause=situation.drift_cause)
    if Occasion.DATA in situation.occasions:
        return _about_new_data(situation)
    if Occasion.TIME in situation.occasions:
        return Decision(train=True, reason="It is time.", cause=TrainingCause.SCHEDULE)
    return Decision(train=False, reason=f"{situation.recent_run} was started for the same reason, and not long ago.")


def _about_new_data(situation: Situation) -> Decision:
    if situation.model is None or situation.changes is None:
        return Decision(train=True, reason="There are images, and no model yet.", cause=TrainingCause.NEW_DATA)
    changes = situation.changes
    # A label that was corrected teaches as much as a new image; one that is gone teaches nothing.
    new = changes.added + changes.relabelled
    told = f"{new} of the images are new to version {situation.model.ref.version}, which is in production"
    if new < situation.min_new_images:
        return Decision(train=False, reason=f"{told}; it takes {situation.min_new_images}.")
    return Decision(train=True, reason=f"{told}.", cause=TrainingCause.NEW_DATA)
