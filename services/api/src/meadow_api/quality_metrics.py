"""The quality of the model's answers as metrics."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric

from meadow.schemas.quality import Dimension, LabelledAccuracy, QualityReport, Verdict
from meadow_api.metrics import OTHER
from meadow_api.quality_reading import QualityReading
from meadow_core.quality.counts import CONFIDENCE_EDGES, of_dimension

MOST_CLASSES = 50
"""Classes that have a time series of their own, the most frequent ones; the rest is summed up as `other`."""


def quality_metrics(reading: QualityReading) -> Iterator[Metric]:
    """Give what is known of the version in production, over the window that the report names."""
    report = reading.report
    if reading.model is not None:
        family = GaugeMetricFamily(
            "meadow_production_model_info", "The version in production.", labels=["version", "architecture"]
        )
        family.add_metric([reading.model.ref.version, reading.model.architecture], 1)
        yield family
    yield GaugeMetricFamily("meadow_quality_images", "Images answered in the window.", report.images)
    yield _shares("meadow_quality_class_ratio", "Share of the answers of a class.", "class", _largest(report.classes))
    yield _shares("meadow_quality_decision_ratio", "Share of a decision.", "decision", report.decisions)
    yield _shares(
        "meadow_quality_confidence_ratio",
        "Share of the answers whose highest probability is at least this, and below the next.",
        "from",
        _by_edge(of_dimension(reading.counts, Dimension.CONFIDENCE)),
    )
    yield from _accuracy(report.accuracy)
    yield from _drift(report)


def _accuracy(accuracy: LabelledAccuracy) -> Iterator[Metric]:
    yield GaugeMetricFamily("meadow_quality_labels", "Answers that people labelled.", accuracy.labelled)
    for name, about, value in (
        ("accuracy_ratio", "Share of them that were right.", accuracy.share),
        ("accuracy_low_ratio", "Lower end of its 95 % interval.", accuracy.low),
        ("accuracy_high_ratio", "Upper end of its 95 % interval.", accuracy.high),
        ("holdout_accuracy_ratio", "The model's accuracy on its hold-out.", accuracy.reference),
    ):
        if value is not None:
            yield GaugeMetricFamily(f"meadow_quality_{name}", about, value)
    yield GaugeMetricFamily(
        "meadow_quality_performance_drop",
        "1 while labelled accuracy is surely below the hold-out's.",
        accuracy.verdict is Verdict.PERFORMANCE_DROP,
    )


def _drift(report: QualityReport) -> Iterator[Metric]:
    psi = GaugeMetricFamily(
        "meadow_quality_drift_psi", "Population stability index against the hold-out.", labels=["dimension"]
    )
    drifts = GaugeMetricFamily(
        "meadow_quality_drift", "1 while a distribution is called drifted.", labels=["dimension"]
    )
    for one in report.drift:
        if one.psi is not None:
            psi.add_metric([one.name.value], one.psi)
        drifts.add_metric([one.name.value], one.verdict is Verdict.DRIFT)
    yield psi
    yield drifts


def _shares(name: str, about: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    total = sum(counts.values())
    for value, count in counts.items():
        family.add_metric([value], count / total if total else 0.0)
    return family


def _largest(classes: Mapping[str, int]) -> dict[str, int]:
    ordered = sorted(classes.items(), key=lambda entry: (-entry[1], entry[0]))
    rest = sum(count for _, count in ordered[MOST_CLASSES:])
    return dict(ordered[:MOST_CLASSES]) | ({OTHER: rest} if rest else {})


def _by_edge(bins: Mapping[str, int]) -> dict[str, int]:
    edges = (0.0, *CONFIDENCE_EDGES)
    return {f"{edge:g}": bins.get(str(place), 0) for place, edge in enumerate(edges)}
