"""A running stack whose first model is trained."""

from dataclasses import dataclass
from pathlib import Path

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.jobs import Job
from meadow.schemas.training import TrainingRequest
from meadow_core.bundle.manifest import BundleManifest, read_bundle
from meadow_core.registry.cache import ModelCache
from running_stack import RunningStack

TRAINING_PICTURES = 24
"""Of each class."""


@dataclass(frozen=True)
class TrainedStack:
    """The stack, and how its model came about."""

    stack: RunningStack
    dataset: DatasetManifest
    request: TrainingRequest
    first_run: Job
    pictures: Path
    """Pictures that the model was not trained on, a folder for each class."""

    def picture(self, label: str, number: int = 0) -> bytes:
        """Bytes of one of the fresh pictures."""
        return sorted((self.pictures / label).iterdir())[number].read_bytes()

    def bundle(self) -> BundleManifest:
        """Manifest of the bundle that the host's worker serves."""
        cache = ModelCache(self.stack.settings.model_cache)
        ref = cache.pointed()
        folder = cache.path_of(ref) if ref else None
        if folder is None:
            raise AssertionError("The worker has no model.")
        return read_bundle(folder)
