from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from fake_gateway import FakeGateway
from meadow.client import Client
from meadow_local.demo.classify import FolderAnswer, classify_folder, classify_one
from meadow_local.errors import StackError


def test_one_picture_is_answered(tmp_path: Path) -> None:
    picture = tmp_path / "grass-1.jpg"
    picture.write_bytes(b"\xff\xd8\xff")
    with FakeGateway() as gateway, Client(gateway.url) as client:
        answer = classify_one(client, picture)
    assert answer.prediction.label == "grass"
    assert answer.seconds > 0


def test_a_picture_that_fails_says_why(tmp_path: Path) -> None:
    picture = tmp_path / "broken.jpg"
    picture.write_bytes(b"\xff\xd8\xff")
    with FakeGateway() as gateway, Client(gateway.url) as client, pytest.raises(StackError, match="ends early"):
        classify_one(client, picture)


def test_a_folder_counts_what_is_right() -> None:
    predicted = Counter({("grass", "grass"): 5, ("grass", "dandelion"): 1, ("dandelion", "dandelion"): 4})
    answer = FolderAnswer(Path("x"), predicted, failed=2, seconds=0.5)
    assert (answer.right, answer.total) == (9, 10)


def test_a_folder_is_compared_with_what_its_pictures_show(tmp_path: Path) -> None:
    for name in ("grass/grass-1.jpg", "grass/x.jpg", "dandelion/y.jpg", "dandelion/broken.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\xff\xd8\xff")
    with FakeGateway() as gateway, Client(gateway.url) as client:
        answer = classify_folder(Console(quiet=True), client, tmp_path)
    assert (answer.right, answer.total, answer.failed) == (2, 3, 1)
