from collections.abc import Iterator

import pytest

from meadow import Client
from meadow_airflow.gateway.connection import patient
from meadow_airflow.roll_out.rollback import roll_back
from training_gateway import TrainingGateway, model


@pytest.fixture
def client(gateway: TrainingGateway) -> Iterator[Client]:
    with Client(gateway.url, retries=patient(5)) as connected:
        yield connected


def test_the_version_before_comes_back_once(gateway: TrainingGateway, client: Client) -> None:
    gateway.produce("1", "2", "3")
    said = [roll_back(client, model("3"), "key") for _ in range(2)]
    assert gateway.serving == "2"
    assert said[0].endswith("Version 2 is back in production.")
    assert said[1].endswith("Production is version 2, and was left alone.")


def test_another_version_that_came_meanwhile_is_left_alone(gateway: TrainingGateway, client: Client) -> None:
    gateway.produce("1", "2", "3")
    assert "left alone" in roll_back(client, model("2"), "key")
    assert gateway.serving == "3"


def test_a_first_version_stays_and_it_is_said(gateway: TrainingGateway, client: Client) -> None:
    assert "stays in production" in roll_back(client, model("1"), "key")
    assert gateway.serving == "1"
