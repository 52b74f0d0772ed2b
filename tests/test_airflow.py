"""Continuous training, from new images to the workers, by the DAGs in a running Airflow."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from meadow.schemas.jobs import Job, JobKind, JobState
from meadow.schemas.predictions import Prediction
from meadow.schemas.quality import Verdict
from meadow.schemas.training import TrainingCause, TrainingResult
from meadow_core.datasets.demo import render_demo_dataset
from meadow_core.storage.s3 import ObjectStore
from meadow_local.airflow.api import AirflowApi
from meadow_local.home import Home
from meadow_local.parts import PARTS
from meadow_local.processes import orphans_of
from meadow_local.stack import Stack
from running_stack import RunningStack, stack_environment
from statsd_desk import StatsdDesk

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[1]
NEEDED = tuple(part for part in PARTS if part.name not in ("ui", "flower"))
DATASET = "lawns"
INBOX = "inbox/"
PER_CLASS = 24
VARIABLES = {
    "meadow_dataset": DATASET,
    "meadow_sources": json.dumps(
        [{"type": "s3_prefix", "uri": f"s3://images-bucket/{INBOX}"}, {"type": "corrections"}]
    ),
    "meadow_min_new_images": "10",
    "meadow_architecture": "resnet18",
    "meadow_image_size": "64",
    "meadow_epochs": "2",
}
# Trained for seconds, these models are no better than chance, and the same again is as good: so it is promoted.
EASILY_PROMOTED = {
    "MEADOW_PROMOTION_MIN_GAIN": "0",
    "MEADOW_PROMOTION_MAX_RECALL_DROP": "1",
    "MEADOW_PROMOTION_REQUIRE_SIGNIFICANCE": "false",
}
# Few images, and few labels, tell already.
SOON_NOTICED = {"MEADOW_DRIFT_MIN_IMAGES": "10", "MEADOW_ACCURACY_MIN_LABELS": "10"}
WRONG_ANSWERS = 12
DAGS = 3


@pytest.fixture(scope="module")
def statsd() -> Iterator[StatsdDesk]:
    """What Airflow sends its metrics to."""
    with StatsdDesk() as desk:
        yield desk


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, statsd: StatsdDesk) -> Iterator[RunningStack]:
    """A stack of its own, with Airflow."""
    home = Home(tmp_path_factory.mktemp("airflow") / "home")
    env = {**stack_environment(home.root), **EASILY_PROMOTED, **SOON_NOTICED, "MEADOW_AIRFLOW_STATSD": statsd.address}
    try:
        running = RunningStack(home, env, parts=NEEDED, extras=["airflow"])
    except BaseException:
        Stack(home).stop()
        raise
    yield running
    running.close()


@pytest.fixture(scope="module")
def airflow(stack: RunningStack) -> Iterator[AirflowApi]:
    with AirflowApi(stack.settings) as api:
        for name, value in VARIABLES.items():
            api.set_variable(name, value)
        # A heartbeat of the process that reads the DAGs comes before it has read them.
        api.until(
            lambda: len(api.ask("GET", "/dags")["dags"]) == DAGS, lambda: stack.log("airflow-dag-processor")[-4000:]
        )
        yield api


@pytest.fixture(scope="module")
def first_run(stack: RunningStack, airflow: AirflowApi, tmp_path_factory: pytest.TempPathFactory) -> str:
    """New images have come: the run of `ingest` has started one of `retrain`, which goes on. Its name."""
    drop_into_inbox(stack, tmp_path_factory.mktemp("new"), seed=0)
    run = airflow.start("ingest")
    assert airflow.wait("ingest", run) == "success", stack.log("airflow-scheduler")[-4000:]
    assert airflow.tasks("ingest", run) == {"plan": "success", "start": "success", "announce": "success"}
    airflow.until(lambda: len(airflow.runs("retrain")) == 1, lambda: str(airflow.runs("retrain")))
    return str(airflow.runs("retrain")[0]["dag_run_id"])


def drop_into_inbox(stack: RunningStack, folder: Path, *, seed: int) -> None:
    render_demo_dataset(folder, per_class=PER_CLASS, seed=seed)
    store = ObjectStore(stack.settings)
    for path in folder.rglob("*.jpg"):
        key = f"{INBOX}{path.parent.name}/{seed}-{path.name}"
        store.put(stack.settings.images_bucket, key, path.read_bytes())


def training_jobs(stack: RunningStack) -> list[Job]:
    return stack.client.jobs(kind=JobKind.TRAINING).jobs


def kill(stack: RunningStack, part: str) -> None:
    """The process and its children at once, as when the machine's memory is full."""
    main = psutil.Process(stack.pid_of(part))
    for process in (main, *main.children(recursive=True)):
        process.send_signal(signal.SIGKILL)


