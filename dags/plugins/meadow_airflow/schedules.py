"""When the DAGs run by themselves.

Read while the DAGs are parsed, when Airflow's database is not to be asked: from the environment alone, by the names
that Variables have there.
"""

import os
from datetime import timedelta

from airflow.sdk import CronTriggerTimetable

SCHEDULES = {
    "meadow_ingest_schedule": "0 2 * * *",
    "meadow_retrain_schedule": "0 3 * * 1",
    "meadow_monitor_schedule": "0 * * * *",
}
"""Cron expressions, in UTC."""


def timetable(name: str) -> CronTriggerTimetable:
    """The times at which a DAG runs; the first one lies ahead, however fresh the installation is."""
    cron = os.environ.get(f"AIRFLOW_VAR_{name.upper()}") or SCHEDULES[name]
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(0))
