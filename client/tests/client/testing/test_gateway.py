from collections.abc import Iterator

import pytest

from fake_gateway import FakeGateway
from fake_gateway.answers import make_model
from meadow.client import ApiProblem, Client, RetryPolicy
from meadow.schemas.jobs import JobState
from meadow.schemas.predictions import Decision, Prediction


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running


@pytest.fixture
def asking(gateway: FakeGateway) -> Iterator[Client]:
    with Client(gateway.url, retries=RetryPolicy(seconds=0)) as client:
        yield client


def test_a_job_passes_through_its_states(gateway: FakeGateway, asking: Client) -> None:
    gateway.state.seconds_per_image = 60
    first, second = asking.submit_image(b"1"), asking.submit_image(b"2")
    assert (first.state, asking.job(second.id).state) == (JobState.QUEUED, JobState.QUEUED)
    assert asking.job(first.id).state is JobState.RUNNING
    assert [job.id for job in asking.jobs().jobs] == [second.id, first.id]


def test_the_name_decides_the_answer(gateway: FakeGateway, asking: Client) -> None:
    gateway.state.model = make_model("3")
    done = asking.job(asking.submit_image(b"1", name="unsure grass.jpg").id)
    assert isinstance(done.result, Prediction)
    assert (done.result.label, done.result.decision, done.name) == ("grass", Decision.UNSURE, "unsure grass.jpg")
    assert done.model == gateway.state.model.ref
    failed = asking.job(asking.submit_image(b"2", name="broken.jpg").id)
    assert failed.error is not None
    assert failed.error.code == "image-undecodable"


def test_a_waiting_job_can_be_cancelled(gateway: FakeGateway, asking: Client) -> None:
    gateway.state.seconds_per_image = 60
    assert asking.cancel(asking.submit_image(b"1").id).state is JobState.CANCELLED


def test_what_is_missing_is_a_problem(gateway: FakeGateway, asking: Client) -> None:
    gateway.state.refusal = ("overloaded", 503, "Full.")
    for call in (asking.current_model, lambda: asking.job("job_9"), lambda: asking.submit_image(b"")):
        with pytest.raises(ApiProblem):
            call()
    assert asking.readiness().ready
    assert asking.models() == []
    assert asking.status().queues == []
