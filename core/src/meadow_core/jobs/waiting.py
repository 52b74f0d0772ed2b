"""Jobs of one image that wait behind the one a worker was given: it takes its share of them along.

A message costs Celery's worker about as much time as a small network takes to answer it, and an engine answers several
images faster together. Whoever takes a message out of its queue claims the unit, as if Celery had handed it over.
"""

import redis

from meadow.schemas.queues import INTERACTIVE_QUEUE
from meadow_core.jobs import keys
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.record import text
from meadow_core.jobs.scripts import load_script
from meadow_core.names import CLASSIFY_IMAGE_TASK


class WaitingImages:
    """The interactive queue, past Celery."""

    def __init__(self, client: redis.Redis, *, processes: int) -> None:
        """Look at the queue as one of so many processes or threads that share it."""
        self._processes = processes
        self._take = client.register_script(load_script("take_waiting"))

    def take(self, most: int) -> list[Unit]:
        """Take an even share of the messages that wait, oldest first, and at most `most`."""
        arguments: list[str | int] = [CLASSIFY_IMAGE_TASK, keys.job(""), most, self._processes]
        return [Unit.parse(text(name)) for name in self._take([INTERACTIVE_QUEUE], arguments)]
