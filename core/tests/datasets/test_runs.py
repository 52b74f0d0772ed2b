import pytest

from meadow.schemas.jobs import JobKind
from meadow.schemas.rejection import Reason
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.rejection import Rejection, read_rejections
from meadow_core.datasets.runs import KEPT_RUNS, IngestRuns
from meadow_core.jobs.ids import JobIds
from meadow_core.storage.layout import run_rejections_key, runs_prefix
from meadow_core.storage.s3 import ObjectStore

REJECTION = Rejection(name="a.png", label="grass", origin="folder", reason=Reason.UNDECODABLE, detail="broken")


@pytest.fixture
def runs(store: ObjectStore, bucket: str) -> IngestRuns:
    return IngestRuns(store, bucket)


def test_each_run_has_its_page_and_what_it_left_out(runs: IngestRuns, store: ObjectStore, bucket: str) -> None:
    runs.keep("lawns", "ingest_1", b"one", [REJECTION])
    runs.keep("lawns", "ingest_2", b"two", [])
    runs.keep("lawns", "ingest_2", b"two again", [])
    assert (runs.report("lawns", "ingest_1"), runs.report("lawns", "ingest_2")) == (b"one", b"two again")
    assert list(read_rejections(store.get(bucket, run_rejections_key("lawns", "ingest_1")))) == [REJECTION]


@pytest.mark.parametrize(
    ("name", "job_id"), [("lawns", "ingest_2"), ("meadows", "ingest_1"), ("lawns", ".."), ("..", "ingest_1")]
)
def test_what_is_not_kept_is_said_to_be_missing(runs: IngestRuns, name: str, job_id: str) -> None:
    runs.keep("lawns", "ingest_1", b"one", [])
    with pytest.raises(DatasetError, match="no report of ingestion"):
        runs.report(name, job_id)


def test_the_newest_are_kept_of_each_data_set(
    runs: IngestRuns, store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEPT_RUNS > 30
    monkeypatch.setattr("meadow_core.datasets.runs.KEPT_RUNS", 3)
    made = JobIds(b"secret")
    ids = sorted(made.new(JobKind.INGEST) for _ in range(5))
    runs.keep("meadows", ids[0], b"page", [])
    for job_id in ids:
        runs.keep("lawns", job_id, b"page", [REJECTION])
    assert {key.split("/")[3] for key in store.keys(bucket, runs_prefix("lawns"))} == set(ids[2:])
    assert runs.report("meadows", ids[0]) == b"page"
