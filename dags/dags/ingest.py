"""Keeps the data set fresh.

`start` asks the gateway for a new version of the data set from its sources, and waits for it in the triggerer.
`announce` tells the DAG `retrain` if the version is another than before, and the data set is the one of the settings;
else it is skipped, and nobody is told.

Every night, and on demand: *Trigger* asks for the data set, its sources and whether to add to what is there; what is
left empty is taken from the Variables `meadow_dataset`, `meadow_sources` and `meadow_add`.
"""

from collections.abc import Iterator
from typing import Any

from airflow.sdk import Metadata, Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from meadow.schemas.ingestion import IngestResult
from meadow_airflow.assets import DATASET_ASSET
from meadow_airflow.defaults import DAG_RUN_TIMEOUT, TAG, default_args
from meadow_airflow.jobs.operator import GatewayJobOperator
from meadow_airflow.jobs.starting import DATASETS
from meadow_airflow.schedules import timetable
from meadow_airflow.settings import ADD, DATASET, INGEST_SECONDS, MAX_FAILED, SOURCES


@dag(
    dag_id="ingest",
    dag_display_name="Meadow: ingest",
    schedule=timetable("meadow_ingest_schedule"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=DAG_RUN_TIMEOUT,
    default_args=default_args(),
    doc_md=__doc__,
    tags=[TAG],
    params={
        "dataset": Param("", type="string", description="Name of the data set; empty: the one of the settings."),
        "sources": Param(None, type=["array", "null"], description="As `POST /v1/datasets` takes them."),
        "add": Param(None, type=["boolean", "null"], description="Keep the images that are there."),
        "refresh": Param(default=False, type="boolean", description="Download again what was downloaded before."),
    },
)
def ingest() -> None:
    """Fetch, publish, announce."""

    @task
    def plan() -> dict[str, object]:
        """Say what is asked for."""
        params = get_current_context()["params"]
        return {
            "name": params["dataset"] or DATASET.get(),
            "sources": params["sources"] or SOURCES.get(),
            "add": ADD.get() if params["add"] is None else params["add"],
            "refresh": params["refresh"],
            "max_failed": MAX_FAILED.get(),
        }

    @task(outlets=[DATASET_ASSET])
    def announce(result: dict[str, Any]) -> Iterator[Metadata]:
        """Tell who waits for new data, if there is any."""
        told = IngestResult.model_validate(result)
        if not told.changed:
            raise AirflowSkipException(f"{told.dataset} is unchanged, with {told.images} images.")
        if told.dataset != (kept := DATASET.get()):
            raise AirflowSkipException(
                f"{told.dataset} is fresh; only {kept} (meadow_dataset) is trained on by itself."
            )
        yield Metadata(DATASET_ASSET, {"dataset": told.dataset, "version": told.version, "images": told.images})

    start = GatewayJobOperator(task_id="start", path=DATASETS, body=plan(), seconds=INGEST_SECONDS)
    result: Any = start.output
    announce(result)


ingest()
