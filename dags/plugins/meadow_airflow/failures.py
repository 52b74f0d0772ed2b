"""A task has failed for good: one clear line in the log, and a call to whoever is to know."""

import logging
from collections.abc import Mapping
from typing import Any

import httpx

from meadow_airflow.settings import WEBHOOK_URL

log = logging.getLogger(__name__)

WEBHOOK_SECONDS = 10.0


def tell_of_failure(context: Mapping[str, Any]) -> None:
    """Log what failed, and post it if a webhook is set; never fails itself."""
    notice = failure_notice(context)
    log.error("%s", notice["text"])
    try:
        url = WEBHOOK_URL.get()
        if url:
            httpx.post(url, json=notice, timeout=WEBHOOK_SECONDS).raise_for_status()
    except Exception as error:  # noqa: BLE001 - the failure itself must stay the news
        log.warning("The webhook was not told: %s", error)


def failure_notice(context: Mapping[str, Any]) -> dict[str, str]:
    """What failed, where and why; `text` alone says it all, which is what chat programs show."""
    instance = context["task_instance"]
    # Where a task was killed there is no exception, and what Airflow noticed stands elsewhere.
    error = context.get("exception") or context.get("reason") or "it was killed, or timed out"
    where = f"{instance.dag_id}.{instance.task_id}"
    return {
        "text": f"Meadow: {where} failed in run {instance.run_id}: {error}",
        "dag_id": instance.dag_id,
        "task_id": instance.task_id,
        "run_id": instance.run_id,
        "error": str(error),
        "log_url": getattr(instance, "log_url", None) or "",
    }
