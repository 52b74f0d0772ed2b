from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from safetensors.torch import load_file, save_file

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision
from meadow_core.bundle.decode import ImageRejectedError
from meadow_core.bundle.manifest import MODEL_FILE, WEIGHTS_FILE, BundleError
from meadow_core.bundle.outliers import PixelOutliers, pixel_statistics
from meadow_core.bundle.preprocess import Preprocessing, load_pixels
from meadow_worker.served_model import ServedModel

Load = Callable[..., ServedModel]
Variant = Callable[..., tuple[ModelRef, Path]]
PREPROCESSING = Preprocessing(size=64, crop_fraction=0.9)
"""That of the bundles under test."""
ENGINES = ("openvino", "torch")


def poison(folder: Path) -> None:
    """Put a NaN among the weights of both files, as a training that diverged would."""
    graph = onnx.load(folder / MODEL_FILE)
    [tensor] = [one for one in graph.graph.initializer if one.name.endswith("classifier.1.weight")]
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(np.nan), tensor.name))
    onnx.save(graph, folder / MODEL_FILE)
    state = load_file(folder / WEIGHTS_FILE)
    state["classifier.1.weight"][:] = float("nan")
    save_file(state, folder / WEIGHTS_FILE)


def garble(folder: Path) -> None:
    """Write files that are none, and that the manifest nevertheless names."""
    (folder / MODEL_FILE).write_bytes(b"no graph")
    (folder / WEIGHTS_FILE).write_bytes(b"no weights")


def test_an_answer_names_the_classes_and_the_image(model: ServedModel, images: list[bytes]) -> None:
    prediction = model.classify(images[1])
    assert {score.label for score in prediction.scores} == {"clover", "dandelion", "grass"}
    assert prediction.label == prediction.scores[0].label
    probabilities = [score.probability for score in prediction.scores]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1)
    assert (prediction.width, prediction.height) == (107, 120)
    assert prediction.infer_ms > 0
    assert [score.label for score in model.classify(images[1], top_k=1).scores] == [prediction.label]


def test_the_bundle_decides_when_an_answer_is_unsure(variant: Variant, load: Load, images: list[bytes]) -> None:
    for threshold, decision in ((0.0, Decision.CONFIDENT), (1.0, Decision.UNSURE)):
        model = load(*variant(decision_threshold=threshold))
        assert {model.classify(body).decision for body in images[:3]} == {decision}


def test_a_bundle_that_knows_its_images_tells_strangers(variant: Variant, load: Load, images: list[bytes]) -> None:
    pixels = np.stack([load_pixels(body, PREPROCESSING, max_pixels=1_000_000).pixels for body in images])
    statistics = pixel_statistics(pixels)
    near = PixelOutliers(
        mean=tuple(statistics.mean(axis=0)), whitening=tuple(map(tuple, np.diag(1 / statistics.std(axis=0)))), limit=100
    )
    model = load(*variant(outliers=near, decision_threshold=0.0))
    expected = near.scores(pixels)[0]
    assert model.classify(images[0]).ood_score == pytest.approx(expected, abs=1e-4)
    assert model.classify(images[0]).decision is Decision.CONFIDENT
    model = load(*variant(outliers=near.model_copy(update={"limit": 0.01}), decision_threshold=0.0))
    assert model.classify(images[0]).decision is Decision.UNKNOWN


def test_a_bundle_from_before_there_were_outliers_is_served(model: ServedModel, images: list[bytes]) -> None:
    assert model.classify(images[0]).ood_score is None


def test_the_bundle_decides_how_an_answer_is_calibrated(variant: Variant, load: Load, images: list[bytes]) -> None:
    cold, hot = (load(*variant(temperature=temperature)).classify(images[0]) for temperature in (0.5, 50.0))
    assert cold.label == hot.label
    assert cold.scores[0].probability > hot.scores[0].probability


def test_a_bad_image_is_refused_and_the_model_lives_on(model: ServedModel, images: list[bytes]) -> None:
    expected = model.classify(images[0]).scores
    for body in (b"", b"text", images[0][:500]):
        with pytest.raises(ImageRejectedError):
            model.classify(body)
    assert model.classify(images[0]).scores == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_that_gives_no_numbers_is_refused(variant: Variant, load: Load, engine: str) -> None:
    with pytest.raises(BundleError, match=r"fails its warm-up: it gives .*nan"):
        load(*variant(edit=poison), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_with_other_classes_than_its_manifest_is_refused(variant: Variant, load: Load, engine: str) -> None:
    for classes in (("a", "b"), ("a", "b", "c", "d")):
        with pytest.raises(BundleError, match=r"names \d classes"):
            load(*variant(classes=classes), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_files_that_no_engine_reads_are_refused(variant: Variant, load: Load, engine: str) -> None:
    with pytest.raises(BundleError, match=f"does not load into {engine}"):
        load(*variant(edit=garble), engine)


def test_an_unknown_architecture_is_refused(variant: Variant, load: Load) -> None:
    with pytest.raises(BundleError, match=r"does not load into torch: .*futurenet"):
        load(*variant(architecture="futurenet"), "torch")


@pytest.mark.parametrize("name", [MODEL_FILE, WEIGHTS_FILE])
def test_a_file_that_was_corrupted_is_refused_before_it_is_loaded(variant: Variant, load: Load, name: str) -> None:
    ref, folder = variant()
    body = bytearray((folder / name).read_bytes())
    body[len(body) // 2] ^= 1
    (folder / name).write_bytes(body)
    with pytest.raises(BundleError, match=f"{name} .* is not the file that was trained"):
        load(ref, folder)


def test_another_bundle_than_the_one_asked_for_is_refused(variant: Variant, load: Load) -> None:
    (ref, _), (_, folder) = variant(), variant(dataset_name="other")
    with pytest.raises(BundleError, match="the registry says"):
        load(ref, folder)
