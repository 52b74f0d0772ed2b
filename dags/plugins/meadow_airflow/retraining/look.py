"""What the gateway knows when a run begins."""

from datetime import UTC, datetime, timedelta

from meadow_airflow.gateway.client import GatewayClient
from meadow_airflow.gateway.errors import GatewayRefusedError
from meadow_airflow.gateway.models import Cause, Changes, CurrentModel
from meadow_airflow.monitoring.cooldown import recent_run
from meadow_airflow.monitoring.signal import CAUSES
from meadow_airflow.retraining.decision import Occasion, Situation
from meadow_airflow.settings import COOLDOWN_HOURS, MIN_NEW_IMAGES, QUALITY_HOURS


def look(
    client: GatewayClient, dataset_name: str, started_by: frozenset[Occasion], *, drift_hint: str, heed_cooldown: bool
) -> Situation:
    """Ask for whatever the decision rests on.

    Args:
        client: The gateway.
        dataset_name: What would be trained on.
        started_by: Why the run was started.
        drift_hint: The verdict that an event brought along, for when the gateway's has changed meanwhile.
        heed_cooldown: Whether a recent training run for the same reason speaks against another.
    """
    dataset = client.dataset(dataset_name)
    model = client.current_model()
    is_drift = Occasion.DRIFT in started_by
    drift_cause = _drift_cause(client, drift_hint) if is_drift else "drift"
    cooldown = timedelta(hours=COOLDOWN_HOURS.get())
    recent = recent_run(client, drift_cause, datetime.now(UTC) - cooldown) if is_drift and heed_cooldown else None
    return Situation(
        occasions=started_by,
        dataset_name=dataset_name,
        dataset=dataset,
        model=model,
        changes=_changes(client, dataset_name, model) if dataset and model else None,
        min_new_images=MIN_NEW_IMAGES.get(),
        drift_cause=drift_cause,
        recent_run=f"Training run {recent.id}" if recent else "",
    )


def _changes(client: GatewayClient, dataset_name: str, model: CurrentModel) -> Changes:
    try:
        return client.changes(dataset_name, model.dataset_digest)
    except GatewayRefusedError as refusal:
        if refusal.code != "not-found":
            raise
    # Production was trained on another data set, or on a version that is gone: everything is new to it.
    return client.changes(dataset_name, "")


def _drift_cause(client: GatewayClient, hint: str) -> Cause:
    verdict = client.quality(QUALITY_HOURS.get()).verdict
    return CAUSES.get(verdict) or CAUSES.get(hint) or "drift"
