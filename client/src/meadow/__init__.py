"""Meadow's client: submit images to a gateway and read the answers.

`Client`, and `AsyncClient` for an event loop, have one method for each thing that the gateway does; `classify` and
`aclassify` are one call for one image. `meadow.schemas` describes what the gateway takes and returns.
"""

from meadow.client import (
    ApiProblem,
    AsyncClient,
    Client,
    ClientError,
    GatewayUnreachableError,
    JobFailedError,
    JobPendingError,
    RetryPolicy,
    aclassify,
    classify,
)
from meadow.errors import MeadowError

__all__ = [
    "ApiProblem",
    "AsyncClient",
    "Client",
    "ClientError",
    "GatewayUnreachableError",
    "JobFailedError",
    "JobPendingError",
    "MeadowError",
    "RetryPolicy",
    "aclassify",
    "classify",
]
