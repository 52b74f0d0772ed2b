"""Meadow's client: submit images to a gateway and read the answers.

`Client` has one method for each thing that the gateway does; `meadow.schemas` describes what it takes and returns.
"""

from meadow.client import ApiProblem, Client, ClientError, GatewayUnreachableError, JobPendingError, RetryPolicy
from meadow.errors import MeadowError

__all__ = [
    "ApiProblem",
    "Client",
    "ClientError",
    "GatewayUnreachableError",
    "JobPendingError",
    "MeadowError",
    "RetryPolicy",
]
