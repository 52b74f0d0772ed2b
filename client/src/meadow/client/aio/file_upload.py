"""Putting a file under a presigned address, straight into the object store, a piece at a time."""

from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import httpx

from meadow.client.aio.transport import AsyncTransport
from meadow.client.errors import ApiProblem, GatewayUnreachableError, StoreUnreachableError
from meadow.client.files import read_pieces, size_within
from meadow.client.retries import Pauses
from meadow.client.wire import is_on_this_machine
from meadow.schemas.sources import Upload

STORE_SECONDS = 60.0


async def put_file(transport: AsyncTransport, upload: Upload, path: Path, on_progress: Callable[[int], None]) -> None:
    """Upload a file, from its beginning again when the connection breaks.

    Args:
        transport: Where the gateway is; says how long to go on.
        upload: Where the file is to be put.
        path: The file.
        on_progress: Called with the bytes sent so far.

    Raises:
        UploadTooLargeError: The gateway does not take so large a file.
        ApiProblem: The store refused it.
        StoreUnreachableError: The store did not answer.
    """
    size = size_within(path, upload.max_bytes)
    pauses = transport.pauses()
    # The address is its own credential: the API key is not for the store.
    async with httpx.AsyncClient(timeout=STORE_SECONDS, trust_env=not is_on_this_machine(upload.url)) as store:
        while True:
            try:
                pieces = _reported(read_pieces(path), on_progress)
                response = await store.put(upload.url, content=pieces, headers={"Content-Length": str(size)})
            except httpx.TransportError as error:
                await _pause_after(error, transport, pauses, upload.url)
            else:
                if response.is_success:
                    return
                raise ApiProblem.unexpected(response)


async def _pause_after(error: httpx.TransportError, transport: AsyncTransport, pauses: Pauses, url: str) -> None:
    try:
        await transport.pause_after(error, pauses)
    except GatewayUnreachableError as given_up:
        raise StoreUnreachableError(url, given_up.reason) from error


async def _reported(pieces: Iterable[bytes], on_progress: Callable[[int], None]) -> AsyncIterator[bytes]:
    """Yield pieces, and tell how many bytes were sent after each; reading one takes about a millisecond."""
    sent = 0
    for piece in pieces:
        yield piece
        sent += len(piece)
        on_progress(sent)
