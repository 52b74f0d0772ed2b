from collections.abc import Iterator

import pytest

from fake_gateway import FakeGateway
from fake_gateway.answers import classify_by_name
from meadow.client import Client
from meadow.schemas.jobs import Job, JobError
from meadow_ui.classify.picture import Picture
from meadow_ui.classify.sender import Sender
from meadow_ui.classify.upload_list import CAPACITY, Group, UploadList


@pytest.fixture
def idle(gateway: FakeGateway) -> Iterator[Sender]:
    """A sender without threads: nothing is ever submitted."""
    sender = Sender(Client(gateway.url), max_pixels=1, threads=0)
    yield sender
    sender.close()


def answered(name: str) -> Picture:
    links = {"self": "", "cancel": ""}
    known = {"id": "j", "kind": "classification", "created_at": "2026-05-04T10:00:00Z", "links": links}
    result = classify_by_name(b"", name)
    return Picture(name, b"", job=Job.model_validate({**known, "state": "succeeded", "result": result}))


def test_images_are_grouped_by_confident_label() -> None:
    failed = Picture("f", b"", error=JobError(code="c", detail=""))
    uploads = UploadList(
        [
            answered("a"),
            answered("b"),
            answered("grass"),
            answered("unsure"),
            answered("unknown"),
            failed,
            Picture("p", b""),
        ]
    )
    expected = {"dandelion": 2, "grass": 1, Group.UNSURE: 1, Group.UNKNOWN: 1, Group.FAILED: 1, Group.PENDING: 1}
    assert uploads.groups() == expected
    assert uploads.pending == 1
    assert uploads.failed == [failed]


def test_images_beyond_capacity_are_counted_as_left_out(idle: Sender) -> None:
    uploads = UploadList()
    assert uploads.add(((str(number), b"") for number in range(CAPACITY + 3)), idle) == 3
    assert len(uploads.pictures) == uploads.pending == CAPACITY


def test_retry_sends_failed_images_only(idle: Sender) -> None:
    failed, done = Picture("f", b"", error=JobError(code="c", detail="")), answered("a")
    uploads = UploadList([failed, done])
    uploads.retry(idle)
    assert failed.error is None
    assert uploads.pending == 1
    assert done.finished


def test_clear_drops_pending_images() -> None:
    picture = Picture("a", b"")
    uploads = UploadList([picture])
    uploads.clear()
    assert picture.dropped
    assert uploads.pictures == []


def test_newest_answered_images_keep_their_bytes() -> None:
    pictures = [answered("a"), answered("b"), answered("c"), Picture("p", b"")]
    for picture in pictures:
        picture.data = b"12345"
    UploadList(pictures).make_room(11)
    assert [len(picture.data) for picture in pictures] == [0, 5, 5, 5], "a pending image may have to be sent again"
    UploadList(pictures).make_room(10)
    assert [len(picture.data) for picture in pictures] == [0, 5, 5, 5]


def test_image_numbers_are_unique_after_clear(idle: Sender) -> None:
    uploads = UploadList()
    uploads.add([("a", b""), ("b", b"")], idle)
    uploads.clear()
    uploads.add([("c", b"")], idle)
    assert uploads.pictures[0].number == 3
