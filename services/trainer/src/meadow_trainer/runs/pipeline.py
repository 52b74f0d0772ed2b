"""Training pipeline: from labelled images to a verified bundle, without MLflow."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.manifest import MODEL_FILE, BundleManifest, HoldoutMetrics, read_bundle, write_manifest
from meadow_core.bundle.ood_scores import ood_scores
from meadow_core.bundle.outliers import EmbeddingOutliers, PixelOutliers
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.bundle.probe import PROBE_IMAGES, Probe, write_probe
from meadow_core.bundle.training_embeddings import TrainingEmbeddings
from meadow_trainer.calibration.embedding_outliers import (
    fit_embedding_outliers,
    summarise_embeddings,
    with_quantized_limit,
)
from meadow_trainer.calibration.pixel_outliers import fit_pixel_outliers
from meadow_trainer.data.loader import EvaluationImages, ImageLoader, SkippedImage
from meadow_trainer.data.normalise import preprocessing_of
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingDataError
from meadow_trainer.evaluation.assess import Assessment, Outputs, assess
from meadow_trainer.evaluation.drift_reference import count_predictions
from meadow_trainer.evaluation.evaluate import Logits, Measurement, measure
from meadow_trainer.evaluation.invariance import MustPass, check_must_pass
from meadow_trainer.export.graph import Graph
from meadow_trainer.export.onnx_export import verify_parity, write_files
from meadow_trainer.export.quantize import offer_quantized
from meadow_trainer.runs.data_audit import LabelAudit, SplitLeak, audit_labels, compute_features, leave_out_leaks
from meadow_trainer.runs.method import train_network
from meadow_trainer.runs.trained import Start, TrainedNetwork
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoints
from meadow_trainer.training.embedded_images import EmbeddedImages
from meadow_trainer.training.embedding import classifier_of
from meadow_trainer.training.model import build_network


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
    trained: TrainedNetwork
    pretrained: bool
    """Whether training started from pretrained weights."""
    skipped: tuple[SkippedImage, ...]
    label_audit: LabelAudit | None
    """None without pretrained weights, whose features tell."""
    leaks: tuple[SplitLeak, ...]
    """Training images that were left out, as the hold-out has near duplicates of them."""
    assessment: Assessment
    parity: float
    """Largest difference of a probability between the exported graph and the network."""
    seconds: float
    """From reading the first image to the finished bundle."""

    @property
    def reports(self) -> tuple[EpochReport, ...]:
        """One an epoch; none for a frozen network."""
        return self.trained.reports


def train_bundle(
    source: ImageSource,
    config: TrainingConfig,
    folder: Path,
    callbacks: TrainingCallbacks,
    *,
    max_pixels: int,
    checkpoints: Checkpoints | None = None,
    cache: Path | None = None,
) -> TrainedBundle:
    """Train, evaluate, calibrate, export and verify.

    Args:
        source: The data set version.
        config: The training settings.
        folder: Existing and empty; receives the bundle's files.
        callbacks: Follow the run, and may cancel it.
        max_pixels: Larger images are skipped.
        checkpoints: Where to resume from and save to; the caller deletes them.
        cache: Folder of cached features; None keeps none.

    Raises:
        CheckpointRefusedError: The checkpoints are of another run.
        TrainingError: The data, the network or the export is unusable; the message says which and why.
        TrainingCancelledError: Cancelled by a callback.
    """
    began = time.monotonic()
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    classes = source.manifest.classes
    network, pretrained = build_network(config, len(classes))
    preprocessing = preprocessing_of(network, config.image_size)
    loader = ImageLoader(source.read, classes, max_pixels=max_pixels)
    start = Start(
        source=source,
        config=config,
        loader=loader,
        network=network,
        pretrained=pretrained,
        preprocessing=preprocessing,
        device=device,
        callbacks=callbacks,
        checkpoints=checkpoints,
        cache=cache,
    )
    holdout = loader.for_evaluation(source.manifest.of_split(Split.HOLDOUT), preprocessing)
    if not len(holdout):
        raise TrainingDataError("No image of the hold-out could be decoded.")
    label_audit: LabelAudit | None = None
    leaks: tuple[SplitLeak, ...] = ()
    if pretrained:
        compute_features(start, holdout)
        label_audit, leaks = audit_labels(start), leave_out_leaks(start)
    trained = train_network(start)
    callbacks.on_stage("exporting the bundle")
    write_files(network, preprocessing, folder)
    parity = verify_parity(network, folder, holdout.pixels)
    graph = Graph(folder / MODEL_FILE)
    callbacks.on_stage("evaluating")
    temperature = trained.calibrated.temperature
    logits, embeddings = graph.outputs(holdout.pixels)
    measurement = measure(logits, holdout.labels, classes, temperature=temperature)
    must_pass = _check_must_pass(graph, source, config, loader, preprocessing)
    write_probe(folder, Probe(holdout.pixels[:PROBE_IMAGES], logits[:PROBE_IMAGES], embeddings[:PROBE_IMAGES]))
    training, outliers = _fit_outliers(graph, trained, config, len(classes))
    training.write(folder)
    manifest = BundleManifest(
        architecture=config.architecture,
        classes=classes,
        preprocessing=preprocessing,
        temperature=temperature,
        decision_threshold=trained.calibrated.threshold,
        calibration=trained.calibrated.record,
        outliers=outliers,
        classifier=classifier_of(network)[0],
        dataset_name=source.manifest.name,
        dataset_digest=source.manifest.digest,
        metrics=_holdout_metrics(measurement),
    )
    real = Outputs(logits, ood_scores(outliers, training, holdout.pixels, embeddings))
    # Side by side, for neither keeps several processors busy.
    with ThreadPoolExecutor(1, "quantization") as beside:
        pixels = trained.images.pixels
        quantizing = (
            beside.submit(offer_quantized, folder, pixels, holdout, accuracy=measurement.accuracy)
            if config.quantize
            else None
        )
        callbacks.on_stage("assessing the model")
        assessment = assess(graph, manifest, training, holdout, real, must_pass)
        callbacks.on_stage("quantizing")
        quantized = quantizing.result() if quantizing else None
    if quantized is not None and isinstance(outliers, EmbeddingOutliers):
        outliers = with_quantized_limit(outliers, training, embeddings, quantized.embeddings)
    manifest = manifest.model_copy(
        update={
            "answer_reference": count_predictions(manifest, logits, real.scores),
            "outliers": outliers,
            "quantized_accuracy": None if quantized is None else quantized.accuracy,
        }
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
        trained=trained,
        pretrained=pretrained,
        skipped=tuple(loader.skipped),
        label_audit=label_audit,
        leaks=leaks,
        assessment=assessment,
        parity=parity,
        seconds=time.monotonic() - began,
    )


def _fit_outliers(
    graph: Graph, trained: TrainedNetwork, config: TrainingConfig, classes: int
) -> tuple[TrainingEmbeddings, PixelOutliers | EmbeddingOutliers | None]:
    """Summarise the training images' embeddings, and fit the OOD detector that suits the network."""
    images, tolerance = trained.images, config.ood_tolerance
    if trained.embedded is not None:
        outliers = fit_embedding_outliers(trained.embedded, classes, tolerance=tolerance)
        return summarise_embeddings(trained.embedded, classes), outliers
    embedded = EmbeddedImages(graph.embeddings(images.pixels), images.labels, images.digests)
    return summarise_embeddings(embedded, classes), fit_pixel_outliers(images.pixels, tolerance=tolerance)


def _check_must_pass(
    graph: Graph,
    source: ImageSource,
    config: TrainingConfig,
    loader: ImageLoader,
    preprocessing: Preprocessing,
) -> MustPass:
    wanted = frozenset(config.must_pass)
    entries = [entry for entry in source.manifest.entries if entry.sha256 in wanted]
    missing = sorted(wanted - {entry.sha256 for entry in entries})
    return check_must_pass(graph.logits, loader.for_evaluation(entries, preprocessing), missing)


def _holdout_metrics(measurement: Measurement) -> HoldoutMetrics:
    return HoldoutMetrics(
        accuracy=measurement.accuracy,
        expected_calibration_error=measurement.calibration_error,
        examples=measurement.examples,
        recall={label: one.recall for label, one in measurement.per_class.items()},
        precision={label: one.precision for label, one in measurement.per_class.items()},
    )
