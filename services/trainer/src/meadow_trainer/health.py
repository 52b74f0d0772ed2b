"""Health check of this host's trainer, for containers: `python -m meadow_trainer.health`.

A ping over Celery, as Flower sends: a trainer that hangs or has lost Redis does not answer; a training one does.
"""

import socket
import sys

from kombu.exceptions import OperationalError
from redis import RedisError

from meadow.errors import MeadowError
from meadow_core.queueing.app import create_celery
from meadow_core.settings.services import TrainerSettings

ANSWER_SECONDS = 5.0


class UnhealthyError(MeadowError):
    """The trainer did not answer the ping."""


def check(settings: TrainerSettings, node: str) -> None:
    """Ping a trainer.

    Raises:
        UnhealthyError: The trainer does not answer.
    """
    with create_celery(settings) as app:
        # Fail at once instead of retrying the connection for ever, as Celery does.
        app.conf.broker_connection_retry = False
        try:
            answers = app.control.ping(destination=[node], timeout=ANSWER_SECONDS, limit=1)
        except (OSError, RedisError, OperationalError) as error:
            raise UnhealthyError(f"Redis does not answer: {error}") from error
    if not answers:
        raise UnhealthyError(f"{node} has not answered within {ANSWER_SECONDS:.0f} s.")


def main() -> None:
    """Exit with 0 if the trainer answers, else print the reason and exit with 1."""
    try:
        check(TrainerSettings.load(), f"trainer@{socket.gethostname()}")
    except UnhealthyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
