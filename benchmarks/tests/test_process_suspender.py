import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from meadow_bench.process_suspender import ProcessSuspender

FAMILY = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"


@contextmanager
def family() -> "Iterator[tuple[subprocess.Popen[bytes], psutil.Process]]":
    """A process, and its child that works."""
    with subprocess.Popen([sys.executable, "-c", FAMILY]) as parent:  # noqa: S603 - our own command
        while not (children := psutil.Process(parent.pid).children(recursive=True)):
            time.sleep(0.05)
        try:
            yield parent, children[0]
        finally:
            for process in (children[0], parent):
                with suppress(psutil.NoSuchProcess):
                    process.kill()


def cpu_seconds(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


def test_a_family_stands_still_while_it_is_suspended_and_goes_on_afterwards() -> None:
    with family() as (parent, child):
        with ProcessSuspender(parent.pid).suspended():
            time.sleep(0.1)
            before = cpu_seconds(child)
            time.sleep(0.3)
            assert cpu_seconds(child) == before
            statuses = {process.status() for process in (psutil.Process(parent.pid), child)}
            assert statuses == {psutil.STATUS_STOPPED}
        deadline = time.monotonic() + 10
        while cpu_seconds(child) == before:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_one_that_has_gone_is_passed_over() -> None:
    with family() as (parent, child):
        sleeper = ProcessSuspender(parent.pid)
        sleeper.suspend()
        child.kill()
        parent.kill()
        parent.wait()
        sleeper.resume()
