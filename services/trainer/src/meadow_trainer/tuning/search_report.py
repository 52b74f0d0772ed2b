"""Report of a search: a table of its trials, and a plot of the loss over each setting."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table

from meadow_trainer.reporting.plot_style import DPI, style
from meadow_trainer.tuning.search import SearchResult, TrialResult

_LOG_FROM = 20.0
"""Ratio of largest to smallest value from which a setting gets a logarithmic axis."""


def trials_table(found: SearchResult) -> Table:
    """List the trials, the best first, pruned and failed ones last."""
    rows = sorted(found.rows, key=lambda row: (row.state != "complete", row.loss is None, row.loss or 0.0))
    names = list(found.rows[0].values)
    table = Table(title="Trials by cross-validated loss; the hold-out was not used", title_justify="left")
    for heading in ("trial", "loss", "accuracy", *names, ""):
        table.add_column(heading.replace("_", " "), justify="right")
    for row in rows:
        note = "best" if row.number == found.best else "" if row.state == "complete" else row.state
        numbers = ("" if one is None else f"{one:.4f}" for one in (row.loss, row.accuracy))
        table.add_row(
            str(row.number), *numbers, *(f"{row.values[name]:.3g}" for name in names if name in row.values), note
        )
    return table


def plot_trials(found: SearchResult) -> Figure:
    """Plot the loss of every finished trial over each setting, the best one filled."""
    rows = [row for row in found.rows if row.state == "complete"]
    names = list(found.rows[0].values)
    figure = Figure(figsize=(2.6 * len(names), 2.8), dpi=DPI, layout="constrained")
    row_of_axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for axes, name in zip(row_of_axes, names, strict=True):
        _scatter(axes, [row for row in rows if row.number != found.best], name, filled=False)
        _scatter(axes, [row for row in rows if row.number == found.best], name, filled=True)
        values = [row.values[name] for row in rows]
        if min(values) > 0 and max(values) / min(values) > _LOG_FROM:
            axes.set_xscale("log")
        axes.set_xlabel(name.replace("_", " "))
        style(axes)
    row_of_axes[0].set_ylabel("cross-validated loss")
    return figure


def _scatter(axes: Axes, rows: list[TrialResult], name: str, *, filled: bool) -> None:
    losses = [row.loss for row in rows if row.loss is not None]
    axes.scatter([row.values[name] for row in rows], losses, edgecolors="C0", facecolors="C0" if filled else "none")
