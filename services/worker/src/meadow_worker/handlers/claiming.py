"""Taking a unit of work, so that one which may kill its process takes no other with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from meadow_core.jobs.leases import Claim, JobLeases
from meadow_worker.work_gate import WorkGate


class Claiming:
    """Claims units; where threads share the process, one whose attempt before was lost runs alone."""

    def __init__(self, leases: JobLeases, gate: WorkGate | None) -> None:
        """Work with a gate where threads share the process, without one where it works on one unit at a time."""
        self._leases = leases
        self._gate = gate

    @contextmanager
    def claimed(self, claim: Callable[[], Claim | None]) -> Iterator[Claim | None]:
        """Take a unit by calling `claim`, and hold the gate while it is worked on."""
        if self._gate is None:
            yield claim()
            return
        with self._gate.beside_others():
            taken = claim()
            if taken is None or not taken.is_retry:
                yield taken
                return
            # To wait is no attempt: one of those beside may be what kills the process.
            self._leases.postpone(taken, 0)
        with self._gate.alone():
            yield claim()
