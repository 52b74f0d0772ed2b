"""What every call shares: the connection."""
# Written from aio/calls/base.py by `make sync-client`: change that file instead.

from meadow.client.transport import Transport


class Calls:
    """Calls about one subject; `Client` puts the subjects together.

    Methods raise `ApiProblem` when the gateway refuses, `GatewayUnreachableError` when it does not answer.
    """

    _transport: Transport
