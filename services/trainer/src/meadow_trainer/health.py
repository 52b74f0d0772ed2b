"""`python -m meadow_trainer.health`: whether this host's trainer answers, for the health check of a container.

Asked over its queue, as Flower asks: a trainer that hangs, or has lost Redis, does not answer. One that trains does.
"""

import socket
import sys

from kombu.exceptions import OperationalError
from redis import RedisError

from meadow.queueing.app import create_celery
from meadow.settings import Settings, load_settings

ANSWER_SECONDS = 5.0


class UnhealthyError(Exception):
    """The trainer does not answer."""


def check(settings: Settings, node: str) -> None:
    """Raise unless the trainer of that name answers.

    Raises:
        UnhealthyError: It does not.
    """
    with create_celery(settings) as app:
        # One look at the connection, not Celery's endless patience with it.
        app.conf.broker_connection_retry = False
        try:
            answers = app.control.ping(destination=[node], timeout=ANSWER_SECONDS, limit=1)
        except (OSError, RedisError, OperationalError) as error:
            raise UnhealthyError(f"Redis does not answer: {error}") from error
    if not answers:
        raise UnhealthyError(f"{node} has not answered within {ANSWER_SECONDS:.0f} s.")


def main() -> None:
    """Exit with 0 if the trainer answers; else say why and exit with 1."""
    try:
        check(load_settings(), f"trainer@{socket.gethostname()}")
    except UnhealthyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
