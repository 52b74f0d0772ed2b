"""Frozen training on drawn pictures, with the packaged weights."""

import dataclasses
import hashlib
import io
from pathlib import Path

import mlflow
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import meadow_trainer.runs.method
from meadow.schemas.dataset_manifest import DatasetEntry
from meadow.schemas.label_suspects import LabelSuspects
from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.manifest import MODEL_FILE, WEIGHTS_FILE, read_bundle
from meadow_core.datasets.demo import render_demo_dataset
from meadow_core.settings import Settings
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.normalise import preprocessing_of
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import ArchitectureError, TrainingCancelledError
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export.graph import Graph
from meadow_trainer.reporting.evaluation_page import evaluation_page
from meadow_trainer.reporting.plots import plot_all
from meadow_trainer.runs.frozen import fit_frozen
from meadow_trainer.runs.method import train_network
from meadow_trainer.runs.pipeline import TrainedBundle, train_bundle
from meadow_trainer.runs.trained import Start
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.training.architectures import empty_network
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.head import HeadRecipe, OutOfFold
from meadow_trainer.training.model import build_network
from mlflow_warnings import MLFLOW_WARNINGS

MAX_PIXELS = 1_000_000
CPU = torch.device("cpu")
CONFIG = TrainingConfig(image_size=224, quantize=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> ImageSource:
    folder = tmp_path_factory.mktemp("demo")
    render_demo_dataset(folder, per_class=80)
    return folder_source(folder, max_pixels=MAX_PIXELS)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache") / "features"


@pytest.fixture(scope="module")
def frozen(demo: ImageSource, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedBundle:
    folder = tmp_path_factory.mktemp("frozen")
    return train_bundle(demo, CONFIG, folder, TrainingCallbacks(), max_pixels=MAX_PIXELS, cache=cache)


def start_of(source: ImageSource, config: TrainingConfig, callbacks: TrainingCallbacks | None = None) -> Start:
    torch.manual_seed(config.seed)
    network, pretrained = build_network(config, len(source.manifest.classes))
    return Start(
        source=source,
        config=config,
        loader=ImageLoader(source.read, source.manifest.classes, max_pixels=MAX_PIXELS),
        network=network,
        pretrained=pretrained,
        preprocessing=preprocessing_of(network, config.image_size),
        device=CPU,
        callbacks=callbacks or TrainingCallbacks(),
        checkpoints=None,
        cache=None,
    )


def test_default_run_without_cuda_fits_a_head(frozen: TrainedBundle, demo: ImageSource) -> None:
    assert frozen.trained.method == "frozen"
    assert "CUDA" in frozen.trained.reason
    assert frozen.measurement.accuracy >= 0.9
    assert frozen.reports == ()
    recipe, images = frozen.trained.recipe, len(demo.manifest.of_split(Split.TRAIN))
    assert isinstance(recipe, HeadRecipe)
    assert (recipe.images, recipe.features, recipe.folds) == (images, 1280, 5)
    assert frozen.trained.metrics["features_computed"] == len(demo.manifest.entries), "the hold-out's labels too"
    assert frozen.trained.metrics["cross_validated_accuracy"] > 0.9


def test_bundle_of_a_head_is_complete(frozen: TrainedBundle) -> None:
    manifest = read_bundle(frozen.folder, expected_digest=frozen.digest)
    assert (manifest.format_version, manifest.architecture) == (2, "tf_efficientnet_lite0")
    assert manifest.preprocessing.mean == (127 / 255,) * 3
    network = empty_network(manifest.architecture, 2)
    network.load_state_dict(load_file(frozen.folder / WEIGHTS_FILE))
    np.testing.assert_allclose(predict(network, frozen.holdout.pixels, CPU), frozen.holdout_logits, atol=2e-3)


def test_logits_are_the_classifier_of_the_embedding(frozen: TrainedBundle) -> None:
    state = load_file(frozen.folder / WEIGHTS_FILE)
    graph = Graph(frozen.folder / MODEL_FILE)
    embeddings = graph.embeddings(frozen.holdout.pixels)
    logits = embeddings @ state["classifier.weight"].numpy().T + state["classifier.bias"].numpy()
    np.testing.assert_allclose(logits, graph.logits(frozen.holdout.pixels), atol=1e-3)


def test_head_is_calibrated_on_images_it_was_not_fitted_on(frozen: TrainedBundle) -> None:
    record = frozen.manifest.calibration
    assert record is not None
    assert isinstance(frozen.trained.recipe, HeadRecipe)
    assert (record.method, record.images) == ("cross-fit", frozen.trained.recipe.images)


def test_second_run_computes_no_features_and_gives_the_same_files(
    frozen: TrainedBundle, demo: ImageSource, cache: Path, tmp_path: Path
) -> None:
    again = train_bundle(demo, CONFIG, tmp_path, TrainingCallbacks(), max_pixels=MAX_PIXELS, cache=cache)
    assert again.trained.metrics["features_computed"] == 0
    assert again.manifest.files == frozen.manifest.files
    assert again.manifest.temperature == frozen.manifest.temperature


def test_wrong_labels_are_reported_before_the_training(demo: ImageSource, cache: Path, tmp_path: Path) -> None:
    wrong = {entry.sha256 for entry in demo.manifest.entries if entry.label == "grass"} & {
        entry.sha256 for entry in demo.manifest.entries[::9]
    }
    trusted = next(iter(sorted(wrong)))
    entries = tuple(
        entry.model_copy(update={"label": "dandelion", "corrected": entry.sha256 == trusted})
        if entry.sha256 in wrong
        else entry
        for entry in demo.manifest.entries
    )
    source = dataclasses.replace(demo, manifest=demo.manifest.model_copy(update={"entries": entries}))
    told: list[LabelSuspects] = []
    bundle = train_bundle(
        source, CONFIG, tmp_path, TrainingCallbacks(on_label_suspects=told.append), max_pixels=MAX_PIXELS, cache=cache
    )
    audit = bundle.label_audit
    assert audit is not None
    assert told == [audit.found]
    assert (audit.found.version, audit.found.images) == (source.manifest.digest, len(entries))
    suspects = {one.sha256: one for one in audit.found.suspects}
    assert len(wrong) >= 3
    found = wrong & suspects.keys()
    assert len(found) >= 0.8 * len(wrong - {trusted})
    assert trusted not in suspects, "a person gave it its label"
    assert {suspects[one].suggested for one in found} == {"grass"}
    assert len(audit.pixels) == len(audit.shown) == len(suspects)
    assert "Probably wrong labels" in evaluation_page(bundle, plot_all(bundle))


def test_training_copy_of_a_hold_out_image_is_left_out(demo: ImageSource, cache: Path, tmp_path: Path) -> None:
    original = demo.manifest.of_split(Split.HOLDOUT)[0]
    file = io.BytesIO()
    with Image.open(io.BytesIO(demo.read(original))) as image:
        image.convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file, "PNG")
    copy = DatasetEntry(
        sha256=hashlib.sha256(file.getvalue()).hexdigest(),
        label=original.label,
        source="a <copy>.png",
        moved_to=Split.TRAIN,
    )
    source = ImageSource(
        demo.manifest.model_copy(update={"entries": (*demo.manifest.entries, copy)}),
        lambda entry: file.getvalue() if entry == copy else demo.read(entry),
    )
    bundle = train_bundle(source, CONFIG, tmp_path, TrainingCallbacks(), max_pixels=MAX_PIXELS, cache=cache)
    assert (copy.sha256, original.sha256) in {(one.training_sha256, one.holdout_sha256) for one in bundle.leaks}
    left_out = {one.training_sha256 for one in bundle.leaks}
    assert isinstance(bundle.trained.recipe, HeadRecipe)
    assert bundle.trained.recipe.images == len(source.manifest.of_split(Split.TRAIN)) - len(left_out)
    assert len(bundle.holdout) == len(demo.manifest.of_split(Split.HOLDOUT))
    assert bundle.manifest.dataset_digest == source.manifest.digest
    page = evaluation_page(bundle, plot_all(bundle))
    assert "Leaks across the split" in page
    assert "a &lt;copy&gt;.png" in page


def test_calibration_follows_the_settings(demo: ImageSource) -> None:
    methods = {}
    for wanted in ("none", "validation"):
        trained = train_network(start_of(demo, CONFIG.model_copy(update={"calibration": wanted, "method": "frozen"})))
        methods[wanted] = (trained.calibrated.record.method, trained.calibrated.record.images > 0)
        assert trained.reason == "The settings ask for it."
    assert methods == {"none": ("none", False), "validation": ("validation", True)}


def test_frozen_training_from_scratch_is_refused(demo: ImageSource) -> None:
    config = TrainingConfig(method="frozen", pretrained=False, image_size=32)
    with pytest.raises(ArchitectureError, match="needs pretrained weights"):
        train_network(start_of(demo, config))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pretrained": False, "max_minutes": 1e-3}, "no pretrained weights"),
        ({"epochs": 1}, "number of epochs"),
        ({"method": "finetuned", "epochs": 1}, "settings ask for it"),
    ],
)
def test_all_weights_are_trained_where_a_head_will_not_do(
    demo: ImageSource, changes: dict[str, object], words: str
) -> None:
    config = TrainingConfig.model_validate({"image_size": 32, "calibration": "none", **changes})
    trained = train_network(start_of(demo, config))
    assert trained.method == "finetuned"
    assert words in trained.reason
    assert trained.reports


