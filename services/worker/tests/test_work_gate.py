import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from meadow_worker.work_gate import WorkGate

PATIENCE_SECONDS = 10.0
MOMENT_SECONDS = 0.05


class Visitor:
    """Goes through the gate in a thread of its own, and stays until told to leave."""

    def __init__(self, way_in: Callable[[], AbstractContextManager[None]]) -> None:
        self._way_in = way_in
        self._is_in, self._leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)
        self._thread.start()

    @property
    def is_in(self) -> bool:
        return self._is_in.wait(PATIENCE_SECONDS)

    @property
    def is_kept_out(self) -> bool:
        return not self._is_in.wait(MOMENT_SECONDS)

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(PATIENCE_SECONDS)

    def _visit(self) -> None:
        with self._way_in():
            self._is_in.set()
            self._leave.wait(PATIENCE_SECONDS)


@pytest.fixture
def gate() -> WorkGate:
    return WorkGate()


def test_ordinary_units_run_beside_each_other(gate: WorkGate) -> None:
    visitors = [Visitor(gate.beside_others) for _ in range(3)]
    assert all(visitor.is_in for visitor in visitors)
    for visitor in visitors:
        visitor.leave()


def test_suspect_waits_for_those_inside_and_keeps_newcomers_out(gate: WorkGate) -> None:
    inside = Visitor(gate.beside_others)
    assert inside.is_in
    suspect = Visitor(gate.alone)
    assert suspect.is_kept_out
    newcomer = Visitor(gate.beside_others)
    assert newcomer.is_kept_out
    inside.leave()
    assert suspect.is_in
    assert newcomer.is_kept_out
    suspect.leave()
    assert newcomer.is_in
    newcomer.leave()


def test_suspects_run_one_after_the_other(gate: WorkGate) -> None:
    first = Visitor(gate.alone)
    assert first.is_in
    second = Visitor(gate.alone)
    assert second.is_kept_out
    first.leave()
    assert second.is_in
    second.leave()
