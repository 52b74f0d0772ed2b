"""A job's webhook as its submitter sees it."""

from enum import StrEnum

from pydantic import BaseModel, Field


class WebhookState(StrEnum):
    """How far the call has come."""

    PENDING = "pending"
    """The job is not finished, or another attempt is to come."""
    DELIVERED = "delivered"
    """The receiver answered with a 2xx status."""
    FAILED = "failed"
    """Given up: every attempt failed, or the receiver answered 410."""


class Webhook(BaseModel):
    """What has become of the call to the URL that the submitter named."""

    state: WebhookState
    attempts: int = 0
    last_status: int | None = Field(None, description="HTTP status of the last attempt; null when nothing answered.")