@pytest.mark.parametrize(("loss", "method"), [(0.0, "frozen"), (50.0, "finetuned")])
def test_method_with_the_lower_cross_validated_loss_is_taken(
    demo: ImageSource, monkeypatch: pytest.MonkeyPatch, loss: float, method: str
) -> None:
    """As on a GPU, where there is time for both. The loss of the head is made up, that of the fine-tuning is real."""
    start = start_of(demo, TrainingConfig(image_size=32, max_minutes=0.02))
    fit = fit_frozen(start)
    assert fit.out_of_fold is not None
    out_of_fold: OutOfFold = dataclasses.replace(fit.out_of_fold, loss=loss)
    monkeypatch.setattr(meadow_trainer.runs.method, "choose_head", lambda *_, **__: (fit.recipe, out_of_fold))
    trained = meadow_trainer.runs.method._better(start, fit)
    assert trained.method == method
    assert f"{loss:.3f} of a head" in trained.reason
    assert bool(trained.reports) == (method == "finetuned")


def test_cancelled_frozen_run_stops(demo: ImageSource) -> None:
    with pytest.raises(TrainingCancelledError):
        train_network(start_of(demo, CONFIG, TrainingCallbacks(should_stop=lambda: True)))


class TestTracked:
    """A frozen run from the data set to the decision."""

    pytestmark = MLFLOW_WARNINGS

    def test_run_says_how_and_why_it_was_trained(
        self, runs: TrainingRuns, settings: Settings, demo: ImageSource
    ) -> None:
        result = runs.execute(demo, CONFIG, TrainingCallbacks())
        assert result.decision == "promoted"
        client = mlflow.MlflowClient(settings.mlflow_tracking_uri)
        run = client.get_run(result.run_id)
        assert run.data.params["method"] == "auto"
        assert run.data.params["trained_as"] == "frozen"
        assert "CUDA" in run.data.params["trained_because"]
        assert {"recipe.strength", "recipe.folds"} <= run.data.params.keys()
        assert run.data.metrics["cross_validated_loss"] < 0.5
        figures = {one.path for one in client.list_artifacts(result.run_id, "figures")}
        assert "figures/confusion.png" in figures
        assert "figures/curves.png" not in figures, "there are no epochs"
        info = mlflow.models.get_model_info("models:/meadow-classifier@production")
        assert info.signature is not None
        assert [one.name for one in info.signature.outputs.inputs] == ["logits", "embedding"]
        assert settings.feature_cache.is_dir()
        found = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/label_suspects.json")
        assert LabelSuspects.model_validate(found).images == len(demo.manifest.entries)
        assert run.data.metrics["label_suspects"] == len(found["suspects"])
