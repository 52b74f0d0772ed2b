"""The training loop."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from meadow_trainer.data.augment import Augmentation, augment, mix
from meadow_trainer.data.loader import EvaluationImages, TrainingImages
from meadow_trainer.data.normalise import Normalisation, normalisation_of, normalise
from meadow_trainer.data.sampler import sample_epoch
from meadow_trainer.errors import TrainingCancelledError, TrainingError
from meadow_trainer.evaluation.evaluate import measure, predict
from meadow_trainer.training.architectures import logits_of
from meadow_trainer.training.batch_norm import recalibrate
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoint
from meadow_trainer.training.early_stopping import EarlyStopping
from meadow_trainer.training.recipe import Recipe
from meadow_trainer.training.schedule import Schedule
from meadow_trainer.training.state import TrainingState

_CALIBRATION_BATCH = 64
_CALIBRATION_IMAGES = 2048
"""A few thousand give accurate batch-norm statistics."""
_VALIDATION_STATISTICS_IMAGES = 256
_GRADIENT_LIMIT = 5.0


@dataclass(frozen=True)
class ImageSets:
    """The images of a run: to train on, to recompute batch-norm statistics with, and to validate on."""

    training: TrainingImages
    plain: EvaluationImages
    """The training images without augmentation."""
    validation: EvaluationImages


def fit(
    network: nn.Module,
    images: ImageSets,
    recipe: Recipe,
    callbacks: TrainingCallbacks,
    device: torch.device,
    checkpoint: Checkpoint | None = None,
) -> list[EpochReport]:
    """Train a network in place.

    Args:
        network: Left in evaluation mode, with exact batch-norm statistics.
        images: What to train and validate on.
        recipe: How to train.
        callbacks: Called after every epoch; asked before every step whether to stop.
        device: Where to train.
        checkpoint: Where to resume from and save to, also when training is cancelled and when it is finished.

    Returns:
        One report per epoch, those of earlier attempts included.

    Raises:
        TrainingCancelledError: A callback cancelled the run.
        CheckpointRefusedError: The checkpoint is of another training.
        TrainingError: The loss is not finite.
    """
    state = _initial_state(network, images, recipe, device)
    saved = checkpoint.load() if checkpoint else None
    if saved:
        state.restore(saved)
        network.eval()
    while not state.finished:
        _train_epoch(state, images.training, recipe, callbacks, device, checkpoint)
        _end_epoch(state, images, device)
        callbacks.on_epoch(state.reports[-1])
        if checkpoint and (state.finished or checkpoint.due()):
            checkpoint.save(state.snapshot())
    return state.reports


def _initial_state(network: nn.Module, images: ImageSets, recipe: Recipe, device: torch.device) -> TrainingState:
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = len(images.training) // recipe.batch_size
    return TrainingState(
        network=network,
        average=AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average_decay)),  # type: ignore[no-untyped-call]
        optimizer=_optimizer(network, recipe),
        generator=torch.Generator().manual_seed(recipe.seed),
        schedule=Schedule(epochs=recipe.epochs, steps=steps, max_seconds=recipe.max_seconds),
        best=EarlyStopping(recipe.patience),
    )


def _train_epoch(
    state: TrainingState,
    images: TrainingImages,
    recipe: Recipe,
    callbacks: TrainingCallbacks,
    device: torch.device,
    checkpoint: Checkpoint | None,
) -> None:
    """Do the remaining steps of an epoch; an incomplete last batch is dropped."""
    steps = len(images) // recipe.batch_size
    ranges = Augmentation.of_strength(recipe.augmentation)
    if not len(state.order):
        state.order = sample_epoch(images.labels, balanced=recipe.balanced, generator=state.generator)
    state.network.train()
    while state.step < steps:
        if callbacks.should_stop():
            if checkpoint:
                checkpoint.save(state.snapshot())
            raise TrainingCancelledError(f"Stopped on request in epoch {state.epoch}.")
        chosen = state.order[state.step * recipe.batch_size : (state.step + 1) * recipe.batch_size]
        size = recipe.view_size(state.schedule.progress)
        targets = functional.one_hot(images.labels[chosen], len(images.classes)).float()
        views = augment(images.pixels[chosen].to(device), images.aspects[chosen], size, ranges, state.generator)
        views, targets = mix(views, targets.to(device), recipe.mixup, state.generator)
        state.rate = recipe.learning_rate * state.schedule.rate()
        state.loss += _step(state, normalise(views, normalisation_of(state.network)), targets, recipe) / steps
        state.average.update_parameters(state.network)
        state.schedule.step()
        state.step += 1
        if checkpoint and checkpoint.due():
            checkpoint.save(state.snapshot())


def _end_epoch(state: TrainingState, images: ImageSets, device: torch.device) -> None:
    """Report an epoch; after the last one, load the final weights into the network."""
    if not state.loss < float("inf"):
        raise TrainingError(f"The loss is {state.loss} in epoch {state.epoch}. Train with a smaller learning rate.")
    schedule = state.schedule
    schedule.end_epoch()
    accuracy = validation_loss = None
    if len(images.validation):
        # The averaged weights are kept, so they are validated; few images suffice for their batch-norm statistics.
        constants = normalisation_of(state.network)
        batches = _plain_batches(images.plain, constants, device, most=_VALIDATION_STATISTICS_IMAGES)
        recalibrate(state.average.module, batches)
        logits = predict(state.average.module, images.validation.pixels, device)
        measured = measure(logits, images.validation.labels, images.validation.classes)
        accuracy, validation_loss = measured.accuracy, measured.loss
        if state.best.patience is not None and state.best.update(
            state.epoch, validation_loss, state.average.module.state_dict()
        ):
            schedule.epochs = state.epoch
    if state.epoch >= schedule.epochs:
        state.network.load_state_dict(state.best.tensors or state.average.module.state_dict())
        constants = normalisation_of(state.network)
        recalibrate(state.network, _plain_batches(images.plain, constants, device, most=_CALIBRATION_IMAGES))
        state.finished = True
    state.reports.append(
        EpochReport(
            epoch=state.epoch,
            epochs=schedule.epochs,
            loss=state.loss,
            learning_rate=state.rate,
            seconds=state.seconds,
            validation_accuracy=accuracy,
            validation_loss=validation_loss,
        )
    )
    state.epoch, state.step, state.loss, state.order = state.epoch + 1, 0, 0.0, state.order[:0]


def _optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Make AdamW without weight decay on biases and norm scales."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in parameters if one.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)


def _step(state: TrainingState, views: Tensor, targets: Tensor, recipe: Recipe) -> float:
    network, optimizer = state.network, state.optimizer
    for group in optimizer.param_groups:
        group["lr"] = state.rate
    reduced = recipe.precision is not torch.float32
    with torch.autocast(views.device.type, recipe.precision, enabled=reduced):
        logits = logits_of(network(views))
    loss = functional.cross_entropy(logits.float(), targets, label_smoothing=recipe.label_smoothing)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), _GRADIENT_LIMIT, foreach=True)
    optimizer.step()
    return loss.item()


def _plain_batches(
    images: EvaluationImages, constants: Normalisation, device: torch.device, *, most: int
) -> Iterator[Tensor]:
    """Yield normalised batches, preprocessed as for serving."""
    for start in range(0, min(len(images), most), _CALIBRATION_BATCH):
        pixels = torch.from_numpy(images.pixels[start : start + _CALIBRATION_BATCH]).to(device)
        if len(pixels) > 1:
            yield normalise(pixels.permute(0, 3, 1, 2).float().div(255), constants)
