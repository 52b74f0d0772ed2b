import json

import pytest

from fake_gateway import FakeGateway
from meadow.client import Client
from meadow_ui.classify.feedback import submit_label
from meadow_ui.classify.picture import Picture
from meadow_ui.labels import SubmittedLabel


@pytest.fixture
def picture(client: Client) -> Picture:
    """An answered image."""
    job = client.job(client.submit_image(b"\xff\xd8\xff1", name="wiese ü.jpg").id)
    return Picture("wiese ü.jpg", b"\xff\xd8\xff1", job=job)


def test_label_is_submitted_as_feedback_on_the_job(gateway: FakeGateway, client: Client, picture: Picture) -> None:
    submit_label(client, picture, SubmittedLabel("grass"))
    assert (picture.submitted_label, picture.submit_error, picture.tries) == (SubmittedLabel("grass"), "", 1)
    assert [(kept.label, kept.origin) for kept in gateway.state.corrections] == [("grass", "feedback")]


@pytest.mark.parametrize("code", ["image-gone", "job-gone"])
def test_image_gone_from_the_gateway_is_sent_along(
    gateway: FakeGateway, client: Client, picture: Picture, code: str
) -> None:
    gateway.reply_problem(code, 409, "It is gone.")
    submit_label(client, picture, SubmittedLabel("daisy", new_class=True))
    assert (picture.submitted_label, picture.submit_error) == (SubmittedLabel("daisy", new_class=True), "")
    sent = gateway.asked[-1]
    assert (sent.path, sent.body) == ("/v1/corrections", picture.data)
    assert sent.query == {"label": ["daisy"], "job_id": ["job_1"], "new_class": ["true"]}
    assert gateway.state.corrections[0].name == "wiese ü.jpg"


def test_image_gone_from_the_page_too_has_to_be_dropped_again(
    gateway: FakeGateway, client: Client, picture: Picture
) -> None:
    gateway.state.images_gone, picture.data = True, b""
    submit_label(client, picture, SubmittedLabel("grass"))
    assert picture.submitted_label is None
    assert "Drop it again" in picture.submit_error
    assert not gateway.state.corrections


def test_failed_submission_keeps_the_previous_label(gateway: FakeGateway, client: Client, picture: Picture) -> None:
    submit_label(client, picture, SubmittedLabel("grass"))
    gateway.reply_problem("unavailable", 503, "Redis does not answer.")
    submit_label(client, picture, SubmittedLabel("dandelion"))
    assert (picture.submitted_label, picture.submit_error) == (SubmittedLabel("grass"), "Redis does not answer.")
    assert json.loads(gateway.asked[-1].body)["label"] == "dandelion"
    submit_label(client, picture, SubmittedLabel("dandelion"))
    assert (picture.submitted_label, picture.submit_error) == (SubmittedLabel("dandelion"), "")
