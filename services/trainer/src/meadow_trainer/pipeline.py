"""From labelled images to a verified bundle: the whole of a training run but for its records."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from meadow.bundle.manifest import BundleManifest, HoldoutMetrics, read_bundle, write_manifest
from meadow.bundle.preprocess import Preprocessing
from meadow.bundle.probe import PROBE_IMAGES, Probe, write_probe
from meadow.bundle.scores import probabilities
from meadow.datasets.split import Split
from meadow_trainer.calibrate import choose_threshold, fit_temperature
from meadow_trainer.config import TrainingConfig
from meadow_trainer.data import EvaluationImages, ImageLoader, SkippedImage
from meadow_trainer.errors import TrainingDataError
from meadow_trainer.evaluate import Logits, Measurement, measure, predict
from meadow_trainer.export import verify_parity, write_files
from meadow_trainer.loop import Pixels, fit
from meadow_trainer.model import build_network
from meadow_trainer.quantize import offer_quantized
from meadow_trainer.recipe import Recipe, choose_recipe, validation_percent
from meadow_trainer.reports import EpochReport, Watch
from meadow_trainer.source import ImageSource, divide


@dataclass(frozen=True)
class TrainedBundle:
    """What a run made, and everything known about it."""

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
    parity: float
    """Largest difference of a probability between the exported graph and the network."""
    seconds: float
    """From the first byte read to the finished bundle."""


def train_bundle(
    source: ImageSource, config: TrainingConfig, folder: Path, watch: Watch, *, max_pixels: int
) -> TrainedBundle:
    """Train, evaluate, calibrate, export and verify.

    Args:
        source: The data set version.
        config: What is asked for.
        folder: Existing and empty; gets the bundle's files.
        watch: Follows the run and may end it.
        max_pixels: Larger images are left out.

    Raises:
        TrainingError: The data, the network or the export is not usable; the message says which and why.
        TrainingCancelledError: The watch asked to stop.
    """
    began = time.monotonic()
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    classes = source.manifest.classes
    trainable = len(source.manifest.of_split(Split.TRAIN))
    parts = divide(source.manifest, validation_percent(config, trainable))
    network, fine_tuning = build_network(config, len(classes))
    preprocessing = Preprocessing(size=config.image_size)
    watch.on_stage("decoding images")
    loader = ImageLoader(source.read, classes, max_pixels=max_pixels)
    images = Pixels(
        training=loader.for_training(parts.training, config.image_size),
        plain=loader.for_evaluation(parts.training, preprocessing),
        validation=loader.for_evaluation(parts.validation, preprocessing),
    )
    holdout = loader.for_evaluation(parts.holdout, preprocessing)
    if not len(holdout):
        raise TrainingDataError("No image of the hold-out could be decoded.")
    recipe = choose_recipe(config, images=len(images.training), fine_tuning=fine_tuning, network=network, device=device)
    watch.on_stage(f"starting on {len(images.training)} images")
    reports = fit(network, images, recipe, watch, device)
    watch.on_stage("evaluating")
    temperature, threshold = _calibrate(network, images.validation, device)
    logits = predict(network, holdout.pixels, device)
    measurement = measure(logits, holdout.labels, classes, temperature=temperature)
    watch.on_stage("exporting the bundle")
    write_files(network, preprocessing, folder)
    parity = verify_parity(network, folder, holdout.pixels)
    write_probe(folder, Probe(holdout.pixels[:PROBE_IMAGES], logits[:PROBE_IMAGES]))
    quantized = None
    if config.quantize:
        watch.on_stage("quantizing")
        quantized = offer_quantized(folder, images.plain.pixels, holdout, accuracy=measurement.accuracy)
    manifest = BundleManifest(
        architecture=config.architecture,
        classes=classes,
        preprocessing=preprocessing,
        temperature=temperature,
        decision_threshold=threshold,
        dataset_name=source.manifest.name,
        dataset_digest=source.manifest.digest,
        metrics=_holdout_metrics(measurement),
        quantized_accuracy=quantized,
    )
    digest = write_manifest(folder, manifest)
    manifest = read_bundle(folder, expected_digest=digest)
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
        parity=parity,
        seconds=time.monotonic() - began,
    )


def _calibrate(network: nn.Module, validation: EvaluationImages, device: torch.device) -> tuple[float, float]:
    """Return temperature and decision threshold, both from the validation part alone."""
    if not len(validation):
        return 1.0, choose_threshold(np.empty((0, len(validation.classes))), validation.labels)
    logits = predict(network, validation.pixels, device)
    temperature = fit_temperature(logits, validation.labels)
    return temperature, choose_threshold(probabilities(logits, temperature), validation.labels)


def _holdout_metrics(measurement: Measurement) -> HoldoutMetrics:
    return HoldoutMetrics(
        accuracy=measurement.accuracy,
        expected_calibration_error=measurement.calibration_error,
        examples=measurement.examples,
        recall={label: one.recall for label, one in measurement.per_class.items()},
        precision={label: one.precision for label, one in measurement.per_class.items()},
    )
