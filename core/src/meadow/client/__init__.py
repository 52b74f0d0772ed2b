"""The gateway's client: what the command line, the pages and other programs submit and poll with."""

from meadow.client.client import MeadowClient
from meadow.client.errors import ApiProblem, ClientError, GatewayUnreachableError, JobPendingError
from meadow.client.retries import RetryPolicy
from meadow.readiness import Check, Readiness

__all__ = [
    "ApiProblem",
    "Check",
    "ClientError",
    "GatewayUnreachableError",
    "JobPendingError",
    "MeadowClient",
    "Readiness",
    "RetryPolicy",
]
