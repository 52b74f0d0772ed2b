"""Errors that end a training run; each message says what to do."""

from meadow.errors import MeadowError


class TrainingError(MeadowError):
    """The run failed."""


class TrainingDataError(TrainingError):
    """Unusable images: too few, only one class, or none that can be decoded."""


class ArchitectureError(TrainingError):
    """The network cannot be built, or does not take images of this size."""


class BundleParityError(TrainingError):
    """The exported graph's outputs differ from the trained network's; nothing was registered."""


class CheckpointRefusedError(TrainingError):
    """The checkpoint is another run's, or unreadable. Without it the run starts from scratch."""


class TrainingCancelledError(MeadowError):
    """The run was cancelled. Not a failure, so not a `TrainingError`."""
