"""MLflow tracking of a training run: settings, progress, data, figures and the model."""

import importlib.metadata
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import mlflow
import numpy as np
import onnx
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode
from mlflow.types import Schema, TensorSpec

from meadow.schemas.models import GateRecord
from meadow.schemas.training import TrainingCause
from meadow.schemas.training_config import TrainingConfig
from meadow_core import names
from meadow_core.bundle.manifest import EMBEDDING_OUTPUT, LOGITS_OUTPUT, MANIFEST_FILE, MODEL_FILE
from meadow_core.registry.tags import decision_tags
from meadow_core.registry.versions import RegistryError
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.evaluation.assess import Assessment
from meadow_trainer.export.graph import INPUT
from meadow_trainer.reporting.evaluation_page import evaluation_page
from meadow_trainer.reporting.plots import plot_all
from meadow_trainer.runs.mlflow_retry import is_unavailable
from meadow_trainer.runs.pipeline import TrainedBundle
from meadow_trainer.training.callbacks import EpochReport
from meadow_trainer.training.checkpoints import Checkpoints

log = logging.getLogger(__name__)

_DIGEST_LENGTH = 36
"""MLflow's limit for a data set's digest."""
_RESUMED_TAG = "resumed"
"""Tag that counts how often the run was resumed."""
_RETRY_SECONDS = 30.0
"""Pause before MLflow is called again after a failure: each attempt delays the training."""
_SERVING_PACKAGES = ("onnx", "onnxruntime", "numpy")


@dataclass(frozen=True)
class LoggedModel:
    """Location of a logged model in MLflow."""

    source: str
    model_id: str | None


class TrackedRun:
    """An active MLflow run."""

    def __init__(self, run: Any, mlflow_page: str, logged: frozenset[int] = frozenset()) -> None:  # noqa: ANN401 - MLflow is not typed
        self.run_id: str = run.info.run_id
        self._logged = logged
        """Epochs already logged by an earlier attempt, some of them after its last checkpoint."""
        self._pending: list[EpochReport] = []
        """Epochs not logged yet, because MLflow was unavailable."""
        self._retry_at = 0.0
        self.url = f"{mlflow_page}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"

    def log_epoch(self, report: EpochReport) -> None:
        """Log an epoch's metrics, unless an earlier attempt has; while MLflow is unavailable, buffer them.

        Raises:
            MlflowException: MLflow refuses them.
        """
        if report.epoch in self._logged:
            return
        self._pending.append(report)
        if time.monotonic() < self._retry_at:
            return
        try:
            self._log_pending()
        except MlflowException as error:
            if not is_unavailable(error):
                raise
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            log.warning("Training continues without MLflow; its metrics will be logged later: %s", error)

    def _log_pending(self) -> None:
        while self._pending:
            self._log_metrics(self._pending[0])
            del self._pending[0]

    @staticmethod
    def _log_metrics(report: EpochReport) -> None:
        metrics = {"loss": report.loss, "learning_rate": report.learning_rate, "seconds": report.seconds}
        if report.validation_accuracy is not None and report.validation_loss is not None:
            metrics["validation_accuracy"] = report.validation_accuracy
            metrics["validation_loss"] = report.validation_loss
        mlflow.log_metrics(metrics, step=report.epoch)

    def log_result(self, bundle: TrainedBundle) -> LoggedModel:
        """Log the run's result, the model last.

        The model is an ordinary ONNX model, so that `mlflow.onnx.load_model` reads it; what only Meadow needs is
        stored as extra files.

        Raises:
            MlflowException: MLflow is unavailable, or refuses the request.
            RegistryError: The artefact store is unavailable.
        """
        try:
            return self._log_result(bundle)
        except OSError as error:  # raised by MLflow's HTTP client
            raise RegistryError(f"Could not send the run's artefacts to MLflow: {error}") from error

    def _log_result(self, bundle: TrainedBundle) -> LoggedModel:
        self._log_pending()
        trained = bundle.trained
        recipe = {f"recipe.{name}": value for name, value in vars(trained.recipe).items()}
        how = {"pretrained_weights": bundle.pretrained, "trained_as": trained.method, "trained_because": trained.reason}
        mlflow.log_params({**recipe, **how})
        # A tag, as parameters are immutable: a resumed run makes the bundle again, with another timestamp.
        mlflow.set_tag(names.BUNDLE_DIGEST_TAG, bundle.digest)
        mlflow.log_metrics(_final_metrics(bundle))
        figures = plot_all(bundle)
        for name, figure in figures.items():
            mlflow.log_figure(figure, f"figures/{name}.png")
        mlflow.log_text(evaluation_page(bundle, figures), "evaluation.html")
        mlflow.log_dict({"slices": [vars(one) for one in bundle.assessment.slices]}, "slices.json")
        invariance = {"unchanged": bundle.assessment.invariance, "must_pass": vars(bundle.assessment.must_pass)}
        mlflow.log_dict(invariance, "behaviour.json")
        if bundle.label_audit is not None:
            mlflow.log_dict(bundle.label_audit.found.model_dump(mode="json"), "label_suspects.json")
        mlflow.log_dict({"leaks": [vars(one) for one in bundle.leaks]}, "split_leaks.json")
        mlflow.log_dict({"skipped": [vars(one) for one in bundle.skipped]}, "skipped.json")
        size, classes = bundle.manifest.preprocessing.size, len(bundle.manifest.classes)
        info = mlflow.onnx.log_model(
            onnx.load(bundle.folder / MODEL_FILE),
            name=names.MODEL_ARTIFACT,
            signature=ModelSignature(
                inputs=Schema([TensorSpec(np.dtype(np.uint8), (-1, size, size, 3), INPUT)]),
                outputs=Schema(
                    [
                        TensorSpec(np.dtype(np.float32), (-1, classes), LOGITS_OUTPUT),
                        TensorSpec(np.dtype(np.float32), (-1, -1), EMBEDDING_OUTPUT),
                    ]
                ),
            ),
            # Without them MLflow runs the model to infer them, which takes longer than everything else here.
            pip_requirements=_serving_requirements(),
            extra_files=[
                str(bundle.folder / name) for name in (*bundle.manifest.files, MANIFEST_FILE) if name != MODEL_FILE
            ],
            # One file, whose digest the manifest holds.
            save_as_external_data=False,
        )
        return LoggedModel(source=info.model_uri, model_id=info.model_id)

    def log_decision(self, record: GateRecord) -> None:
        """Set the gate's decision and reason as tags."""
        mlflow.set_tags(decision_tags(record))


