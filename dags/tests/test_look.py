from collections.abc import Iterator

import pytest

from meadow import Client
from meadow.schemas.quality import Verdict
from meadow.schemas.training import TrainingCause
from meadow_airflow.gateway.connection import patient
from meadow_airflow.retraining.decision import Occasion, Situation, decide
from meadow_airflow.retraining.look import look
from meadow_airflow.retraining.request import training_request
from training_gateway import TrainingGateway


@pytest.fixture
def client(gateway: TrainingGateway) -> Iterator[Client]:
    with Client(gateway.url, retries=patient(5)) as connected:
        yield connected


def seen(client: Client, *started_by: Occasion, hint: str = "", heed_cooldown: bool = True) -> Situation:
    return look(client, "lawns", frozenset(started_by), drift_hint=hint, heed_cooldown=heed_cooldown)


def test_changes_are_counted_since_what_production_was_trained_on(gateway: TrainingGateway, client: Client) -> None:
    situation = seen(client, Occasion.DATA)
    assert situation.changes is not None
    assert situation.changes.added == 40
    assert next(asked for asked in gateway.asked if asked.path.endswith("/changes")).query == {"since": ["d1"]}
    gateway.produce("1", trained_on="d2")
    assert not decide(seen(client, Occasion.DATA)).train


def test_production_of_another_data_set_has_seen_nothing(gateway: TrainingGateway, client: Client) -> None:
    gateway.produce("1", trained_on="of-roofs")
    situation = seen(client, Occasion.DATA)
    assert situation.changes is not None
    assert situation.changes.added == 120


def test_before_the_first_model_and_the_first_data_set(gateway: TrainingGateway, client: Client) -> None:
    gateway.produce()
    assert decide(seen(client, Occasion.DATA)).train
    gateway.state.datasets.clear()
    assert not decide(seen(client, Occasion.TIME)).train


@pytest.mark.parametrize(
    ("verdict", "hint", "cause"),
    [
        ("performance-drop", "drift", "performance"),
        ("drift", "performance-drop", "drift"),
        # Better by now, but a run was asked for: an event is a hint, if there is nothing else.
        ("ok", "performance-drop", "performance"),
        ("too-few", "", "drift"),
    ],
)
def test_the_gateway_says_what_kind_of_drift_it_is(
    gateway: TrainingGateway, client: Client, verdict: str, hint: str, cause: str
) -> None:
    gateway.judge(Verdict(verdict))
    assert decide(seen(client, Occasion.DRIFT, hint=hint)).cause == cause


def test_a_second_identical_alarm_starts_nothing(gateway: TrainingGateway, client: Client) -> None:
    gateway.judge(Verdict.DRIFT)
    assert decide(seen(client, Occasion.DRIFT)).train
    gateway.add_job(hours_ago=0.1, cause="drift", state="succeeded")
    assert not decide(seen(client, Occasion.DRIFT)).train
    # A person who clears the run wants it again.
    assert decide(seen(client, Occasion.DRIFT, heed_cooldown=False)).train


def test_what_nobody_set_is_left_to_the_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARCHITECTURE", "IMAGE_SIZE", "EPOCHS"):
        monkeypatch.setenv(f"AIRFLOW_VAR_MEADOW_{name}", "")
    unset = {"dataset_version": "", "architecture": "", "image_size": None, "epochs": None, "seed": None}
    plain = {"dataset": "lawns", "dataset_version": "d2", "cause": "schedule"}
    assert training_request("lawns", "d2", TrainingCause.SCHEDULE, unset) == plain
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_EPOCHS", "12")
    assert training_request("lawns", "d2", TrainingCause.SCHEDULE, unset) == {**plain, "epochs": 12}
    asked = {**unset, "epochs": 3, "seed": 0, "dataset_version": "d1"}
    assert training_request("lawns", "d2", TrainingCause.MANUAL, asked) == {
        "dataset": "lawns", "dataset_version": "d1", "cause": "manual", "epochs": 3, "seed": 0,
    }  # fmt: skip
