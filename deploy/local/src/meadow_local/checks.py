"""What each part must do before it counts as ready: its real work, not an open port.

The clients of the stores are imported where they are used: `meadow --help` should not wait for them.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from meadow.client import Client, ClientError, RetryPolicy
from meadow.schemas.queues import TRAINING_QUEUE
from meadow_local.errors import NotReadyError
from meadow_local.settings import LOOPBACK, LocalSettings

CHECK_SECONDS = 3.0
PROBE_PREFIX = "probes/"

FRESH = timedelta(seconds=10)
"""A heartbeat older than this is a worker that hangs or is gone."""


@dataclass(frozen=True)
class Target:
    """A part's process that is to be checked."""

    settings: LocalSettings
    started: datetime
    """When the process started: a sign of life from before came from its predecessor."""


def redis_answers(target: Target) -> None:
    """Redis lets us in and answers."""
    from redis import Redis, RedisError  # noqa: PLC0415

    client = Redis.from_url(target.settings.redis_url.get_secret_value(), socket_timeout=CHECK_SECONDS)
    try:
        client.ping()
    except RedisError as error:
        raise NotReadyError(f"does not answer ({error})") from error
    finally:
        client.close()


def s3_keeps_objects(target: Target) -> None:
    """An object that is written can be read back, and every bucket is there."""
    from meadow_core.storage.s3 import ObjectStore, StoreError  # noqa: PLC0415

    settings = target.settings
    _reach(settings.s3_endpoint_url)
    store = ObjectStore(settings)
    key = PROBE_PREFIX + secrets.token_hex(8)
    try:
        for bucket in settings.buckets:
            store.check_bucket(bucket)
        store.put(settings.jobs_bucket, key, key.encode())
        kept = store.get(settings.jobs_bucket, key)
        store.delete_prefix(settings.jobs_bucket, key)
    except StoreError as error:
        raise NotReadyError(str(error)) from error
    if kept != key.encode():
        raise NotReadyError("gave back other bytes than were written")


def mlflow_is_healthy(target: Target) -> None:
    """MLflow says so."""
    expect_ok(f"{target.settings.mlflow_tracking_uri}/health")


def gateway_is_ready(target: Target) -> None:
    """The gateway reaches all that it needs."""
    _reach(target.settings.api_url)
    with _client(target.settings) as client:
        try:
            readiness = client.readiness()
        except ClientError as error:
            raise NotReadyError("does not answer") from error
    missing = [f"{name} ({check.detail})" for name, check in readiness.checks.items() if not check.ok]
    if missing:
        raise NotReadyError("waits for " + ", ".join(missing))


def worker_beats(target: Target) -> None:
    """A heartbeat of this worker reached the gateway just now."""
    try:
        _reach(target.settings.api_url)
    except NotReadyError as error:
        raise NotReadyError("waits for the gateway") from error
    with _client(target.settings) as client:
        try:
            workers = client.status().workers
        except ClientError as error:
            raise NotReadyError("waits for the gateway") from error
    earliest = max(datetime.now(UTC) - FRESH, target.started)
    if not any(worker.seen_at >= earliest for worker in workers):
        raise NotReadyError("gives no sign of life")


def trainer_answers(target: Target) -> None:
    """A Celery worker that serves the training queue answers."""
    from kombu.exceptions import OperationalError  # noqa: PLC0415
    from redis import RedisError  # noqa: PLC0415

    from meadow_core.queueing.app import create_celery  # noqa: PLC0415

    with create_celery(target.settings) as app:
        try:
            queues = app.control.inspect(timeout=CHECK_SECONDS / 2).active_queues() or {}
        except (OSError, RedisError, OperationalError) as error:
            raise NotReadyError(f"waits for Redis ({error})") from error
    served = {queue["name"] for entries in queues.values() for queue in entries}
    if TRAINING_QUEUE not in served:
        raise NotReadyError("does not serve its queue")


def ui_is_healthy(target: Target) -> None:
    """Streamlit says so."""
    expect_ok(f"http://{LOOPBACK}:{target.settings.ui_port}/_stcore/health")


def flower_is_healthy(target: Target) -> None:
    """Flower says so."""
    expect_ok(f"http://{LOOPBACK}:{target.settings.flower_port}/healthcheck")


def expect_ok(url: str) -> None:
    """A page answers with 200.

    Raises:
        NotReadyError: It does not.
    """
    status = _reach(url)
    if status != HTTPStatus.OK:
        raise NotReadyError(f"answers {status} at {url}")


def _reach(url: str) -> int:
    """The status that a part of this machine answers with.

    Asked often while the parts start, and they need the processor: so no client that loads certificates and looks for
    proxies, which loopback needs none of.
    """
    parsed = urlsplit(url)
    connection = HTTPConnection(parsed.hostname or LOOPBACK, parsed.port, timeout=CHECK_SECONDS)
    try:
        connection.request("GET", parsed.path or "/")
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise NotReadyError("does not answer") from error
    finally:
        connection.close()


def _client(settings: LocalSettings) -> Client:
    return Client.from_settings(settings, timeout=CHECK_SECONDS, retries=RetryPolicy(seconds=0))
