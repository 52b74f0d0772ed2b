import io

from rich.console import Console

from fake_gateway.answers import classify_by_name
from meadow.cli.summary import FAILURES_SHOWN, Summary
from meadow.schemas.items import ItemResult, ItemState
from meadow.schemas.predictions import Prediction


def result(name: str) -> ItemResult:
    answer = classify_by_name(b"", name)
    if isinstance(answer, Prediction):
        return ItemResult(item=name, state=ItemState.SUCCEEDED, prediction=answer)
    return ItemResult(item=name, state=ItemState.FAILED, error=answer)


def shown(summary: Summary, seconds: float | None = None) -> str:
    screen = io.StringIO()
    summary.show(Console(file=screen, width=200), seconds)
    return screen.getvalue()


def test_results_are_counted_as_they_pass() -> None:
    summary = Summary()
    names = ["grass1", "grass2", "unsure grass", "unknown grass", "flower", "broken1"]
    assert [passed.item for passed in summary.watch(map(result, names))] == names
    assert (summary.total, summary.failed) == (6, 1)
    rows = [line.split() for line in shown(summary, 2.5).splitlines()]
    assert rows[1:4] == [["grass", "4", "1", "1"], ["dandelion", "1"], ["failed", "1"]]
    assert "6 images in 2.5 s (2/s)" in shown(summary, 2.5)
    assert "6 images\n" in shown(summary)


def test_only_the_first_failures_are_kept() -> None:
    summary = Summary()
    for _ in summary.watch(result(f"broken{number}") for number in range(FAILURES_SHOWN + 7)):
        pass
    text = shown(summary)
    assert text.count("ends early") == FAILURES_SHOWN
    assert "... and 7 more" in text
