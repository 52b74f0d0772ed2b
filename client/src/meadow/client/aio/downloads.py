"""Reading a long answer line by line, and taking it up again where it broke off."""

from collections.abc import AsyncIterable, AsyncIterator

import httpx

from meadow.client.aio.transport import AsyncTransport
from meadow.client.wire import Params


async def read_lines(transport: AsyncTransport, path: str, params: Params, *, may_repeat: bool) -> AsyncIterator[bytes]:
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
            async with transport.stream(path, params) as response:
                if response.is_success:
                    passed_over = 0
                    async for line in split_lines(response.aiter_bytes()):
                        if passed_over < before:
                            passed_over += 1
                            continue
                        yield line
                        taken += 1
                    return
                await response.aread()
        except httpx.TransportError as error:
            if taken > before:
                pauses = transport.pauses()
            await transport.pause_after(error, pauses if may_repeat or not taken else None)
        else:
            await transport.pause_unless_final(response, pauses)


async def split_lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines of a body, which end with a line feed and nothing else."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
    if rest:
        yield rest
