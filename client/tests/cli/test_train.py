import io
from datetime import UTC, datetime
from typing import cast

from rich.console import Console

from meadow.cli.train import follow_training
from meadow.client import Client
from meadow.schemas.jobs import Job, JobKind, JobState, Links, Progress


class TrainingStations:
    """Plays the stations of a training run."""

    def __init__(self, stations: list[Job]) -> None:
        self._stations = iter(stations)

    def job(self, job_id: str, *, wait: float) -> Job:
        del job_id, wait
        return next(self._stations)


def station(state: JobState, done: int, message: str, *, total: int | None = 3) -> Job:
    return Job(
        id="trn_1",
        kind=JobKind.TRAINING,
        state=state,
        created_at=datetime.now(UTC),
        progress=Progress(total=total, done=done, message=message),
        links=Links(self="/v1/jobs/trn_1", cancel="/v1/jobs/trn_1:cancel"),
    )


def test_where_there_is_no_terminal_each_step_is_a_line_of_its_own() -> None:
    screen = io.StringIO()
    stations = [
        station(JobState.QUEUED, 0, ""),
        station(JobState.RUNNING, 0, "", total=None),
        station(JobState.RUNNING, 0, "decoding images", total=None),
        station(JobState.RUNNING, 1, "accuracy 0.7 [train]"),
        station(JobState.RUNNING, 1, "accuracy 0.7 [train]"),
        station(JobState.SUCCEEDED, 3, "done"),
    ]
    client = cast("Client", TrainingStations(stations))
    last = follow_training(Console(file=screen, width=20), client, station(JobState.QUEUED, 0, ""))
    assert last.state is JobState.SUCCEEDED
    assert screen.getvalue().splitlines() == [
        "Training run trn_1 waits for the trainer.",
        "decoding images",
        "1/3 accuracy 0.7 [train]",
        "3/3 done",
    ]