@contextmanager
def tracked_run(
    settings: TrainerSettings,
    source: ImageSource,
    config: TrainingConfig,
    cause: TrainingCause = TrainingCause.MANUAL,
    checkpoints: Checkpoints | None = None,
) -> Iterator[TrackedRun]:
    """Start an MLflow run; it ends as finished, as killed when training was cancelled, else as failed.

    Args:
        settings: The tracking server and the experiment.
        source: The data set version.
        config: The training settings.
        cause: Cause of the run, which becomes a tag.
        checkpoints: Know the run of an earlier attempt, which is then resumed.

    Raises:
        CheckpointRefusedError: The checkpoints are of another run.
        MlflowException: The tracking server is unavailable.
    """
    mlflow.set_tracking_uri(settings.mlflow_tracking_uri)
    mlflow.set_experiment(settings.experiment)
    earlier = _earlier_run(checkpoints)
    title = None if earlier else f"{config.architecture} on {source.manifest.name}"
    with mlflow.start_run(earlier, run_name=title, tags={names.CAUSE_TAG: cause.value}) as run:
        if earlier:
            history = mlflow.MlflowClient().get_metric_history(earlier, "loss")
            tracked = TrackedRun(run, settings.mlflow_page, frozenset(one.step for one in history))
            mlflow.set_tag(_RESUMED_TAG, str(int(run.data.tags.get(_RESUMED_TAG, "0")) + 1))
        else:
            tracked = TrackedRun(run, settings.mlflow_page)
            _log_start(run.info.run_id, source, config)
            if checkpoints:
                checkpoints.save_tracked_run(run.info.run_id)
        try:
            yield tracked
        except TrainingCancelledError:
            mlflow.end_run("KILLED")
            raise


