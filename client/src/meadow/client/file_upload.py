"""Putting a file under a presigned address, straight into the object store, a piece at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from meadow.client.errors import ApiProblem, ClientError, GatewayUnreachableError
from meadow.client.retries import Pauses
from meadow.client.transport import Transport, is_on_this_machine
from meadow.schemas.sources import Upload
from meadow.sizes import MEBIBYTE

PIECE = MEBIBYTE
STORE_SECONDS = 60.0


class UploadTooLargeError(ClientError):
    """The file is larger than the gateway takes."""

    def __init__(self, path: Path, size: int, limit: int) -> None:
        super().__init__(
            f"{path} has {size:,} bytes; at most {limit:,} are accepted. Unpack it and classify the folder."
        )


class StoreUnreachableError(ClientError):
    """Nothing that speaks HTTP answered at the address that the gateway gave out for a file."""

    def __init__(self, url: str, reason: str) -> None:
        # The rest of the address is a credential.
        store = httpx.URL(url).copy_with(raw_path=b"/")
        super().__init__(
            f"The object store at {store} does not answer ({reason}). Files are uploaded to it directly: if it has "
            "another address for clients, set MEADOW_S3_PUBLIC_ENDPOINT_URL for the gateway."
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
        StoreUnreachableError: The store did not answer.
    """
    size = path.stat().st_size
    if size > upload.max_bytes:
        raise UploadTooLargeError(path, size, upload.max_bytes)
    pauses = transport.pauses()
    # The address is its own credential: the API key is not for the store.
    with httpx.Client(timeout=STORE_SECONDS, trust_env=not is_on_this_machine(upload.url)) as store:
        while True:
            try:
                pieces = _pieces(path, on_progress)
                response = store.put(upload.url, content=pieces, headers={"Content-Length": str(size)})
            except httpx.TransportError as error:
                _pause_after(error, transport, pauses, upload.url)
            else:
                if response.is_success:
                    return
                raise ApiProblem.unexpected(response)


def _pause_after(error: httpx.TransportError, transport: Transport, pauses: Pauses, url: str) -> None:
    try:
        transport.pause_after(error, pauses)
    except GatewayUnreachableError as given_up:
        raise StoreUnreachableError(url, given_up.reason) from error


def _pieces(path: Path, on_progress: Callable[[int], None]) -> Iterator[bytes]:
    sent = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
            sent += len(piece)
            on_progress(sent)
