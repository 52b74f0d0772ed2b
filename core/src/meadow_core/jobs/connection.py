"""The connection to Redis of workers and trainer."""

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from meadow_core.settings.stores import RedisSettings

RETRIES = 8
LONGEST_PAUSE_SECONDS = 2.0


def connect(settings: RedisSettings) -> redis.Redis:
    """Open a connection that outlives a restart of Redis.

    An answer, or minutes of training, must not be lost to a short outage.
    """
    return redis.Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=10,
        socket_connect_timeout=2,
        retry=Retry(ExponentialBackoff(cap=LONGEST_PAUSE_SECONDS, base=0.05), RETRIES),
        retry_on_error=[redis.BusyLoadingError],
        health_check_interval=15,
    )
