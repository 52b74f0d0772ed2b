"""What training runs and ingestions of late led to."""

from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

from meadow.ingestion import IngestResult
from meadow.jobs.model import Job, JobState
from meadow.registry.model import GateDecision
from meadow.training import TrainingResult
from meadow_ui.data.remarks import remarks
from meadow_ui.markup import STATE_TONES, Tone, ago, badge, duration, percent, table

_DECISIONS: dict[GateDecision, Tone] = {
    GateDecision.PROMOTED: "good",
    GateDecision.KEPT: "quiet",
    GateDecision.REFUSED: "bad",
}
_NONE = "&ndash;"


def training_table(jobs: Sequence[Job]) -> str:
    """One line a run."""
    return table(
        ("Data set", "Started", "Why", "State", "Hold-out", "Decision", "Took", "MLflow"),
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
    """One line an ingestion."""
    return table(
        ("Data set", "Started", "State", "Images", "Changes", "Left out", "Took"),
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
    left_out = ", ".join(f"{number:,} {escape(reason)}" for reason, number in result.rejected.items() if number)
    told = "".join(f"<br><small>{escape(one)}</small>" for one in remarks(result.passed_over, result.notes))
    return (
        f"{result.images:,}",
        ", ".join(parts) if result.changed and parts else "nothing new",
        (left_out or _NONE) + told,
    )


def _run(url: str) -> str:
    """A link, if it is one to a web page."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return escape(url) or _NONE
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">Run</a>'


def _took(job: Job) -> str:
    if job.finished_at is None or job.state is JobState.CANCELLED:
        return _NONE
    return duration((job.finished_at - (job.started_at or job.created_at)).total_seconds())
