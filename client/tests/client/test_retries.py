from itertools import pairwise

import httpx
import pytest

from meadow.client.retries import RetryPolicy


def test_pauses_grow_to_a_limit_and_are_spread() -> None:
    pauses = RetryPolicy(seconds=60, first_pause=0.1, longest_pause=0.8).pauses()
    taken = [pauses.next() or 0 for _ in range(8)]
    limits = [0.1, 0.2, 0.4] + [0.8] * 5
    assert all(limit / 2 <= pause <= limit for pause, limit in zip(taken, limits, strict=True))
    assert any(earlier != later for earlier, later in pairwise(taken[4:]))


def test_a_pause_that_was_asked_for_is_granted_or_refused_but_never_cut() -> None:
    pauses = RetryPolicy(seconds=5).pauses()
    assert pauses.next(3) == 3
    assert pauses.next(6) is None


def test_no_seconds_mean_no_retry() -> None:
    assert RetryPolicy(seconds=0).pauses().next() is None


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (503, {"Retry-After": "2"}, 2),
        (503, {"Retry-After": "-1"}, 0),
        (503, {}, None),
        (429, {"Retry-After": "2"}, None),
    ],
)
def test_only_a_503_with_seconds_invites_a_retry(status: int, headers: dict[str, str], pause: float | None) -> None:
    assert RetryPolicy(seconds=5).pauses().after(httpx.Response(status, headers=headers)) == pause


def test_other_answers_invite_one_where_the_policy_says_so() -> None:
    pauses = RetryPolicy(seconds=5, first_pause=0.1, statuses=frozenset({429, 502})).pauses()
    assert pauses.after(httpx.Response(429, headers={"Retry-After": "2"})) == 2
    assert 0 < (pauses.after(httpx.Response(502)) or 0) <= 0.1
    assert pauses.after(httpx.Response(500)) is None
