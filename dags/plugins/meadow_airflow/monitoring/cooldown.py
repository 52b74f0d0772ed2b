"""Drift does not end with the first training run it causes: another one every hour would help nobody."""

from datetime import datetime

from meadow_airflow.gateway.client import GatewayClient
from meadow_airflow.gateway.models import Cause, Job


def recent_run(client: GatewayClient, cause: Cause, since: datetime) -> Job | None:
    """Find a training run of this cause, in whatever state, that was asked for since then."""
    token = ""
    while True:
        page = client.training_runs(token)
        for job in page.jobs:
            if job.created_at < since:
                # Newest first: the rest is older still.
                return None
            if job.cause == cause:
                return job
        token = page.next_page_token
        if not token:
            return None
