"""Features of a folder's images, for the measuring commands."""

from pathlib import Path

import torch

from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.normalise import preprocessing_of
from meadow_trainer.data.source import ImageSource
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.features import FeatureExtractor, ImageFeatures
from meadow_trainer.training.model import build_network


def folder_extractor(data: Path, config: TrainingConfig) -> tuple[ImageSource, FeatureExtractor]:
    """Return the usable images of a folder, and what computes their features.

    Raises:
        DatasetError: The folder is no data set.
        TrainingError: It cannot be trained on, or there is no such network.
    """
    settings = TrainerSettings.load()
    source = folder_source(data, max_pixels=settings.max_image_pixels)
    loader = ImageLoader(source.read, source.manifest.classes, max_pixels=settings.max_image_pixels)
    network, _ = build_network(config, len(source.manifest.classes))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    preprocessing = preprocessing_of(network, config.image_size)
    return source, FeatureExtractor(network.eval(), preprocessing, loader, device, settings.feature_cache)


def folder_features(data: Path, config: TrainingConfig) -> tuple[ImageFeatures, ImageFeatures]:
    """Return the features of a folder's training images and of its hold-out.

    Raises:
        DatasetError: The folder is no data set.
        TrainingError: It cannot be trained on, or there is no such network.
    """
    source, extractor = folder_extractor(data, config)
    training, holdout = (
        extractor.of(source.manifest.of_split(split), TrainingCallbacks()) for split in (Split.TRAIN, Split.HOLDOUT)
    )
    return training, holdout
