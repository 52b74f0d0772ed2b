"""When a request that failed is worth sending again, and how long to wait before that."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic

import httpx


@dataclass(frozen=True)
class RetryPolicy:
    """Retries with growing pauses, for at most `seconds` in all; zero turns them off."""

    seconds: float = 10.0
    first_pause: float = 0.1
    longest_pause: float = 2.0
    statuses: frozenset[int] = frozenset()
    """Answers that are worth another try although they are no 503 with `Retry-After`: a proxy's, whose gateway is
    being restarted, say."""

    def pauses(self) -> "Pauses":
        """The pauses of one call."""
        return Pauses(self)


PASSING_ERRORS = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)
"""What a restart of the gateway or a full backlog looks like; other transport errors stay as they are."""

PATIENT = RetryPolicy(seconds=120.0, longest_pause=3.0)
"""For long work that must outlive a restart of the gateway."""


class Pauses:
    """How long one call may still go on trying, and the pause that comes next."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._deadline = monotonic() + policy.seconds
        self._growing = _growing(policy)
        self._statuses = policy.statuses

    def next(self, asked: float | None = None) -> float | None:
        """Seconds to wait before the next try, or None when the call should give up.

        Args:
            asked: The pause that the gateway asked for; it is granted or the call gives up, never shortened.
        """
        pause = next(self._growing) if asked is None else asked
        return pause if monotonic() + pause < self._deadline else None

    def after(self, response: httpx.Response) -> float | None:
        """Seconds to wait before the next try, or None when the answer invites none or the call should give up."""
        asked = _asked_seconds(response)
        invites = response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and asked is not None
        return self.next(asked) if invites or response.status_code in self._statuses else None


def _growing(policy: RetryPolicy) -> Iterator[float]:
    pause = policy.first_pause
    while True:
        # Clients that failed together should not come back together.
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        pause = min(pause * 2, policy.longest_pause)


def _asked_seconds(response: httpx.Response) -> float | None:
    """The pause that an answer asks for in seconds (RFC 9110, 10.2.3); None when it does not, or names a date."""
    try:
        return max(float(response.headers["Retry-After"]), 0.0)
    except (KeyError, ValueError):
        return None
