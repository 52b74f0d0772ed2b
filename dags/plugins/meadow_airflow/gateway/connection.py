"""Where the gateway is, and how to be let in: the Airflow connection `meadow_api`."""

from typing import Protocol

import httpx

PLAIN = "http"


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


def headers(connection: ConnectionFields) -> dict[str, str]:
    """The API key, if there is one."""
    return {"Authorization": f"Bearer {connection.password}"} if connection.password else {}


def timeout(wait: float = 0.0) -> httpx.Timeout:
    """Time for an answer that the gateway may hold back for `wait` seconds."""
    return httpx.Timeout(15.0 + wait, connect=5.0)
