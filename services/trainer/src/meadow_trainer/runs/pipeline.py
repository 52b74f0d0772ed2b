"""Training pipeline: from labelled images to a verified bundle, without MLflow."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.manifest import BundleManifest, HoldoutMetrics, read_bundle, write_manifest
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.bundle.probe import PROBE_IMAGES, Probe, write_probe
from meadow_trainer.calibration.calibrate import Calibrated, calibrate
from meadow_trainer.calibration.cross_fit import cross_fit
from meadow_trainer.calibration.ood_detector import fit_ood_detector
from meadow_trainer.calibration.out_of_fold import enough_for_folds
from meadow_trainer.data.loader import EvaluationImages, ImageLoader, SkippedImage
from meadow_trainer.data.source import ImageSource, split_manifest
from meadow_trainer.errors import TrainingDataError
from meadow_trainer.evaluation.assess import Assessment, assess
from meadow_trainer.evaluation.drift_reference import count_predictions
from meadow_trainer.evaluation.evaluate import Logits, Measurement, measure, predict
from meadow_trainer.evaluation.invariance import MustPass, check_must_pass
from meadow_trainer.export.onnx_export import verify_parity, write_files
from meadow_trainer.export.quantize import offer_quantized
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoint, Checkpoints
from meadow_trainer.training.loop import ImageSets, fit
from meadow_trainer.training.model import build_network
from meadow_trainer.training.recipe import Recipe, choose_recipe, validation_percent

_MIN_VALIDATION_IMAGES = 100
"""Fewer validation images cannot show an accuracy of 98 %."""


@dataclass(frozen=True)
class TrainedBundle:
    """Result of a training run: the bundle and its evaluation."""

    folder: Path
    digest: str
    manifest: BundleManifest
    measurement: Measurement
    """On the hold-out, with calibrated probabilities."""
    holdout: EvaluationImages
    holdout_logits: Logits
    recipe: Recipe
    fine_tuned: bool
    reports: tuple[EpochReport, ...]
    skipped: tuple[SkippedImage, ...]
    assessment: Assessment
    parity: float
    """Largest difference of a probability between the exported graph and the network."""
    seconds: float
    """From reading the first image to the finished bundle."""


def train_bundle(
    source: ImageSource,
    config: TrainingConfig,
    folder: Path,
    callbacks: TrainingCallbacks,
    *,
    max_pixels: int,
    checkpoints: Checkpoints | None = None,
) -> TrainedBundle:
    """Train, evaluate, calibrate, export and verify.

    Args:
        source: The data set version.
        config: The training settings.
        folder: Existing and empty; receives the bundle's files.
        callbacks: Follow the run, and may cancel it.
        max_pixels: Larger images are skipped.
        checkpoints: Where to resume from and save to; the caller deletes them.

    Raises:
        CheckpointRefusedError: The checkpoints are of another run.
        TrainingError: The data, the network or the export is unusable; the message says which and why.
        TrainingCancelledError: Cancelled by a callback.
    """
    began = time.monotonic()
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    classes = source.manifest.classes
    trainable = len(source.manifest.of_split(Split.TRAIN))
    splits = split_manifest(source.manifest, validation_percent(config, trainable))
    network, fine_tuning = build_network(config, len(classes))
    preprocessing = Preprocessing(size=config.image_size)
    callbacks.on_stage("decoding images")
    start = copy.deepcopy(network)
    loader = ImageLoader(source.read, classes, max_pixels=max_pixels)
    images = ImageSets(
        training=loader.for_training(splits.training, config.image_size),
        plain=loader.for_evaluation(splits.training, preprocessing),
        validation=loader.for_evaluation(splits.validation, preprocessing),
    )
    holdout = loader.for_evaluation(splits.holdout, preprocessing)
    if not len(holdout):
        raise TrainingDataError("No image of the hold-out could be decoded.")
    recipe = choose_recipe(
        config,
        images=len(images.training),
        fine_tuning=fine_tuning,
        network=network,
        device=device,
        skew=images.training.skew,
        validation_images=len(images.validation),
    )

    def checkpoint(training: str) -> Checkpoint | None:
        settled = {"recipe": str(recipe), "fine_tuned": str(fine_tuning), "images": str(len(images.training))}
        return checkpoints.of(training, settled) if checkpoints else None

    callbacks.on_stage(f"starting on {len(images.training)} images")
    reports = fit(network, images, recipe, callbacks, device, checkpoint("network"))
    calibrated = _calibrate(start, network, images, config, recipe, callbacks, device, checkpoint)
    del start
    callbacks.on_stage("evaluating")
    temperature = calibrated.temperature
    logits = predict(network, holdout.pixels, device)
    measurement = measure(logits, holdout.labels, classes, temperature=temperature)
    must_pass = _check_must_pass(network, source, config, loader, preprocessing, device)
    callbacks.on_stage("exporting the bundle")
    write_files(network, preprocessing, folder)
    parity = verify_parity(network, folder, holdout.pixels)
    write_probe(folder, Probe(holdout.pixels[:PROBE_IMAGES], logits[:PROBE_IMAGES]))
    quantized = None
    if config.quantize:
        callbacks.on_stage("quantizing")
        quantized = offer_quantized(folder, images.plain.pixels, holdout, accuracy=measurement.accuracy)
    manifest = BundleManifest(
        architecture=config.architecture,
        classes=classes,
        preprocessing=preprocessing,
        temperature=temperature,
        decision_threshold=calibrated.threshold,
        calibration=calibrated.record,
        outliers=fit_ood_detector(images.plain.pixels),
        dataset_name=source.manifest.name,
        dataset_digest=source.manifest.digest,
        metrics=_holdout_metrics(measurement),
        quantized_accuracy=quantized,
    )
    manifest = manifest.model_copy(update={"answer_reference": count_predictions(manifest, holdout, logits)})
    digest = write_manifest(folder, manifest)
    manifest = read_bundle(folder, expected_digest=digest)
    callbacks.on_stage("assessing the model")
    cpu = torch.device("cpu")  # where the export left the network
    assessment = assess(network, manifest, holdout, logits, must_pass, cpu)
    return TrainedBundle(
        folder=folder,
        digest=digest,
        manifest=manifest,
        measurement=measurement,
        holdout=holdout,
        holdout_logits=logits,
        recipe=recipe,
        fine_tuned=fine_tuning,
        reports=tuple(reports),
        skipped=tuple(loader.skipped),
        assessment=assessment,
        parity=parity,
        seconds=time.monotonic() - began,
    )


def _calibrate(
    start: nn.Module,
    network: nn.Module,
    images: ImageSets,
    config: TrainingConfig,
    recipe: Recipe,
    callbacks: TrainingCallbacks,
    device: torch.device,
    checkpoint: Callable[[str], Checkpoint | None],
) -> Calibrated:
    """Fit temperature and threshold on validation images or, if there are too few, on out-of-fold predictions."""
    target, validation = config.target_accuracy, images.validation
    enough = _MIN_VALIDATION_IMAGES if config.calibration == "auto" else 1
    if config.calibration in {"auto", "validation"} and len(validation) >= enough:
        logits = predict(network, validation.pixels, device)
        return calibrate(logits, validation.labels, method="validation", target=target)
    if config.calibration in {"auto", "cross-fit"} and enough_for_folds(images):
        predictions = cross_fit(start, images, recipe, callbacks, device, checkpoint)
        return calibrate(predictions.logits, predictions.labels, method="cross-fit", target=target)
    nothing = np.empty((0, len(validation.classes)), dtype=np.float32)
    return calibrate(nothing, np.empty(0, dtype=np.int64), method="none", target=target)


def _check_must_pass(
    network: nn.Module,
    source: ImageSource,
    config: TrainingConfig,
    loader: ImageLoader,
    preprocessing: Preprocessing,
    device: torch.device,
) -> MustPass:
    wanted = frozenset(config.must_pass)
    entries = [entry for entry in source.manifest.entries if entry.sha256 in wanted]
    missing = sorted(wanted - {entry.sha256 for entry in entries})
    return check_must_pass(network, loader.for_evaluation(entries, preprocessing), missing, device)


def _holdout_metrics(measurement: Measurement) -> HoldoutMetrics:
    return HoldoutMetrics(
        accuracy=measurement.accuracy,
        expected_calibration_error=measurement.calibration_error,
        examples=measurement.examples,
        recall={label: one.recall for label, one in measurement.per_class.items()},
        precision={label: one.precision for label, one in measurement.per_class.items()},
    )
