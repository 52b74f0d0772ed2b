"""Watches the model in production.

`watch` reads the gateway's verdict on the last day: whether what is asked, and what is answered, has drifted away from
what the model was trained on, and whether people correct it more often than its hold-out accuracy lets expect. All the
reckoning is the gateway's (`GET /v1/quality`).

If the verdict is `drift` or `performance-drop`, and no training run was started for that within the cooldown
(`meadow_cooldown_hours`), the DAG `retrain` is told; else the task is skipped, and says why.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from airflow.sdk import Metadata, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from meadow_airflow.assets import DRIFT_ASSET
from meadow_airflow.defaults import TAG, default_args
from meadow_airflow.gateway.connection import connected_gateway
from meadow_airflow.monitoring.cooldown import recent_run
from meadow_airflow.monitoring.signal import read_signal
from meadow_airflow.schedules import timetable
from meadow_airflow.settings import COOLDOWN_HOURS, QUALITY_HOURS


@dag(
    dag_id="monitor",
    dag_display_name="Meadow: monitor",
    schedule=timetable("meadow_monitor_schedule"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=50),
    default_args=default_args(),
    doc_md=__doc__,
    tags=[TAG],
)
def monitor() -> None:
    """Look, and say so."""

    @task(outlets=[DRIFT_ASSET])
    def watch() -> Iterator[Metadata]:
        """Tell who trains, if something is wrong that was not answered already."""
        with connected_gateway() as client:
            quality = client.quality(window_hours=QUALITY_HOURS.get())
            signal = read_signal(quality)
            if signal is None:
                raise AirflowSkipException(f"The verdict is {quality.verdict}: {' '.join(quality.reasons) or 'well.'}")
            since = datetime.now(UTC) - timedelta(hours=COOLDOWN_HOURS.get())
            before = recent_run(client, signal.cause, since)
        if before is not None:
            raise AirflowSkipException(f"{signal.reason} Training run {before.id} has been started for that.")
        yield Metadata(DRIFT_ASSET, {"verdict": signal.verdict, "reason": signal.reason})

    watch()


monitor()
