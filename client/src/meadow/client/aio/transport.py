"""One HTTP connection pool to the gateway, with retries: the client's methods only say what they ask."""

from asyncio import sleep
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx

from meadow.client.errors import ApiProblem, GatewayUnreachableError
from meadow.client.retries import PASSING_ERRORS, Pauses, RetryPolicy
from meadow.client.wire import CONNECT_SECONDS, Params, is_on_this_machine


class AsyncTransport:
    """Sends requests to one gateway; safe to share between the tasks of an event loop."""

    def __init__(self, base_url: str, api_key: str, *, timeout: float, retries: RetryPolicy) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._retries = retries
        self._http = httpx.AsyncClient(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            # A proxy from the environment cannot reach this machine's loopback addresses.
            trust_env=not is_on_this_machine(self.base_url),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        wait: float = 0,
    ) -> httpx.Response:
        """Send a request, again where that is safe and may help, and return a successful answer.

        Args:
            method: HTTP method; a POST gets an idempotency key, which makes sending it twice safe.
            path: Path below the gateway's address.
            params: Query.
            headers: Headers beside authorization.
            content: Body.
            wait: Seconds that the gateway was asked to hold the request, added to the timeout.

        Raises:
            ApiProblem: The gateway answered with a problem.
            GatewayUnreachableError: The gateway did not answer.
        """
        sent = dict(headers or {})
        if method == "POST":
            sent.setdefault("Idempotency-Key", str(uuid4()))
        request = self._http.build_request(
            method,
            path,
            params=params,
            headers=sent,
            content=content,
            timeout=httpx.Timeout(self._timeout + wait, connect=CONNECT_SECONDS),
        )
        pauses = self.pauses()
        while True:
            try:
                response = await self._http.send(request)
            except httpx.TransportError as error:
                await self.pause_after(error, pauses)
            else:
                if response.is_success:
                    return response
                await self.pause_unless_final(response, pauses)

    @asynccontextmanager
    async def stream(self, path: str, params: Params) -> AsyncIterator[httpx.Response]:
        """Get `path` without retries, whatever the status of the answer; its body comes as it is read."""
        timeout = httpx.Timeout(self._timeout, connect=CONNECT_SECONDS)
        async with self._http.stream("GET", path, params=params, timeout=timeout) as response:
            yield response

    def pauses(self) -> Pauses:
        """The pauses of one call."""
        return self._retries.pauses()

    async def pause_after(self, error: httpx.TransportError, pauses: Pauses | None) -> None:
        """Wait before the next try.

        Raises:
            GatewayUnreachableError: There is to be none.
        """
        pause = pauses.next() if pauses and isinstance(error, PASSING_ERRORS) else None
        if pause is None:
            raise GatewayUnreachableError.after(error, self.base_url) from error
        await sleep(pause)

    async def pause_unless_final(self, response: httpx.Response, pauses: Pauses) -> None:
        """Wait before the next try.

        Raises:
            ApiProblem: The answer invites none, or there is to be none.
        """
        pause = pauses.after(response)
        if pause is None:
            raise ApiProblem.from_response(response)
        await sleep(pause)

    async def once(self, path: str) -> httpx.Response:
        """Get `path` without retries, whatever the status of the answer.

        Raises:
            GatewayUnreachableError: The gateway did not answer.
        """
        try:
            return await self._http.get(path, timeout=httpx.Timeout(self._timeout, connect=CONNECT_SECONDS))
        except httpx.TransportError as error:
            raise GatewayUnreachableError.after(error, self.base_url) from error
