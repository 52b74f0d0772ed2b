"""How the command line draws things."""

from datetime import timedelta

from meadow.schemas.jobs import Job, JobState

BAR_CELLS = 20
PROGRESS_CELLS = 12
AGE_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))
STATE_STYLES = {
    JobState.QUEUED: "yellow",
    JobState.RUNNING: "cyan",
    JobState.SUCCEEDED: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "dim",
    JobState.EXPIRED: "magenta",
}


def probability_bar(probability: float) -> str:
    """Draw a probability as a bar."""
    return _bar(probability, BAR_CELLS)


def progress_bar(done: int, total: int) -> str:
    """Draw a part of a whole as a bar with its percentage."""
    share = done / total if total else 0.0
    return f"{_bar(share, PROGRESS_CELLS)} {share:4.0%}"


def age(passed: timedelta) -> str:
    """Write how long ago something was, in its largest unit."""
    seconds = int(passed.total_seconds())
    for unit, length in AGE_UNITS:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{max(seconds, 0)} s"


def styled_state(job: Job) -> str:
    """Write a job's state in its colour."""
    return f"[{STATE_STYLES[job.state]}]{job.state}[/]"


def _bar(share: float, cells: int) -> str:
    filled = round(share * cells)
    return f"[green]{'━' * filled}[/][dim]{'━' * (cells - filled)}[/]"
