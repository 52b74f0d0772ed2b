import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from meadow_local.demo_ct import show
from meadow_local.errors import StackError
from meadow_local.home import Home
from meadow_local.parts import Part
from meadow_local.stack import Stack


@pytest.fixture
def toy(make_part: Callable[..., Part], make_stack: Callable[..., Stack]) -> Stack:
    return make_stack(make_part())


def run(stack: Stack) -> str:
    console = Console(file=io.StringIO())
    show.run_continuous_demo(console, stack, stay=False, timeout=1)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_a_stack_that_is_not_the_demos_is_left_alone(toy: Stack) -> None:
    toy.start({})
    with pytest.raises(StackError, match="not this demo's"):
        run(toy)
    assert toy.is_running


def test_it_begins_with_an_empty_home_and_ends_what_it_started(
    make_part: Callable[..., Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Stack(Home(tmp_path / "own"), [make_part()])

    def tell(_console: Console, stack: Stack, *, timeout: float) -> None:
        assert timeout == 1
        assert not (stack.home.root / "of the last time").exists()
        stack.start({})
        (stack.home.root / "of the last time").touch()

    monkeypatch.setattr(show, "_demonstrate", tell)
    for _ in range(2):
        run(own)
        assert not own.is_running
        assert own.home.root.exists(), "what was logged can be looked at"
