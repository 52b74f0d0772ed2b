import pytest

from meadow.client import MeadowClient
from meadow.client.testing import FakeGateway
from meadow.client.testing.answers import make_review
from meadow_ui.labels.said import Said
from meadow_ui.reviews.entry import Entry


@pytest.fixture
def entry(gateway: FakeGateway) -> Entry:
    item = make_review(1)
    gateway.state.reviews = [item]
    return Entry(item, image=b"\xff\xd8\xff1")


def test_a_label_takes_it_from_the_list(gateway: FakeGateway, client: MeadowClient, entry: Entry) -> None:
    entry.label(client, Said("daisy", new_class=True))
    assert (entry.said, entry.dealt_with, entry.unheard) == (Said("daisy", new_class=True), True, "")
    assert gateway.state.reviews == []
    assert [(kept.label, kept.new_class, kept.origin) for kept in gateway.state.corrections] == [
        ("daisy", True, "review")
    ]


def test_another_label_goes_with_the_image(gateway: FakeGateway, client: MeadowClient, entry: Entry) -> None:
    entry.label(client, Said("dandelion"))
    entry.label(client, Said("grass"))
    assert (entry.said, entry.unheard) == (Said("grass"), "")
    assert (gateway.asked[-1].path, gateway.asked[-1].body) == ("/v1/corrections", entry.image)
    assert gateway.asked[-1].query["job_id"] == ["job_1"]


def test_one_that_somebody_else_took_is_said_to_be_gone(
    gateway: FakeGateway, client: MeadowClient, entry: Entry
) -> None:
    gateway.state.reviews = []
    entry.label(client, Said("grass"))
    assert (entry.said, entry.dealt_with) == (None, True)
    assert "somebody else" in entry.unheard


def test_what_does_not_arrive_changes_nothing(gateway: FakeGateway, client: MeadowClient, entry: Entry) -> None:
    gateway.reply_problem("unavailable", 503, "S3 does not answer.")
    entry.label(client, Said("grass"))
    assert (entry.dealt_with, entry.unheard) == (False, "S3 does not answer.")
    gateway.reply_problem("unavailable", 503, "Nor does Redis.")
    entry.forget(client)
    assert (entry.dealt_with, entry.unheard) == (False, "Nor does Redis.")
    entry.forget(client)
    assert (entry.dealt_with, entry.unheard, gateway.state.corrections) == (True, "", [])
