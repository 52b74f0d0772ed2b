from collections import Counter
from pathlib import Path

import pytest

from meadow.client import MeadowClient
from meadow.client.testing import FakeGateway
from meadow_local.demo.classify import FolderAnswer, classify_one
from meadow_local.errors import StackError


def test_one_picture_is_answered(tmp_path: Path) -> None:
    picture = tmp_path / "grass-1.jpg"
    picture.write_bytes(b"\xff\xd8\xff")
    with FakeGateway() as gateway, MeadowClient(gateway.url) as client:
        answer = classify_one(client, picture)
    assert answer.prediction.label == "grass"
    assert answer.seconds > 0


def test_a_picture_that_fails_says_why(tmp_path: Path) -> None:
    picture = tmp_path / "broken.jpg"
    picture.write_bytes(b"\xff\xd8\xff")
    with FakeGateway() as gateway, MeadowClient(gateway.url) as client, pytest.raises(StackError, match="ends early"):
        classify_one(client, picture)


def test_a_folder_counts_what_is_right() -> None:
    predicted = Counter({("grass", "grass"): 5, ("grass", "dandelion"): 1, ("dandelion", "dandelion"): 4})
    answer = FolderAnswer(Path("x"), predicted, failed=2, seconds=0.5)
    assert (answer.right, answer.total) == (9, 10)
