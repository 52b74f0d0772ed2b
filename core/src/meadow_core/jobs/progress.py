"""How far a job has come, how fast, and how much longer it will take."""

from collections.abc import Mapping

from meadow.schemas.jobs import JobKind, JobState, Progress
from meadow_core.jobs.fields import JobField


def progress_of(record: Mapping[str, str], classes: Mapping[str, str], seconds: float) -> Progress:
    """Read a batch's or a training run's progress.

    Args:
        record: The job's hash.
        classes: Predicted class -> count, for a batch.
        seconds: For how long the job has been worked on, or was until it ended.
    """
    total = int(record[JobField.TOTAL]) if JobField.TOTAL in record else None
    done = int(record.get(JobField.DONE, 0))
    rate = done / seconds if seconds > 0 else None
    # The total of a batch that is still being filled is only what is in so far.
    is_whole = record[JobField.KIND] != JobKind.BATCH or JobField.PACKS in record
    is_foreseeable = record[JobField.STATE] == JobState.RUNNING and is_whole
    return Progress(
        total=total,
        done=done,
        failed=int(record.get(JobField.FAILED, 0)),
        classes={label: int(count) for label, count in sorted(classes.items())},
        rate=rate,
        eta_seconds=max(total - done, 0) / rate if is_foreseeable and total is not None and rate else None,
        message=record.get(JobField.MESSAGE, ""),
    )
