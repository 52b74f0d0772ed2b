"""The DAGs as Airflow reads them, without a database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from meadow_airflow.failures import tell_of_failure

FOLDER = Path(__file__).parents[1] / "dags"


@pytest.fixture(scope="module")
def bag() -> BundleDagBag:
    return BundleDagBag(dag_folder=str(FOLDER), bundle_path=FOLDER, bundle_name="dags")


@pytest.fixture(params=["ingest", "monitor", "retrain"])
def dag(request: pytest.FixtureRequest, bag: BundleDagBag) -> DAG:
    found: DAG = bag.dags[request.param]
    return found


def test_every_file_is_read(bag: BundleDagBag) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == {path.stem for path in FOLDER.glob("*.py")} == {"ingest", "monitor", "retrain"}


def test_runs_come_one_after_another_and_never_from_the_past(dag: DAG) -> None:
    assert dag.max_active_runs == 1
    assert not dag.catchup
    assert dag.start_date is None
    assert dag.dagrun_timeout


def test_everybody_can_read_what_it_is_for(dag: DAG) -> None:
    assert dag.doc_md
    assert all(f"`{task_id}`" in dag.doc_md for task_id in dag.task_ids if task_id != "plan")
    assert dag.tags == {"meadow"}


def test_every_task_is_tried_again_and_told_of(dag: DAG) -> None:
    for task in dag.tasks:
        assert task.retries == 3
        assert task.retry_exponential_backoff == 2
        assert task.max_retry_delay
        assert task.execution_timeout
        assert task.on_failure_callback == [tell_of_failure]


def test_a_fresh_installation_starts_no_run_at_once(dag: DAG) -> None:
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    now = datetime.now(UTC)
    anytime = TimeRestriction(earliest=None, latest=None, catchup=False)
    first = stored.timetable.next_dagrun_info(last_automated_data_interval=None, restriction=anytime)
    assert first is not None
    assert now < first.run_after < now + timedelta(days=8)


def test_the_schedules_are_settings(bag: BundleDagBag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_INGEST_SCHEDULE", "30 4 * * *")
    again = BundleDagBag(dag_folder=str(FOLDER), bundle_path=FOLDER, bundle_name="dags")
    assert "30 4" in str(DagSerialization.to_dict(again.dags["ingest"])["dag"]["timetable"])
    assert "30 4" not in str(DagSerialization.to_dict(bag.dags["ingest"])["dag"]["timetable"])


def test_the_graph_of_a_retraining(bag: BundleDagBag) -> None:
    graph = {task.task_id: task.downstream_task_ids for task in bag.dags["retrain"].tasks}
    assert graph == {
        "decide": {"train", "smoke_check"},
        "train": {"gate", "in_production"},
        "gate": {"verify_roll_out", "smoke_check", "roll_back"},
        "verify_roll_out": {"smoke_check", "roll_back"},
        "smoke_check": {"in_production", "roll_back"},
        "in_production": set(),
        "roll_back": set(),
    }


def test_data_and_drift_are_announced_to_the_retraining(bag: BundleDagBag) -> None:
    outlets = {
        dag_id: [outlet.name for task in bag.dags[dag_id].tasks for outlet in task.outlets] for dag_id in bag.dags
    }
    assert outlets == {"ingest": ["meadow_dataset"], "monitor": ["meadow_drift"], "retrain": []}
    timetable = DagSerialization.to_dict(bag.dags["retrain"])["dag"]["timetable"]["__var"]
    assert {"meadow_dataset", "meadow_drift"} <= set(str(timetable).replace("'", " ").split())
    assert "0 3 * * 1" in str(timetable)
