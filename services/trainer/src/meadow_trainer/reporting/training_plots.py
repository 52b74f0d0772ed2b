"""Plots of a training run and of its hold-out metrics."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from meadow_core.bundle.scores import probabilities
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Floats, Logits, Measurement
from meadow_trainer.reporting.plot_style import DPI, GREEN, INK, RED, YELLOW, drawable, new_figure, style
from meadow_trainer.runs.data_audit import LabelAudit
from meadow_trainer.training.callbacks import EpochReport

_DARK_CELL = 0.55
_INK_ON_CELL = "#1f2a24"
"""Stays dark on a dark page, as the cells stay light."""
_NAMES_COLLIDE = 4
_GALLERY_COLUMNS = 6
_GALLERY_MOST = 24


def plot_confusion_matrix(measurement: Measurement) -> Figure:
    """Plot the confusion matrix: counts, and the share of each true class."""
    classes = [drawable(name) for name in measurement.per_class]
    counts = measurement.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(14.0, 2.4 + 0.9 * len(classes))
    figure, axes = new_figure(side + 0.8, side)
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1)
    axes.set_title(f"{measurement.accuracy:.1%} accuracy on {measurement.examples} hold-out images")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    slanted = len(classes) >= _NAMES_COLLIDE
    axes.set_xticks(range(len(classes)), classes, rotation=35 if slanted else 0, ha="right" if slanted else "center")
    axes.set_yticks(range(len(classes)), classes)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    for row, column in np.ndindex(*counts.shape):
        share = float(shares[row, column])
        colour = "white" if share > _DARK_CELL else _INK_ON_CELL
        axes.text(column, row, f"{counts[row, column]}\n{share:.0%}", ha="center", va="center", color=colour)
    return figure


def plot_reliability(measurement: Measurement) -> Figure:
    """Plot a reliability diagram: accuracy by confidence; points on the diagonal are well calibrated."""
    figure, axes = new_figure(5.2, 5.0)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 4)), label="perfectly calibrated")
    confidence = [one.confidence for one in measurement.reliability]
    accuracy = [one.accuracy for one in measurement.reliability]
    largest = max(one.count for one in measurement.reliability)
    axes.vlines(confidence, confidence, accuracy, color=YELLOW, linewidth=2, label="gap")
    areas = [40 + 360 * one.count / largest for one in measurement.reliability]
    axes.scatter(confidence, accuracy, s=areas, color=GREEN, zorder=3, edgecolor="white")
    for one in measurement.reliability:
        axes.annotate(
            f"{one.count}", (one.confidence, one.accuracy), ha="center", va="center", color="white", fontsize=7
        )
    axes.set_title(f"Calibration error {measurement.calibration_error:.3f} on {measurement.examples} hold-out images")
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    least = min(1 / len(measurement.per_class), *confidence, *accuracy)
    axes.set_xlim(least - 0.05, 1.05)
    axes.set_ylim(min(least, 0.5) - 0.05, 1.05)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="lower right", frameon=False)
    return figure


def plot_learning_curves(reports: Sequence[EpochReport]) -> Figure:
    """Plot losses, validation accuracy and learning rate over the epochs."""
    figure = Figure(figsize=(7.2, 5.6), dpi=DPI, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    epochs = [one.epoch for one in reports]
    upper.plot(epochs, [one.loss for one in reports], color=GREEN, label="training loss, augmented images")
    validated = [one for one in reports if one.validation_loss is not None and one.validation_accuracy is not None]
    if validated:
        at = [one.epoch for one in validated]
        upper.plot(at, [one.validation_loss or 0.0 for one in validated], color=YELLOW, label="validation loss")
        lower.plot(at, [one.validation_accuracy or 0.0 for one in validated], color=YELLOW, label="validation accuracy")
        lower.yaxis.set_major_formatter(PercentFormatter(1))
    upper.set_ylabel("loss")
    upper.set_ylim(0, None)
    upper.set_title(f"{len(reports)} epochs in {reports[-1].seconds:.0f} s")
    upper.legend(frameon=False)
    rates = lower.twinx()
    rates.plot(epochs, [one.learning_rate for one in reports], color=INK, linewidth=1, linestyle=":")
    rates.set_ylabel("learning rate (dotted)")
    rates.spines[["top", "right"]].set_visible(False)
    lower.set_ylabel("validation accuracy")
    lower.set_xlabel("epoch")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (upper, lower):
        style(axes)
    return figure


def plot_mistakes(images: EvaluationImages, logits: Logits, temperature: float) -> Figure:
    """Plot misclassified hold-out images, the most confident first."""
    probs: Floats = probabilities(logits, temperature)
    chosen, confidence = probs.argmax(axis=1), probs.max(axis=1)
    wrong = np.flatnonzero(chosen != images.labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    shown = wrong[:_GALLERY_MOST]
    titles = [
        f"predicted {drawable(images.classes[chosen[index]])}, {confidence[index]:.0%}\n"
        f"is {drawable(images.classes[images.labels[index]])}"
        for index in shown
    ]
    some = "" if len(shown) == len(wrong) else f", the {len(shown)} most confident"
    return _gallery(images.pixels[shown], titles, f"{len(wrong)} of {len(images)} hold-out images misclassified{some}")


def plot_label_suspects(audit: LabelAudit) -> Figure:
    """Plot images whose label is probably wrong, the most certain first."""
    found = audit.found
    titles = [f"{drawable(one.label)}, rather\n{drawable(one.suggested)}, {one.probability:.0%}" for one in audit.shown]
    some = "" if len(titles) == len(found.suspects) else f", the {len(titles)} most certain"
    return _gallery(audit.pixels, titles, f"{len(found.suspects)} of {found.images} labels probably wrong{some}")


def _gallery(pixels: NDArray[np.uint8], titles: Sequence[str], heading: str) -> Figure:
    """Plot images [N, size, size, 3], each under its title."""
    columns = max(1, min(_GALLERY_COLUMNS, len(titles)))
    rows = max(1, -(-len(titles) // columns))
    figure = Figure(figsize=(max(4.0, 1.75 * columns), 0.7 + 2.2 * rows), dpi=DPI, layout="constrained")
    grid = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, image, title in zip(grid, pixels, titles, strict=False):
        axes.imshow(image)
        axes.set_title(title, fontsize=8, color=RED)
    figure.suptitle(heading, color=INK, fontsize=10)
    return figure
