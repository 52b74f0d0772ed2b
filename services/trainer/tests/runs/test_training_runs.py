"""Tracking, registration and promotion on a real MLflow with its own database."""

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import mlflow
import numpy as np
import pytest

import meadow_trainer.registry.registration
import meadow_trainer.runs.training_runs
from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.models import ModelInfo
from meadow.schemas.split import Split
from meadow.schemas.training import TrainingResult
from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.manifest import MODEL_FILE, read_bundle, write_manifest
from meadow_core.bundle.probe import Probe, read_probe, write_probe
from meadow_core.datasets.errors import DatasetError
from meadow_core.errors import ProblemError
from meadow_core.names import BUNDLE_DIGEST_TAG
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.production import Production
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.evaluation.invariance import MustPass
from meadow_trainer.export.graph import run_graph
from meadow_trainer.registry.champion import measure_champion
from meadow_trainer.registry.gate import HoldoutResult
from meadow_trainer.runs.pipeline import TrainedBundle
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from mlflow_warnings import MLFLOW_WARNINGS
from replaced_training import replace_training

pytestmark = MLFLOW_WARNINGS

CONFIG = TrainingConfig(architecture="resnet18")


def execute(runs: TrainingRuns, source: ImageSource, bundle: TrainedBundle) -> TrainingResult:
    with pytest.MonkeyPatch.context() as patch:
        replace_training(patch, bundle)
        return runs.execute(source, CONFIG, TrainingCallbacks())


@pytest.fixture(scope="module")
def first(runs: TrainingRuns, stripes_source: ImageSource, trained: TrainedBundle) -> TrainingResult:
    return execute(runs, stripes_source, trained)


@pytest.fixture(scope="module")
def second(
    first: TrainingResult, runs: TrainingRuns, stripes_source: ImageSource, trained: TrainedBundle
) -> TrainingResult:
    """The same network again, without a gain."""
    assert first.decision == "promoted"
    return execute(runs, stripes_source, trained)


@pytest.fixture(scope="module")
def third(
    second: TrainingResult, runs: TrainingRuns, stripes_source: ImageSource, poisoned: TrainedBundle
) -> TrainingResult:
    assert second.decision == "kept"
    return execute(runs, stripes_source, poisoned)


def test_first_model_is_promoted_to_production(first: TrainingResult, registry: ModelRegistry) -> None:
    production = registry.production()
    assert production is not None
    assert production.ref == first.model
    assert production.holdout_accuracy == first.holdout_accuracy
    assert production.decision == "promoted"
    assert first.champion_accuracy is None


@pytest.mark.usefixtures("first")
def test_production_model_loads_with_mlflow_onnx(settings: Settings) -> None:
    mlflow.set_tracking_uri(settings.mlflow_tracking_uri)
    model = mlflow.onnx.load_model("models:/meadow-classifier@production")
    assert [one.name for one in model.graph.input] == ["images"]


def test_fetched_bundle_equals_trained_bundle(
    first: TrainingResult, settings: Settings, registry: ModelRegistry, tmp_path: Path
) -> None:
    registry.download(first.model, tmp_path / "bundle")
    manifest = read_bundle(tmp_path / "bundle", expected_digest=first.model.digest)
    assert manifest.metrics.accuracy == first.holdout_accuracy
    pixels = np.zeros((1, 32, 32, 3), dtype=np.uint8)
    cached = ModelCache(settings.model_cache).path_of(first.model)
    assert cached is not None
    expected = run_graph(tmp_path / "bundle" / MODEL_FILE, pixels)
    np.testing.assert_array_equal(run_graph(cached / MODEL_FILE, pixels), expected)


