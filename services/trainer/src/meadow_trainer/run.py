"""One training run from data set to decision: tracked, registered, compared, promoted or not."""

import dataclasses
import tempfile
from pathlib import Path

from mlflow.exceptions import MlflowException

from meadow import names
from meadow.datasets.split import Split
from meadow.registry.cache import ModelCache
from meadow.registry.model import ModelInfo, ModelRef
from meadow.registry.versions import ModelRegistry, RegistryError
from meadow.settings import Settings
from meadow.training import TrainingResult
from meadow_trainer.champion import measure_champion
from meadow_trainer.config import TrainingConfig
from meadow_trainer.data import ImageLoader
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.evaluate import Measurement
from meadow_trainer.gate import PromotionRule, judge
from meadow_trainer.pipeline import TrainedBundle, train_bundle
from meadow_trainer.reports import EpochReport, Watch
from meadow_trainer.source import ImageSource
from meadow_trainer.tracking import TrackedRun, tracked_run

PROMOTED = "promoted"
KEPT = "kept"


class TrainingRuns:
    """Runs trainings against one registry."""

    def __init__(self, settings: Settings, registry: ModelRegistry, cache: ModelCache) -> None:
        self._settings = settings
        self._registry = registry
        self._cache = cache

    def execute(self, source: ImageSource, config: TrainingConfig, watch: Watch) -> TrainingResult:
        """Train a model, register it, and make it the production model if it is better by rule.

        Raises:
            TrainingError: The data, the network or the export is not usable; nothing was registered.
            TrainingCancelledError: The watch asked to stop; nothing was registered.
            RegistryError: MLflow does not answer.
            BundleError: What was registered is not what was trained; it got no alias.
        """
        # A registry that is down is told before the training, not after it.
        self._registry.production()
        try:
            with tracked_run(self._settings, source, config) as run, tempfile.TemporaryDirectory() as folder:
                bundle = self._train(source, config, Path(folder), watch, run)
                if watch.should_stop():
                    raise TrainingCancelledError("Stopped on request before the model was registered.")
                watch.on_stage("registering the model")
                return self._register(run, bundle, source, watch)
        except MlflowException as error:
            raise RegistryError(f"MLflow at {self._settings.mlflow_tracking_uri} failed: {error}") from error

    def _train(
        self, source: ImageSource, config: TrainingConfig, folder: Path, watch: Watch, run: TrackedRun
    ) -> TrainedBundle:
        def on_epoch(report: EpochReport) -> None:
            run.log_epoch(report)
            watch.on_epoch(report)

        following = dataclasses.replace(watch, on_epoch=on_epoch)
        return train_bundle(source, config, folder, following, max_pixels=self._settings.max_image_pixels)

    def _register(self, run: TrackedRun, bundle: TrainedBundle, source: ImageSource, watch: Watch) -> TrainingResult:
        logged = run.log_outcome(bundle)
        ref = self._registry.register(
            run_id=run.run_id,
            source=logged.source,
            model_id=logged.model_id,
            manifest=bundle.manifest,
            digest=bundle.digest,
        )
        # What is served is what comes back from the registry: fetch it as a worker would, digests checked.
        self._cache.ensure(ref, self._registry)
        watch.on_stage("comparing with the model in production")
        champion = self._registry.production()
        measured = self._measure(champion, source) if champion else None
        verdict = judge(bundle.measurement, measured, PromotionRule.from_settings(self._settings))
        decision = PROMOTED if verdict.promote else KEPT
        self._registry.record_decision(ref.version, decision=decision, reason=verdict.reason)
        run.log_decision(decision, verdict.reason)
        self._set_alias(ref, champion, promote=verdict.promote)
        return TrainingResult(
            run_id=run.run_id,
            run_url=run.url,
            model=ref,
            holdout_accuracy=bundle.measurement.accuracy,
            champion_accuracy=measured.accuracy if measured else None,
            decision="promoted" if verdict.promote else "kept",
            reason=verdict.reason,
        )

    def _measure(self, champion: ModelInfo, source: ImageSource) -> Measurement:
        folder = self._cache.ensure(champion.ref, self._registry)
        manifest = source.manifest
        loader = ImageLoader(source.read, manifest.classes, max_pixels=self._settings.max_image_pixels)
        return measure_champion(folder, loader, manifest.of_split(Split.HOLDOUT))

    def _set_alias(self, ref: ModelRef, champion: ModelInfo | None, *, promote: bool) -> None:
        if champion:
            self._registry.set_alias(names.CHALLENGER_ALIAS, ref.version)
        if promote:
            self._registry.set_alias(names.PRODUCTION_ALIAS, ref.version)
