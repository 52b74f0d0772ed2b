"""Engines differ in speed only, and answer as the trainer's own evaluation does."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import (
    MODEL_FILE,
    WEIGHTS_FILE,
    BundleManifest,
    bundle_digest,
    read_bundle,
    write_manifest,
)
from meadow_core.bundle.preprocess import load_pixels
from meadow_core.bundle.probe import Probe, write_probe
from meadow_core.bundle.scores import probabilities
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.normalise import preprocessing_of
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export.onnx_export import write_files
from meadow_trainer.training.architectures import empty_network
from meadow_worker.engines.base import Engine
from meadow_worker.engines.choose import load_engine
from meadow_worker.served_model import ServedModel

ENGINES = ("openvino", "torch")
Pixels: TypeAlias = NDArray[np.uint8]


@pytest.fixture(scope="session")
def manifest(bundle: Path) -> BundleManifest:
    return read_bundle(bundle)


@pytest.fixture(scope="session")
def engines(bundle: Path, manifest: BundleManifest) -> dict[str, Engine]:
    return {name: load_engine(name, bundle, manifest, wanted="float32") for name in ENGINES}


@pytest.fixture
def pixels(images: list[bytes], manifest: BundleManifest) -> Pixels:
    decoded = [load_pixels(body, manifest.preprocessing, max_pixels=1_000_000).pixels for body in images]
    return np.stack([*decoded, *(view[::-1, ::-1] for view in decoded)])


@pytest.mark.parametrize("count", [1, 3, 17])
def test_engines_give_the_same_answers(engines: dict[str, Engine], pixels: Pixels, count: int) -> None:
    answers = {name: probabilities(engine.infer(pixels[:count]).logits, 1.7) for name, engine in engines.items()}
    assert answers["torch"].shape == answers["openvino"].shape == (count, 3)
    np.testing.assert_allclose(answers["openvino"], answers["torch"], atol=1e-3)
    np.testing.assert_array_equal(answers["openvino"].argmax(axis=1), answers["torch"].argmax(axis=1))


@pytest.mark.parametrize("name", ENGINES)
def test_inference_is_not_bound_to_a_core(engines: dict[str, Engine], pixels: Pixels, name: str) -> None:
    """The worker's processes would all bind themselves to the same one."""
    many = np.tile(pixels, (40, 1, 1, 1))[:256]
    stop = threading.Event()

    def infer() -> None:
        while not stop.is_set():
            engines[name].infer(many)

    with ThreadPoolExecutor(1) as pool:
        before = _thread_ids()
        running = pool.submit(infer)
        seen: list[set[int]] = []
        while len(seen) < 200:
            seen += [os.sched_getaffinity(thread) for thread in _thread_ids() - before]
            stop.wait(0.001)
        stop.set()
        running.result()
    assert all(affinity == os.sched_getaffinity(0) for affinity in seen)


@pytest.mark.parametrize("name", ENGINES)
def test_the_images_are_told_apart(engines: dict[str, Engine], pixels: Pixels, name: str) -> None:
    """Otherwise agreeing on them would say nothing."""
    answers = probabilities(engines[name].infer(pixels).logits, 1.7)
    assert len(set(answers.argmax(axis=1))) > 1
    assert answers.std(axis=0).max() > 0.1


@pytest.mark.parametrize("name", ENGINES)
def test_an_answer_does_not_depend_on_its_neighbours(engines: dict[str, Engine], pixels: Pixels, name: str) -> None:
    together = engines[name].infer(pixels).logits
    alone = np.concatenate([engines[name].infer(pixels[place : place + 1]).logits for place in range(len(pixels))])
    np.testing.assert_allclose(probabilities(together, 1), probabilities(alone, 1), atol=1e-3)


@pytest.mark.parametrize("name", ENGINES)
def test_an_answer_stays_when_the_next_one_comes(engines: dict[str, Engine], pixels: Pixels, name: str) -> None:
    first = engines[name].infer(pixels[:2]).logits
    kept = first.copy()
    engines[name].infer(pixels[2:4])
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("name", ENGINES)
def test_what_is_evaluated_is_what_is_served(
    bundle: Path, manifest: BundleManifest, images: list[bytes], load: Callable[..., ServedModel], name: str
) -> None:
    """From an image's bytes to its probabilities, once by the trainer's evaluation and once by a worker."""
    entries = tuple(
        DatasetEntry(sha256=str(number), label=manifest.classes[number % 3], source=str(number))
        for number in range(len(images))
    )
    data = DatasetManifest(name="demo", created_at=datetime.now(UTC), entries=entries)
    loader = ImageLoader(lambda entry: images[int(entry.source)], data.classes, max_pixels=1_000_000)
    network = empty_network(manifest.architecture, len(manifest.classes))
    network.load_state_dict(load_file(bundle / WEIGHTS_FILE))
    evaluation = loader.for_evaluation(data.entries, manifest.preprocessing)
    evaluated = probabilities(predict(network, evaluation.pixels, torch.device("cpu")), manifest.temperature)
    served = load(ModelRef(name="model", version="1", digest=bundle_digest(bundle)), bundle, name)
    for expected, body in zip(evaluated, images, strict=True):
        scores = {score.label: score.probability for score in served.classify(body).scores}
        assert [scores[label] for label in manifest.classes] == pytest.approx(expected.tolist(), abs=1e-3)


@pytest.mark.parametrize("name", ENGINES)
def test_bundle_of_format_1_answers_as_one_of_format_2(
    bundle: Path, variant: Callable[..., tuple[ModelRef, Path]], engines: dict[str, Engine], pixels: Pixels, name: str
) -> None:
    """Its graph has no embedding."""

    def without_embedding(folder: Path) -> None:
        model = onnx.load(folder / MODEL_FILE)
        assert [one.name for one in model.graph.output] == ["logits", "embedding"]
        del model.graph.output[1]
        onnx.save(model, folder / MODEL_FILE)

    _, folder = variant(edit=without_embedding, format_version=1)
    assert (read_bundle(folder).format_version, read_bundle(bundle).format_version) == (1, 2)
    engine = load_engine(name, folder, read_bundle(folder), wanted="float32")
    np.testing.assert_allclose(engine.infer(pixels).logits, engines[name].infer(pixels).logits, atol=1e-4)


def test_network_of_timm_is_served_by_both_engines(manifest: BundleManifest, tmp_path: Path, pixels: Pixels) -> None:
    torch.manual_seed(0)
    network = empty_network("tf_efficientnet_lite0", 3).eval()
    preprocessing = preprocessing_of(network, 64)
    write_files(network, preprocessing, tmp_path)
    write_probe(tmp_path, Probe(pixels, predict(network, pixels, torch.device("cpu"))))
    changes = {"architecture": "tf_efficientnet_lite0", "preprocessing": preprocessing}
    write_manifest(tmp_path, manifest.model_copy(update=changes))
    engines = [load_engine(name, tmp_path, read_bundle(tmp_path), wanted="float32") for name in ENGINES]
    first, second = (probabilities(engine.infer(pixels).logits, 1.0) for engine in engines)
    np.testing.assert_allclose(first, second, atol=1e-3)


def _thread_ids() -> set[int]:
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}
