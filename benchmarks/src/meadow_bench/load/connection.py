"""One HTTP/1.1 connection that is kept open: write a request, read its answer."""

import asyncio
from dataclasses import dataclass

LARGEST_HEAD = 64 * 1024
ANSWER_SECONDS = 120.0


@dataclass(frozen=True)
class Response:
    """An answer, whatever its status."""

    status: int
    body: bytes


class ConnectionBrokenError(Exception):
    """The server closed the connection, or what it sends is no HTTP that is understood here."""


class Connection:
    """A connection to a port of this machine; opened at the first request, and again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: list[bytes]) -> Response:
        """Send a request and return the answer.

        Raises:
            ConnectionBrokenError: There is none.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._ask(request)
        except TimeoutError as error:
            raise ConnectionBrokenError(f"no answer within {ANSWER_SECONDS:.0f} seconds") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise ConnectionBrokenError(f"the connection broke: {error}") from error

    def close(self) -> None:
        """Close the connection."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, request: list[bytes]) -> Response:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=LARGEST_HEAD)
        reader, writer = self._streams
        writer.writelines(request)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        fields = _fields(head)
        if "content-length" not in fields:
            raise ConnectionBrokenError(f"an answer without Content-Length: {head[:200]!r}")
        body = await reader.readexactly(int(fields["content-length"]))
        if fields.get("connection", "").lower() == "close":
            self.close()
        return Response(int(head[9:12]), body)


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:-2]
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
