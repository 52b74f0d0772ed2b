"""A gateway that is asked to end does so in seconds, whoever waits for it."""

import signal
import threading
from collections.abc import Iterator

import httpx
import pytest

from gateway_process import GatewayProcess
from meadow_core.settings import Settings

SECONDS = 20.0
"""Of a busy machine; what would hold it up does so for longer."""
HELD_SECONDS = 30


@pytest.fixture
def gateway_process(settings: Settings) -> Iterator[GatewayProcess]:
    process = GatewayProcess(settings).start()
    yield process
    process.kill()


def test_open_streams_and_held_polls_do_not_hold_up_the_end(gateway_process: GatewayProcess) -> None:
    with httpx.Client(base_url=gateway_process.url, timeout=2 * HELD_SECONDS) as client:
        job = client.post("/v1/batches", json={}).json()["links"]["self"]
        answers: list[httpx.Response] = []
        held_poll = {"Prefer": f"wait={HELD_SECONDS}"}
        poll = threading.Thread(target=lambda: answers.append(client.get(job, headers=held_poll)))
        poll.start()
        with client.stream("GET", f"{job}/events") as response:
            lines = response.iter_lines()
            assert next(lines) == "event: job"
            assert gateway_process.stop(seconds=SECONDS) in {0, -signal.SIGTERM}
            # The stream was ended in an orderly way, or this would raise.
            rest = list(lines)
        poll.join(SECONDS)
    assert "event: done" not in rest
    (held,) = answers
    assert (held.status_code, held.json()["state"]) == (200, "queued")
