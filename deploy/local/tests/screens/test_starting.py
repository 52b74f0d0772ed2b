import io
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console
from rich.spinner import Spinner

from meadow_local.parts import Part
from meadow_local.screens import starting
from meadow_local.stack import Stack
from meadow_local.startup import Progress


def test_a_ready_part_says_when_and_a_waiting_one_why(make_part: Callable[..., Part]) -> None:
    rows = [Progress(make_part("redis"), "", 0.31), Progress(make_part("api"), "waits for redis [1]")]
    console = Console(file=io.StringIO(), width=100)
    console.print(starting.starting_table(rows, Spinner("dots")))
    ready, waiting = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert ready.split()[:2] == ["✓", "redis"]
    assert "0.3 s" in ready
    assert "waits for redis [1]" in waiting


@pytest.mark.parametrize("terminal", [True, False])
def test_it_ends_with_every_part_ready(
    make_part: Callable[..., Part], make_stack: Callable[..., Stack], *, terminal: bool
) -> None:
    stack = make_stack(make_part("one"), make_part("two"))
    settings = stack.start({}).settings
    console = Console(file=io.StringIO(), width=100, force_terminal=terminal)
    starting.show_starting(console, stack, settings, stack.parts, timeout=20)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.count("✓" if terminal else "is ready") >= 2


def test_a_part_is_told_once_where_there_is_no_terminal(
    make_part: Callable[..., Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Progress(make_part("one"), "", 0.5)

    def snapshots(*_: object, **__: object) -> Iterator[list[Progress]]:
        yield [row]
        yield [row]

    monkeypatch.setattr(starting, "wait_until_ready", snapshots)
    console = Console(file=io.StringIO())
    starting.show_starting(console, None, None, [], timeout=1)  # type: ignore[arg-type]
    assert console.file.getvalue() == "one is ready (0.5 s)\n"  # type: ignore[attr-defined]
