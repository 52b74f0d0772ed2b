from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from meadow_airflow.gateway.client import GatewayClient
from meadow_airflow.gateway.models import Quality
from meadow_airflow.monitoring.cooldown import recent_run
from meadow_airflow.monitoring.signal import read_signal
from stand_in_gateway import StandInGateway

SINCE = datetime.now(UTC) - timedelta(hours=24)


@pytest.fixture
def client(gateway: StandInGateway) -> Iterator[GatewayClient]:
    with GatewayClient(gateway.url, patience=5) as connected:
        yield connected


def test_a_run_of_the_same_cause_within_the_cooldown_is_found(gateway: StandInGateway, client: GatewayClient) -> None:
    assert recent_run(client, "drift", SINCE) is None
    gateway.add_run("drift", hours_ago=23)
    # Newer ones fill the pages before it.
    for _ in range(5):
        gateway.add_run("schedule", hours_ago=2)
    found = recent_run(client, "drift", SINCE)
    assert found is not None
    assert found.id == "job_1"
    assert recent_run(client, "performance", SINCE) is None


def test_an_older_run_does_not_count_and_ends_the_search(gateway: StandInGateway, client: GatewayClient) -> None:
    for hours in range(25, 35):
        gateway.add_run("drift", hours_ago=hours)
    assert recent_run(client, "drift", SINCE) is None
    assert len(gateway.asked) == 1


@pytest.mark.parametrize(
    ("verdict", "cause"),
    [("ok", None), ("too-few", None), ("drift", "drift"), ("performance-drop", "performance")],
)
def test_what_a_verdict_calls_for(verdict: str, cause: str | None) -> None:
    signal = read_signal(Quality.model_validate({"verdict": verdict, "reasons": ["Half is grass.", "It was a third."]}))
    assert (signal.cause if signal else None) == cause
    if signal:
        assert signal.reason == "Half is grass. It was a third."
