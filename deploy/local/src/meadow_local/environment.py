"""The environment that the parts are started with."""

from collections.abc import Mapping

from meadow_local.settings import LOOPBACK

FOREIGN_PREFIXES = ("MEADOW_", "MLFLOW_", "AWS_", "RCLONE_", "CELERY_", "FLOWER_", "STREAMLIT_", "UVICORN_")
"""Variables that would change a part behind the back of `stack.env`."""


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would change a part, and with no proxy between the parts."""
    kept = {name: value for name, value in environ.items() if not name.startswith(FOREIGN_PREFIXES)}
    direct = {LOOPBACK, "localhost", *filter(None, kept.get("no_proxy", kept.get("NO_PROXY", "")).split(","))}
    kept["no_proxy"] = kept["NO_PROXY"] = ",".join(sorted(direct))
    # Lines reach the log as they are written, not a buffer later.
    kept["PYTHONUNBUFFERED"] = "1"
    return kept
