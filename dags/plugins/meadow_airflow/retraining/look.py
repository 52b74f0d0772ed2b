"""What the gateway knows when a run begins."""

from datetime import UTC, datetime, timedelta

from meadow import ApiProblem, Client
from meadow.schemas.dataset_diff import DatasetChanges
from meadow.schemas.models import ModelInfo
from meadow.schemas.training import TrainingCause
from meadow_airflow.gateway.asking import find_dataset, model_in_production
from meadow_airflow.monitoring.cooldown import recent_run
from meadow_airflow.monitoring.signal import CAUSES
from meadow_airflow.retraining.decision import Occasion, Situation
from meadow_airflow.settings import COOLDOWN_HOURS, MIN_NEW_IMAGES, QUALITY_HOURS


def look(
    client: Client, dataset_name: str, started_by: frozenset[Occasion], *, drift_hint: str, heed_cooldown: bool
) -> Situation:
    """Ask for whatever the decision rests on.

    Args:
        client: The gateway.
        dataset_name: What would be trained on.
        started_by: Why the run was started.
        drift_hint: The verdict that an event brought along, for when the gateway's has changed meanwhile.
        heed_cooldown: Whether a recent training run for the same reason speaks against another.
    """
    dataset = find_dataset(client, dataset_name)
    model = model_in_production(client)
    is_drift = Occasion.DRIFT in started_by
    drift_cause = _drift_cause(client, drift_hint) if is_drift else TrainingCause.DRIFT
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


def _changes(client: Client, dataset_name: str, model: ModelInfo) -> DatasetChanges:
    try:
        return client.dataset_changes(dataset_name, model.dataset_digest)
    except ApiProblem as problem:
        if problem.code != "not-found":
            raise
    # Production was trained on another data set, or on a version that is gone: everything is new to it.
    return client.dataset_changes(dataset_name)


def _drift_cause(client: Client, hint: str) -> TrainingCause:
    verdict = client.quality(window_hours=QUALITY_HOURS.get()).verdict
    return CAUSES.get(verdict) or CAUSES.get(hint) or TrainingCause.DRIFT
