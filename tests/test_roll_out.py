"""From a decision to the workers: promoted and rolled back over the running stack, under load."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from meadow.schemas.jobs import Job, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.training import TrainingResult
from trained_stack import TrainedStack

pytestmark = pytest.mark.system

CLIENTS = 4
PICK_UP_SECONDS = 60
"""On a machine that is busy with other work, too."""
TRAINING_SECONDS = 240


def wait_until_served(trained: TrainedStack, ref: ModelRef) -> None:
    """Wait until every process of every worker serves a version."""
    deadline = time.monotonic() + PICK_UP_SECONDS
    while {worker.model for worker in trained.stack.client.status().workers} != {ref}:
        assert time.monotonic() < deadline, trained.stack.client.status().workers
        time.sleep(0.1)


def test_a_promotion_and_a_rollback_reach_every_worker_and_fail_no_job(trained: TrainedStack) -> None:
    client, picture = trained.stack.client, trained.picture("grass")
    assert isinstance(trained.first_run.result, TrainingResult)
    first = trained.first_run.result.model
    before = client.model(first.version)
    assert (before.decision, before.promotions[0].by) == ("promoted", "trainer")
    request = trained.request.model_copy(update={"seed": 1, "epochs": 1})
    run = client.wait(client.start_training(request).id, timeout=TRAINING_SECONDS)
    assert isinstance(run.result, TrainingResult), run.error
    second = run.result.model
    assert run.result.champion_version == first.version
    assert run.result.p_value is not None
    assert client.model(second.version).decision == run.result.decision
    client.promote(first.version)
    wait_until_served(trained, first)
    stop = threading.Event()

    def submit() -> list[Job]:
        answered = []
        while not stop.is_set():
            answered.append(client.submit_image(picture, wait=10))
        return answered

    with ThreadPoolExecutor(CLIENTS) as pool:
        try:
            loading = [pool.submit(submit) for _ in range(CLIENTS)]
            change = client.promote(second.version, reason="a test", force=True)
            assert (change.changed, change.model.ref) == (True, second)
            wait_until_served(trained, second)
            assert client.roll_back(reason="the test is over").model.ref == first
            wait_until_served(trained, first)
        finally:
            stop.set()
            client.promote(first.version)
        jobs = [job for answered in loading for job in answered.result()]
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    assert {job.model for job in jobs} == {first, second}
    assert [change.kind for change in client.model(second.version).promotions][-1] == "promoted"
    assert [change.kind for change in client.model(first.version).promotions][-1] == "rolled-back"
