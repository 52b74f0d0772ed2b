"""Airflow, asked over its own API as a person asks it on its pages."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from meadow_local.settings import AIRFLOW_USER, LocalSettings

POLL_SECONDS = 0.5
RUN_SECONDS = 240.0


class AirflowApi:
    """What a test asks of Airflow, and waits for."""

    def __init__(self, settings: LocalSettings) -> None:
        self._http = httpx.Client(base_url=settings.airflow_url, timeout=30)
        login = {"username": AIRFLOW_USER, "password": settings.airflow_password.get_secret_value()}
        answer = self._http.post("/auth/token", json=login)
        assert answer.is_success, answer.text
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Send a request, and return the answer's body."""
        answer = self._http.request(method, f"/api/v2{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def set_variable(self, name: str, value: str) -> None:
        """Set one of the DAGs' settings."""
        variable = {"key": name, "value": value}
        if self._http.get(f"/api/v2/variables/{name}").is_success:
            self.ask("PATCH", f"/variables/{name}", variable)
        else:
            self.ask("POST", "/variables", variable)

    def start(self, dag: str, **params: object) -> str:
        """Start a run by hand."""
        return str(self.ask("POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": params})["dag_run_id"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """All runs of a DAG, oldest first."""
        runs: list[dict[str, Any]] = self.ask("GET", f"/dags/{dag}/dagRuns?order_by=run_after")["dag_runs"]
        return runs

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
        """Wait for the end of a run."""
        path = f"/dags/{dag}/dagRuns/{run}"
        self.until(lambda: self.ask("GET", path)["state"] in ("success", "failed"), lambda: str(self.tasks(dag, run)))
        return str(self.ask("GET", path)["state"])

    def wait_for_task(self, dag: str, run: str, task: str, state: str) -> None:
        """Wait until a task is in a state."""
        self.until(lambda: self.tasks(dag, run).get(task) == state, lambda: str(self.tasks(dag, run)))

    def until(self, true: Callable[[], bool], tell: Callable[[], str], seconds: float = RUN_SECONDS) -> None:
        """Wait for something; `tell` says how things are when it does not come."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, tell()
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()
