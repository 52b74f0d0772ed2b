"""Putting a file under a presigned address, straight into the object store, a piece at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from meadow.client.errors import ApiProblem, ClientError
from meadow.client.transport import Transport, is_loopback
from meadow.settings import MEBIBYTE
from meadow.sources.model import Upload

PIECE = MEBIBYTE
STORE_SECONDS = 60.0


class UploadTooLargeError(ClientError):
    """The file is larger than the gateway takes."""

    def __init__(self, path: Path, size: int, limit: int) -> None:
        super().__init__(
            f"{path} has {size:,} bytes; at most {limit:,} are accepted. Unpack it and classify the folder."
        )


def put_file(transport: Transport, upload: Upload, path: Path, on_progress: Callable[[int], None]) -> None:
    """Upload a file, from its beginning again when the connection breaks.

    Args:
        transport: Where the gateway is; says how long to go on.
        upload: Where the file is to be put.
        path: The file.
        on_progress: Called with the bytes sent so far.

    Raises:
        UploadTooLargeError: The gateway does not take so large a file.
        ApiProblem: The store refused it.
        GatewayUnreachableError: The store did not answer.
    """
    size = path.stat().st_size
    if size > upload.max_bytes:
        raise UploadTooLargeError(path, size, upload.max_bytes)
    pauses = transport.pauses()
    # The address is its own credential: the API key is not for the store.
    with httpx.Client(timeout=STORE_SECONDS, trust_env=not is_loopback(upload.url)) as store:
        while True:
            try:
                pieces = _pieces(path, on_progress)
                response = store.put(upload.url, content=pieces, headers={"Content-Length": str(size)})
            except httpx.TransportError as error:
                transport.pause_after(error, pauses)
            else:
                if response.is_success:
                    return
                raise ApiProblem.unexpected(response)


def _pieces(path: Path, on_progress: Callable[[int], None]) -> Iterator[bytes]:
    sent = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
            sent += len(piece)
            on_progress(sent)
