import pytest

from fake_gateway import FakeGateway
from fake_gateway.answers import make_review
from meadow.client import Client, ClientError
from meadow_ui.labels import SubmittedLabel
from meadow_ui.review.review_queue import PAGE, Entry, ReviewQueue

PIXELS = 10**6


@pytest.fixture
def queue(gateway: FakeGateway, client: Client) -> ReviewQueue:
    """The first page of two and a half."""
    gateway.state.reviews = [make_review(number) for number in range(1, PAGE * 2 + 6)]
    opened = ReviewQueue()
    opened.refresh(client, PIXELS)
    return opened


def numbers(queue: ReviewQueue) -> list[int]:
    return [int(entry.item.id, 16) for entry in queue.entries]


def test_pages_go_forward_and_back(client: Client, queue: ReviewQueue) -> None:
    assert (numbers(queue), queue.total) == (list(range(1, 13)), 29)
    queue.next(client, PIXELS)
    assert numbers(queue) == list(range(13, 25))
    queue.next(client, PIXELS)
    assert (numbers(queue), queue.next_token) == (list(range(25, 30)), "")
    queue.back(client, PIXELS)
    assert numbers(queue) == list(range(13, 25))
    queue.first(client, PIXELS)
    assert (numbers(queue), queue.tokens) == (list(range(1, 13)), [""])


def test_handled_entries_stay_until_the_page_is_turned(client: Client, queue: ReviewQueue) -> None:
    queue.entries[0].label(client, SubmittedLabel("grass"))
    queue.entries[1].forget(client)
    queue.refresh(client, PIXELS)
    assert numbers(queue) == list(range(1, 13)), "entries keep their places"
    assert (queue.done, queue.waiting) == (2, 27)


def test_next_skips_open_entries_only(client: Client, queue: ReviewQueue) -> None:
    for place in (0, 3, 4):
        queue.entries[place].label(client, SubmittedLabel("grass"))
    queue.next(client, PIXELS)
    assert numbers(queue) == list(range(13, 25))
    queue.back(client, PIXELS)
    assert numbers(queue)[:3] == [2, 3, 6], "open entries are still in the queue"


def test_finished_page_is_replaced_by_the_next(client: Client, queue: ReviewQueue) -> None:
    for entry in queue.entries:
        entry.forget(client)
    queue.next(client, PIXELS)
    assert (numbers(queue), queue.tokens) == (list(range(13, 25)), [""])


def test_queue_emptied_by_others_restarts_at_the_first_page(
    gateway: FakeGateway, client: Client, queue: ReviewQueue
) -> None:
    queue.next(client, PIXELS)
    gateway.state.reviews = gateway.state.reviews[:3]
    queue.refresh(client, PIXELS)
    assert (numbers(queue), queue.tokens) == ([1, 2, 3], [""])


def test_failed_page_request_keeps_the_current_page(gateway: FakeGateway, client: Client, queue: ReviewQueue) -> None:
    gateway.reply_problem("unavailable", 503, "No.")
    with pytest.raises(ClientError):
        queue.next(client, PIXELS)
    assert (numbers(queue)[0], queue.tokens) == (1, [""])


def test_images_are_fetched_once_and_may_be_missing(gateway: FakeGateway, client: Client, queue: ReviewQueue) -> None:
    gateway.state.review_images[f"{2:064x}"] = b"no image at all"
    gateway.asked.clear()
    queue.refresh(client, PIXELS)
    assert [bool(entry.image) for entry in queue.entries[:3]] == [False, True, False]
    assert not queue.entries[1].thumbnail, "undecodable"
    gateway.asked.clear()
    queue.refresh(client, PIXELS)
    assert not any(f"{2:064x}" in asked.path for asked in gateway.asked)


@pytest.fixture
def entry(gateway: FakeGateway) -> Entry:
    item = make_review(1)
    gateway.state.reviews = [item]
    return Entry(item, image=b"\xff\xd8\xff1")


def test_label_removes_the_entry_from_the_queue(gateway: FakeGateway, client: Client, entry: Entry) -> None:
    entry.label(client, SubmittedLabel("daisy", new_class=True))
    assert (entry.submitted_label, entry.handled, entry.submit_error) == (
        SubmittedLabel("daisy", new_class=True),
        True,
        "",
    )
    assert gateway.state.reviews == []
    assert [(kept.label, kept.new_class, kept.origin) for kept in gateway.state.corrections] == [
        ("daisy", True, "review")
    ]


def test_changed_label_is_sent_with_the_image(gateway: FakeGateway, client: Client, entry: Entry) -> None:
    entry.label(client, SubmittedLabel("dandelion"))
    entry.label(client, SubmittedLabel("grass"))
    assert (entry.submitted_label, entry.submit_error) == (SubmittedLabel("grass"), "")
    assert (gateway.asked[-1].path, gateway.asked[-1].body) == ("/v1/corrections", entry.image)
    assert gateway.asked[-1].query["job_id"] == ["job_1"]


def test_entry_handled_by_somebody_else_is_reported(gateway: FakeGateway, client: Client, entry: Entry) -> None:
    gateway.state.reviews = []
    entry.label(client, SubmittedLabel("grass"))
    assert (entry.submitted_label, entry.handled) == (None, True)
    assert "somebody else" in entry.submit_error


def test_failed_request_changes_nothing(gateway: FakeGateway, client: Client, entry: Entry) -> None:
    gateway.reply_problem("unavailable", 503, "S3 does not answer.")
    entry.label(client, SubmittedLabel("grass"))
    assert (entry.handled, entry.submit_error) == (False, "S3 does not answer.")
    gateway.reply_problem("unavailable", 503, "Nor does Redis.")
    entry.forget(client)
    assert (entry.handled, entry.submit_error) == (False, "Nor does Redis.")
    entry.forget(client)
    assert (entry.handled, entry.submit_error, gateway.state.corrections) == (True, "", [])
