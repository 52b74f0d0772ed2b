"""Training pipeline on images that differ only in shape."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from meadow.schemas.quality import Dimension
from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.manifest import MODEL_FILE, WEIGHTS_FILE, read_bundle
from meadow_core.bundle.preprocess import load_pixels
from meadow_core.bundle.scores import decide, probabilities
from meadow_core.quality.counts import of_dimension
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export.graph import run_graph
from meadow_trainer.runs.pipeline import TrainedBundle, train_bundle
from meadow_trainer.training.architectures import empty_network
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from small_network import SMALL

MAX_PIXELS = 1_000_000


def test_training_reaches_accuracy_and_lowers_loss(trained: TrainedBundle) -> None:
    assert trained.measurement.accuracy >= 0.9
    assert trained.reports[-1].loss < trained.reports[0].loss


def test_bundle_has_valid_digests_and_complete_manifest(trained: TrainedBundle, stripes_source: ImageSource) -> None:
    manifest = read_bundle(trained.folder, expected_digest=trained.digest)
    assert manifest == trained.manifest
    assert manifest.classes == ("level", "upright")
    assert manifest.dataset_digest == stripes_source.manifest.digest
    assert manifest.metrics.accuracy == trained.measurement.accuracy
    assert manifest.metrics.examples == len(stripes_source.manifest.of_split(Split.HOLDOUT))


def test_bundle_contains_prediction_counts_of_holdout(trained: TrainedBundle) -> None:
    counts = trained.manifest.answer_reference
    for dimension in (Dimension.PREDICTIONS, Dimension.CONFIDENCE, Dimension.DECISIONS, Dimension.INPUT):
        assert sum(of_dimension(counts, dimension).values()) == trained.measurement.examples
    assert set(of_dimension(counts, Dimension.PREDICTIONS)) <= set(trained.manifest.classes)
    decided = trained.assessment.shares.confident * trained.measurement.examples
    assert counts.get(f"{Dimension.DECISIONS}:confident", 0) == round(decided)


def test_small_data_set_is_calibrated_by_cross_fitting(trained: TrainedBundle) -> None:
    record = trained.manifest.calibration
    assert record is not None
    assert record.method == "cross-fit"
    assert record.images > 70, "all images that were trained on"
    assert record.target_accuracy == 0.98
    assert trained.manifest.temperature != 1.0


@pytest.mark.slow
def test_calibration_method_leaves_weights_unchanged(stripes_source: ImageSource, tmp_path: Path) -> None:
    config = TrainingConfig(architecture=SMALL, image_size=32, epochs=1, pretrained=False, quantize=False)
    made = {}
    for method, percent in (("none", None), ("cross-fit", None), ("validation", 0)):
        asked = config.model_copy(update={"calibration": method, "validation_percent": percent})
        (tmp_path / method).mkdir()
        made[method] = train_bundle(
            stripes_source, asked, tmp_path / method, TrainingCallbacks(), max_pixels=MAX_PIXELS
        ).manifest
    methods = [one.calibration.method if one.calibration else "" for one in made.values()]
    assert methods == ["none", "cross-fit", "none"], "there was nothing to validate with"
    assert made["none"].files[WEIGHTS_FILE] == made["cross-fit"].files[WEIGHTS_FILE]
    assert made["none"].temperature == 1.0


def test_assessment_covers_every_holdout_image(trained: TrainedBundle) -> None:
    seen = trained.assessment
    assert seen.shares.confident + seen.shares.unsure + seen.shares.unknown == pytest.approx(1)
    assert sum(part.images for part in seen.slices if part.by == "brightness") == len(trained.holdout)
    assert set(seen.curves) == {"level", "upright"}
    assert len(seen.holdout_ood_scores) == len(trained.holdout)
    assert seen.must_pass.wrong == ()
    assert seen.ood["all"].images == sum(one.images for kind, one in seen.ood.items() if kind != "all")


def test_must_pass_images_are_checked_and_missing_ones_named(
    stripes_source: ImageSource, tmp_path: Path, trained: TrainedBundle
) -> None:
    """An untrained network predicts one class for every image, so it misclassifies one of the two."""
    level, upright = (
        next(entry for entry in stripes_source.manifest.entries if entry.label == label)
        for label in trained.manifest.classes
    )
    config = TrainingConfig(
        architecture=SMALL,
        image_size=32,
        epochs=1,
        learning_rate=1e-9,
        pretrained=False,
        quantize=False,
        calibration="none",
        must_pass=(level.sha256, upright.sha256, "0" * 64),
    )
    result = train_bundle(
        stripes_source, config, tmp_path, TrainingCallbacks(), max_pixels=MAX_PIXELS
    ).assessment.must_pass
    assert (result.images, result.missing) == (2, ("0" * 64,))
    assert result.wrong
    assert set(result.wrong) <= {level.source, upright.source}


def test_served_accuracy_equals_measured_accuracy(trained: TrainedBundle, stripes_source: ImageSource) -> None:
    """Measure through the serving path alone: core preprocessing, exported graph, core scores."""
    manifest = read_bundle(trained.folder)
    entries = stripes_source.manifest.of_split(Split.HOLDOUT)
    pixels = [
        load_pixels(stripes_source.read(entry), manifest.preprocessing, max_pixels=MAX_PIXELS).pixels
        for entry in entries
    ]
    rows = probabilities(run_graph(trained.folder / MODEL_FILE, np.stack(pixels)), manifest.temperature)
    labels = [decide(row, manifest)[1][0].label for row in rows]
    right = sum(label == entry.label for label, entry in zip(labels, entries, strict=True))
    assert right / len(entries) == pytest.approx(manifest.metrics.accuracy)


def test_weights_file_reproduces_holdout_logits(trained: TrainedBundle) -> None:
    network = empty_network(trained.manifest.architecture, len(trained.manifest.classes))
    network.load_state_dict(load_file(trained.folder / WEIGHTS_FILE))
    logits = predict(network, trained.holdout.pixels, torch.device("cpu"))
    np.testing.assert_allclose(logits, trained.holdout_logits, atol=1e-4)


def test_callback_receives_every_epoch(
    trained: TrainedBundle, epochs_seen: list[EpochReport], config: TrainingConfig
) -> None:
    assert tuple(epochs_seen) == trained.reports
    assert [one.epoch for one in epochs_seen] == list(range(1, (config.epochs or 0) + 1))
    assert all(one.validation_accuracy is not None for one in epochs_seen)


@pytest.mark.slow
def test_same_seed_gives_same_files(stripes_source: ImageSource, tmp_path: Path) -> None:
    config = TrainingConfig(architecture=SMALL, image_size=32, epochs=1, pretrained=False, seed=5)
    digests = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        bundle = train_bundle(stripes_source, config, tmp_path / name, TrainingCallbacks(), max_pixels=MAX_PIXELS)
        digests.append(bundle.manifest.files)
    assert digests[0] == digests[1]


def test_cancelled_run_writes_no_files(stripes_source: ImageSource, tmp_path: Path) -> None:
    seen: list[EpochReport] = []
    callbacks = TrainingCallbacks(on_epoch=seen.append, should_stop=lambda: len(seen) >= 2)
    config = TrainingConfig(architecture=SMALL, image_size=32, epochs=50, pretrained=False)
    with pytest.raises(TrainingCancelledError, match="epoch 3"):
        train_bundle(stripes_source, config, tmp_path, callbacks, max_pixels=MAX_PIXELS)
    assert list(tmp_path.iterdir()) == []
