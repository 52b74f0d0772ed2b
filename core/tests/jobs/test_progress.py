from datetime import UTC, datetime

import pytest

from meadow.schemas.jobs import Progress
from meadow_core.jobs.record import to_job

START = 1_777_900_000
STARTED = {"started_at": str(START * 1000)}


def progress(seconds: float, **fields: str) -> Progress:
    record = {"id": "batch_1", "kind": "batch", "state": "running", "created_at": str(START * 1000 - 5000), **STARTED}
    job = to_job({**record, **fields}, now=datetime.fromtimestamp(START + seconds, UTC))
    assert job.progress
    return job.progress


def test_a_running_batch_tells_how_fast_it_is_and_how_much_longer_it_takes() -> None:
    told = progress(10, total="1000", done="250", packs="16")
    assert (told.rate, told.eta_seconds) == (25, 30)


def test_while_a_batch_is_filled_nobody_knows_how_much_is_to_come() -> None:
    told = progress(10, total="300", done="250")
    assert (told.rate, told.eta_seconds) == (25, None)


@pytest.mark.parametrize(("kind", "total"), [("training", "20"), ("training", None)])
def test_a_training_run_needs_no_seal(kind: str, total: str | None) -> None:
    fields = {"total": total} if total else {}
    told = progress(60, kind=kind, done="5", **fields)
    assert told.rate == pytest.approx(5 / 60)
    assert told.eta_seconds == (pytest.approx(180) if total else None)


def test_before_anything_is_done_there_is_no_estimate() -> None:
    assert progress(10, total="1000", packs="16").eta_seconds is None
    assert progress(10, total="1000", packs="16").rate == 0


def test_a_finished_job_keeps_the_rate_it_ended_with() -> None:
    finished = {"total": "1000", "done": "1000", "packs": "16", "finished_at": str((START + 40) * 1000)}
    for seconds in (41, 4000):
        told = progress(seconds, state="succeeded", **finished)
        assert (told.rate, told.eta_seconds) == (25, None)


def test_a_job_that_was_not_started_has_no_rate() -> None:
    record = {"id": "batch_1", "kind": "batch", "state": "queued", "created_at": "1777900000000", "total": "5"}
    job = to_job(record)
    assert job.progress == Progress(total=5)


def test_clocks_that_disagree_give_no_rate_rather_than_a_wrong_one() -> None:
    told = progress(-3, total="1000", done="64", packs="16")
    assert (told.rate, told.eta_seconds) == (None, None)


def test_more_than_was_asked_for_is_never_a_negative_wait() -> None:
    assert progress(10, total="10", done="11", packs="1").eta_seconds == 0
