"""The first model: publish the data, train through the queue, wait until a worker serves the result."""

import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from meadow.client import ApiProblem, Client
from meadow.schemas.jobs import Job, JobState
from meadow.schemas.models import ModelInfo
from meadow.schemas.training import TrainingRequest, TrainingResult
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.storage.s3 import ObjectStore
from meadow_local.demo.bar import bar
from meadow_local.errors import StackError
from meadow_local.home import Home
from meadow_local.settings import LocalSettings

DATASET = "demo"
FIRST_RUN = TrainingRequest(dataset=DATASET, ood_tolerance=1.5)
"""With the trainer's own defaults: a head on frozen features, in seconds. Drawings are more alike than the photographs
that people try next, which would otherwise be unknown."""

POLL_SECONDS = 0.5
SERVED_SECONDS = 120.0


def model_in_production(client: Client) -> ModelInfo | None:
    """The model that answers, if there is one yet."""
    try:
        return client.current_model()
    except ApiProblem as problem:
        if problem.code != "no-model":
            raise
    return None


def train_first_model(console: Console, home: Home, settings: LocalSettings, client: Client, folder: Path) -> ModelInfo:
    """Publish a folder as a data set, train on it, and return the model that is now in production.

    Raises:
        StackError: The training run did not lead to a model.
    """
    with bar(console) as progress:
        _publish(progress, settings, folder)
    with bar(console) as progress:
        job = _follow_training(progress, client, client.start_training(FIRST_RUN))
    _report(console, home, job)
    model = model_in_production(client)
    if model is None:
        raise StackError(f"Training job {job.id} succeeded, but no model is in production.")
    return model


def wait_until_served(console: Console, client: Client, model: ModelInfo) -> None:
    """Wait until a worker has loaded the model.

    Raises:
        StackError: None did in time.
    """
    deadline = time.monotonic() + SERVED_SECONDS
    with console.status(f"Waiting for a worker to load version {model.ref.version} ..."):
        while not any(worker.model == model.ref for worker in client.status().workers):
            if time.monotonic() > deadline:
                raise StackError(
                    f"No worker serves version {model.ref.version} after {SERVED_SECONDS:.0f} seconds: "
                    "see `meadow logs worker`."
                )
            time.sleep(POLL_SECONDS)


def _publish(progress: Progress, settings: LocalSettings, folder: Path) -> None:
    task = progress.add_task("Publishing the data set", total=None)
    catalog = DatasetCatalog(ObjectStore(settings), settings.images_bucket, max_image_pixels=settings.max_image_pixels)
    catalog.publish_folder(
        DATASET, folder, on_progress=lambda done, total: progress.update(task, completed=done, total=total)
    )


def _follow_training(progress: Progress, client: Client, job: Job) -> Job:
    task = progress.add_task("Training", total=None)
    while not job.state.is_final:
        if job.progress is not None:
            progress.update(
                task,
                completed=job.progress.done,
                total=job.progress.total,
                description=f"Training {job.progress.message}",
            )
        time.sleep(POLL_SECONDS)
        job = client.job(job.id)
    return job


def _report(console: Console, home: Home, job: Job) -> None:
    if job.state is not JobState.SUCCEEDED or not isinstance(job.result, TrainingResult):
        reason = job.error.detail if job.error else f"it ended as {job.state}"
        raise StackError(f"The training run failed: {reason} (log: {home.log_file('trainer')}).")
    console.print(f"[green]✓[/] Trained version {job.result.model.version}. {job.result.reason}", highlight=False)
