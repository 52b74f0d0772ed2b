"""What can stop a training run, each with a message that says what to do."""


class TrainingError(Exception):
    """The run cannot go on."""


class TrainingDataError(TrainingError):
    """The images cannot be trained on: too few, one class only, or none that can be decoded."""


class ArchitectureError(TrainingError):
    """The network cannot be built, or does not take images of this size."""


class BundleParityError(TrainingError):
    """The exported graph answers differently from the network that was trained; nothing was registered."""


class CheckpointRefusedError(TrainingError):
    """There is a checkpoint, but of another run, or it cannot be read. Without it the run begins at the beginning."""


class TrainingCancelledError(Exception):
    """The run was asked to stop, and did. Not a fault, so not a `TrainingError`."""
