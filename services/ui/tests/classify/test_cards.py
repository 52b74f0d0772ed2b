from collections import Counter

import pytest

from fake_gateway.answers import classify_by_name, make_model
from meadow.schemas.jobs import Job, JobError, JobState
from meadow.schemas.predictions import Prediction
from meadow.schemas.problems import ProblemCode
from meadow_ui.classify.cards import advice, card, summary_bar
from meadow_ui.classify.picture import Picture, SimilarPicture
from meadow_ui.classify.upload_list import Group

CLASSES = ["dandelion", "grass"]


def job(state: str, result: Prediction | None = None) -> Job:
    links = {"self": "", "cancel": ""}
    known = {"id": "j", "kind": "classification", "created_at": "2026-05-04T10:00:00Z", "links": links}
    return Job.model_validate({**known, "state": state, "result": result, "model": make_model("3").ref})


def answer(name: str) -> Prediction:
    result = classify_by_name(b"", name)
    assert isinstance(result, Prediction)
    return result


@pytest.mark.parametrize(
    ("current", "text"),
    [(None, "Sending"), (JobState.QUEUED, "Queued"), (JobState.RUNNING, "Classifying")],
)
def test_unfinished_card_shows_its_stage(current: JobState | None, text: str) -> None:
    shown = card(Picture("a.jpg", b"", job=job(current) if current else None), CLASSES)
    assert text in shown
    assert "shimmer" in shown


def test_unsure_answer_shows_the_closest_class() -> None:
    shown = card(Picture("a.jpg", b"", job=job("succeeded", answer("unsure grass"))), CLASSES)
    assert 'class="card unsure"' in shown
    assert "closest: grass" in shown
    assert shown.index("56.0 %") < shown.index("44.0 %"), "most likely first"


def test_unknown_answer_shows_no_class() -> None:
    shown = card(Picture("a.jpg", b"", job=job("succeeded", answer("unknown grass"))), CLASSES)
    assert 'class="card unknown"' in shown
    assert "<h3>Unknown</h3>" in shown


def test_card_shows_similar_training_images_with_their_labels() -> None:
    similar = (SimilarPicture("<b>", 0.913, "data:image/webp;base64,AA"), SimilarPicture("grass", -0.1, ""))
    shown = card(Picture("a.jpg", b"", job=job("succeeded", answer("a")), similar=similar), CLASSES)
    assert "Most similar training images of model 3" in shown
    assert "&lt;b&gt;" in shown
    assert "91" in shown
    assert shown.count('src="data:image/webp;base64,AA"') == 1
    assert "not kept" in shown


def test_failed_card_shows_error_and_advice() -> None:
    error = JobError(code="worker-lost", detail="It stopped 3 workers.")
    shown = card(Picture("a.jpg", b"", job=job("failed"), error=error), CLASSES)
    assert "no preview" in shown
    assert "It stopped 3 workers." in shown
    assert "Leave it out" in shown


def test_names_labels_and_errors_are_escaped() -> None:
    evil = '"><script>'
    prediction = answer("a")
    prediction.scores[0].label = prediction.label = evil
    for picture in (
        Picture(evil, b"", job=job("succeeded", prediction)),
        Picture(evil, b"", error=JobError(code=evil, detail=evil)),
        Picture(evil, b"", thumbnail="data:image/webp;base64,"),
    ):
        assert "<script>" not in card(picture, CLASSES)


def test_summary_bar_orders_labels_by_count_before_groups() -> None:
    shown = summary_bar(Counter({"a": 1, "b": 2, Group.PENDING: 3, Group.UNSURE: 4, Group.FAILED: 1}), ["a", "b"])
    order = ["b <strong>2", "a <strong>1", "unsure <strong>4", "no answer <strong>1", "pending <strong>3"]
    places = [shown.index(text) for text in order]
    assert places == sorted(places)
    assert "8 of 11 images" in shown


def test_finished_summary_bar_shows_the_total() -> None:
    assert "1 image</h2>" in summary_bar(Counter({"a": 1}), ["a"])
    shown = summary_bar(Counter({"a": 1, "b": 1}), ["a", "b"])
    assert "2 images</h2>" in shown
    assert shown.count("width:50.00%") == 2


def test_summary_bar_escapes_labels() -> None:
    assert "<i>x" not in summary_bar(Counter({"<i>x": 1}), [])


@pytest.mark.parametrize("code", [*ProblemCode, "gateway-unreachable", "cancelled", "expired", "brand-new"])
def test_every_error_code_has_advice(code: str) -> None:
    assert advice(JobError(code=code, detail="")).endswith(".")
