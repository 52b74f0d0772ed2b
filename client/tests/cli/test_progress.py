import io

import pytest
from rich.console import Console

from meadow.cli import progress
from meadow.cli.progress import Bars, Lines
from meadow.client.folder import FolderProgress


def test_bars_show_counts_for_both_steps() -> None:
    screen = io.StringIO()
    with Bars(Console(file=screen, force_terminal=True, width=100)) as bars:
        bars.show(FolderProgress(total=100, uploaded=64, done=10))
        bars.show(FolderProgress(total=100, uploaded=100, done=37))
    shown = screen.getvalue()
    assert "Uploading" in shown
    assert "100/100" in shown
    assert "37/100" in shown


def test_lines_come_now_and_then_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    with Lines(Console(file=screen, width=200)) as lines:
        for done in range(5):
            lines.show(FolderProgress(total=10, uploaded=10, done=done))
        assert screen.getvalue() == ""
        monkeypatch.setattr(progress, "LINE_SECONDS", 0)
        lines.show(FolderProgress(total=10, uploaded=10, done=5))
        lines.show(FolderProgress(total=10, uploaded=10, done=10))
    printed = screen.getvalue().splitlines()
    assert [line.partition(" (")[0] for line in printed] == ["Uploaded 10/10"] * 3
    assert "classified 5/10" in printed[0]
    assert printed[0].endswith(" left")
    assert not printed[-1].endswith(" left")


def test_a_run_without_a_count_prints_nothing() -> None:
    screen = io.StringIO()
    with Lines(Console(file=screen)):
        pass
    assert screen.getvalue() == ""
