"""System tests run over a whole embedded stack, started once for all of them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from image_host import ImageHost
from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.jobs import JobState
from meadow.schemas.training import TrainingRequest
from meadow_core.datasets.demo import render_demo_dataset
from meadow_core.datasets.versions import DatasetVersions
from meadow_core.storage.s3 import ObjectStore
from meadow_local.home import Home
from meadow_local.stack import Stack
from running_stack import RunningStack, stack_environment
from trained_stack import TRAINING_PICTURES, TrainedStack

DATASET = "demo"
REQUEST = TrainingRequest(dataset=DATASET, architecture="resnet18", image_size=64, epochs=2)
"""Enough to have a model; how good one gets is tested beside the trainer."""

FRESH_PICTURES = 12
TRAINING_SECONDS = 240.0
SERVED_SECONDS = 240.0


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
    dataset = publish_from_addresses(stack, folder / "training", folder / "plants.csv")
    job = stack.client.wait(stack.client.start_training(REQUEST).id, timeout=TRAINING_SECONDS)
    assert job.state is JobState.SUCCEEDED, stack.log("trainer")[-4000:]
    wait_until_served(stack)
    return TrainedStack(stack, dataset, REQUEST, job, folder / "fresh")


def publish_from_addresses(stack: RunningStack, pictures: Path, manifest: Path) -> DatasetManifest:
    """Put pictures on a web server, and publish the list of their addresses by the command line."""
    with ImageHost() as host:
        rows = [
            f"{host.put(f'/{path.parent.name}/{path.name}', path.read_bytes())},{path.parent.name}"
            for path in sorted(pictures.rglob("*.*"))
        ]
        manifest.write_text("\n".join(["url,label", *rows]))
        subprocess.run(  # noqa: S603 - our own command
            [str(Path(sys.executable).with_name("meadow")), "data", "publish", str(manifest), "--name", DATASET],
            env={**stack.env, "MEADOW_INGEST_ALLOWED_NETWORKS": "127.0.0.0/8"},
            check=True,
            timeout=TRAINING_SECONDS,
        )
    return DatasetVersions(ObjectStore(stack.settings), stack.settings.images_bucket).load(DATASET)


def wait_until_served(stack: RunningStack) -> None:
    """Wait until every worker process has the model in production."""
    ref = stack.client.current_model().ref
    deadline = time.monotonic() + SERVED_SECONDS
    while not (workers := stack.client.status().workers) or any(worker.model != ref for worker in workers):
        assert time.monotonic() < deadline, stack.log("worker")[-4000:]
        time.sleep(0.2)