def test_run_logs_parameters_metrics_data_set_and_figures(
    first: TrainingResult, trained: TrainedBundle, stripes_source: ImageSource, settings: Settings
) -> None:
    client = mlflow.MlflowClient(settings.mlflow_tracking_uri)
    run = client.get_run(first.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["architecture"] == "resnet18"
    assert run.data.metrics["holdout_accuracy"] == pytest.approx(first.holdout_accuracy)
    assert [one.step for one in client.get_metric_history(first.run_id, "loss")] == [
        one.epoch for one in trained.reports
    ]
    assert run.inputs is not None
    (dataset,) = run.inputs.dataset_inputs
    assert stripes_source.manifest.digest.startswith(dataset.dataset.digest)
    logged = {one.path for one in client.list_artifacts(first.run_id, "figures")}
    names = ("confusion", "reliability", "precision_recall", "slices", "strangers", "curves", "mistakes")
    assert logged == {f"figures/{name}.png" for name in names}
    assert "evaluation.html" in {one.path for one in client.list_artifacts(first.run_id)}
    assert 0.5 < run.data.metrics["ood_auroc/all"] <= 1
    assert {
        "class_balance",
        "patience",
        "recipe.balanced",
        "recipe.patience",
    } <= run.data.params.keys()
    invariance = mlflow.artifacts.load_dict(f"runs:/{first.run_id}/behaviour.json")
    assert set(invariance["unchanged"]) == {"mirrored", "darker", "brighter", "smaller", "larger"}
    assert invariance["must_pass"] == {"images": 0, "wrong": [], "missing": []}
    assert {"unchanged/mirrored", "ood_auroc/noise", "holdout_confident_share"} <= run.data.metrics.keys()


def test_model_without_gain_is_kept_with_reason(
    second: TrainingResult, first: TrainingResult, registry: ModelRegistry
) -> None:
    production = registry.production()
    assert production is not None
    assert production.ref == first.model
    assert second.decision == "kept"
    assert second.champion_accuracy == pytest.approx(first.holdout_accuracy)
    kept = registry.version(second.model.version)
    assert kept
    assert "challenger" in kept.aliases
    assert "not better" in kept.reason
    assert (kept.decision, kept.champion, kept.gain, kept.p_value) == ("kept", first.model.version, 0.0, 1.0)


def test_model_of_shuffled_labels_is_refused_and_needs_force(
    third: TrainingResult, second: TrainingResult, first: TrainingResult, registry: ModelRegistry
) -> None:
    assert third.decision == "refused"
    assert third.p_value is not None
    assert third.p_value < 0.05
    assert third.gain is not None
    assert third.gain < -0.2
    production = registry.production()
    assert production
    assert production.ref == first.model
    newest = registry.versions()[0]
    assert (newest.ref, newest.decision, newest.champion) == (third.model, "refused", first.model.version)
    assert newest.aliases == []
    assert newest.p_value == third.p_value
    with pytest.raises(ProblemError, match=f"The gate refused version {third.model.version}"):
        Production(registry).promote(third.model.version, by="ann")
    del second


def test_promotion_is_recorded(first: TrainingResult, registry: ModelRegistry) -> None:
    [promotion] = registry.promotions()
    assert (promotion.version, promotion.previous, promotion.by) == (first.model.version, "", "trainer")
    assert promotion.reason == first.reason


def test_bundle_that_fails_probe_check_is_refused(
    first: TrainingResult,
    settings: Settings,
    stripes_source: ImageSource,
    trained: TrainedBundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even as the first model of a registry."""
    probe = read_probe(trained.folder)
    folder = Path(shutil.copytree(trained.folder, tmp_path / "bundle"))
    write_probe(folder, Probe(probe.images, -probe.logits))
    bad = dataclasses.replace(trained, folder=folder, digest=write_manifest(folder, trained.manifest))
    replace_training(monkeypatch, bad)
    other = settings.model_copy(update={"registered_model": "other"})
    registry = ModelRegistry(other)
    result = TrainingRuns(other, registry, ModelCache(tmp_path / "cache")).execute(
        stripes_source, CONFIG, TrainingCallbacks()
    )
    assert result.decision == "refused"
    assert "does not answer its probe" in result.reason
    assert registry.production() is None
    assert first.decision == "promoted"


def test_model_that_misclassifies_must_pass_image_is_refused(
    settings: Settings, stripes_source: ImageSource, trained: TrainedBundle, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assessment = dataclasses.replace(
        trained.assessment, must_pass=MustPass(900, tuple(f"across/{number}.png" for number in range(900)), ())
    )
    replace_training(monkeypatch, dataclasses.replace(trained, assessment=assessment))
    other = settings.model_copy(update={"registered_model": "must-pass"})
    registry = ModelRegistry(other)
    result = TrainingRuns(other, registry, ModelCache(tmp_path)).execute(stripes_source, CONFIG, TrainingCallbacks())
    assert result.decision == "refused"
    assert "across/3.png" in result.reason
    assert "895 more" in result.reason
    assert registry.production() is None


def test_champion_that_cannot_be_measured_is_replaced(
    settings: Settings, stripes_source: ImageSource, trained: TrainedBundle, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Otherwise it would stay in production for ever, and every run would fail after training."""
    replace_training(monkeypatch, trained)
    other = settings.model_copy(update={"registered_model": "damaged"})
    registry = ModelRegistry(other)
    runs = TrainingRuns(other, registry, ModelCache(tmp_path / "first"))
    champion = runs.execute(stripes_source, CONFIG, TrainingCallbacks()).model
    client = mlflow.MlflowClient(settings.mlflow_tracking_uri)
    client.set_model_version_tag("damaged", champion.version, BUNDLE_DIGEST_TAG, "0" * 64)

    result = TrainingRuns(other, registry, ModelCache(tmp_path / "other")).execute(
        stripes_source, CONFIG, TrainingCallbacks()
    )
    assert (result.decision, result.champion_version, result.champion_accuracy) == ("promoted", champion.version, None)
    assert f"version {champion.version}, cannot be measured" in result.reason
    production = registry.production()
    assert production
    assert production.ref == result.model


def test_equal_model_of_more_images_is_promoted_where_the_champions_are_known(
    settings: Settings, stripes_source: ImageSource, trained: TrainedBundle, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    replace_training(monkeypatch, trained)
    # The margin is wide: the hold-out is small.
    other = settings.model_copy(update={"registered_model": "growing", "promotion_margin": 0.4})
    runs = TrainingRuns(other, ModelRegistry(other), ModelCache(tmp_path))
    entries = stripes_source.manifest.entries
    training = [entry.sha256 for entry in entries if entry.split is Split.TRAIN]
    fewer = {*training[: len(training) // 2]}
    before = stripes_source.manifest.model_copy(
        update={"entries": tuple(one for one in entries if one.split is Split.HOLDOUT or one.sha256 in fewer)}
    )

    def execute_with(load_version: Callable[[str], DatasetManifest] | None) -> TrainingResult:
        source = dataclasses.replace(stripes_source, load_version=load_version)
        return runs.execute(source, CONFIG, TrainingCallbacks())

    def missing(digest: str) -> DatasetManifest:
        raise DatasetError(f"There is no version {digest}.")

    def smaller(digest: str) -> DatasetManifest:
        assert digest == trained.manifest.dataset_digest
        return before

    assert execute_with(None).decision == "promoted"
    for unknown in (None, missing):
        kept = execute_with(unknown)
        assert kept.decision == "kept"
        assert "The present model stays." in kept.reason
    result = execute_with(smaller)
    assert result.decision == "promoted", result.reason
    assert "as good, and trained on" in result.reason


def test_manual_promotion_during_comparison_triggers_new_comparison(
    third: TrainingResult,
    second: TrainingResult,
    runs: TrainingRuns,
    registry: ModelRegistry,
    stripes_source: ImageSource,
    trained: TrainedBundle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The comparison was with the poisoned model, which is replaced before the better one could be promoted."""
    Production(registry).promote(third.model.version, by="ann", force=True)
    replace_training(monkeypatch, trained)
    compared: list[ModelInfo | None] = []

    def measure_and_roll_back(
        folder: Path, loader: ImageLoader, holdout: Sequence[DatasetEntry], cache: Path | None
    ) -> HoldoutResult:
        compared.append(registry.production())
        answers = measure_champion(folder, loader, holdout, cache)
        if len(compared) == 1:
            Production(registry).rollback(by="ann")
        return answers

    monkeypatch.setattr(meadow_trainer.registry.registration, "measure_champion", measure_and_roll_back)
    result = runs.execute(stripes_source, CONFIG, TrainingCallbacks())
    assert len(compared) == 2
    assert result.decision == "kept"
    production = registry.production()
    assert production
    assert production.ref.version == result.champion_version == "1"
    del second


def test_cancelled_run_registers_nothing(
    third: TrainingResult,
    runs: TrainingRuns,
    registry: ModelRegistry,
    stripes_source: ImageSource,
    settings: Settings,
    trained: TrainedBundle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replace_training(monkeypatch, trained)
    before = registry.versions()
    assert third.model in [one.ref for one in before]
    seen: list[EpochReport] = []
    callbacks = TrainingCallbacks(on_epoch=seen.append, should_stop=lambda: bool(seen))
    with pytest.raises(TrainingCancelledError):
        runs.execute(stripes_source, CONFIG, callbacks)
    assert registry.versions() == before
    client = mlflow.MlflowClient(settings.mlflow_tracking_uri)
    experiment = client.get_experiment_by_name(settings.experiment)
    assert experiment is not None
    (newest, *_) = client.search_runs([experiment.experiment_id], max_results=1)
    assert newest.info.status == "KILLED"
