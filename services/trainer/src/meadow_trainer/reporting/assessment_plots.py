"""Plots of a model's assessment: precision and recall, slices, OOD scores."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from meadow_trainer.evaluation.assess import Assessment
from meadow_trainer.evaluation.evaluate import Floats
from meadow_trainer.evaluation.slices import Slice
from meadow_trainer.reporting.plot_style import DPI, GREEN, INK, RED, YELLOW, drawable, new_figure, style

_MORE_COLOURS = ("#d99a11", "#2f7d4f", "#4f8cab", "#b8683f", "#3f8f86", "#95628f")
_MAX_CURVES = 12
_CLIP = 8.0
"""Scores beyond are clipped to it: how far beyond carries no information."""


def plot_precision_recall(assessment: Assessment) -> Figure:
    """Plot each class's precision-recall curve; of many classes, the worst."""
    figure, axes = new_figure(5.6, 4.6)
    worst_first = sorted(assessment.curves.items(), key=lambda item: item[1].average_precision)
    for number, (label, curve) in enumerate(worst_first[:_MAX_CURVES]):
        axes.step(
            np.concatenate([[0], curve.recall]),
            np.concatenate([curve.precision[:1], curve.precision]),
            where="pre",
            color=_MORE_COLOURS[number % len(_MORE_COLOURS)],
            linewidth=1.8,
            label=f"{drawable(label)} (AP {curve.average_precision:.3f})",
        )
    axes.set_title("Precision and recall of each class")
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(min([0.45, *(float(curve.precision.min()) - 0.05 for _, curve in worst_first)]), 1.03)
    _percent(axes)
    axes.legend(loc="lower left", frameon=False)
    return figure


def plot_slices(assessment: Assessment) -> Figure:
    """Plot accuracy and accepted share on each slice of the hold-out."""
    groups: dict[str, list[Slice]] = {}
    for one in assessment.slices:
        groups.setdefault(one.by, []).append(one)
    figure = Figure(figsize=(3.9 * len(groups), 3.9), dpi=DPI, layout="constrained")
    for axes, (by, parts) in zip(figure.subplots(1, len(groups), squeeze=False)[0], groups.items(), strict=True):
        style(axes)
        axes.grid(visible=False, axis="x")
        places = np.arange(len(parts))
        _bars(axes, (places - 0.2).tolist(), [one.accuracy for one in parts], GREEN, "accuracy")
        _bars(axes, (places + 0.2).tolist(), [one.accepted_share for one in parts], YELLOW, "accepted")
        axes.set_xticks(places, [f"{name_range(one)}\n{one.images} images" for one in parts])
        axes.set_ylim(0, 1.25)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_title(f"By {by}")
        axes.legend(loc="upper center", ncols=2, frameon=False, fontsize=9)
    return figure


def plot_ood_scores(assessment: Assessment) -> Figure:
    """Plot the OOD scores of the hold-out and of the synthetic out-of-distribution set, and the limit of `unknown`."""
    kinds = {kind: one.scores for kind, one in assessment.ood.items() if kind != "all"}
    rows = {"hold-out": assessment.holdout_ood_scores, **kinds}
    figure, axes = new_figure(7.2, 0.9 + 0.62 * len(rows))
    axes.grid(visible=False, axis="y")
    rng = np.random.default_rng(0)
    for place, (kind, scores) in enumerate(rows.items()):
        shown: Floats = np.minimum(scores, _CLIP)
        jitter = rng.uniform(-0.24, 0.24, len(shown))
        colour = GREEN if kind == "hold-out" else YELLOW
        axes.scatter(shown, place + jitter, s=16, color=colour, alpha=0.65, linewidth=0)
    axes.axvline(1, color=RED, linewidth=1.4, linestyle=(0, (4, 3)))
    axes.text(1.02, -0.5, "unknown from here", color=RED, fontsize=8, va="center")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(len(rows) - 0.45, -0.62)
    highest = max(2.0, *(float(scores.max(initial=0)) for scores in rows.values()))
    axes.set_xlim(0, min(highest, _CLIP) * 1.03)
    more = f"; {_CLIP:.0f} or more at the edge" if highest > _CLIP else ""
    axes.set_xlabel(f"OOD score (ood_score{more})")
    everything = assessment.ood["all"].auroc
    axes.set_title(
        "Out-of-distribution detection"
        if everything is None
        else f"Out-of-distribution detection: AUROC {everything:.3f}"
    )
    return figure


def name_range(one: Slice) -> str:
    """Name a slice of the hold-out by its range of values."""
    low, high = (
        (f"{one.low:.2f}", f"{one.high:.2f}") if one.by == "brightness" else (f"{one.low:.0f}", f"{one.high:.0f}")
    )
    return low if low == high else f"{low} to {high}"


def _bars(axes: Axes, places: Sequence[float], shares: Sequence[float], colour: str, label: str) -> None:
    bars = axes.bar(places, shares, 0.36, color=colour, label=label)
    axes.bar_label(bars, [f"{share:.0%}" for share in shares], fontsize=8, padding=2, color=INK)


def _percent(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
