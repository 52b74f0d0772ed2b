"""A real bundle, made in a second: what the trainer exports is what is served here."""

import io
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
import redis
import torch
from PIL import Image

from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import (
    BUNDLE_FILES,
    MANIFEST_FILE,
    MODEL_FILE,
    BundleManifest,
    HoldoutMetrics,
    write_manifest,
)
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.bundle.probe import PROBE_IMAGES, Probe, write_probe
from meadow_core.names import EXTRA_FILES_FOLDER
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_local.binaries import redis_server
from meadow_trainer.data.normalise import normalise
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export.onnx_export import write_files
from meadow_trainer.training.architectures import empty_network
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.served_model import ServedModel
from onnx_registry import keep_onnx_registry
from small_network import SMALL, register_small_network

register_small_network()

MAX_PIXELS = 1_000_000
MANIFEST = BundleManifest(
    architecture=SMALL,
    classes=("clover", "dandelion", "grass"),
    preprocessing=Preprocessing(size=64, crop_fraction=0.9),
    temperature=1.7,
    decision_threshold=0.5,
    dataset_name="demo",
    dataset_digest="d1",
    metrics=HoldoutMetrics(accuracy=0.9, expected_calibration_error=0.02, examples=100, recall={}, precision={}),
)

Variant = Callable[..., tuple[ModelRef, Path]]


class CountingRegistry(ModelRegistry):
    """Counts the downloads."""

    downloads = 0

    def download(self, ref: ModelRef, target: Path) -> None:
        self.downloads += 1
        super().download(ref, target)


def draw_scene(number: int) -> Image.Image:
    """Draw smooth patches of colour with some grain, as a photo has them."""
    rng = np.random.default_rng(number)
    width, height = 90 + 17 * (number % 12), 120
    colours = rng.integers(0, 256, (2 + number % 5, 3 + number % 4, 3), dtype=np.uint8)
    patches = np.asarray(Image.fromarray(colours).resize((width, height), Image.Resampling.BICUBIC), dtype=int)
    grain = rng.integers(-12, 13, (height, width, 3))
    return Image.fromarray(np.clip(patches + grain, 0, 255).astype(np.uint8))


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Threads that wait for each other on a busy machine cost seconds for a small network."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _one_onnx_registry() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        keep_onnx_registry(patch)
        yield


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights, spread so that the answers differ from image to image: no training, and a real network."""
    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("bundle")
    network = empty_network(MANIFEST.architecture, len(MANIFEST.classes)).train()
    scenes = np.stack([np.asarray(draw_scene(number).resize((64, 64))) for number in range(100, 164)])
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None  # plain averages over all batches
        for _ in range(2):
            network(normalise(torch.from_numpy(scenes).permute(0, 3, 1, 2).float() / 255))
        logits = torch.from_numpy(predict(network, scenes, torch.device("cpu")))
        scale = 3 / logits.std(0).mean()
        network.get_parameter("classifier.1.weight").mul_(scale)
        bias = network.get_parameter("classifier.1.bias")
        bias.copy_((bias - logits.mean(0)) * scale)
    write_files(network, MANIFEST.preprocessing, folder)
    answers = predict(network, scenes[:PROBE_IMAGES], torch.device("cpu"))
    write_probe(folder, Probe(scenes[:PROBE_IMAGES], answers))
    write_manifest(folder, MANIFEST)
    return folder


@pytest.fixture
def variant(bundle: Path, tmp_path: Path) -> Variant:
    """Make another bundle of the same network, by changes to its manifest or its files."""

    def make(*, edit: Callable[[Path], None] | None = None, **changes: object) -> tuple[ModelRef, Path]:
        folder = tmp_path / "variants" / uuid.uuid4().hex
        shutil.copytree(bundle, folder)
        if edit:
            edit(folder)
        digest = write_manifest(folder, MANIFEST.model_copy(update=changes))
        return ModelRef(name="model", version="1", digest=digest), folder

    return make


@pytest.fixture
def images() -> list[bytes]:
    """Photos of 12 scenes, with colours and structure of their own, in the formats that people send."""
    bodies = []
    for number in range(12):
        buffer = io.BytesIO()
        draw_scene(number).save(buffer, ("JPEG", "PNG", "WEBP")[number % 3])
        bodies.append(buffer.getvalue())
    return bodies


@pytest.fixture
def load() -> Callable[..., ServedModel]:
    def run(ref: ModelRef, folder: Path, engine: str = "openvino") -> ServedModel:
        return ServedModel(ref, folder, engine=engine, max_image_pixels=MAX_PIXELS)

    return run


@pytest.fixture
def model(variant: Variant, load: Callable[..., ServedModel]) -> ServedModel:
    return load(*variant())


@pytest.fixture
def absent_port() -> int:
    """A port at which there is no Redis yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def start_redis(tmp_path: Path) -> Callable[[int], AbstractContextManager[str]]:
    """Run a Redis of the test's own for a while."""

    @contextmanager
    def run(port: int) -> Iterator[str]:
        command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:  # noqa: S603 - our own command
            for _ in range(200):
                try:
                    redis.Redis(port=port).ping()
                except redis.ConnectionError:
                    time.sleep(0.05)
                else:
                    break
            yield f"redis://127.0.0.1:{port}/0"
            server.terminate()

    return run


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics()


@pytest.fixture
def cache(tmp_path: Path) -> ModelCache:
    return ModelCache(tmp_path / "cache")


@pytest.fixture
def registry(mlflow_uri: str) -> CountingRegistry:
    """MLflow itself, with a registered model of the test's own."""
    return CountingRegistry(
        Settings.model_validate({"mlflow_tracking_uri": mlflow_uri, "registered_model": f"model-{uuid.uuid4().hex}"})
    )


@pytest.fixture
def register(registry: CountingRegistry, variant: Variant, tmp_path: Path) -> Callable[..., ModelRef]:
    """Register a variant as the trainer lays it out; with `damage`, its files change after that."""

    def run(*, damage: Callable[[Path], None] | None = None, **variation: object) -> ModelRef:
        ref, folder = variant(**variation)
        target = tmp_path / "artefacts" / uuid.uuid4().hex
        (target / EXTRA_FILES_FOLDER).mkdir(parents=True)
        for name in (*BUNDLE_FILES, MANIFEST_FILE):
            extra = name != MODEL_FILE
            shutil.copy(folder / name, target / EXTRA_FILES_FOLDER / name if extra else target / name)
        if damage:
            damage(target)
        return registry.register(run_id="", source=str(target), model_id=None, manifest=MANIFEST, digest=ref.digest)

    return run
