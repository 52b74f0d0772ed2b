"""Trains a new model, and sees it into production if it is better.

Runs every Monday, when `ingest` has found new data, when `monitor` has found drift, and on demand.

1. `decide`: whether to train. New data counts from `meadow_min_new_images` on that the model in production has not
   seen; drift at most once in `meadow_cooldown_hours`.
2. `train`: a training run of the gateway, waited for in the triggerer. It is submitted once, whatever is killed
   meanwhile; clearing the task, or setting its state, cancels it.
3. `gate`: the trainer has compared the model with the one in production. A model that is not better (`kept`, `refused`)
   is a good end: the rest is skipped, and the log says why.
4. `verify_roll_out`: every worker serves the new version.
5. `smoke_check`: the new version answers hold-out images, asked through the gateway. An image that nobody has answered
   yet says nothing of the version: the task is tried again.
6. `in_production`: says so.
7. `roll_back`: runs if 4 or 5 failed, puts the version before back, and fails the run.
"""

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, Param, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from meadow.schemas.models import GateDecision, ModelRef
from meadow.schemas.training import TrainingResult
from meadow_airflow.assets import DATASET_ASSET, DRIFT_ASSET
from meadow_airflow.defaults import DAG_RUN_TIMEOUT, TAG, default_args
from meadow_airflow.gateway.connection import connected_gateway
from meadow_airflow.jobs.keys import Origin, idempotency_key
from meadow_airflow.jobs.leftovers import cancel_leftover
from meadow_airflow.jobs.operator import GatewayJobOperator
from meadow_airflow.jobs.starting import TRAINING_RUNS
from meadow_airflow.retraining.decision import decide as choose
from meadow_airflow.retraining.look import look
from meadow_airflow.retraining.occasions import occasions
from meadow_airflow.retraining.request import training_request
from meadow_airflow.roll_out.operator import RollOutOperator
from meadow_airflow.roll_out.rollback import roll_back as go_back
from meadow_airflow.schedules import timetable
from meadow_airflow.settings import DATASET, SMOKE_IMAGES, TRAINING_SECONDS
from meadow_airflow.smoke.check import SmokeError, check_answers
from meadow_airflow.smoke.holdout import holdout_images

log = logging.getLogger("meadow_airflow.retrain")  # Airflow gives this file a name that nobody would know


@dag(
    dag_id="retrain",
    dag_display_name="Meadow: retrain",
    schedule=AssetOrTimeSchedule(timetable=timetable("meadow_retrain_schedule"), assets=(DATASET_ASSET | DRIFT_ASSET)),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=DAG_RUN_TIMEOUT,
    default_args=default_args(),
    doc_md=__doc__,
    tags=[TAG],
    params={
        "dataset": Param("", type="string", description="Name of the data set; empty: the one of the settings."),
        "dataset_version": Param("", type="string", description="A version's digest; empty: the newest."),
        "architecture": Param(
            "", type="string", description="A torchvision or timm model; empty: that of the settings."
        ),
        "image_size": Param(None, type=["integer", "null"], minimum=32, maximum=1024),
        "epochs": Param(None, type=["integer", "null"], minimum=1),
        "seed": Param(None, type=["integer", "null"]),
    },
)
def retrain() -> None:
    """Decide, train, verify, and go back if need be."""

    @task.short_circuit
    def decide() -> dict[str, object] | None:
        """Settle what to train; nothing ends the run here, and well."""
        context = get_current_context()
        run, params, events = context["dag_run"], context["params"], context["triggering_asset_events"]
        started_by = occasions(run.run_type, [asset.name for asset in events])
        hints = [event.extra.get("verdict", "") for event in events.get(DRIFT_ASSET, [])]
        name = params["dataset"] or DATASET.get()
        with connected_gateway() as client:
            situation = look(
                client,
                name,
                started_by,
                drift_hint=hints[-1] if hints else "",
                # A run that was cleared has caused a training run itself, perhaps.
                heed_cooldown=not run.clear_number,
            )
        decision = choose(situation)
        context["ti"].xcom_push(key="reason", value=decision.reason)
        log.info("%s: %s", "Training" if decision.train else "Not training", decision.reason)
        if not decision.train or situation.dataset is None:
            return None
        return training_request(name, situation.dataset.digest, decision.cause, params)

    @task.short_circuit
    def gate(result: dict[str, Any]) -> dict[str, str] | None:
        """Show what the trainer's gate decided; only a promoted version has a way to go."""
        context, told = get_current_context(), TrainingResult.model_validate(result)
        context["ti"].xcom_push(key="reason", value=told.reason)
        log.info("Version %s is %s. %s", told.model.version, told.decision, told.reason)
        return told.model.model_dump() if told.decision is GateDecision.PROMOTED else None

    @task
    def smoke_check(model: dict[str, str], request: dict[str, str]) -> str:
        """Ask the new version about hold-out images."""
        with connected_gateway() as client:
            images = holdout_images(client, request["dataset"], request["dataset_version"], SMOKE_IMAGES.get())
            try:
                return check_answers(client, ModelRef.model_validate(model), images)
            except SmokeError as error:
                raise AirflowFailException(str(error)) from error

    @task
    def in_production(result: dict[str, Any]) -> str:
        """Say what is better now; a last task, which does not run, and so fails the run, when one before it failed."""
        told = TrainingResult.model_validate(result)
        return f"Version {told.model.version} is in production. {told.reason}"

    @task(trigger_rule=TriggerRule.ONE_FAILED, retry_delay=timedelta(seconds=5))
    def roll_back(model: dict[str, str] | None) -> None:
        """Put the version before back, and fail: somebody should look."""
        context = get_current_context()
        if not model:
            cancel_leftover(context["ti"].xcom_pull(task_ids="train", key="job_id"))
            raise AirflowSkipException("No new version came into production; a job that was left is cancelled.")
        run = context["dag_run"]
        origin = Origin(run.dag_id, run.run_id, "roll_back", run.clear_number or 0)
        with connected_gateway() as client:
            raise AirflowFailException(go_back(client, model, idempotency_key(origin, "/v1/models:rollback", model)))

    request: Any = decide()
    train = GatewayJobOperator(task_id="train", path=TRAINING_RUNS, body=request, seconds=TRAINING_SECONDS)
    result: Any = train.output
    promoted: Any = gate(result)
    verified = RollOutOperator(task_id="verify_roll_out", model=promoted)
    asked = smoke_check(promoted, request)
    verified >> asked
    asked >> in_production(result)
    [verified, asked] >> roll_back(promoted)


retrain()
