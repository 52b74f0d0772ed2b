"""What was accepted is answered, once, whatever is killed in between."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from meadow.schemas.jobs import Job, JobState
from trained_stack import TrainedStack

pytestmark = pytest.mark.system

JOBS = 120
PATIENCE_SECONDS = 180


def submit_many(trained: TrainedStack) -> list[str]:
    body = trained.picture("grass")
    with ThreadPoolExecutor(8) as pool:
        jobs = pool.map(lambda number: trained.stack.client.submit_image(body, name=str(number)), range(JOBS))
        return [job.id for job in jobs]


def wait_for_all(trained: TrainedStack, ids: list[str]) -> list[Job]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    return [trained.stack.client.wait(job_id, timeout=max(deadline - time.monotonic(), 1)) for job_id in ids]


def kill_child(trained: TrainedStack) -> None:
    children = psutil.Process(trained.stack.pid_of("worker")).children()
    children[-1].send_signal(signal.SIGKILL)


def kill_part(name: str) -> Callable[[TrainedStack], None]:
    return lambda trained: os.kill(trained.stack.pid_of(name), signal.SIGKILL)


def kill_whole_worker(trained: TrainedStack) -> None:
    """The main process and its children at once: nothing is left to give anything back."""
    main = psutil.Process(trained.stack.pid_of("worker"))
    for process in (main, *main.children(recursive=True)):
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill_child, id="an inference process"),
        pytest.param(kill_whole_worker, id="the worker"),
        pytest.param(kill_part("api"), id="the gateway"),
        pytest.param(kill_part("redis"), id="redis"),
    ],
)
def test_every_accepted_job_is_answered_once(trained: TrainedStack, kill: Callable[[TrainedStack], None]) -> None:
    ids = submit_many(trained)
    kill(trained)
    jobs = wait_for_all(trained, ids)
    assert [job.state for job in jobs] == [JobState.SUCCEEDED] * JOBS
    assert len({job.id for job in jobs}) == JOBS
    time.sleep(2)  # a second answer, if one came, would have moved the time
    assert [trained.stack.client.job(job.id).finished_at for job in jobs] == [job.finished_at for job in jobs]


def test_a_worker_killed_in_the_middle_of_a_job_leaves_it_to_another_attempt(trained: TrainedStack) -> None:
    """Stopped first, so that the job is surely in its hands when it is killed."""
    children = psutil.Process(trained.stack.pid_of("worker")).children()
    body = trained.picture("dandelion")
    for child in children:
        child.suspend()
    ids = [trained.stack.client.submit_image(body).id for _ in range(40)]
    while not any(trained.stack.client.job(job_id).state is JobState.RUNNING for job_id in ids):
        # With work waiting, a moment's run ends in the middle of a job, sooner or later.
        for child in children:
            child.resume()
        time.sleep(0.005)
        for child in children:
            child.suspend()
        assert any(trained.stack.client.job(job_id).state is JobState.QUEUED for job_id in ids)
    for child in children:
        child.kill()
    jobs = wait_for_all(trained, ids)
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    assert max(job.attempts for job in jobs) == 2
