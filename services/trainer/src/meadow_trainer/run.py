"""One training run from data set to decision: tracked, registered, compared, promoted or not."""

import dataclasses
import logging
import tempfile
from pathlib import Path

from mlflow.exceptions import MlflowException

from meadow import names
from meadow.bundle.manifest import BundleError
from meadow.datasets.split import Split
from meadow.registry.cache import ModelCache
from meadow.registry.model import GateDecision, GateRecord, ModelInfo, ModelRef
from meadow.registry.production import Production, ProductionMovedError
from meadow.registry.versions import ModelRegistry, RegistryError
from meadow.settings import Settings
from meadow.training import TrainingCause, TrainingResult
from meadow_trainer.champion import measure_champion
from meadow_trainer.checkpoints import CHECKPOINT_SECONDS, Checkpoints, tracked_run_of
from meadow_trainer.config import TrainingConfig
from meadow_trainer.data import ImageLoader
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.evaluate import right_answers
from meadow_trainer.gate import HoldoutAnswers, PromotionRule, Verdict, judge
from meadow_trainer.pipeline import TrainedBundle, train_bundle
from meadow_trainer.probe_check import probe_fault
from meadow_trainer.reports import EpochReport, Watch
from meadow_trainer.run_identity import run_identity
from meadow_trainer.source import ImageSource
from meadow_trainer.tracking import TrackedRun, end_abandoned_run, tracked_run

TRAINER = "trainer"
"""Who promotes, in the history of production."""

log = logging.getLogger(__name__)


class TrainingRuns:
    """Runs trainings against one registry."""

    def __init__(
        self,
        settings: Settings,
        registry: ModelRegistry,
        cache: ModelCache,
        *,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> None:
        self._settings = settings
        self._checkpoint_seconds = checkpoint_seconds
        self._registry = registry
        self._production = Production(registry)
        self._cache = cache

    def execute(
        self,
        source: ImageSource,
        config: TrainingConfig,
        watch: Watch,
        *,
        cause: TrainingCause = TrainingCause.MANUAL,
        checkpoints: Path | None = None,
    ) -> TrainingResult:
        """Train a model, register it, and make it the production model if it is better by rule.

        Args:
            source: The data set version.
            config: What is asked for.
            watch: Follows the run and may end it.
            cause: Why; a tag of the run.
            checkpoints: Folder from which an earlier attempt at this run is gone on with, its tracked run too. What
                is saved there stays: only the caller knows whether there will be another attempt.

        Raises:
            CheckpointRefusedError: The folder is that of another run.
            TrainingError: The data, the network or the export is not usable; nothing was registered.
            TrainingCancelledError: The watch asked to stop; nothing was registered.
            RegistryError: MLflow does not answer.
            BundleError: What was registered is not what was trained; it is marked as refused and got no alias.
        """
        # A registry that is down is told before the training, not after it.
        self._registry.production()
        try:
            saved = self._checkpoints(checkpoints, source, config)
            with (
                tracked_run(self._settings, source, config, cause, saved) as run,
                tempfile.TemporaryDirectory() as folder,
            ):
                bundle = self._train(source, config, Path(folder), watch, run, saved)
                if watch.should_stop():
                    raise TrainingCancelledError("Stopped on request before the model was registered.")
                watch.on_stage("registering the model")
                return self._register(run, bundle, source, watch)
        except MlflowException as error:
            raise RegistryError(f"MLflow at {self._settings.mlflow_tracking_uri} failed: {error}") from error

    def abandon(self, checkpoints: Path) -> None:
        """End the tracked run that a killed attempt left open and that nobody will go on with; never fails."""
        run_id = tracked_run_of(checkpoints)
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
        watch: Watch,
        run: TrackedRun,
        checkpoints: Checkpoints | None,
    ) -> TrainedBundle:
        def on_epoch(report: EpochReport) -> None:
            run.log_epoch(report)
            watch.on_epoch(report)

        following = dataclasses.replace(watch, on_epoch=on_epoch)
        return train_bundle(
            source, config, folder, following, max_pixels=self._settings.max_image_pixels, checkpoints=checkpoints
        )

    def _register(self, run: TrackedRun, bundle: TrainedBundle, source: ImageSource, watch: Watch) -> TrainingResult:
        logged = run.log_outcome(bundle)
        ref = self._registry.register(
            run_id=run.run_id,
            source=logged.source,
            model_id=logged.model_id,
            manifest=bundle.manifest,
            digest=bundle.digest,
        )
        fault = self._fault(ref, run)
        challenger = HoldoutAnswers(
            bundle.measurement, right_answers(bundle.holdout_logits, bundle.holdout.labels, bundle.holdout.digests)
        )
        while True:
            watch.on_stage("comparing with the model in production")
            champion = self._registry.production()
            measured = self._measure(champion, source) if champion else None
            verdict = self._judge(challenger, measured, fault)
            record = GateRecord(
                decision=verdict.decision,
                reason=verdict.reason,
                champion=champion.ref.version if champion else "",
                gain=verdict.gain,
                p_value=verdict.p_value,
            )
            self._registry.record_decision(ref.version, record)
            run.log_decision(record)
            try:
                self._set_aliases(ref, record)
            except ProductionMovedError as moved:
                log.warning("Comparing version %s again: %s", ref.version, moved)
                continue
            return TrainingResult(
                dataset=source.manifest.name,
                dataset_version=source.manifest.digest,
                run_id=run.run_id,
                run_url=run.url,
                model=ref,
                holdout_accuracy=bundle.measurement.accuracy,
                champion_accuracy=measured.measurement.accuracy if measured else None,
                champion_version=record.champion,
                gain=record.gain,
                p_value=record.p_value,
                decision=record.decision,
                reason=record.reason,
            )

    def _fault(self, ref: ModelRef, run: TrackedRun) -> str:
        """Say what is wrong with what was registered; empty when nothing is.

        What is served is what comes back from the registry: it is fetched as a worker would, digests checked.

        Raises:
            BundleError: It is not what was trained.
        """
        try:
            return probe_fault(self._cache.ensure(ref, self._registry))
        except BundleError as error:
            record = GateRecord(decision=GateDecision.REFUSED, reason=str(error))
            self._registry.record_decision(ref.version, record)
            run.log_decision(record)
            raise

    def _judge(self, challenger: HoldoutAnswers, champion: HoldoutAnswers | None, fault: str) -> Verdict:
        verdict = judge(challenger, champion, PromotionRule.from_settings(self._settings))
        if fault:
            return dataclasses.replace(verdict, decision=GateDecision.REFUSED, reason=fault)
        return verdict

    def _measure(self, champion: ModelInfo, source: ImageSource) -> HoldoutAnswers:
        folder = self._cache.ensure(champion.ref, self._registry)
        manifest = source.manifest
        loader = ImageLoader(source.read, manifest.classes, max_pixels=self._settings.max_image_pixels)
        return measure_champion(folder, loader, manifest.of_split(Split.HOLDOUT))

    def _set_aliases(self, ref: ModelRef, record: GateRecord) -> None:
        if record.decision is GateDecision.REFUSED:
            return
        if record.champion:
            self._registry.set_alias(names.CHALLENGER_ALIAS, ref.version)
        if record.decision is GateDecision.PROMOTED:
            # A person may have put another model into production while this one was compared with the last.
            self._production.promote(ref.version, by=TRAINER, reason=record.reason, expected=record.champion)
