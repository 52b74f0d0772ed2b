"""All figures of a finished run, by name: what a terminal run writes into a folder is what MLflow keeps."""

from matplotlib.figure import Figure

from meadow_trainer.reporting.assessment_plots import draw_ood_scores, draw_precision_recall, draw_slices
from meadow_trainer.reporting.training_plots import draw_confusion, draw_curves, draw_mistakes, draw_reliability
from meadow_trainer.runs.pipeline import TrainedBundle


def draw_all(bundle: TrainedBundle) -> dict[str, Figure]:
    """Draw them."""
    figures = {
        "confusion": draw_confusion(bundle.measurement),
        "reliability": draw_reliability(bundle.measurement),
        "precision_recall": draw_precision_recall(bundle.assessment),
        "slices": draw_slices(bundle.assessment),
        "curves": draw_curves(bundle.reports),
        "mistakes": draw_mistakes(bundle.holdout, bundle.holdout_logits, bundle.manifest.temperature),
    }
    if bundle.manifest.outliers is not None:
        figures["strangers"] = draw_ood_scores(bundle.assessment)
    return figures
