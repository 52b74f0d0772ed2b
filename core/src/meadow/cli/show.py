"""How the command line draws things."""

from meadow.jobs.model import Job, JobState

BAR_CELLS = 20
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
    filled = round(probability * BAR_CELLS)
    return f"[green]{'━' * filled}[/][dim]{'━' * (BAR_CELLS - filled)}[/]"


def styled_state(job: Job) -> str:
    """Write a job's state in its colour."""
    return f"[{STATE_STYLES[job.state]}]{job.state}[/]"
