"""Where the gateway is, and how to be let in: the Airflow connection `meadow_api`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

from airflow.sdk import BaseHook

from meadow import AsyncClient, Client, ClientError, RetryPolicy
from meadow_airflow.gateway.errors import PASSING, as_task_error
from meadow_airflow.settings import GATEWAY_CONNECTION

PLAIN = "http"
ANSWER_SECONDS = 15.0
"""For an answer, beyond what the gateway was asked to hold it back."""
PATIENCE_SECONDS = 60.0
"""A gateway that is restarted is back by then; one that is not is left to the task's retries."""


class ConnectionFields(Protocol):
    """What is read of an Airflow connection."""

    @property
    def schema(self) -> str | None: ...  # noqa: D102 - Airflow's fields
    @property
    def host(self) -> str | None: ...  # noqa: D102
    @property
    def port(self) -> int | None: ...  # noqa: D102
    @property
    def password(self) -> str | None: ...  # noqa: D102


def base_url(connection: ConnectionFields) -> str:
    """The gateway's address; a host may be written as a whole URL, as Airflow's own HTTP hook allows."""
    host = connection.host or ""
    if "://" in host:
        return host.rstrip("/")
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or PLAIN}://{host}{port}"


def patient(seconds: float = PATIENCE_SECONDS) -> RetryPolicy:
    """Go on after failed connections, and after what proxies answer while the gateway behind them is away."""
    return RetryPolicy(seconds=seconds, first_pause=0.5, longest_pause=30.0, statuses=PASSING)


@contextmanager
def connected_gateway(*, patience: float = PATIENCE_SECONDS) -> Iterator[Client]:
    """Follow the connection, for a task.

    Raises:
        GatewayUnavailableError: The gateway was away for too long.
        GatewayRefusedError: It refused what another try does not mend.
    """
    connection = BaseHook.get_connection(GATEWAY_CONNECTION)
    with _client(connection, patience) as client:
        try:
            yield client
        except ClientError as error:
            raise as_task_error(error) from error


@asynccontextmanager
async def connected_async_gateway() -> AsyncIterator[AsyncClient]:
    """Follow the connection, for a trigger, which deals with errors itself."""
    connection = await BaseHook.aget_connection(GATEWAY_CONNECTION)
    key = connection.password or ""
    async with AsyncClient(base_url(connection), key, timeout=ANSWER_SECONDS, retries=patient()) as client:
        yield client


def _client(connection: ConnectionFields, patience: float) -> Client:
    return Client(base_url(connection), connection.password or "", timeout=ANSWER_SECONDS, retries=patient(patience))
