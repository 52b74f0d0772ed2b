"""One thread an inference process: takes up a new model while the process goes on with its jobs, or has none."""

import logging
import threading
from collections.abc import Callable

from meadow_worker.model_host import ModelHost

WATCH_SECONDS = 0.5
"""How often a process looks whether its host's model sync has fetched another model; it costs one look at a file."""

logger = logging.getLogger(__name__)


class ModelReloader:
    """Looks for a new model whether or not there are jobs: an idle process must not be found on an old version."""

    def __init__(self, models: ModelHost, *, on_change: Callable[[], None]) -> None:
        self._models = models
        self._on_change = on_change
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-reloader", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(WATCH_SECONDS):
            try:
                if self._models.refresh():
                    self._on_change()
            except Exception:
                # A watch that ended quietly would leave the process on its old model for good.
                logger.exception("could not look for a new model; trying again")
