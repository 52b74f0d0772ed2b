"""Flower and the pages show the same jobs as the gateway."""

import time

import httpx
import pytest

from trained_stack import TrainedStack

pytestmark = pytest.mark.system


def test_flower_shows_a_job_under_its_id(trained: TrainedStack) -> None:
    job = trained.stack.client.submit_image(trained.picture("grass"), wait=20)
    page = f"{trained.stack.settings.flower_url}/task/{job.id}"
    deadline = time.monotonic() + 20
    while (answer := httpx.get(page)).status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert answer.status_code == 200
    assert job.id in answer.text
    assert "meadow.classify_image" in answer.text


def test_worker_metrics_count_what_was_answered_over_all_processes(trained: TrainedStack) -> None:
    def answered() -> float:
        text = httpx.get(f"http://127.0.0.1:{trained.stack.settings.worker_metrics_port}/metrics").text
        name = 'meadow_images_total{outcome="succeeded",queue="interactive"}'
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    before = answered()
    for _ in range(6):
        trained.stack.client.submit_image(trained.picture("grass"), wait=20)
    assert answered() - before == 6


def test_status_names_the_workers_and_the_version_each_serves(trained: TrainedStack) -> None:
    status = trained.stack.client.status()
    assert len(status.workers) == trained.stack.settings.worker_processes
    assert {worker.model for worker in status.workers} == {trained.stack.client.current_model().ref}
    assert trained.stack.client.readiness().workers == len(status.workers)
