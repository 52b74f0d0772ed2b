"""Features of a folder's images, for measurements that fit many heads on them."""

from pathlib import Path

import torch

from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.normalise import preprocessing_of
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.features import FeatureExtractor, ImageFeatures
from meadow_trainer.training.model import build_network


def folder_features(data: Path, config: TrainingConfig) -> tuple[ImageFeatures, ImageFeatures]:
    """Return the features of a folder's training images and of its hold-out.

    Args:
        data: One sub-folder of images per class.
        config: Names the network and its input's size.

    Raises:
        DatasetError: The folder is no data set.
        TrainingError: The network cannot be built, or no image can be decoded.
    """
    settings = TrainerSettings.load()
    source = folder_source(data, max_pixels=settings.max_image_pixels)
    loader = ImageLoader(source.read, source.manifest.classes, max_pixels=settings.max_image_pixels)
    network, _ = build_network(config, len(source.manifest.classes))
    extractor = FeatureExtractor(
        network.eval(),
        preprocessing_of(network, config.image_size),
        loader,
        torch.device("cuda" if torch.cuda.is_available() else "cpu"),
        settings.feature_cache,
    )
    training, holdout = (
        extractor.of(source.manifest.of_split(split), TrainingCallbacks()) for split in (Split.TRAIN, Split.HOLDOUT)
    )
    return training, holdout
