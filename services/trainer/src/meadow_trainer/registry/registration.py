"""Registration of a trained bundle, the gate's decision and the promotion."""

import dataclasses
import logging

from meadow.schemas.models import CHALLENGER_ALIAS, GateDecision, GateRecord, ModelInfo, ModelRef
from meadow.schemas.split import Split
from meadow.schemas.training import TrainingResult
from meadow_core.bundle.manifest import BundleError
from meadow_core.datasets.errors import DatasetError
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.production import Production, ProductionMovedError
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.source import ImageSource
from meadow_trainer.evaluation.evaluate import correct_by_digest
from meadow_trainer.export.probe_check import probe_error
from meadow_trainer.registry.champion import measure_champion
from meadow_trainer.registry.gate import Comparison, GateResult, HoldoutResult, PromotionRule, apply_gate
from meadow_trainer.registry.growth import TrainingGrowth
from meadow_trainer.runs.pipeline import TrainedBundle
from meadow_trainer.runs.tracking import TrackedRun
from meadow_trainer.training.callbacks import TrainingCallbacks

TRAINER = "trainer"
"""Who promotes, in the history of production."""
MAX_NAMED = 5
"""Number of images that a reason names: it becomes an MLflow tag, whose length is limited."""

log = logging.getLogger(__name__)


