"""The client: one method for each thing the gateway does, from `calls`, over one pool of connections."""
# Written from aio/client.py by `make sync-client`: change that file instead.

from types import TracebackType
from typing import TYPE_CHECKING, Self

from meadow.client.calls.batches import BatchCalls
from meadow.client.calls.datasets import DatasetCalls
from meadow.client.calls.jobs import JobCalls
from meadow.client.calls.labels import LabelCalls
from meadow.client.calls.models import ModelCalls
from meadow.client.calls.system import SystemCalls
from meadow.client.retries import RetryPolicy
from meadow.client.transport import Transport

if TYPE_CHECKING:
    from meadow.settings import GatewayAddress


class Client(JobCalls, BatchCalls, LabelCalls, DatasetCalls, ModelCalls, SystemCalls):
    """Talks to a gateway; a context manager that closes its connections.

    Safe to share between threads.

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
        self._transport = Transport(base_url, api_key, timeout=timeout, retries=retries or RetryPolicy())

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

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
