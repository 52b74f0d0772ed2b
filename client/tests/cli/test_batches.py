from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fake_gateway import FakeGateway
from meadow.cli.show import age, progress_bar
from meadow.client import Client
from meadow.schemas.jobs import JobState

Meadow = Callable[..., int]
Photos = Callable[..., Path]
Shown = pytest.CaptureFixture[str]


def test_the_newest_batches_are_listed_with_how_far_they_are(
    gateway: FakeGateway, meadow: Meadow, capsys: Shown
) -> None:
    with Client(gateway.url) as client:
        for name in ("spring [1]", "summer"):
            batch = client.open_batch(name)
            client.add_pack(batch.id, 0, [("grass.jpg", b"x"), ("broken.jpg", b"y")])
        client.seal_batch(batch.id, 1)
    gateway.batches.opened["batch_1"].job.created_at = datetime.now(UTC) - timedelta(hours=3)
    assert meadow("batches") == 0
    heading, newest, oldest = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert heading == ["batch", "name", "state", "progress", "images", "failed", "rate", "model", "age"]
    assert newest[:3] == ["batch_2", "summer", "succeeded"]
    assert newest[-5:] == ["100%", "2/2", "1", *newest[-2:]]
    assert oldest[:4] == ["batch_1", "spring", "[1]", "running"]
    assert "2/2+" in oldest, "its total may still grow"
    assert oldest[-2:] == ["3", "h"]


def test_batches_can_be_listed_by_state_and_in_number(gateway: FakeGateway, meadow: Meadow, capsys: Shown) -> None:
    with Client(gateway.url) as client:
        for _ in range(3):
            client.open_batch()
    assert meadow("batches", "--limit", "2", "--state", JobState.QUEUED) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["batch", "batch_3", "batch_2"]
    assert gateway.asked[-1].query["state"] == ["queued"]


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7300, "2 h"), (90_000, "1 d")])
def test_an_age_is_told_in_its_largest_unit(seconds: int, text: str) -> None:
    assert age(timedelta(seconds=seconds)) == text


def test_a_batch_without_images_is_at_its_beginning() -> None:
    assert progress_bar(0, 0).endswith(" 0%")
    assert progress_bar(1, 1).endswith("100%")
