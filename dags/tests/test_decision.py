from dataclasses import replace

import pytest

from fake_gateway.answers import make_model
from meadow.schemas.dataset_diff import DatasetChanges
from meadow.schemas.training import TrainingCause
from meadow_airflow.retraining.decision import Occasion, Situation, decide
from meadow_airflow.retraining.occasions import occasions
from training_gateway import version_of_lawns

PRODUCTION = make_model("3").model_copy(update={"dataset_digest": "d1"})


def situation(*started_by: Occasion, added: int = 0, relabelled: int = 0, removed: int = 0) -> Situation:
    return Situation(
        occasions=frozenset(started_by),
        dataset_name="lawns",
        dataset=version_of_lawns("d2"),
        model=PRODUCTION,
        changes=DatasetChanges(
            dataset="lawns", since="d1", version="d2", added=added, removed=removed, relabelled=relabelled
        ),
        min_new_images=20,
    )


@pytest.mark.parametrize("occasion", list(Occasion))
def test_without_a_data_set_nothing_is_trained(occasion: Occasion) -> None:
    decision = decide(replace(situation(occasion), dataset=None))
    assert not decision.train
    assert "no data set lawns" in decision.reason


@pytest.mark.parametrize(("occasion", "cause"), [(Occasion.BY_HAND, "manual"), (Occasion.TIME, "schedule")])
def test_a_person_and_the_calendar_are_always_followed(occasion: Occasion, cause: str) -> None:
    decision = decide(replace(situation(occasion), recent_run="Training run job_1"))
    assert (decision.train, decision.cause) == (True, cause)


@pytest.mark.parametrize(
    ("added", "relabelled", "train"), [(19, 0, False), (20, 0, True), (10, 9, False), (10, 10, True), (0, 0, False)]
)
def test_new_data_must_be_enough(added: int, relabelled: int, *, train: bool) -> None:
    decision = decide(situation(Occasion.DATA, added=added, relabelled=relabelled, removed=500))
    assert (decision.train, decision.cause if train else "") == (train, "new-data" if train else "")
    assert f"{added + relabelled} of the images are new to version 3" in decision.reason


def test_the_first_model_does_not_wait_for_more_data() -> None:
    decision = decide(replace(situation(Occasion.DATA), model=None, changes=None))
    assert (decision.train, decision.cause) == (True, "new-data")


@pytest.mark.parametrize("cause", ["drift", "performance"])
def test_drift_is_answered_with_its_cause(cause: str) -> None:
    decision = decide(replace(situation(Occasion.DRIFT), drift_cause=TrainingCause(cause)))
    assert (decision.train, decision.cause) == (True, cause)


def test_drift_is_answered_once_in_the_cooldown() -> None:
    decision = decide(replace(situation(Occasion.DRIFT), recent_run="Training run job_1"))
    assert not decision.train
    assert "job_1" in decision.reason


def test_drift_and_new_data_together() -> None:
    both = situation(Occasion.DATA, Occasion.DRIFT, added=50)
    assert decide(both).cause == "drift"
    assert decide(replace(both, recent_run="Training run job_1")).cause == "new-data"


def test_why_a_run_was_started() -> None:
    assert occasions("scheduled", []) == {Occasion.TIME}
    assert occasions("manual", []) == {Occasion.BY_HAND}
    assert occasions("asset_triggered", ["meadow_dataset"]) == {Occasion.DATA}
    assert occasions("asset_triggered", ["meadow_drift", "meadow_dataset"]) == {Occasion.DATA, Occasion.DRIFT}
