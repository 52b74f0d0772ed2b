"""The gateway's client: what the command line, the pages and other programs submit and poll with."""

from meadow.client.aio.client import AsyncClient
from meadow.client.aio.one_image import aclassify
from meadow.client.client import Client
from meadow.client.errors import ApiProblem, ClientError, GatewayUnreachableError, JobFailedError, JobPendingError
from meadow.client.one_image import classify
from meadow.client.retries import RetryPolicy
from meadow.schemas.readiness import Check, Readiness

__all__ = [
    "ApiProblem",
    "AsyncClient",
    "Check",
    "Client",
    "ClientError",
    "GatewayUnreachableError",
    "JobFailedError",
    "JobPendingError",
    "Readiness",
    "RetryPolicy",
    "aclassify",
    "classify",
]
