"""Training runs from data set to decision: tracked in MLflow, registered, and promoted if they pass the gate."""

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mlflow.exceptions import MlflowException

from meadow.schemas.training import TrainingCause, TrainingResult
from meadow.schemas.training_config import TrainingConfig
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.registry.registration import Registration
from meadow_trainer.runs.mlflow_retry import retry_while_unavailable
from meadow_trainer.runs.pipeline import TrainedBundle, train_bundle
from meadow_trainer.runs.tracking import TrackedRun, end_abandoned_run, tracked_run
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from meadow_trainer.training.checkpoints import CHECKPOINT_SECONDS, Checkpoints, read_tracked_run, run_identity

T = TypeVar("T")


class TrainingRuns:
    """Executes training runs, with one registry."""

    def __init__(
        self,
        settings: TrainerSettings,
        registry: ModelRegistry,
        cache: ModelCache,
        *,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
        wait_for_registry: float = 0.0,
    ) -> None:
        """Set up; nothing is contacted yet.

        Args:
            settings: MLflow's address and the gate's rule.
            registry: The model registry.
            cache: The cache of fetched bundles.
            checkpoint_seconds: Interval of checkpoints.
            wait_for_registry: Seconds to retry while MLflow is unavailable before or after training.
        """
        self._settings = settings
        self._checkpoint_seconds = checkpoint_seconds
        self._wait_for_registry = wait_for_registry
        self._registry = registry
        self._registration = Registration(settings, registry, cache)

    def execute(
        self,
        source: ImageSource,
        config: TrainingConfig,
        callbacks: TrainingCallbacks,
        *,
        cause: TrainingCause = TrainingCause.MANUAL,
        checkpoints: Path | None = None,
    ) -> TrainingResult:
        """Train a model, register it, and promote it if it passes the gate.

        Args:
            source: The data set version.
            config: The training settings.
            callbacks: Follow the run, and may cancel it.
            cause: Cause of the run, which becomes a tag.
            checkpoints: Folder with checkpoints of earlier attempts, resumed together with their MLflow run. The
                caller deletes it: only the caller knows whether there will be another attempt.

        Raises:
            CheckpointRefusedError: The folder is that of another run.
            TrainingError: The data, the network or the export is unusable; nothing was registered.
            TrainingCancelledError: Cancelled by a callback; nothing was registered.
            RegistryError: MLflow is unavailable.
            BundleError: The registered bundle is damaged; it is marked as refused and got no alias.
        """
        # Report an unavailable registry before training, not after it.
        self._with_retry(self._registry.production, callbacks)
        try:
            saved = self._checkpoints(checkpoints, source, config)
            with (
                tracked_run(self._settings, source, config, cause, saved) as run,
                tempfile.TemporaryDirectory() as folder,
            ):
                bundle = self._train(source, config, Path(folder), callbacks, run, saved)
                if callbacks.should_stop():
                    raise TrainingCancelledError("Cancelled before the model was registered.")
                return self._with_retry(lambda: self._registration.register(run, bundle, source, callbacks), callbacks)
        except MlflowException as error:
            raise self._failed(error) from error

    def abandon(self, checkpoints: Path) -> None:
        """End the MLflow run that a killed attempt left open; never fails."""
        run_id = read_tracked_run(checkpoints)
        if run_id is not None:
            end_abandoned_run(self._settings, run_id)

    def _checkpoints(self, folder: Path | None, source: ImageSource, config: TrainingConfig) -> Checkpoints | None:
        if folder is None:
            return None
        return Checkpoints(folder, run_identity(source, config), every_seconds=self._checkpoint_seconds)

    def _train(
        self,
        source: ImageSource,
        config: TrainingConfig,
        folder: Path,
        callbacks: TrainingCallbacks,
        run: TrackedRun,
        checkpoints: Checkpoints | None,
    ) -> TrainedBundle:
        def on_epoch(report: EpochReport) -> None:
            run.log_epoch(report)
            callbacks.on_epoch(report)

        with_tracking = dataclasses.replace(callbacks, on_epoch=on_epoch)
        return train_bundle(
            source,
            config,
            folder,
            with_tracking,
            max_pixels=self._settings.max_image_pixels,
            checkpoints=checkpoints,
            cache=self._settings.feature_cache,
        )

    def _with_retry(self, action: Callable[[], T], callbacks: TrainingCallbacks) -> T:
        """Call MLflow, with retries while it is unavailable.

        Raises:
            RegistryError: MLflow is still unavailable, or refuses.
            TrainingCancelledError: Cancelled by a callback.
        """

        def attempt() -> T:
            try:
                return action()
            except MlflowException as error:
                raise self._failed(error) from error

        return retry_while_unavailable(attempt, callbacks, seconds=self._wait_for_registry)

    def _failed(self, error: MlflowException) -> RegistryError:
        return RegistryError(f"MLflow at {self._settings.mlflow_tracking_uri} failed: {error}")
