"""The processes of Airflow."""

from collections.abc import Callable

from meadow_local.airflow import checks
from meadow_local.airflow.folders import prepare_airflow
from meadow_local.binaries import module
from meadow_local.checks import Target
from meadow_local.parts import Part
from meadow_local.settings import LocalSettings

GROUP = "airflow"
IMPORT_SECONDS = 15


def _part(
    component: str,
    about: str,
    ready: Callable[[Target], None],
    *,
    ports: tuple[str, ...] = (),
    page: Callable[[LocalSettings], str] | None = None,
) -> Part:
    return Part(
        name=f"airflow-{component}",
        about=about,
        group=GROUP,
        command=lambda _: [*module("meadow_local.airflow.server"), component],
        ready=ready,
        ports=ports,
        page=page,
        prepare=prepare_airflow,
        steady_seconds=IMPORT_SECONDS,
        # Each ends its children itself, and in order.
        signals_children=False,
    )


AIRFLOW_PARTS: tuple[Part, ...] = (
    _part(
        "api-server",
        "retrains: its pages",
        checks.api_server_answers,
        ports=("airflow_port",),
        page=lambda settings: settings.airflow_url,
    ),
    _part("scheduler", "retrains: starts what is due", checks.beats("scheduler")),
    _part("dag-processor", "retrains: reads the DAGs", checks.beats("dag_processor")),
    _part("triggerer", "retrains: waits for jobs", checks.beats("triggerer")),
)
