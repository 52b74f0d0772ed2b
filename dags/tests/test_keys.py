"""A key must be the same in every process that a task is tried in, and another for another job."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from meadow_airflow.jobs.keys import Origin, idempotency_key

PLUGINS = Path(__file__).parents[1] / "plugins"
ORIGIN = Origin("retrain", "scheduled__2026-11-23T03:00:00+00:00", "train", 0)
BODY = {"dataset": "lawns", "dataset_version": "d2", "cause": "schedule"}
PATH = "/v1/training-runs"


def test_it_is_the_same_in_another_process() -> None:
    code = (
        "from meadow_airflow.jobs.keys import *;"
        f"print(idempotency_key({ORIGIN!r}, {PATH!r}, {dict(reversed(BODY.items()))!r}))"
    )
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code], cwd=PLUGINS, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == idempotency_key(ORIGIN, PATH, BODY)


def test_it_is_fit_for_a_header() -> None:
    key = idempotency_key(ORIGIN, PATH, BODY)
    assert key.isascii()
    assert len(key) <= 255


def test_every_job_has_its_own() -> None:
    keys = {
        idempotency_key(origin, path, body)
        for origin in (ORIGIN, replace(ORIGIN, run_id="manual__1"), replace(ORIGIN, clear_number=1))
        for path in (PATH, "/v1/datasets")
        for body in (BODY, {**BODY, "seed": 1})
    }
    assert len(keys) == 12
