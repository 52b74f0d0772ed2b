import io
from collections.abc import Callable

from rich.console import Console

from meadow_local.demo_ct.timeline import Timeline


def clock(*seconds: float) -> Callable[[], float]:
    ticks = iter(seconds)
    return lambda: next(ticks)


def test_a_step_is_told_at_once_and_its_time_is_that_since_the_one_before() -> None:
    console = Console(file=io.StringIO(), width=200)
    timeline = Timeline(console, clock=clock(10, 11, 14.5, 100, 102))
    timeline.chapter("New [images]")
    timeline.add("arrive", "80 images")
    timeline.add("train", "reason [bold]", state="failed")
    timeline.chapter("Again")
    timeline.add("look", state="skipped")
    told = str(console.file.getvalue())  # type: ignore[attr-defined]
    assert "New [images]" in told
    assert "1.0 s  arrive  80 images" in told
    assert "4.5 s  train  reason [bold]" in told
    console.print(timeline.table())
    rows = [line for line in str(console.file.getvalue()).splitlines() if "│" in line]  # type: ignore[attr-defined]
    [train] = [row for row in rows if "train" in row]
    assert "4.5 s" in train
    assert "3.5 s" in train
    [look] = [row for row in rows if "look" in row]
    assert look.count("2.0 s") == 2
