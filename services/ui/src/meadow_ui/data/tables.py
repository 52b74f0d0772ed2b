"""Tables of the data page: classes and versions of a data set, training runs and ingestions."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlsplit

from meadow.image_files.passed_over import describe_passed_over
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.ingestion import IngestResult
from meadow.schemas.jobs import Job, JobState
from meadow.schemas.models import GateDecision
from meadow.schemas.training import TrainingResult
from meadow_ui.markup import STATE_TONES, Tone, ago, badge, digest, duration, percent, table, tile, tiles

TILE_DIGITS = 8
"""Of a digest, in large type: more would be broken over two lines on a phone."""
MOST_CLASSES = 30
MOST_VERSIONS = 20
MOST_REMARKS = 8

_DECISIONS: dict[GateDecision, Tone] = {
    GateDecision.PROMOTED: "good",
    GateDecision.KEPT: "quiet",
    GateDecision.REFUSED: "bad",
}
_NONE = "&ndash;"


def overview(dataset: DatasetDetail) -> str:
    """The latest version in numbers."""
    corrected = sum(counts.corrected for counts in dataset.classes.values())
    count = len(dataset.versions)
    return tiles(
        [
            tile("Images", f"{dataset.images:,}", "in the latest version"),
            tile("Classes", f"{len(dataset.classes):,}"),
            tile("Labelled by people", f"{corrected:,}", "corrected or confirmed"),
            tile("Latest version", dataset.short[:TILE_DIGITS], f"{ago(dataset.created_at)}, {count} in total"),
        ]
    )


def classes_table(version: VersionSummary) -> str:
    """The largest classes, the number of the others, and remarks on the ingestion."""
    by_size = sorted(version.classes.items(), key=lambda one: (-one[1].images, one[0]))
    rows = [
        (
            f"<strong>{escape(label)}</strong>",
            f"{counts.train:,}",
            f"{counts.holdout:,}",
            f"{counts.corrected:,}" if counts.corrected else _NONE,
        )
        for label, counts in by_size[:MOST_CLASSES]
    ]
    left = len(by_size) - len(rows)
    more = f'<p class="quiet small">{left:,} smaller classes not shown</p>' if left else ""
    notes = "".join(f'<p class="quiet small">{escape(one)}</p>' for one in remarks(version.passed_over, version.notes))
    return table(("Class", "Training", "Hold-out", "Labelled by people"), rows) + more + notes


def versions_table(versions: Sequence[VersionSummary], newest: str) -> str:
    """The versions with their sources."""
    return table(
        ("Version", "Created", "Images", "Sources", "Rejected"),
        [
            (
                digest(one.digest) + (f" {badge('latest', 'good')}" if one.digest == newest else ""),
                ago(one.created_at),
                f"{one.images:,}",
                _sources(one),
                f"{sum(one.rejections.values()):,}" if one.rejections else _NONE,
            )
            for one in versions[:MOST_VERSIONS]
        ],
    )


def training_table(jobs: Sequence[Job]) -> str:
    """Training runs, one per row."""
    return table(
        ("Data set", "Started", "Trigger", "State", "Hold-out", "Decision", "Duration", "MLflow"),
        [
            (
                f"<strong>{escape(job.name)}</strong>",
                ago(job.created_at),
                escape(job.cause.value) if job.cause else _NONE,
                _state(job),
                *_result(job.result if isinstance(job.result, TrainingResult) else None),
                _took(job),
                _run(job.result.run_url) if isinstance(job.result, TrainingResult) else _NONE,
            )
            for job in jobs
        ],
    )


def ingestion_table(jobs: Sequence[Job]) -> str:
    """Ingestions, one per row."""
    return table(
        ("Data set", "Started", "State", "Images", "Changes", "Rejected", "Duration"),
        [
            (
                f"<strong>{escape(job.name)}</strong>",
                ago(job.created_at),
                _state(job),
                *_changes(job.result if isinstance(job.result, IngestResult) else None),
                _took(job),
            )
            for job in jobs
        ],
    )


def remarks(passed_over: Mapping[str, int], notes: Sequence[str]) -> list[str]:
    """Sentences on an ingestion: files passed over, then notes on folders, classes and duplicates."""
    sentences = [one for one in (describe_passed_over(passed_over), *notes) if one]
    left = len(sentences) - MOST_REMARKS
    return [*sentences[:MOST_REMARKS], f"{left:,} more in the report."] if left > 0 else sentences


def _sources(version: VersionSummary) -> str:
    added = [f"version {digest(version.added_to)}"] if version.added_to else []
    return " and ".join([*added, *(escape(source.title) for source in version.sources)]) or _NONE


def _state(job: Job) -> str:
    reason = f"<br><small>{escape(job.error.detail)}</small>" if job.error else ""
    return badge(job.state.value, STATE_TONES[job.state]) + reason


def _result(result: TrainingResult | None) -> tuple[str, str]:
    if result is None:
        return _NONE, _NONE
    gain = "" if result.gain is None else f"<br><small>{result.gain * 100:+.1f} points</small>"
    decision = badge(f"{result.decision.value}: version {result.model.version}", _DECISIONS[result.decision])
    return percent(result.holdout_accuracy) + gain, f"{decision}<br><small>{escape(result.reason)}</small>"


def _changes(result: IngestResult | None) -> tuple[str, str, str]:
    if result is None:
        return _NONE, _NONE, _NONE
    parts = [
        f"{number:,} {name}"
        for number, name in ((result.added, "added"), (result.removed, "removed"), (result.relabelled, "relabelled"))
        if number
    ]
    rejected = ", ".join(f"{number:,} {escape(reason)}" for reason, number in result.rejected.items() if number)
    notes = "".join(f"<br><small>{escape(one)}</small>" for one in remarks(result.passed_over, result.notes))
    return (
        f"{result.images:,}",
        ", ".join(parts) if result.changed and parts else "no changes",
        (rejected or _NONE) + notes,
    )


def _run(url: str) -> str:
    """A link if the address is that of a web page, plain text otherwise."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return escape(url) or _NONE
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">Run</a>'


def _took(job: Job) -> str:
    if job.finished_at is None or job.state is JobState.CANCELLED:
        return _NONE
    return duration((job.finished_at - (job.started_at or job.created_at)).total_seconds())
