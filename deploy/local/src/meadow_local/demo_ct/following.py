"""Following a run of a DAG task by task, into the timeline."""

import time

from meadow_local.airflow.api import FINAL_STATES, POLL_SECONDS, RUN_SECONDS, AirflowApi
from meadow_local.demo_ct.timeline import Timeline
from meadow_local.errors import StackError

ENDED = frozenset({"success", "failed", "skipped", "upstream_failed"})
"""States in which a task is over."""


def follow(airflow: AirflowApi, timeline: Timeline, dag: str, run: str) -> dict[str, str | None]:
    """Tell of each task of a run when it is over, and return their states when the run is.

    Raises:
        StackError: The run failed, or does not come to its end.
    """
    told: set[str] = set()
    deadline = time.monotonic() + RUN_SECONDS
    while True:
        # Asked first: a run that is over has no task that is not.
        state = airflow.state(dag, run)
        tasks = airflow.tasks(dag, run)
        for task, reached in tasks.items():
            # Tasks that were not needed say so all at once, in no order: that would be noise.
            if task not in told and reached in ENDED and (reached != "skipped" or _explains(airflow, dag, run, task)):
                told.add(task)
                timeline.add(f"{dag}: {task}", _reason(airflow, dag, run, task), state=str(reached))
        if state in FINAL_STATES:
            break
        if time.monotonic() > deadline:
            raise StackError(f"The run {run} of {dag} has not ended after {RUN_SECONDS:.0f} s: {tasks}")
        time.sleep(POLL_SECONDS)
    if state != "success":
        raise StackError(f"The run {run} of {dag} failed: {tasks}. See its pages, or `meadow logs airflow-scheduler`.")
    return tasks


def run_started_by_asset(airflow: AirflowApi, dag: str, before: int) -> str:
    """Wait for a run that was not there before, and return its name."""
    airflow.until(lambda: len(airflow.runs(dag)) > before, lambda: f"{dag} was not started.")
    return str(airflow.runs(dag)[-1]["dag_run_id"])


def _explains(airflow: AirflowApi, dag: str, run: str, task: str) -> bool:
    return bool(_reason(airflow, dag, run, task))


def _reason(airflow: AirflowApi, dag: str, run: str, task: str) -> str:
    """What a task says about its outcome, if it says anything."""
    try:
        return str(airflow.result(dag, run, task, "reason"))
    except StackError:
        return ""
