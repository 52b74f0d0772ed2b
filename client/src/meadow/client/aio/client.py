"""The asynchronous client: one method for each thing the gateway does, from `calls`, over one pool of connections."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from meadow.client.aio.calls.batches import AsyncBatchCalls
from meadow.client.aio.calls.datasets import AsyncDatasetCalls
from meadow.client.aio.calls.jobs import AsyncJobCalls
from meadow.client.aio.calls.labels import AsyncLabelCalls
from meadow.client.aio.calls.models import AsyncModelCalls
from meadow.client.aio.calls.system import AsyncSystemCalls
from meadow.client.aio.transport import AsyncTransport
from meadow.client.retries import RetryPolicy

if TYPE_CHECKING:
    from meadow.settings import GatewayAddress


class AsyncClient(
    AsyncJobCalls, AsyncBatchCalls, AsyncLabelCalls, AsyncDatasetCalls, AsyncModelCalls, AsyncSystemCalls
):
    """Talks to a gateway; a context manager that closes its connections.

    Safe to share between the tasks of an event loop.

    Methods raise `ApiProblem` when the gateway refuses, `GatewayUnreachableError` when it does not answer.

    Args:
        base_url: Where the gateway is.
        api_key: Sent with every request when not empty.
        timeout: Seconds to wait for an answer, beyond what the gateway was asked to wait.
        retries: How long to go on after failed connections and answers that invite a retry.
    """

    def __init__(
        self, base_url: str, api_key: str = "", *, timeout: float = 30.0, retries: RetryPolicy | None = None
    ) -> None:
        self._transport = AsyncTransport(base_url, api_key, timeout=timeout, retries=retries or RetryPolicy())

    @classmethod
    def from_settings(
        cls, settings: "GatewayAddress", *, timeout: float = 30.0, retries: RetryPolicy | None = None
    ) -> Self:
        """The client for the gateway that the settings name."""
        key = settings.api_key.get_secret_value()
        return cls(settings.api_url, key, timeout=timeout, retries=retries)

    @property
    def base_url(self) -> str:
        """Where the gateway is."""
        return self._transport.base_url

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
