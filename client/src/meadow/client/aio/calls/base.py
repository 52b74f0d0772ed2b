"""What every call shares: the connection."""

from meadow.client.aio.transport import AsyncTransport


class AsyncCalls:
    """Calls about one subject; `AsyncClient` puts the subjects together.

    Methods raise `ApiProblem` when the gateway refuses, `GatewayUnreachableError` when it does not answer.
    """

    _transport: AsyncTransport