def test_a_fresh_installation_is_ready_and_runs_nothing(airflow: AirflowApi) -> None:
    assert airflow.ask("GET", "/importErrors")["import_errors"] == []
    dags = {dag["dag_id"]: dag for dag in airflow.ask("GET", "/dags")["dags"]}
    assert set(dags) == {"ingest", "monitor", "retrain"}
    assert not any(dag["is_paused"] for dag in dags.values())
    assert [run for dag in dags for run in airflow.runs(dag)] == []


def test_its_parts_are_supervised_on_loopback_and_keep_their_secrets(stack: RunningStack, airflow: AirflowApi) -> None:
    assert airflow
    processes = orphans_of(stack.home.root)
    pids = {process.pid for process in processes}
    # Found by their environment, as after a crash of the process manager.
    assert {stack.pid_of(part.name) for extra in stack.stack.extras for part in extra.parts} <= pids
    listening = [
        connection.laddr.ip
        for connection in psutil.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN and connection.pid in pids and connection.laddr
    ]
    assert set(listening) <= {"127.0.0.1", "::1"}
    hidden = [stack.settings.airflow_password, stack.settings.airflow_secret, stack.settings.s3_secret_key]
    for process in processes:
        line = " ".join(process.cmdline())
        assert not any(secret.get_secret_value() in line for secret in hidden), process.name()


def test_new_images_become_a_model_whatever_is_killed_meanwhile(
    stack: RunningStack, airflow: AirflowApi, first_run: str
) -> None:
    airflow.wait_for_task("retrain", first_run, "train", "deferred")
    kill(stack, "airflow-triggerer")
    os.kill(stack.pid_of("api"), signal.SIGKILL)
    assert airflow.wait("retrain", first_run) == "success", airflow.tasks("retrain", first_run)
    assert airflow.tasks("retrain", first_run) == {
        "decide": "success",
        "train": "success",
        "gate": "success",
        "verify_roll_out": "success",
        "smoke_check": "success",
        "in_production": "success",
        "roll_back": "skipped",
    }
    [job] = training_jobs(stack)
    assert (job.state, job.cause) == (JobState.SUCCEEDED, TrainingCause.NEW_DATA)
    assert isinstance(job.result, TrainingResult)
    assert stack.client.current_model().ref == job.result.model
    assert {worker.model for worker in stack.client.status().workers} == {job.result.model}
    assert "hold-out images rightly" in airflow.result("retrain", first_run, "smoke_check")
    assert airflow.result("retrain", first_run, "gate", "reason") == job.result.reason


@pytest.mark.usefixtures("first_run")
def test_nothing_new_tells_nobody(airflow: AirflowApi) -> None:
    run = airflow.start("ingest")
    assert airflow.wait("ingest", run) == "success"
    assert airflow.tasks("ingest", run)["announce"] == "skipped"
    assert "is unchanged" in airflow.log("ingest", run, "announce")
    assert len(airflow.runs("retrain")) == 1


