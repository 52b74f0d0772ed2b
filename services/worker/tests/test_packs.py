import numpy as np
import pytest
from numpy.typing import NDArray

from meadow.schemas.items import ItemResult, ItemState
from meadow.schemas.jobs import JobError
from meadow_worker.engines.base import Outputs
from meadow_worker.pack_reader import PackEntry
from meadow_worker.packs import INFERENCE_BATCH, classify_images, give_up
from meadow_worker.served_model import ServedModel


@pytest.fixture
def pack(images: list[bytes]) -> list[tuple[str, bytes]]:
    """More than two runs of the network, with what cannot be decoded at the start, in between and at the end."""
    good = [(f"{number}.jpg", images[number % len(images)]) for number in range(2 * INFERENCE_BATCH + 3)]
    cut = images[0][: len(images[0]) // 2]
    return [("empty", b""), *good[:5], ("cut", cut), *good[5:], ("text", b"no image")]


def test_every_image_is_answered_in_its_place(model: ServedModel, pack: list[tuple[str, bytes]]) -> None:
    """As it is on its own: not with the answer of a neighbour."""
    outcome = classify_images(iter(pack), model)
    assert [result.item for result in outcome.results] == [name for name, _ in pack]
    for result, (_, body) in zip(outcome.results, pack, strict=True):
        if result.state is ItemState.SUCCEEDED:
            assert result.prediction
            alone = model.classify(body)
            assert (result.prediction.label, result.prediction.width) == (alone.label, alone.width)
            assert result.prediction.scores[0].probability == pytest.approx(alone.scores[0].probability, abs=1e-3)
    labels = {result.prediction.label for result in outcome.results if result.prediction}
    assert len(labels) > 1


def test_a_bad_image_is_a_failed_item_with_its_reason(model: ServedModel, pack: list[tuple[str, bytes]]) -> None:
    outcome = classify_images(iter(pack), model)
    errors = {result.item: result.error.code for result in outcome.results if result.error}
    assert errors == {"empty": "image-undecodable", "cut": "image-undecodable", "text": "unsupported-type"}
    assert all((result.prediction is None) == (result.error is not None) for result in outcome.results)
    assert (outcome.failed, outcome.succeeded) == (3, len(pack) - 3)
    assert sum(outcome.classes.values()) == outcome.succeeded


def test_an_image_that_could_not_be_read_keeps_its_place_and_its_reason(
    model: ServedModel, images: list[bytes]
) -> None:
    gone = JobError(code="source-unreadable", detail="gone")
    outcome = classify_images([("a", images[0]), ("b", gone), ("c", images[1])], model)
    assert [(result.item, result.error) for result in outcome.results] == [("a", None), ("b", gone), ("c", None)]
    known = ItemResult.failure("c", "too-large", "large")
    entries = [PackEntry("a", b""), PackEntry("b", gone), PackEntry("c", b"")]
    given_up = give_up(entries, 3, {2: known})
    assert [result.error and result.error.code for result in given_up.results] == [
        "worker-lost",
        "source-unreadable",
        "too-large",
    ]
    assert given_up.given_up == 1


def test_a_pack_of_bad_images_only_is_no_failed_pack(model: ServedModel) -> None:
    outcome = classify_images(iter([("a", b""), ("b", b"x")]), model)
    assert (outcome.failed, outcome.succeeded, outcome.classes) == (2, 0, {})


def test_an_image_that_the_network_fails_on_takes_no_other_with_it(
    model: ServedModel, images: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    infer, poison = model._engine.infer, model.decode(images[1]).pixels

    def infer_badly(pixels: NDArray[np.uint8]) -> Outputs:
        outputs = infer(pixels)
        logits = outputs.logits.copy()
        logits[[np.array_equal(image, poison) for image in pixels]] = np.nan
        return Outputs(logits, outputs.embeddings)

    monkeypatch.setattr(model._engine, "infer", infer_badly)
    outcome = classify_images([(str(number), image) for number, image in enumerate(images)], model)
    errors = {result.item: result.error.code for result in outcome.results if result.error}
    assert errors == {"1": "internal"}


def test_images_of_the_same_name_are_answered_each(model: ServedModel, images: list[bytes]) -> None:
    outcome = classify_images(iter([("a", images[0]), ("a", b""), ("a", images[1])]), model)
    assert [result.state.value for result in outcome.results] == ["succeeded", "failed", "succeeded"]


def test_results_are_written_one_a_line_in_order(model: ServedModel, pack: list[tuple[str, bytes]]) -> None:
    outcome = classify_images(iter(pack), model)
    lines = outcome.as_ndjson().splitlines()
    assert [ItemResult.model_validate_json(line) for line in lines] == outcome.results


def test_a_pack_that_is_given_up_fails_every_image_without_reading_it() -> None:
    class PoisonError(Exception):
        pass

    class Poison(bytes):
        def __getitem__(self, _: object) -> bytes:  # type: ignore[override]
            raise PoisonError

    outcome = give_up([PackEntry("a", Poison(b"1")), PackEntry("b", Poison(b"2"))], 3, {})
    assert [(result.item, result.error.code) for result in outcome.results if result.error] == [
        ("a", "worker-lost"),
        ("b", "worker-lost"),
    ]
    assert "after 3 attempts" in outcome.as_ndjson().decode()
    assert (outcome.failed, outcome.succeeded, outcome.classes) == (2, 0, {})
