"""The training loop."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from meadow_trainer.augment import Augmentation, augment, mix
from meadow_trainer.batchnorm import recalibrate
from meadow_trainer.data import EvaluationImages, TrainingImages
from meadow_trainer.errors import TrainingCancelledError, TrainingError
from meadow_trainer.evaluate import measure, predict
from meadow_trainer.model import logits_of
from meadow_trainer.normalise import normalise
from meadow_trainer.recipe import Recipe
from meadow_trainer.reports import EpochReport, Watch
from meadow_trainer.schedule import Schedule

_CALIBRATION_BATCH = 64
_CALIBRATION_IMAGES = 2048
_GRADIENT_LIMIT = 5.0
_AVERAGE_DECAY = 0.99
"""Of the weights' moving average, which spans about the last hundred steps."""


@dataclass(frozen=True)
class Pixels:
    """The images of a run: to train on, to recalibrate with, and to watch progress on."""

    training: TrainingImages
    plain: EvaluationImages
    """The training images without augmentation."""
    validation: EvaluationImages


def fit(network: nn.Module, images: Pixels, recipe: Recipe, watch: Watch, device: torch.device) -> list[EpochReport]:
    """Train a network in place.

    Args:
        network: Left in evaluation mode, with exact batch-norm statistics.
        images: What to train on and to watch.
        recipe: How to train.
        watch: Called after every epoch; asked before every step whether to stop.
        device: Where to train.

    Returns:
        One report per epoch.

    Raises:
        TrainingCancelledError: The caller asked to stop.
        TrainingError: The loss is no number any more.
    """
    generator = torch.Generator().manual_seed(recipe.seed)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = _optimizer(network, recipe)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGE_DECAY))  # type: ignore[no-untyped-call]
    steps = len(images.training) // recipe.batch_size
    schedule = Schedule(epochs=recipe.epochs, steps=steps, max_seconds=recipe.max_seconds)
    began = time.monotonic()
    reports: list[EpochReport] = []
    for epoch in itertools.count(1):
        loss = 0.0
        network.train()
        for views, targets in _batches(images.training, recipe, schedule, generator, device):
            if watch.should_stop():
                raise TrainingCancelledError(f"Stopped on request in epoch {epoch}.")
            rate = recipe.learning_rate * schedule.rate()
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss += _step(network, optimizer, views, targets, recipe) / steps
            average.update_parameters(network)
            schedule.step()
        if not loss < float("inf"):
            raise TrainingError(f"The loss is {loss} in epoch {epoch}. Train with a smaller learning rate.")
        schedule.end_epoch()
        last = epoch >= schedule.epochs
        if last:
            network.load_state_dict(average.module.state_dict())
            recalibrate(network, _plain_batches(images.plain, device))
        accuracy, validation_loss = _validate(network, images.validation, device)
        report = EpochReport(epoch, schedule.epochs, loss, rate, time.monotonic() - began, accuracy, validation_loss)
        reports.append(report)
        watch.on_epoch(report)
        if last:
            return reports
    raise AssertionError  # count() does not end


def _optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW; biases and the scales of norms are not decayed."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in parameters if one.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, foreach=True)


def _batches(
    images: TrainingImages, recipe: Recipe, schedule: Schedule, generator: torch.Generator, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield one epoch of augmented, normalised views with soft targets; the odd rest is left for another epoch."""
    ranges = Augmentation.of_strength(recipe.augmentation)
    order = torch.randperm(len(images), generator=generator)
    for start in range(0, len(images) - recipe.batch_size + 1, recipe.batch_size):
        chosen = order[start : start + recipe.batch_size]
        targets = functional.one_hot(images.labels[chosen], len(images.classes)).float()
        size = recipe.view_size(schedule.progress)
        views = augment(images.pixels[chosen].to(device), images.aspects[chosen], size, ranges, generator)
        views, targets = mix(views, targets.to(device), recipe.mixup, generator)
        yield normalise(views), targets


def _step(
    network: nn.Module, optimizer: torch.optim.Optimizer, views: Tensor, targets: Tensor, recipe: Recipe
) -> float:
    reduced = recipe.precision is not torch.float32
    with torch.autocast(views.device.type, recipe.precision, enabled=reduced):
        logits = logits_of(network(views))
    loss = functional.cross_entropy(logits.float(), targets, label_smoothing=recipe.label_smoothing)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), _GRADIENT_LIMIT, foreach=True)
    optimizer.step()
    return loss.item()


def _plain_batches(images: EvaluationImages, device: torch.device) -> Iterator[Tensor]:
    """Yield normalised images as they will be served; a few thousand give exact enough statistics."""
    for start in range(0, min(len(images), _CALIBRATION_IMAGES), _CALIBRATION_BATCH):
        pixels = torch.from_numpy(images.pixels[start : start + _CALIBRATION_BATCH]).to(device)
        if len(pixels) > 1:
            yield normalise(pixels.permute(0, 3, 1, 2).float().div(255))


def _validate(network: nn.Module, images: EvaluationImages, device: torch.device) -> tuple[float | None, float | None]:
    if not len(images):
        return None, None
    measured = measure(predict(network, images.pixels, device), images.labels, images.classes)
    return measured.accuracy, measured.loss
