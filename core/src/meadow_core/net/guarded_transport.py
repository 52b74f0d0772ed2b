"""An HTTP transport that connects to the very addresses it has checked."""

import httpx

from meadow_core.net.public_addresses import PublicAddresses


class GuardedTransport(httpx.AsyncBaseTransport):
    """Resolves each request's host once, checks what it finds, and connects there.

    The request still names the host, for virtual hosts and for the certificate. No connection is kept: one that was
    opened for a host must not serve another host at the same address. Redirects are the client's; each of them comes
    through here again.
    """

    def __init__(self, addresses: PublicAddresses) -> None:
        self._addresses = addresses
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            UrlRefusedError: The URL leads to where it must not.
            httpx.TransportError: As of any transport.
        """
        addresses = await self._addresses.resolve(request.url)
        for address in addresses[:-1]:
            try:
                return await self._send_to(str(address), request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._send_to(str(addresses[-1]), request)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def _send_to(self, address: str, request: httpx.Request) -> httpx.Response:
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
        )
        return await self._inner.handle_async_request(pinned)
