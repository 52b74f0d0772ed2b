"""Choice between a head on frozen features and training all weights: by the settings, or by evidence."""

import logging

from meadow_trainer.calibration.calibrate import fit_temperature
from meadow_trainer.calibration.out_of_fold import enough_for_folds
from meadow_trainer.errors import ArchitectureError
from meadow_trainer.evaluation.evaluate import measure
from meadow_trainer.runs.finetuned import Finetuning
from meadow_trainer.runs.frozen import FrozenFit, finish_frozen, fit_frozen
from meadow_trainer.runs.trained import Start, TrainedNetwork
from meadow_trainer.training.head import choose_head

log = logging.getLogger(__name__)

_FEWEST_TO_COMPARE = 200
"""Training images: with fewer, all weights fit to chance, and the comparison would be one too."""
_HALVES = 2


def train_network(start: Start) -> TrainedNetwork:
    """Train in the way that the settings ask for; `auto` takes the better one that there is time for.

    Raises:
        ArchitectureError: Frozen training is asked for, and there are no pretrained weights.
        CheckpointRefusedError: The checkpoints are of another run.
        TrainingError: The data or the network is unusable.
        TrainingCancelledError: Cancelled by a callback.
    """
    trained = _train(start)
    log.info("Trained as %s: %s", trained.method, trained.reason)
    return trained


def _train(start: Start) -> TrainedNetwork:
    config = start.config
    if config.method == "frozen":
        if not start.pretrained:
            raise ArchitectureError(
                f"A head on frozen features needs pretrained weights, and {config.architecture} has none here."
            )
        return finish_frozen(start, fit_frozen(start), "The settings ask for it.")
    if config.method == "finetuned":
        return Finetuning(start).train("The settings ask for it.")
    if not start.pretrained:
        return Finetuning(start).train("There are no pretrained weights, so all weights have to be learnt.")
    if config.epochs is not None:
        return Finetuning(start).train("The settings name a number of epochs, which a frozen network has none of.")
    frozen = fit_frozen(start)
    against = _against_comparing(start, frozen)
    return finish_frozen(start, frozen, against) if against else _better(start, frozen)


def _against_comparing(start: Start, frozen: FrozenFit) -> str:
    """Return why fine-tuning is not tried; empty when it is."""
    if start.device.type != "cuda":
        return "Without a CUDA device, fine-tuning would take minutes where a head takes seconds."
    if len(frozen.images.labels) < _FEWEST_TO_COMPARE:
        return f"Fewer than {_FEWEST_TO_COMPARE} training images are too few to fine-tune all weights."
    limit = start.config.max_minutes
    if limit is not None and frozen.seconds > limit * 60 / 2:
        return "The time that the settings allow is half used up by computing features."
    return ""


def _better(start: Start, frozen: FrozenFit) -> TrainedNetwork:
    """Compare both ways by the loss on images that were left out, the same halves for both."""
    tuning = Finetuning(start)
    if not enough_for_folds(tuning.images):
        return finish_frozen(start, frozen, "A class has too few images to compare with fine-tuning.")
    predictions = tuning.out_of_fold()
    temperature = fit_temperature(predictions.logits, predictions.labels)
    tuned = measure(predictions.logits, predictions.labels, tuning.images.plain.classes, temperature=temperature).loss
    _, halves = choose_head(
        frozen.images.features,
        frozen.images.labels,
        tuning.images.plain.classes,
        balanced=frozen.recipe.balanced,
        folds=_HALVES,
        seed=start.config.seed,
    )
    head = float("inf") if halves is None else halves.loss
    losses = f"cross-validated loss {head:.3f} of a head on frozen features, {tuned:.3f} of fine-tuning"
    if tuned < head:
        return tuning.train(f"Fine-tuning is better: {losses}.")
    return finish_frozen(start, frozen, f"Fine-tuning is not better: {losses}.")
