import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_gateway import FakeGateway
from meadow.client import Client

Meadow = Callable[..., int]
Shown = pytest.CaptureFixture[str]


@pytest.fixture
def batch(gateway: FakeGateway) -> str:
    with Client(gateway.url) as client:
        job = client.open_batch()
        client.add_pack(job.id, 0, [("grass.jpg", b"x"), ("unsure [1].jpg", b"x"), ("broken.jpg", b"y")])
        return client.seal_batch(job.id, 1).id


def test_a_pipe_gets_one_object_a_line(batch: str, meadow: Meadow, capsys: Shown) -> None:
    assert meadow("results", batch) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["item"], row["state"]) for row in rows] == [
        ("grass.jpg", "succeeded"),
        ("unsure [1].jpg", "succeeded"),
        ("broken.jpg", "failed"),
    ]


def test_a_terminal_gets_a_table(batch: str, meadow: Meadow, capsys: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    assert meadow("results", batch) == 0
    shown = capsys.readouterr().out
    assert "unsure [1].jpg" in shown
    assert "97.0%" in shown
    assert "The image ends early" in shown
    assert meadow("results", batch, "--limit", "1") == 0
    shown = capsys.readouterr().out
    assert "broken" not in shown
    assert "There are more" in shown


def test_a_file_gets_all_of_them(batch: str, meadow: Meadow, capsys: Shown, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert meadow("results", batch, "--out", out) == 0
    assert f"3 results are in {out}." in capsys.readouterr().out
    with out.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_filters_are_left_to_the_gateway(gateway: FakeGateway, batch: str, meadow: Meadow, capsys: Shown) -> None:
    assert meadow("results", batch, "--label", "grass", "--decision", "unsure", "--state", "succeeded") == 0
    capsys.readouterr()
    assert gateway.asked[-1].query == {"label": ["grass"], "decision": ["unsure"], "state": ["succeeded"]}


def test_a_running_batch_gives_what_is_there(gateway: FakeGateway, meadow: Meadow, capsys: Shown) -> None:
    with Client(gateway.url) as client:
        job = client.open_batch()
        client.add_pack(job.id, 0, [("grass.jpg", b"x")])
    assert meadow("results", job.id) == 0
    assert json.loads(capsys.readouterr().out)["item"] == "grass.jpg"
    assert gateway.asked[-1].query == {"partial": ["true"]}
