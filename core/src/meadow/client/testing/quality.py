"""Quality reports, made up."""

from datetime import UTC, datetime, timedelta

from meadow.quality.counts import Dimension
from meadow.quality.model import DimensionDrift, LabelledAccuracy, QualityReport, Verdict
from meadow.registry.model import ModelInfo


def make_quality(model: ModelInfo | None, hours: int = 24, **changes: object) -> QualityReport:
    """A report on a version that has answered nothing within the window, but for the changes."""
    now = datetime.now(UTC)
    reference = model.holdout_accuracy if model else None
    report = QualityReport(
        model=model.ref if model else None,
        window_hours=hours,
        since=now - timedelta(hours=hours),
        until=now,
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
