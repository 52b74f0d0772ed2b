"""`python -m meadow_worker.health`: whether this host's worker lives, for the health check of a container.

It looks for what the worker says of itself in Redis, so a worker that hangs or has lost Redis is found too.
"""

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime

import redis

from meadow.errors import MeadowError
from meadow.schemas.status import WorkerStatus
from meadow_core.jobs import keys
from meadow_core.jobs.fleet import SILENT_AFTER
from meadow_core.settings.services import WorkerSettings
from meadow_worker.heartbeat import host_name

CONNECT_SECONDS = 3.0


class UnhealthyError(MeadowError):
    """The worker does not do its work; the message says how that shows."""


def check(settings: WorkerSettings, *, serving: bool) -> None:
    """Raise unless a process of this host has reported within the last seconds.

    Args:
        settings: Where Redis is.
        serving: Whether a worker that waits for its first model is unhealthy, although it can do nothing about it.

    Raises:
        UnhealthyError: None has, or none serves a model.
    """
    client = redis.Redis.from_url(
        settings.redis_url.get_secret_value(), socket_timeout=CONNECT_SECONDS, socket_connect_timeout=CONNECT_SECONDS
    )
    try:
        reports = [WorkerStatus.model_validate_json(value) for value in client.hvals(keys.WORKERS)]
    except redis.RedisError as error:
        raise UnhealthyError(f"Redis does not answer: {error}") from error
    finally:
        client.close()
    now = datetime.now(UTC)
    fresh = [
        report
        for report in reports
        if report.worker.rpartition(":")[0] == host_name() and now - report.seen_at < SILENT_AFTER
    ]
    if not fresh:
        raise UnhealthyError(f"No process of {host_name()} has reported within {SILENT_AFTER.seconds} s.")
    if serving and not any(report.model for report in fresh):
        raise UnhealthyError("No model is served yet.")


def main() -> None:
    """Exit with 0 if the worker is healthy; else say why and exit with 1."""
    parser = ArgumentParser(description="Tell whether this host's worker is healthy.")
    parser.add_argument("--serving", action="store_true", help="ask for a model that is served, too")
    arguments = parser.parse_args()
    try:
        check(WorkerSettings.load(), serving=arguments.serving)
    except UnhealthyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
