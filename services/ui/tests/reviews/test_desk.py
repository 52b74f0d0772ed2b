import pytest

from meadow.client import ClientError, MeadowClient
from meadow.client.testing import FakeGateway
from meadow.client.testing.answers import make_review
from meadow_ui.labels.said import Said
from meadow_ui.reviews.desk import PAGE, Desk

PIXELS = 10**6


@pytest.fixture
def desk(gateway: FakeGateway, client: MeadowClient) -> Desk:
    """The first page of two and a half."""
    gateway.state.reviews = [make_review(number) for number in range(1, PAGE * 2 + 6)]
    opened = Desk()
    opened.refresh(client, PIXELS)
    return opened


def numbers(desk: Desk) -> list[int]:
    return [int(entry.item.id, 16) for entry in desk.entries]


def test_pages_go_forth_and_back(client: MeadowClient, desk: Desk) -> None:
    assert (numbers(desk), desk.total) == (list(range(1, 13)), 29)
    desk.next(client, PIXELS)
    assert numbers(desk) == list(range(13, 25))
    desk.next(client, PIXELS)
    assert (numbers(desk), desk.next_token) == (list(range(25, 30)), "")
    desk.back(client, PIXELS)
    assert numbers(desk) == list(range(13, 25))
    desk.first(client, PIXELS)
    assert (numbers(desk), desk.tokens) == (list(range(1, 13)), [""])


def test_what_is_dealt_with_stays_until_the_page_is_turned(client: MeadowClient, desk: Desk) -> None:
    desk.entries[0].label(client, Said("grass"))
    desk.entries[1].forget(client)
    desk.refresh(client, PIXELS)
    assert numbers(desk) == list(range(1, 13)), "nothing slips under the pointer"
    assert (desk.done, desk.waiting) == (2, 27)


def test_going_on_skips_what_was_left_undone_and_nothing_else(client: MeadowClient, desk: Desk) -> None:
    for place in (0, 3, 4):
        desk.entries[place].label(client, Said("grass"))
    desk.next(client, PIXELS)
    assert numbers(desk) == list(range(13, 25))
    desk.back(client, PIXELS)
    assert numbers(desk)[:3] == [2, 3, 6], "those that were left are still there"


def test_a_page_that_is_done_makes_place_for_the_next(client: MeadowClient, desk: Desk) -> None:
    for entry in desk.entries:
        entry.forget(client)
    desk.next(client, PIXELS)
    assert (numbers(desk), desk.tokens) == (list(range(13, 25)), [""])


def test_a_list_that_others_worked_off_begins_again(gateway: FakeGateway, client: MeadowClient, desk: Desk) -> None:
    desk.next(client, PIXELS)
    gateway.state.reviews = gateway.state.reviews[:3]
    desk.refresh(client, PIXELS)
    assert (numbers(desk), desk.tokens) == ([1, 2, 3], [""])


def test_a_page_that_cannot_be_read_leaves_this_one(gateway: FakeGateway, client: MeadowClient, desk: Desk) -> None:
    gateway.reply_problem("unavailable", 503, "No.")
    with pytest.raises(ClientError):
        desk.next(client, PIXELS)
    assert (numbers(desk)[0], desk.tokens) == (1, [""])


def test_images_are_fetched_once_and_may_be_missing(gateway: FakeGateway, client: MeadowClient, desk: Desk) -> None:
    gateway.state.review_images[f"{2:064x}"] = b"no image at all"
    gateway.asked.clear()
    desk.refresh(client, PIXELS)
    assert [bool(entry.image) for entry in desk.entries[:3]] == [False, True, False]
    assert not desk.entries[1].thumbnail, "it cannot be drawn"
    gateway.asked.clear()
    desk.refresh(client, PIXELS)
    assert not any(f"{2:064x}" in asked.path for asked in gateway.asked)
