"""Airflow, asked over its own API as a person asks it on its pages."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx

from meadow_local.errors import StackError
from meadow_local.settings import AIRFLOW_USER, LocalSettings

POLL_SECONDS = 0.5
RUN_SECONDS = 300.0
FINAL_STATES = frozenset({"success", "failed"})
"""Of a run."""


class AirflowApi:
    """What can be asked of Airflow, and waited for; a context manager that closes its connection.

    Raises:
        StackError: Airflow does not answer, or refuses; by every method.
    """

    def __init__(self, settings: LocalSettings) -> None:
        self._http = httpx.Client(base_url=settings.airflow_url, timeout=30)
        login = {"username": AIRFLOW_USER, "password": settings.airflow_password.get_secret_value()}
        token = self._send("POST", "/auth/token", login)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Send a request, and return the answer's body."""
        return self._send(method, f"/api/v2{path}", body)

    def set_variable(self, name: str, value: str) -> None:
        """Set one of the DAGs' settings."""
        variable = {"key": name, "value": value}
        if self._http.get(f"/api/v2/variables/{name}").is_success:
            self.ask("PATCH", f"/variables/{name}", variable)
        else:
            self.ask("POST", "/variables", variable)

    def start(self, dag: str, **params: object) -> str:
        """Start a run by hand, and return its name."""
        return str(self.ask("POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": params})["dag_run_id"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """All runs of a DAG, oldest first."""
        runs: list[dict[str, Any]] = self.ask("GET", f"/dags/{dag}/dagRuns?order_by=run_after")["dag_runs"]
        return runs

    def state(self, dag: str, run: str) -> str:
        """The state of a run."""
        return str(self.ask("GET", f"/dags/{dag}/dagRuns/{run}")["state"])

    def tasks(self, dag: str, run: str) -> dict[str, str | None]:
        """The state of each task of a run."""
        found = self.ask("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        return {task["task_id"]: task["state"] for task in found}

    def result(self, dag: str, run: str, task: str, key: str = "return_value") -> Any:  # noqa: ANN401 - JSON
        """What a task has left for others."""
        return self.ask("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/{key}")["value"]

    def log(self, dag: str, run: str, task: str) -> str:
        """What the last try of a task has logged."""
        instance = self.ask("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}")
        lines = self.ask("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{instance['try_number']}")
        return "\n".join(str(line.get("event", line)) for line in lines["content"])

    def wait(self, dag: str, run: str) -> str:
        """Wait for the end of a run, and return its state."""
        self.until(lambda: self.state(dag, run) in FINAL_STATES, lambda: str(self.tasks(dag, run)))
        return self.state(dag, run)

    def wait_for_task(self, dag: str, run: str, task: str, state: str) -> None:
        """Wait until a task is in a state."""
        self.until(lambda: self.tasks(dag, run).get(task) == state, lambda: str(self.tasks(dag, run)))

    def until(self, true: Callable[[], bool], tell: Callable[[], str], seconds: float = RUN_SECONDS) -> None:
        """Wait for something; `tell` says how things are when it does not come."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise StackError(f"Waited for Airflow for {seconds:.0f} s in vain: {tell()}")
            time.sleep(POLL_SECONDS)

    def _send(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise StackError(f"Airflow does not answer at {self._http.base_url}: {error}") from error
        if not answer.is_success:
            raise StackError(f"Airflow refuses {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None
