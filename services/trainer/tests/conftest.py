"""Small data sets and trained bundles shared by tests."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.data.source import ImageSource
from meadow_trainer.runs.pipeline import TrainedBundle, train_bundle
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from onnx_registry import keep_onnx_registry
from small_network import SMALL, register_small_network

register_small_network()

MAX_PIXELS = 1_000_000


def write_stripes(folder: Path, per_class: int, *, seed: int = 0) -> Path:
    """Write images of level and of upright stripes in random colours: the classes differ only in shape."""
    rng = np.random.default_rng(seed)
    for label, axis in (("level", 0), ("upright", 1)):
        (folder / label).mkdir(parents=True)
        for number in range(per_class):
            wave = np.sin(np.arange(40) * rng.uniform(0.6, 1.4) + rng.uniform(0, 6)) > 0
            mask = np.broadcast_to(wave[:, None] if axis == 0 else wave[None, :], (40, 40))[..., None]
            colours = rng.integers(0, 256, (2, 3))
            pixels = np.where(mask, colours[0], colours[1]).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number:03d}.png")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    # On pictures this small, threads wait for each other longer than they compute, above all on a busy machine.
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _one_onnx_registry() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        keep_onnx_registry(patch)
        yield


@pytest.fixture(scope="session")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stripes(tmp_path_factory.mktemp("data") / "stripes", 70)


@pytest.fixture(scope="session")
def stripes_source(stripes: Path) -> ImageSource:
    return folder_source(stripes, max_pixels=MAX_PIXELS)


@pytest.fixture(scope="session")
def config() -> TrainingConfig:
    return TrainingConfig(
        architecture=SMALL, validation_percent=10, image_size=32, epochs=14, batch_size=16, pretrained=False,
        augmentation=0.3,
    )  # fmt: skip


@pytest.fixture(scope="session")
def epochs_seen() -> list[EpochReport]:
    return []


@pytest.fixture(scope="session")
def trained(
    stripes_source: ImageSource,
    config: TrainingConfig,
    epochs_seen: list[EpochReport],
    tmp_path_factory: pytest.TempPathFactory,
) -> TrainedBundle:
    callbacks = TrainingCallbacks(on_epoch=epochs_seen.append)
    return train_bundle(stripes_source, config, tmp_path_factory.mktemp("bundle"), callbacks, max_pixels=MAX_PIXELS)


@pytest.fixture(scope="session")
def poisoned(
    stripes_source: ImageSource, config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory
) -> TrainedBundle:
    """Train a bundle on shuffled training labels; the hold-out's labels are correct."""
    manifest = stripes_source.manifest
    training = manifest.of_split(Split.TRAIN)
    shuffled = np.random.default_rng(5).permutation([entry.label for entry in training])
    labels = {entry.sha256: str(label) for entry, label in zip(training, shuffled, strict=True)}
    entries = tuple(
        entry.model_copy(update={"label": labels.get(entry.sha256, entry.label)}) for entry in manifest.entries
    )
    source = dataclasses.replace(stripes_source, manifest=manifest.model_copy(update={"entries": entries}))
    # What cannot be learnt needs no long training.
    short = config.model_copy(update={"epochs": 4})
    return train_bundle(source, short, tmp_path_factory.mktemp("poisoned"), TrainingCallbacks(), max_pixels=MAX_PIXELS)