def test_a_version_that_no_worker_takes_up_is_rolled_back(
    stack: RunningStack, airflow: AirflowApi, first_run: str
) -> None:
    airflow.wait("retrain", first_run)
    before = stack.client.current_model().ref
    airflow.set_variable("meadow_roll_out_seconds", "5")
    stack.stop_part("worker")
    try:
        run = airflow.start("retrain")
        assert airflow.wait("retrain", run) == "failed"
    finally:
        airflow.set_variable("meadow_roll_out_seconds", "120")
        stack.up()
    states = airflow.tasks("retrain", run)
    assert (states["gate"], states["verify_roll_out"], states["roll_back"]) == ("success", "failed", "failed")
    assert f"Version {before.version} is back in production." in airflow.log("retrain", run, "roll_back")
    assert f"Meadow: retrain.verify_roll_out failed in run {run}" in airflow.log("retrain", run, "verify_roll_out")
    assert stack.client.current_model().ref == before
    assert training_jobs(stack)[0].cause is TrainingCause.MANUAL


def test_a_run_that_somebody_ends_cancels_its_job(stack: RunningStack, airflow: AirflowApi, first_run: str) -> None:
    airflow.wait("retrain", first_run)
    run = airflow.start("retrain", epochs=5000)
    airflow.wait_for_task("retrain", run, "train", "deferred")
    job = stack.client.job(airflow.result("retrain", run, "train", "job_id"))
    assert not job.state.is_final
    airflow.ask("PATCH", f"/dags/retrain/dagRuns/{run}/taskInstances/train", {"new_state": "failed"})
    assert stack.client.wait(job.id, timeout=60).state is JobState.CANCELLED
    assert airflow.wait("retrain", run) == "failed"


def test_wrong_answers_retrain_the_model_once(
    stack: RunningStack, airflow: AirflowApi, first_run: str, tmp_path: Path
) -> None:
    airflow.wait("retrain", first_run)
    quiet = airflow.start("monitor")
    assert airflow.wait("monitor", quiet) == "success"
    assert airflow.tasks("monitor", quiet) == {"watch": "skipped"}
    people_say_it_is_wrong(stack, tmp_path)
    assert stack.client.quality().verdict is Verdict.PERFORMANCE_DROP
    before = len(airflow.runs("retrain"))
    alarm = airflow.start("monitor")
    assert airflow.wait("monitor", alarm) == "success"
    assert airflow.tasks("monitor", alarm) == {"watch": "success"}
    airflow.until(lambda: len(airflow.runs("retrain")) == before + 1, lambda: str(airflow.runs("retrain")))
    run = airflow.runs("retrain")[-1]["dag_run_id"]
    airflow.wait_for_task("retrain", run, "train", "deferred")
    # Nothing is better yet, and the alarm is raised again.
    again = airflow.start("monitor")
    assert airflow.wait("monitor", again) == "success"
    assert airflow.tasks("monitor", again) == {"watch": "skipped"}
    assert "has been started for that" in airflow.log("monitor", again, "watch")
    assert airflow.wait("retrain", run) == "success"
    assert training_jobs(stack)[0].cause is TrainingCause.PERFORMANCE
    assert len(airflow.runs("retrain")) == before + 1


def test_alerts_and_dashboards_ask_for_metrics_that_airflow_sends(
    airflow: AirflowApi, first_run: str, statsd: StatsdDesk
) -> None:
    airflow.wait("retrain", first_run)
    files = [*ROOT.glob("monitoring/rules/*.yml"), *ROOT.glob("monitoring/grafana/dashboards/*.json")]
    asked = {name for file in files for name in re.findall(r"\bairflow_\w+", file.read_text())}
    assert asked
    airflow.until(lambda: asked <= statsd.names, lambda: f"missing: {asked - statsd.names}")


def people_say_it_is_wrong(stack: RunningStack, folder: Path) -> None:
    render_demo_dataset(folder, per_class=WRONG_ANSWERS, seed=9)
    for path in sorted(folder.rglob("*.jpg")):
        job = stack.client.submit_image(path.read_bytes(), wait=20)
        assert isinstance(job.result, Prediction)
        wrong = next(score.label for score in job.result.scores if score.label != job.result.label)
        stack.client.give_feedback(job.id, wrong)
