"""Quality reports, made up."""

from datetime import UTC, datetime, timedelta

from meadow.schemas.models import ModelInfo
from meadow.schemas.quality import Dimension, DimensionDrift, LabelledAccuracy, QualityReport, QualityRule, Verdict


def make_quality(model: ModelInfo | None, hours: int = 24, **changes: object) -> QualityReport:
    """A report on a version that has answered nothing within the window, but for the changes."""
    now = datetime.now(UTC)
    reference = model.holdout_accuracy if model else None
    report = QualityReport(
        model=model.ref if model else None,
        window_hours=hours,
        since=now - timedelta(hours=hours),
        until=now,
        rule=QualityRule(min_images=100, max_psi=0.25, significance=0.001, min_labels=30, max_accuracy_drop=0.05),
        verdict=Verdict.TOO_FEW,
        reasons=[],
        images=0,
        decisions={},
        classes={},
        accuracy=LabelledAccuracy(labelled=0, right=0, reference=reference, verdict=Verdict.TOO_FEW),
        drift=[
            DimensionDrift(name=name, images=0, verdict=Verdict.TOO_FEW)
            for name in (Dimension.PREDICTIONS, Dimension.CONFIDENCE, Dimension.INPUT)
        ],
    )
    return report.model_copy(update=changes)
