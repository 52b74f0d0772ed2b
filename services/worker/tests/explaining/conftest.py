"""A network that has learned something of which the place is known: yellow flowers on grass."""

import functools
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import BundleManifest, HoldoutMetrics, write_manifest
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.bundle.probe import PROBE_IMAGES, Probe, write_probe
from meadow_trainer.data.normalise import normalise
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export.onnx_export import write_files
from meadow_trainer.training.architectures import empty_network
from meadow_worker.served_model import ServedModel
from small_network import SMALL

SIDE = 64
FLOWER, GRASS = 0, 1
MANIFEST = BundleManifest(
    architecture=SMALL,
    classes=("flower", "grass"),
    preprocessing=Preprocessing(size=SIDE, crop_fraction=0.9),
    temperature=1.0,
    decision_threshold=0.5,
    dataset_name="flowers",
    dataset_digest="d1",
    metrics=HoldoutMetrics(accuracy=0.9, expected_calibration_error=0.02, examples=100, recall={}, precision={}),
)

Pixels: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]
FlowerModel = Callable[..., ServedModel]


def draw_lawn(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Draw uneven grass."""
    greens = rng.integers((20, 80, 10), (110, 200, 90), (9, 12, 3)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(greens).resize((width, height), Image.Resampling.BICUBIC), dtype=int)
    return np.clip(smooth + rng.integers(-20, 21, (height, width, 1)), 0, 255).astype(np.uint8)


def draw_flower(rng: np.random.Generator, width: int, height: int, place: tuple[float, float]) -> tuple[Pixels, Mask]:
    """Draw a lawn with a yellow flower around a place (x, y), and say which pixels are the flower's."""
    lawn = draw_lawn(rng, width, height)
    y, x = np.mgrid[:height, :width]
    away, angle = np.hypot(x - place[0], y - place[1]), np.arctan2(y - place[1], x - place[0])
    mask = away < min(width, height) * 0.13 * (1 + 0.2 * np.cos(9 * angle))
    lawn[mask] = np.clip(np.array((235, 190, 20)) + rng.integers(-25, 26, (int(mask.sum()), 1)), 0, 255)
    return lawn, mask


def encode(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def flower_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that was trained, in a second, to tell lawns with a flower from those without."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    scenes = np.stack(
        [
            draw_flower(rng, SIDE, SIDE, (rng.uniform(8, 56), rng.uniform(8, 56)))[0] if number % 2 == FLOWER
            else draw_lawn(rng, SIDE, SIDE)
            for number in range(128)
        ]
    )  # fmt: skip
    network = empty_network(MANIFEST.architecture, 2).train()
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    images = normalise(torch.from_numpy(scenes).permute(0, 3, 1, 2).float() / 255)
    labels = torch.arange(len(scenes)) % 2
    for _ in range(12):
        for chosen in torch.randperm(len(scenes)).reshape(-1, 32):
            optimiser.zero_grad()
            answers = network(images[chosen])
            loss = torch.nn.functional.cross_entropy(answers, labels[chosen], label_smoothing=0.05)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.reset_running_stats()
                module.momentum = None  # plain averages over all batches
        for _ in range(2):
            network(images)
    folder = tmp_path_factory.mktemp("flowers")
    write_files(network, MANIFEST.preprocessing, folder)
    probed = predict(network, scenes[:PROBE_IMAGES], torch.device("cpu"))
    write_probe(folder, Probe(scenes[:PROBE_IMAGES], probed))
    write_manifest(folder, MANIFEST)
    return folder


@pytest.fixture
def flower() -> Callable[..., tuple[bytes, Mask]]:
    """Draw a flower on a lawn of a size, around a place (x, y), in pixels; and say where it is."""

    def draw(size: tuple[int, int], place: tuple[float, float]) -> tuple[bytes, Mask]:
        pixels, mask = draw_flower(np.random.default_rng(5), *size, place)
        return encode(pixels), mask

    return draw


@pytest.fixture(scope="session")
def flower_model(flower_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> FlowerModel:
    """Load the bundle, once for each way to serve it: that takes seconds, and tests change nothing in a model."""

    @functools.cache
    def load(engine: str = "openvino", precision: str = "float32", crop_fraction: float = 0.9) -> ServedModel:
        folder = tmp_path_factory.mktemp("served") / f"{engine}-{precision}-{crop_fraction}"
        shutil.copytree(flower_bundle, folder)
        changed = MANIFEST.model_copy(update={"preprocessing": Preprocessing(size=SIDE, crop_fraction=crop_fraction)})
        ref = ModelRef(name="model", version="1", digest=write_manifest(folder, changed))
        return ServedModel(ref, folder, engine=engine, precision=precision, max_image_pixels=1_000_000)

    return load
