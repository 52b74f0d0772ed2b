"""The idempotency key of a task's submission: the same however often the task is tried, another when it is cleared."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The task of a DAG run that a job is submitted by."""

    dag_id: str
    run_id: str
    task_id: str
    clear_number: int
    """How often somebody has cleared tasks of the run: then a new job is wanted, not the old one's answer."""


def idempotency_key(origin: Origin, path: str, body: Mapping[str, object]) -> str:
    """Derive the key; the request is part of it, as a key must not be used for two requests."""
    parts = [origin.dag_id, origin.run_id, origin.task_id, origin.clear_number, path, body]
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return f"airflow-{hashlib.sha256(canonical.encode()).hexdigest()}"
