"""All plots of a finished run, by name: the same for a run in a terminal and for MLflow."""

from matplotlib.figure import Figure

from meadow_trainer.reporting.assessment_plots import plot_ood_scores, plot_precision_recall, plot_slices
from meadow_trainer.reporting.training_plots import (
    plot_confusion_matrix,
    plot_label_suspects,
    plot_learning_curves,
    plot_mistakes,
    plot_reliability,
)
from meadow_trainer.runs.pipeline import TrainedBundle


def plot_all(bundle: TrainedBundle) -> dict[str, Figure]:
    """Return every plot of a bundle, by the name of its file."""
    figures = {
        "confusion": plot_confusion_matrix(bundle.measurement),
        "reliability": plot_reliability(bundle.measurement),
        "precision_recall": plot_precision_recall(bundle.assessment),
        "slices": plot_slices(bundle.assessment),
        "mistakes": plot_mistakes(bundle.holdout, bundle.holdout_logits, bundle.manifest.temperature),
    }
    if bundle.reports:
        figures["curves"] = plot_learning_curves(bundle.reports)
    if bundle.label_audit is not None:
        figures["label_suspects"] = plot_label_suspects(bundle.label_audit)
    if bundle.manifest.outliers is not None:
        figures["strangers"] = plot_ood_scores(bundle.assessment)
    return figures
