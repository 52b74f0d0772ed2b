import time
from collections.abc import Callable

import psutil

from meadow_local.checks import Target
from meadow_local.errors import NotReadyError
from meadow_local.parts import Part
from meadow_local.stack import Stack
from meadow_local.status import PartState, look

MakePart = Callable[..., Part]
MakeStack = Callable[..., Stack]


def refuse(_: Target) -> None:
    raise NotReadyError("on strike")


def states(stack: Stack) -> dict[str, PartState]:
    return {row.part.name: row.state for row in look(stack)}


def test_each_part_is_as_it_is(make_part: MakePart, make_stack: MakeStack) -> None:
    stack = make_stack(
        make_part("fine"),
        make_part("lazy", ready=refuse),
        make_part("young", ready=refuse, steady_seconds=60),
        make_part("dead", "raise SystemExit(1)", steady_seconds=30),
        make_part("off"),
    )
    assert set(states(stack).values()) == {PartState.STOPPED}
    stack.start({})
    stack.supervisor.stop_part(stack.supervisor.processes()["off"])
    deadline = time.monotonic() + 20
    while (seen := states(stack))["dead"] is not PartState.DEAD:
        assert time.monotonic() < deadline
    assert seen == {
        "fine": PartState.READY,
        "lazy": PartState.NOT_READY,
        "young": PartState.STARTING,
        "dead": PartState.DEAD,
        "off": PartState.STOPPED,
    }
    row = look(stack)[0]
    assert row.pid is not None
    assert row.memory > 0


def test_a_killed_part_comes_back_as_another_process(make_part: MakePart, make_stack: MakeStack) -> None:
    stack = make_stack(make_part("one"))
    stack.start({})
    deadline = time.monotonic() + 20
    while (before := look(stack)[0]).state is not PartState.READY:
        assert time.monotonic() < deadline
    assert before.pid is not None
    psutil.Process(before.pid).kill()
    while (after := look(stack)[0]).state is not PartState.READY or after.pid == before.pid:
        assert time.monotonic() < deadline
