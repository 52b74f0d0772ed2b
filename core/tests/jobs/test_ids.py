import time

from meadow.schemas.jobs import JobKind
from meadow_core.jobs.ids import JobIds


def test_an_id_is_known_again() -> None:
    ids = JobIds(b"secret")
    assert all(ids.is_ours(ids.new(kind)) for kind in JobKind)


def test_foreign_and_altered_ids_are_not_ours() -> None:
    ids = JobIds(b"secret")
    good = ids.new(JobKind.CLASSIFICATION)
    altered = good[:-1] + ("0" if good[-1] != "0" else "1")
    other_kind = good.replace("job_", "batch_")
    foreign = JobIds(b"another").new(JobKind.CLASSIFICATION)
    for bad in (altered, other_kind, foreign, "", "job_", "job_!!", "42", good + "0", "job_" + "é" * 24):
        assert not ids.is_ours(bad), bad


def test_ids_sort_by_time() -> None:
    ids = JobIds(b"secret")
    earlier = ids.new(JobKind.BATCH)
    time.sleep(0.003)
    assert earlier < ids.new(JobKind.BATCH)


def test_ids_do_not_repeat() -> None:
    ids = JobIds(b"secret")
    assert len({ids.new(JobKind.CLASSIFICATION) for _ in range(2000)}) == 2000
