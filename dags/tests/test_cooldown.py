from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fake_gateway.quality import make_quality
from meadow import Client
from meadow.client.calls.jobs import LIST_PAGE
from meadow.schemas.quality import Verdict
from meadow.schemas.training import TrainingCause
from meadow_airflow.gateway.connection import patient
from meadow_airflow.monitoring.cooldown import recent_run
from meadow_airflow.monitoring.signal import read_signal
from training_gateway import TrainingGateway

SINCE = datetime.now(UTC) - timedelta(hours=24)


@pytest.fixture
def client(gateway: TrainingGateway) -> Iterator[Client]:
    with Client(gateway.url, retries=patient(5)) as connected:
        yield connected


def test_a_run_of_the_same_cause_within_the_cooldown_is_found(gateway: TrainingGateway, client: Client) -> None:
    assert recent_run(client, TrainingCause.DRIFT, SINCE) is None
    drift = gateway.add_job(hours_ago=23, cause="drift", state="succeeded")
    # Newer ones fill the pages before it.
    for _ in range(LIST_PAGE):
        gateway.add_job(hours_ago=2, cause="schedule", state="failed")
    gateway.asked.clear()
    found = recent_run(client, TrainingCause.DRIFT, SINCE)
    assert found is not None
    assert found.id == drift.id
    assert len(gateway.asked) == 2
    assert recent_run(client, TrainingCause.PERFORMANCE, SINCE) is None


def test_an_older_run_does_not_count_and_ends_the_search(gateway: TrainingGateway, client: Client) -> None:
    for hours in range(25, 26 + LIST_PAGE):
        gateway.add_job(hours_ago=hours, cause="drift", state="succeeded")
    assert recent_run(client, TrainingCause.DRIFT, SINCE) is None
    assert len(gateway.asked) == 1


@pytest.mark.parametrize(
    ("verdict", "cause"),
    [("ok", None), ("too-few", None), ("drift", "drift"), ("performance-drop", "performance")],
)
def test_what_a_verdict_calls_for(verdict: str, cause: str | None) -> None:
    signal = read_signal(make_quality(None, verdict=Verdict(verdict), reasons=["Half is grass.", "It was a third."]))
    assert (signal.cause if signal else None) == cause
    if signal:
        assert signal.reason == "Half is grass. It was a third."
