"""Classifying through the public API: one picture, then a folder."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from meadow.cli.progress import run_with_progress
from meadow.cli.summary import Summary
from meadow.client import Client
from meadow.client.folder import FolderRun, find_files, make_plan
from meadow.schemas.jobs import Job
from meadow.schemas.predictions import Prediction
from meadow_local.errors import StackError

WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class OneAnswer:
    """How one picture was classified."""

    picture: Path
    prediction: Prediction
    seconds: float


@dataclass(frozen=True)
class FolderAnswer:
    """How a folder of pictures was classified; the folder a picture lies in is what it shows."""

    folder: Path
    predicted: Counter[tuple[str, str]]
    """Pictures by what they show and what the model said."""
    failed: int
    seconds: float

    @property
    def total(self) -> int:
        """Pictures that were answered."""
        return self.predicted.total()

    @property
    def right(self) -> int:
        """Pictures whose answer is what they show."""
        return sum(count for (shown, said), count in self.predicted.items() if shown == said)


def classify_one(client: Client, picture: Path) -> OneAnswer:
    """Submit a picture and poll for the answer.

    Raises:
        StackError: There is none.
    """
    begun = time.monotonic()
    job = client.wait(client.submit_image(picture.read_bytes(), name=picture.name).id, timeout=WAIT_SECONDS)
    if not isinstance(job.result, Prediction):
        raise StackError(f"{picture} was not classified: {_reason(job)}")
    return OneAnswer(picture, job.result, time.monotonic() - begun)


def classify_folder(console: Console, client: Client, folder: Path) -> FolderAnswer:
    """Classify a folder as `meadow classify` does, and compare with what the pictures show.

    Raises:
        BatchFailedError: The batch failed as a whole.
    """
    begun = time.monotonic()
    run = FolderRun.begin(client, make_plan(find_files([str(folder)]).files, client.limits()), folder.name)
    run_with_progress(console, run)
    summary = Summary()
    predicted = Counter(
        (Path(result.item).parent.name, result.prediction.label)
        for result in summary.watch(run.results())
        if result.prediction
    )
    return FolderAnswer(folder, predicted, summary.failed, time.monotonic() - begun)


def _reason(job: Job) -> str:
    return job.error.detail if job.error else f"its job ended as {job.state}"