def end_abandoned_run(settings: TrainerSettings, run_id: str) -> None:
    """End a run whose trainer was killed and that will not be resumed; never fails."""
    client = mlflow.MlflowClient(settings.mlflow_tracking_uri)
    try:
        if client.get_run(run_id).info.status == "RUNNING":
            client.set_terminated(run_id, "KILLED")
    except MlflowException as error:
        log.warning("Could not end the abandoned run %s: %s", run_id, error)


def _earlier_run(checkpoints: Checkpoints | None) -> str | None:
    """Return the run of an earlier attempt, if it still exists."""
    run_id = checkpoints.tracked_run() if checkpoints else None
    if run_id is None:
        return None
    try:
        mlflow.MlflowClient().get_run(run_id)
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
            raise
        return None
    return run_id


def _log_start(run_id: str, source: ImageSource, config: TrainingConfig) -> None:
    """Log the settings and the data set."""
    manifest = source.manifest
    asked = {**config.model_dump(), "must_pass": len(config.must_pass)}
    mlflow.log_params({**asked, "dataset": manifest.name, "dataset_digest": manifest.digest})
    mlflow.MlflowClient().log_inputs(
        run_id,
        datasets=[
            DatasetInput(
                Dataset(
                    name=manifest.name,
                    digest=manifest.digest[:_DIGEST_LENGTH],
                    source_type="meadow",
                    source=manifest.digest,
                    profile=f'{{"images": {len(manifest.entries)}, "classes": {len(manifest.classes)}}}',
                ),
                tags=[InputTag("mlflow.data.context", "training")],
            )
        ],
    )


def _serving_requirements() -> list[str]:
    """Requirements to serve the logged model."""
    others = [f"{name}=={importlib.metadata.version(name)}" for name in _SERVING_PACKAGES]
    return [f"mlflow=={mlflow.__version__}", *others]


def _final_metrics(bundle: TrainedBundle) -> dict[str, float]:
    measured = bundle.measurement
    metrics = {
        "holdout_accuracy": measured.accuracy,
        "holdout_loss": measured.loss,
        "holdout_calibration_error": measured.calibration_error,
        "temperature": bundle.manifest.temperature,
        "decision_threshold": bundle.manifest.decision_threshold,
        "parity": bundle.parity,
        "total_seconds": bundle.seconds,
        "skipped_images": float(len(bundle.skipped)),
        "split_leaks": float(len(bundle.leaks)),
    }
    if bundle.label_audit is not None:
        metrics["label_suspects"] = float(len(bundle.label_audit.found.suspects))
    if bundle.manifest.quantized_accuracy is not None:
        metrics["holdout_accuracy_int8"] = bundle.manifest.quantized_accuracy
    metrics |= bundle.trained.metrics
    metrics |= _assessed(bundle.assessment)
    for index, one in enumerate(measured.per_class.values()):
        # Class names may hold characters that metric names may not.
        metrics[f"holdout_recall/{index}"] = one.recall
        metrics[f"holdout_precision/{index}"] = one.precision
    return metrics


def _assessed(seen: Assessment) -> dict[str, float]:
    metrics = {
        "holdout_confident_share": seen.shares.confident,
        "holdout_unsure_share": seen.shares.unsure,
        "holdout_unknown_share": seen.shares.unknown,
        "must_pass_images": float(seen.must_pass.images),
        "must_pass_wrong": float(len(seen.must_pass.wrong)),
    }
    if seen.accepted_accuracy is not None:
        metrics["holdout_confident_accuracy"] = seen.accepted_accuracy
    for kind, one in seen.ood.items():
        if one.auroc is not None:
            metrics[f"ood_auroc/{kind}"] = one.auroc
        metrics[f"ood_auroc_energy/{kind}"] = one.auroc_energy
        metrics[f"ood_unknown_share/{kind}"] = one.shares.unknown
        metrics[f"ood_confident_share/{kind}"] = one.shares.confident
    metrics |= {f"unchanged/{name}": rate for name, rate in seen.invariance.items()}
    for number, part in enumerate(seen.slices):
        metrics[f"slice_accuracy/{part.by.replace(' ', '_')}_{number}"] = part.accuracy
    return metrics
