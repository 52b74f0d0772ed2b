import time

import pytest

from both_clients import Side
from fake_gateway import ScriptedServer
from meadow.client import ApiProblem, GatewayUnreachableError, RetryPolicy
from meadow.client.transport import Transport


def test_a_post_that_was_cut_off_is_sent_again_under_the_same_key(server: ScriptedServer, transport: Transport) -> None:
    server.hang_up()
    server.reply_job()
    assert transport.send("POST", "/v1/classifications", content=b"x").status_code == 200
    first, second = server.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert second.body == b"x"


def test_two_posts_have_two_keys_and_a_get_has_none(server: ScriptedServer, transport: Transport) -> None:
    for _ in range(3):
        server.reply_job()
    transport.send("POST", "/v1/batches")
    transport.send("POST", "/v1/batches")
    transport.send("GET", "/v1/jobs/job_1")
    first, second, get = (asked.headers["Idempotency-Key"] for asked in server.asked)
    assert first != second
    assert get is None


def test_an_overloaded_gateway_is_asked_again_when_it_says_so(server: ScriptedServer, transport: Transport) -> None:
    server.reply_problem("overloaded", 503, "Full.", Retry_After="0")
    server.reply_problem("overloaded", 503, "Full.", Retry_After="0.2")
    server.reply_job()
    started = time.monotonic()
    assert transport.send("GET", "/").status_code == 200
    assert time.monotonic() - started >= 0.2
    assert len(server.asked) == 3


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}, {"Retry_After": "60"}])
def test_a_503_that_offers_nothing_in_time_is_final(
    server: ScriptedServer, transport: Transport, headers: dict[str, str]
) -> None:
    server.reply_problem("overloaded", 503, "Full.", **headers)
    with pytest.raises(ApiProblem, match="Full"):
        transport.send("GET", "/")
    assert len(server.asked) == 1


def test_other_errors_are_not_retried(server: ScriptedServer, transport: Transport) -> None:
    server.reply_problem("internal", 500, "Broken.", Retry_After="0")
    with pytest.raises(ApiProblem, match="Broken"):
        transport.send("GET", "/")
    assert len(server.asked) == 1


def test_retries_end(server: ScriptedServer, side: Side) -> None:
    transport = side.transport(server.url, "", timeout=5, retries=RetryPolicy(seconds=0.2, first_pause=0.05))
    for _ in range(10):
        server.hang_up()
    with pytest.raises(GatewayUnreachableError):
        transport.send("GET", "/")
    assert 2 <= len(server.asked) < 8
    transport.close()


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1"])
def test_an_address_that_cannot_be_is_not_retried(url: str, side: Side) -> None:
    transport = side.transport(url, "", timeout=5, retries=RetryPolicy(seconds=60))
    with pytest.raises(GatewayUnreachableError, match="protocol"):
        transport.send("GET", "/")
    transport.close()


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, free_port: int, side: Side
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port}")
    transport = side.transport(server.url, "", timeout=5, retries=RetryPolicy(seconds=0))
    server.reply_job()
    assert transport.once("/readyz").status_code == 200
    transport.close()
