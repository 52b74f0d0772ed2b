"""The gateway's client: what the command line, the pages and other programs submit and poll with."""

from meadow.client.client import Client
from meadow.client.errors import ApiProblem, ClientError, GatewayUnreachableError, JobPendingError
from meadow.client.retries import RetryPolicy
from meadow.schemas.readiness import Check, Readiness

__all__ = [
    "ApiProblem",
    "Check",
    "Client",
    "ClientError",
    "GatewayUnreachableError",
    "JobPendingError",
    "Readiness",
    "RetryPolicy",
]
