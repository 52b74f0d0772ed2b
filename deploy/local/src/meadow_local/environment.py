"""The environment that the parts are started with."""

from collections.abc import Mapping

from meadow_local.settings import LOOPBACK

FOREIGN_PREFIXES = ("MEADOW_", "MLFLOW_", "AWS_", "RCLONE_", "CELERY_", "FLOWER_", "STREAMLIT_", "UVICORN_", "AIRFLOW")
"""Variables that would change a part behind the back of `stack.env`."""
HANDED_ON = "AIRFLOW_VAR_MEADOW_"
"""The settings of the DAGs are none of the stack's."""


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would change a part, and with no proxy between the parts."""
    kept = {name: value for name, value in environ.items() if not _is_foreign(name)}
    direct = {LOOPBACK, "localhost", *filter(None, kept.get("no_proxy", kept.get("NO_PROXY", "")).split(","))}
    kept["no_proxy"] = kept["NO_PROXY"] = ",".join(sorted(direct))
    # Lines reach the log as they are written, not a buffer later.
    kept["PYTHONUNBUFFERED"] = "1"
    return kept


def _is_foreign(name: str) -> bool:
    return name.startswith(FOREIGN_PREFIXES) and not name.startswith(HANDED_ON)
