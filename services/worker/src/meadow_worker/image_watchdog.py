"""A time limit for images: a decoder that never returns would keep its heartbeat, and its job, for ever.

The process is ended, as a crash would end it: the work is sent again, and the image is found out like any other that
kills its worker. A thread cannot be ended, and one that never lets go of the interpreter not even be told.
"""

import faulthandler
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOKS_PER_LIMIT = 8
LONGEST_PAUSE_SECONDS = 1.0
STDERR = 2
"""Celery puts an object of its own, without a file, in the place of `sys.stderr`."""

logger = logging.getLogger(__name__)


class ImageWatchdog:
    """Watches the images that the threads of a process work on."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._pause = min(limit_seconds / LOOKS_PER_LIMIT, LONGEST_PAUSE_SECONDS)
        self._since: dict[int, float] = {}
        """Thread -> when it began its image, or its run of the network."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        faulthandler.cancel_dump_traceback_later()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Say that this thread works on an image, or on several in one run."""
        thread = threading.get_ident()
        self._since[thread] = time.monotonic()
        try:
            yield
        finally:
            del self._since[thread]

    def _run(self) -> None:
        while True:
            now = time.monotonic()
            left = min(self._since.copy().values(), default=now) + self._limit - now
            if left <= 0:
                logger.critical("ending the process: an image took more than %.0f s", self._limit)
                faulthandler.dump_traceback(STDERR)
                os.kill(os.getpid(), signal.SIGKILL)
            # Looks from outside the interpreter, for a decoder that does not let this thread run: also one that begins
            # before the next look, so there is always such a timer.
            faulthandler.dump_traceback_later(left + 2 * self._pause, exit=True, file=STDERR)
            if self._stop.wait(self._pause):
                break
