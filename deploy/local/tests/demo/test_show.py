import io
from collections.abc import Callable

import pytest
from rich.console import Console

from meadow_local.demo import show
from meadow_local.errors import StackError
from meadow_local.parts import Part
from meadow_local.stack import Stack


@pytest.fixture
def toy(make_part: Callable[..., Part], make_stack: Callable[..., Stack]) -> Stack:
    return make_stack(make_part())


def failing(_console: Console, stack: Stack, *, timeout: float) -> None:  # noqa: ARG001 - stands in for the demo
    stack.start({})
    raise StackError("the well is dry")


def interrupted(_console: Console, stack: Stack, *, timeout: float) -> None:  # noqa: ARG001
    stack.start({})
    raise KeyboardInterrupt


def run(stack: Stack) -> str:
    console = Console(file=io.StringIO())
    show.run_demo(console, stack, stay=True, timeout=1)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_an_interrupted_demo_ends_what_it_started(toy: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "_demonstrate", interrupted)
    assert "nothing runs any more" in run(toy)
    assert not toy.is_running


def test_a_failed_demo_ends_what_it_started(toy: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "_demonstrate", failing)
    with pytest.raises(StackError):
        run(toy)
    assert not toy.is_running


def test_a_stack_that_ran_before_is_left_alone(toy: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.start({})
    monkeypatch.setattr(show, "_demonstrate", interrupted)
    assert "goes on running" in run(toy)
    assert toy.is_running


def test_a_closed_terminal_does_not_keep_processes_alive(toy: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError("the terminal is gone")

    monkeypatch.setattr(show, "_demonstrate", interrupted)
    show.run_demo(Console(file=Gone()), toy, stay=True, timeout=1)
    assert not toy.is_running
