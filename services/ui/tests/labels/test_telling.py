import json
from collections.abc import Iterator

import pytest

from meadow.client import MeadowClient, RetryPolicy
from meadow.client.testing import FakeGateway
from meadow_ui.labels.said import Said
from meadow_ui.labels.telling import tell
from meadow_ui.pictures.picture import Picture


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[MeadowClient]:
    with MeadowClient(gateway.url, retries=RetryPolicy(seconds=0)) as opened:
        yield opened


@pytest.fixture
def picture(client: MeadowClient) -> Picture:
    """An answered one."""
    job = client.job(client.submit_image(b"\xff\xd8\xff1", name="wiese ü.jpg").id)
    return Picture("wiese ü.jpg", b"\xff\xd8\xff1", job=job)


def test_what_is_said_goes_to_the_job(gateway: FakeGateway, client: MeadowClient, picture: Picture) -> None:
    tell(client, picture, Said("grass"))
    assert (picture.said, picture.unheard, picture.tries) == (Said("grass"), "", 1)
    assert [(kept.label, kept.origin) for kept in gateway.state.corrections] == [("grass", "feedback")]


@pytest.mark.parametrize("code", ["image-gone", "job-gone"])
def test_an_image_that_the_gateway_let_go_is_sent_again(
    gateway: FakeGateway, client: MeadowClient, picture: Picture, code: str
) -> None:
    gateway.reply_problem(code, 409, "It is gone.")
    tell(client, picture, Said("daisy", new_class=True))
    assert (picture.said, picture.unheard) == (Said("daisy", new_class=True), "")
    sent = gateway.asked[-1]
    assert (sent.path, sent.body) == ("/v1/corrections", picture.data)
    assert sent.query == {"label": ["daisy"], "job_id": ["job_1"], "new_class": ["true"]}
    assert gateway.state.corrections[0].name == "wiese ü.jpg"


def test_one_that_this_page_let_go_too_is_asked_for(
    gateway: FakeGateway, client: MeadowClient, picture: Picture
) -> None:
    gateway.state.images_gone, picture.data = True, b""
    tell(client, picture, Said("grass"))
    assert picture.said is None
    assert "Drop it again" in picture.unheard
    assert not gateway.state.corrections


def test_what_does_not_arrive_leaves_what_was_said_before(
    gateway: FakeGateway, client: MeadowClient, picture: Picture
) -> None:
    tell(client, picture, Said("grass"))
    gateway.reply_problem("unavailable", 503, "Redis does not answer.")
    tell(client, picture, Said("dandelion"))
    assert (picture.said, picture.unheard) == (Said("grass"), "Redis does not answer.")
    assert json.loads(gateway.asked[-1].body)["label"] == "dandelion"
    tell(client, picture, Said("dandelion"))
    assert (picture.said, picture.unheard) == (Said("dandelion"), "")
