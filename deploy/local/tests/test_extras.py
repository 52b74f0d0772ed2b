import socket
from collections.abc import Callable

import pytest

from meadow_local import extras as extras_module
from meadow_local.errors import StackError
from meadow_local.extras import EXTRAS, Extra, extras_called, in_order, split_names
from meadow_local.parts import Part
from meadow_local.stack import Stack

MakePart = Callable[..., Part]
MakeStack = Callable[..., Stack]


@pytest.fixture
def bees(make_part: MakePart, monkeypatch: pytest.MonkeyPatch) -> Extra:
    """Two parts that only sleep, in Airflow's place."""
    parts = (make_part("queen", group="airflow", ports=("airflow_port",)), make_part("worker-bee", group="airflow"))
    extra = Extra("airflow", "a test", parts, install=lambda _: None, welcome=lambda _: "Hum.")
    monkeypatch.setattr(extras_module, "EXTRAS", (extra,))
    return extra


def running(stack: Stack) -> set[str]:
    return {name for name, process in stack.supervisor.processes().items() if process.is_on}


def test_names_are_read_once_each_and_known() -> None:
    assert split_names(" airflow,airflow, ") == ("airflow",)
    assert in_order([]) == ()
    assert extras_called(["airflow"]) == (EXTRAS[0],)
    with pytest.raises(StackError, match="nothing called grafana to add; there is airflow, monitoring"):
        in_order(["airflow", "grafana"])


def test_a_stack_remembers_its_extras(
    make_part: MakePart, make_stack: MakeStack, bees: Extra, free_port: Callable[[], int]
) -> None:
    stack = make_stack(make_part("one"))
    assert stack.choose_extras({}, add=["airflow"]) == (bees,)
    first = stack.start({"MEADOW_AIRFLOW_PORT": str(free_port())}, (bees,))
    assert first.added == (bees,)
    assert running(stack) == {"one", "queen", "worker-bee"}
    stack.stop()
    again = Stack(stack.home, [make_part("one")])
    assert again.start({}).added == ()
    assert running(again) == {"one", "queen", "worker-bee"}
    assert [part.name for part in again.parts] == ["one", "queen", "worker-bee"]


def test_extras_come_into_a_running_stack_and_leave_it(
    make_part: MakePart, make_stack: MakeStack, bees: Extra, free_port: Callable[[], int]
) -> None:
    stack = make_stack(make_part("one"))
    stack.start({})
    before = stack.supervisor.processes()["one"].pid
    port = str(free_port())
    start = stack.start({"MEADOW_AIRFLOW_PORT": port, "MEADOW_UI_PORT": "9998"}, (bees,))
    assert (start.fresh, start.added, {part.name for part in start.started}) == (
        False,
        (bees,),
        {"queen", "worker-bee"},
    )
    assert running(stack) == {"one", "queen", "worker-bee"}
    # What runs is left as it is.
    assert stack.settings().ui_port != 9998
    assert stack.start({}).started == ()
    stack.start({}, stack.choose_extras({}, drop=["airflow"]))
    assert running(stack) == {"one"}
    assert stack.supervisor.processes()["one"].pid == before
    assert stack.extras == ()


def test_an_extra_whose_port_is_taken_is_not_remembered(
    make_part: MakePart, make_stack: MakeStack, bees: Extra
) -> None:
    stack = make_stack(make_part("one"))
    stack.start({})
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = {"MEADOW_AIRFLOW_PORT": str(server.getsockname()[1])}
        bees_settings = {**taken, "MEADOW_BEES_SIZE": "1"}
        with pytest.raises(StackError, match="of queen is taken"):
            stack.start(bees_settings, (bees,))
    assert stack.extras == ()
    assert running(stack) == {"one"}


def test_the_environment_may_name_extras(
    make_part: MakePart, make_stack: MakeStack, bees: Extra, free_port: Callable[[], int]
) -> None:
    stack = make_stack(make_part("one"))
    assert stack.start({"MEADOW_WITH_PARTS": "airflow", "MEADOW_AIRFLOW_PORT": str(free_port())}).added == (bees,)
    assert stack.choose_extras({"MEADOW_WITH_PARTS": ""}) == ()
