"""Classifying through the public API: one picture, then a folder."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from meadow.cli.classify import run_with_progress
from meadow.client import MeadowClient
from meadow.client.folder import NamedFile
from meadow.datasets.folder import find_images
from meadow.jobs.model import Job
from meadow.predictions import Prediction
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


def classify_one(client: MeadowClient, picture: Path) -> OneAnswer:
    """Submit a picture and poll for the answer.

    Raises:
        StackError: There is none.
    """
    begun = time.monotonic()
    job = client.wait(client.submit_image(picture.read_bytes(), name=picture.name).id, timeout=WAIT_SECONDS)
    if not isinstance(job.result, Prediction):
        raise StackError(f"{picture} was not classified: {_reason(job)}")
    return OneAnswer(picture, job.result, time.monotonic() - begun)


def classify_folder(console: Console, client: MeadowClient, folder: Path) -> FolderAnswer:
    """Classify a folder as `meadow classify` does, and compare with what the pictures show.

    Raises:
        BatchFailedError: The batch failed as a whole.
    """
    files = [NamedFile(path, str(path.relative_to(folder))) for path in find_images(folder)]
    begun = time.monotonic()
    results = run_with_progress(console, client, files)
    seconds = time.monotonic() - begun
    predicted = Counter(
        (Path(result.item).parent.name, result.prediction.label) for result in results if result.prediction
    )
    return FolderAnswer(folder, predicted, len(results) - predicted.total(), seconds)


def _reason(job: Job) -> str:
    return job.error.detail if job.error else f"its job ended as {job.state}"
