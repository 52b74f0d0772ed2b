"""The gateway, asked by the triggerer, whose one thread serves every task that waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from airflow.sdk import BaseHook

from meadow_airflow.gateway.answers import check, parse, unreachable
from meadow_airflow.gateway.connection import base_url, headers, timeout
from meadow_airflow.gateway.errors import GatewayRefusedError
from meadow_airflow.gateway.models import Job, SystemStatus
from meadow_airflow.settings import GATEWAY_CONNECTION


class AsyncGateway:
    """Single calls, without retries: a trigger has its own patience."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def job(self, job_id: str, *, wait: int = 0) -> Job:
        """Read a job, up to `wait` seconds later if it has not ended before."""
        response = await self._ask(
            "GET", f"/v1/jobs/{job_id}", headers={"Prefer": f"wait={wait}"} if wait else {}, timeout=timeout(wait)
        )
        return parse(Job, response)

    async def cancel(self, job_id: str) -> None:
        """Stop a job; one that has ended meanwhile is left as it is."""
        try:
            await self._ask("POST", f"/v1/jobs/{job_id}:cancel")
        except GatewayRefusedError as refusal:
            if refusal.code not in ("job-finished", "job-gone", "not-found"):
                raise

    async def status(self) -> SystemStatus:
        """Read what the workers serve."""
        return parse(SystemStatus, await self._ask("GET", "/v1/status"))

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own options
        try:
            response = await self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise unreachable(error) from error
        check(response)
        return response


@asynccontextmanager
async def connected_gateway() -> AsyncIterator[AsyncGateway]:
    """Follow the Airflow connection."""
    connection = await BaseHook.aget_connection(GATEWAY_CONNECTION)
    async with httpx.AsyncClient(base_url=base_url(connection), headers=headers(connection), timeout=timeout()) as http:
        yield AsyncGateway(http)
