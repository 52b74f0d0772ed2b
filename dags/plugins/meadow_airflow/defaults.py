"""What holds for every task, unless it says otherwise."""

from datetime import timedelta
from typing import Any

from meadow_airflow.failures import tell_of_failure

DAG_RUN_TIMEOUT = timedelta(days=1)
TAG = "meadow"


def default_args() -> dict[str, Any]:
    """Three retries, each after a longer pause; whoever is to know is told when none helped."""
    return {
        "owner": "meadow",
        "retries": 3,
        "retry_delay": timedelta(seconds=20),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(minutes=15),
        "on_failure_callback": tell_of_failure,
    }
