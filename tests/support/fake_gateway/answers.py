"""Made-up answers, told by an image's name, so that a test decides the outcome where it names its file."""

import base64
from datetime import UTC, datetime, timedelta

from meadow.schemas.explanations import ExplanationMap
from meadow.schemas.jobs import JobError
from meadow.schemas.models import ModelInfo, ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow.schemas.review import ReviewItem

EXPLANATION_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGO4Uh4OAAPFAaO7ZuVuAAAAAElFTkSuQmCC"
)
"""The smallest picture there is."""


def make_explanation(label: str) -> ExplanationMap:
    """Two cells, of which the right one holds what the answer rests on."""
    return ExplanationMap(label=label, width=275, height=183, box=(46, 0, 229, 183), drops=[[-0.1, 2.5]])


def classify_by_name(data: bytes, name: str) -> Prediction | JobError:
    """Fail on `broken...`, be unsure on `unsure...`, know nothing like `unknown...`.

    Everything else is grass if it says so, else dandelion.
    """
    name = name.rpartition("/")[2]
    if name.startswith("broken"):
        return JobError(code="image-undecodable", detail=f"The image ends early, after {len(data)} bytes.")
    likely = 0.56 if name.startswith("unsure") else 0.97
    decision = next((one for one in (Decision.UNSURE, Decision.UNKNOWN) if name.startswith(one)), Decision.CONFIDENT)
    label, other = ("grass", "dandelion") if "grass" in name else ("dandelion", "grass")
    return Prediction(
        label=label,
        decision=decision,
        scores=[Score(label=label, probability=likely), Score(label=other, probability=1 - likely)],
        ood_score=2.5 if decision is Decision.UNKNOWN else 0.4,
        width=275,
        height=183,
        infer_ms=9.4,
    )


def make_model(version: str = "3", *, aliases: tuple[str, ...] = ("production",), accuracy: float = 0.931) -> ModelInfo:
    """A registered model version."""
    return ModelInfo(
        ref=ModelRef(name="meadow-classifier", version=version, digest=f"{version}f6c1d0a94be" * 5),
        aliases=list(aliases),
        architecture="resnet18",
        classes=["dandelion", "grass"],
        image_size=128,
        dataset_digest="d41c77e0b2a9" * 5,
        holdout_accuracy=accuracy,
        created_at=datetime(2026, 5, 4, 10, int(version), tzinfo=UTC),
        run_id=f"run{version}",
        decision="promoted",
        reason="Hold-out accuracy rose from 0.914 to 0.931.",
    )


def make_review(number: int, name: str = "unsure.jpg", *, version: str = "3") -> ReviewItem:
    """An uncertain answer that waits since so many minutes."""
    outcome = classify_by_name(b"", name)
    if isinstance(outcome, JobError):
        raise TypeError(f"{name} has no answer.")
    return ReviewItem(
        id=f"{number:064x}",
        created_at=datetime.now(UTC) - timedelta(minutes=number),
        prediction=outcome,
        model=make_model(version).ref,
        job_id=f"job_{number}",
        name=name,
    )