class Registration:
    """Registers models, compares them with the champion, and promotes those that pass the gate."""

    def __init__(self, settings: TrainerSettings, registry: ModelRegistry, cache: ModelCache) -> None:
        self._settings = settings
        self._registry = registry
        self._production = Production(registry)
        self._cache = cache

    def register(
        self, run: TrackedRun, bundle: TrainedBundle, source: ImageSource, callbacks: TrainingCallbacks
    ) -> TrainingResult:
        """Register a bundle and apply the gate; after a failure, a second call resumes where the first ended.

        Args:
            run: The MLflow run of the training.
            bundle: The model, with its hold-out metrics.
            source: The data set version it was trained on.
            callbacks: Told of each stage.

        Raises:
            RegistryError: MLflow is unavailable.
            BundleError: The registered bundle is damaged; it is marked as refused and got no alias.
        """
        callbacks.on_stage("registering the model")
        ref = self._version_of(run, bundle)
        failure = self._probe_error(ref, run) or _must_pass_error(bundle)
        challenger = HoldoutResult(
            bundle.measurement, correct_by_digest(bundle.holdout_logits, bundle.holdout.labels, bundle.holdout.digests)
        )
        while True:
            callbacks.on_stage("comparing with the model in production")
            champion = self._registry.production()
            if champion and champion.ref.version == ref.version:
                # An earlier attempt was killed after promoting it, before it returned.
                return self._result(run, bundle, source, ref, _decided(champion), None)
            measured, unmeasured = self._measure(champion, source) if champion else (None, "")
            comparison = _comparison(ref, champion, source)
            result = self._apply_gate(challenger, measured, comparison, failure, unmeasured)
            record = GateRecord(
                decision=result.decision,
                reason=result.reason,
                champion=champion.ref.version if champion else "",
                gain=result.gain,
                p_value=result.p_value,
            )
            self._registry.record_decision(ref.version, record)
            run.log_decision(record)
            try:
                self._set_aliases(ref, record)
            except ProductionMovedError as moved:
                log.warning("Comparing version %s again: %s", ref.version, moved)
                continue
            return self._result(run, bundle, source, ref, record, measured)

    def _version_of(self, run: TrackedRun, bundle: TrainedBundle) -> ModelRef:
        """Register the bundle, unless an earlier attempt at the same run has: its weights were identical."""
        earlier = self._registry.version_of_run(run.run_id)
        if earlier is not None:
            return earlier
        logged = run.log_result(bundle)
        return self._registry.register(
            run_id=run.run_id,
            source=logged.source,
            model_id=logged.model_id,
            manifest=bundle.manifest,
            digest=bundle.digest,
        )

    def _probe_error(self, ref: ModelRef, run: TrackedRun) -> str:
        """Return what is wrong with the registered bundle; empty when nothing is.

        It is fetched from the registry as a worker would, and its digests are checked.

        Raises:
            BundleError: It is damaged.
        """
        try:
            return probe_error(self._cache.ensure(ref, self._registry))
        except BundleError as error:
            record = GateRecord(decision=GateDecision.REFUSED, reason=str(error))
            self._registry.record_decision(ref.version, record)
            run.log_decision(record)
            raise

    def _measure(self, champion: ModelInfo, source: ImageSource) -> tuple[HoldoutResult | None, str]:
        """Measure the champion, or return why it cannot be: a broken one must not stay in production for ever."""
        manifest = source.manifest
        loader = ImageLoader(source.read, manifest.classes, max_pixels=self._settings.max_image_pixels)
        try:
            folder = self._cache.ensure(champion.ref, self._registry)
            holdout = manifest.of_split(Split.HOLDOUT)
            return measure_champion(folder, loader, holdout, self._settings.feature_cache), ""
        except BundleError as error:
            log.warning("Version %s, which is in production, cannot be measured: %s", champion.ref.version, error)
            return None, f"The model in production, version {champion.ref.version}, cannot be measured: {error}"

    def _apply_gate(
        self,
        challenger: HoldoutResult,
        champion: HoldoutResult | None,
        comparison: Comparison,
        failure: str,
        unmeasured: str,
    ) -> GateResult:
        result = apply_gate(challenger, champion, PromotionRule.from_settings(self._settings), comparison)
        if failure:
            return dataclasses.replace(result, decision=GateDecision.REFUSED, reason=failure)
        if unmeasured and result.promote:
            accuracy = challenger.measurement.accuracy
            return dataclasses.replace(result, reason=f"{accuracy:.1%} hold-out accuracy. {unmeasured}")
        return result

    def _set_aliases(self, ref: ModelRef, record: GateRecord) -> None:
        if record.decision is GateDecision.REFUSED:
            return
        if record.champion:
            self._registry.set_alias(CHALLENGER_ALIAS, ref.version)
        if record.decision is GateDecision.PROMOTED:
            # Someone may have promoted another model during the comparison.
            self._production.promote(ref.version, by=TRAINER, reason=record.reason, expected=record.champion)

    @staticmethod
    def _result(
        run: TrackedRun,
        bundle: TrainedBundle,
        source: ImageSource,
        ref: ModelRef,
        record: GateRecord,
        champion: HoldoutResult | None,
    ) -> TrainingResult:
        return TrainingResult(
            dataset=source.manifest.name,
            dataset_version=source.manifest.digest,
            run_id=run.run_id,
            run_url=run.url,
            model=ref,
            holdout_accuracy=bundle.measurement.accuracy,
            champion_accuracy=champion.measurement.accuracy if champion else None,
            champion_version=record.champion,
            gain=record.gain,
            p_value=record.p_value,
            decision=record.decision,
            reason=record.reason,
        )


def _comparison(ref: ModelRef, champion: ModelInfo | None, source: ImageSource) -> Comparison:
    """Number the comparison by the version: the registry counts up and never gives a number twice."""
    number = max(1, int(ref.version) - 1)
    if champion is None or source.load_version is None:
        return Comparison(number)
    try:
        before = source.load_version(champion.dataset_digest)
    except DatasetError as error:
        log.warning("The training images of version %s are not known: %s", champion.ref.version, error)
        return Comparison(number)
    return Comparison(number, TrainingGrowth.between(before, source.manifest))


def _must_pass_error(bundle: TrainedBundle) -> str:
    wrong = bundle.assessment.must_pass.wrong
    if not wrong:
        return ""
    more = f" and {len(wrong) - MAX_NAMED} more" if len(wrong) > MAX_NAMED else ""
    return f"It misclassifies {len(wrong)} of the must-pass images: {', '.join(wrong[:MAX_NAMED])}{more}."


def _decided(version: ModelInfo) -> GateRecord:
    return GateRecord(
        decision=GateDecision.PROMOTED,
        reason=version.reason,
        champion=version.champion,
        gain=version.gain,
        p_value=version.p_value,
    )
