from collections.abc import Callable

import pytest

from meadow_local.checks import Target
from meadow_local.errors import NotReadyError, PartError
from meadow_local.parts import Part
from meadow_local.stack import Stack
from meadow_local.startup import wait_until_ready

MakePart = Callable[..., Part]
MakeStack = Callable[..., Stack]


def not_yet(_: Target) -> None:
    raise NotReadyError("waits for spring")


def wait(stack: Stack, timeout: float = 20) -> list[str]:
    start = stack.start({})
    last = [list(rows) for rows in wait_until_ready(stack, start.settings, stack.parts, timeout=timeout)][-1]
    return [row.part.name for row in last if row.is_ready]


def test_it_ends_when_every_part_is_ready(make_part: MakePart, make_stack: MakeStack) -> None:
    asked: list[Target] = []

    def second_time(target: Target) -> None:
        asked.append(target)
        if len(asked) < 2:
            raise NotReadyError("not yet")

    assert wait(make_stack(make_part("one"), make_part("two", ready=second_time))) == ["one", "two"]
    assert asked[0].started.year > 2000


def test_a_part_that_is_never_ready_is_named_with_its_reason(make_part: MakePart, make_stack: MakeStack) -> None:
    with pytest.raises(PartError, match=r"slow was not ready within 1 seconds: waits for spring") as raised:
        wait(make_stack(make_part("slow", ready=not_yet)), timeout=1)
    assert raised.value.part == "slow"


@pytest.mark.parametrize("steady", [0, 5])
def test_a_part_that_keeps_dying_is_named(make_part: MakePart, make_stack: MakeStack, steady: int) -> None:
    mortal = make_part("mortal", "import sys; sys.exit('no good')", ready=not_yet, steady_seconds=steady)
    with pytest.raises(PartError, match="mortal died"):
        wait(make_stack(make_part("one"), mortal))


def test_what_a_check_does_not_expect_is_not_hidden(make_part: MakePart, make_stack: MakeStack) -> None:
    def broken(_: Target) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wait(make_stack(make_part("one", ready=broken)))
