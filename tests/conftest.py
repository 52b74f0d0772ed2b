"""System tests run over a whole embedded stack, started once for all of them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meadow.datasets.catalog import DatasetCatalog
from meadow.datasets.demo import render_demo_dataset
from meadow.jobs.model import JobState
from meadow.storage.s3 import ObjectStore
from meadow.training import TrainingRequest
from meadow_local.home import Home
from meadow_local.stack import Stack
from running_stack import RunningStack, stack_environment
from trained_stack import TrainedStack

DATASET = "demo"
REQUEST = TrainingRequest(dataset=DATASET, image_size=64, epochs=2)
"""Enough to have a model; how good one gets is tested beside the trainer."""

TRAINING_PICTURES = 24
FRESH_PICTURES = 12
TRAINING_SECONDS = 240.0
SERVED_SECONDS = 60.0


@pytest.fixture(scope="session")
def stack_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the stack; usable without starting it."""
    return stack_environment(tmp_path_factory.mktemp("stack") / "home")


@pytest.fixture(scope="session")
def stack(stack_env: dict[str, str]) -> Iterator[RunningStack]:
    """The running stack; ended, with all its processes, when the tests are."""
    home = Home(Path(stack_env["MEADOW_HOME"]))
    try:
        running = RunningStack(home, stack_env)
    except BaseException:
        Stack(home).stop()
        raise
    yield running
    running.close()


@pytest.fixture(scope="session")
def trained(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> TrainedStack:
    """The running stack, with a first model that a worker serves."""
    folder = tmp_path_factory.mktemp("pictures")
    render_demo_dataset(folder / "training", per_class=TRAINING_PICTURES)
    render_demo_dataset(folder / "fresh", per_class=FRESH_PICTURES, seed=1)
    settings = stack.settings
    catalog = DatasetCatalog(ObjectStore(settings), settings.images_bucket, max_image_pixels=settings.max_image_pixels)
    dataset = catalog.publish_folder(DATASET, folder / "training").manifest
    job = stack.client.wait(stack.client.start_training(REQUEST).id, timeout=TRAINING_SECONDS)
    assert job.state is JobState.SUCCEEDED, stack.log("trainer")[-4000:]
    wait_until_served(stack)
    return TrainedStack(stack, dataset, REQUEST, job, folder / "fresh")


def wait_until_served(stack: RunningStack) -> None:
    """Wait until every worker process has the model in production."""
    ref = stack.client.current_model().ref
    deadline = time.monotonic() + SERVED_SECONDS
    while not (workers := stack.client.status().workers) or any(worker.model != ref for worker in workers):
        assert time.monotonic() < deadline, stack.log("worker")[-4000:]
        time.sleep(0.2)
