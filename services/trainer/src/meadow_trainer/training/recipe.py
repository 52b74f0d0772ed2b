"""Recipe: hyperparameters that depend on the data and the network, chosen once before training."""

from dataclasses import dataclass

import torch
from torch import nn

from meadow.schemas.training_config import TrainingConfig

_REFERENCE_IMAGES = 225
_EPOCHS_FROM_SCRATCH = 72
"""For that many images; four times the images get half the epochs."""
_EPOCHS_FINE_TUNING = 20
_EPOCH_RANGE = (6, 120)
_RATE_FROM_SCRATCH = 2e-3
_RATE_FINE_TUNING = 5e-4
_RATE_WITHOUT_BATCH_NORM = 3e-4
_EARLY_SCALE = 0.57
"""Size of the first training images relative to the served size. Small images cost a fraction and teach the coarse
shapes, which allows more epochs in the same time (progressive resizing, Tan and Le 2021). Later ones have the served
size: crops out of whole photographs show objects about as large as the central square does."""
_EARLY_SHARE = 0.6
"""Share of the run with small images."""
_SIZE_STEP = 16
_AVERAGE_DECAY = 0.99
"""Of the weights' moving average, which spans about the last hundred steps."""
_PATIENCE = 0.3
"""Share of the run. As the rate falls to the end, most of the gain comes late: less would end good runs."""
_LEAST_PATIENCE = 5
_FEWEST_TO_STOP_BY = 40
"""The loss on fewer images is mostly noise, and so would be the best epoch; on request only."""
_SKEWED = 3.0
"""Class imbalance from which sampling is balanced."""
_VALIDATION_PERCENT = 10
_VALIDATION_PERCENT_OF_FEW = 15
"""Only on request."""
_FEWEST_TO_KEEP_BACK_FROM = 500
"""A tenth of fewer images is too few to calibrate with; cross-fitting is used instead."""


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters of the training loop."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    mixup: float
    augmentation: float
    balanced: bool
    """Whether epochs sample every class equally often."""
    patience: int | None
    """Epochs without a better validation loss before early stopping; None disables it."""
    average_decay: float
    """Of the moving average of the weights, per step; 0 keeps the last weights."""
    early_view_size: int
    late_view_size: int
    early_share: float
    """Share of the run with the first of the two sizes."""
    precision: torch.dtype
    seed: int
    max_seconds: float | None

    def view_size(self, progress: float) -> int:
        """Size of training images, in pixels, at a progress between 0 and 1."""
        return self.early_view_size if progress < self.early_share else self.late_view_size


def choose_recipe(
    config: TrainingConfig,
    *,
    images: int,
    fine_tuning: bool,
    network: nn.Module,
    device: torch.device,
    skew: float = 1.0,
    validation_images: int = 0,
) -> Recipe:
    """Choose the hyperparameters that the configuration leaves open.

    Args:
        config: Explicit settings.
        images: Number of images to train on.
        fine_tuning: Whether the network starts from pretrained weights.
        network: Inspected for batch normalisation: networks without it need a lower rate.
        device: Where training runs.
        skew: Class imbalance: size of the largest class divided by that of the smallest.
        validation_images: Number of validation images.
    """
    epochs = (_EPOCHS_FINE_TUNING if fine_tuning else _EPOCHS_FROM_SCRATCH) * (_REFERENCE_IMAGES / images) ** 0.5
    fewest, most = _EPOCH_RANGE
    length = config.epochs or min(most, max(fewest, round(epochs)))
    rate = _RATE_FINE_TUNING if fine_tuning else _RATE_FROM_SCRATCH
    batch_size = min(config.batch_size, images)
    if not has_batch_norm(network):
        rate = min(rate, _RATE_WITHOUT_BATCH_NORM)
    early, late = view_sizes(config.image_size, flexible=has_batch_norm(network))
    return Recipe(
        epochs=length,
        batch_size=batch_size,
        learning_rate=config.learning_rate or rate,
        weight_decay=config.weight_decay,
        label_smoothing=config.label_smoothing,
        mixup=config.mixup,
        augmentation=config.augmentation,
        balanced=is_balanced(config, skew),
        patience=_choose_patience(config.patience, length, validation_images),
        average_decay=_AVERAGE_DECAY,
        early_view_size=early,
        late_view_size=late,
        early_share=_EARLY_SHARE,
        precision=choose_precision(config.precision, device),
        seed=config.seed,
        max_seconds=config.max_minutes * 60 if config.max_minutes else None,
    )


def is_balanced(config: TrainingConfig, skew: float) -> bool:
    """Return whether every class weighs the same, at a class imbalance of `skew`."""
    return config.class_balance == "sampling" or (config.class_balance == "auto" and skew >= _SKEWED)


def _choose_patience(wanted: int | None, epochs: int, validation_images: int) -> int | None:
    if wanted is None:
        return max(_LEAST_PATIENCE, round(epochs * _PATIENCE)) if validation_images >= _FEWEST_TO_STOP_BY else None
    return wanted or None if validation_images else None


def validation_percent(config: TrainingConfig, images: int) -> int:
    """Choose the percentage of the training images to keep back for validation and calibration."""
    if config.validation_percent is not None:
        return config.validation_percent
    if images >= _FEWEST_TO_KEEP_BACK_FROM:
        return _VALIDATION_PERCENT
    return _VALIDATION_PERCENT_OF_FEW if config.calibration == "validation" else 0


def has_batch_norm(network: nn.Module) -> bool:
    """Whether the network keeps running statistics of its activations."""
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules())  # noqa: SLF001 - the only common base


def view_sizes(image_size: int, *, flexible: bool) -> tuple[int, int]:
    """Return the early and the late size of training images; transformers take only one size."""
    if not flexible:
        return image_size, image_size
    early = round(image_size * _EARLY_SCALE / _SIZE_STEP) * _SIZE_STEP
    return min(image_size, max(32, early)), image_size


def choose_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Choose bfloat16 where the hardware supports it; emulated, it is slower than float32."""
    if wanted != "auto":
        return torch.bfloat16 if wanted == "bfloat16" else torch.float32
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        capabilities = torch.cpu.get_capabilities()
        native = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.bfloat16 if native else torch.float32
