"""Reading a long answer line by line, and taking it up again where it broke off."""
# Written from aio/downloads.py by `make sync-client`: change that file instead.

from collections.abc import Iterable, Iterator

import httpx

from meadow.client.transport import Transport
from meadow.client.wire import Params


def read_lines(transport: Transport, path: str, params: Params, *, may_repeat: bool) -> Iterator[bytes]:
    """Yield the lines of an answer, without their ends.

    Args:
        transport: Where the gateway is.
        path: Path below the gateway's address.
        params: Query.
        may_repeat: The answer is the same each time. When the connection breaks, it is asked for again and the lines
            that were read are passed over.

    Raises:
        ApiProblem: The gateway answered with a problem.
        GatewayUnreachableError: The gateway did not answer, or stopped in the middle.
    """
    taken = 0
    pauses = transport.pauses()
    while True:
        before = taken
        try:
            with transport.stream(path, params) as response:
                if response.is_success:
                    passed_over = 0
                    for line in split_lines(response.iter_bytes()):
                        if passed_over < before:
                            passed_over += 1
                            continue
                        yield line
                        taken += 1
                    return
                response.read()
        except httpx.TransportError as error:
            if taken > before:
                pauses = transport.pauses()
            transport.pause_after(error, pauses if may_repeat or not taken else None)
        else:
            transport.pause_unless_final(response, pauses)


def split_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a body, which end with a line feed and nothing else."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest
