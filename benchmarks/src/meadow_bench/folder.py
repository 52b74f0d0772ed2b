"""Meadow on a folder: the code that `meadow classify` runs, against the running stack."""

import resource
import time
from dataclasses import dataclass
from pathlib import Path

from meadow.cli.shrink import OFF, choose_shrinking
from meadow.client import Client
from meadow.client.folder import FolderRun, find_files, make_plan
from meadow_bench.engine import Probabilities
from meadow_bench.errors import BenchmarkError

KIBIBYTE = 1024


@dataclass(frozen=True)
class FolderResult:
    """What came of a folder."""

    seconds: float
    """From the first file that is looked at to the last answer that is read."""
    answers: dict[str, Probabilities]
    """By the name of the file."""
    user_seconds: float
    system_seconds: float
    """The client's own CPU time."""
    peak_memory: int
    """The client's own, in bytes."""


def classify_folder(url: str, folder: Path, *, keep_answers: bool = True, shrink: str = OFF) -> FolderResult:
    """Classify a folder.

    Args:
        url: The gateway.
        folder: Holds images.
        keep_answers: Without, they are counted only: the client's memory is then its own, not that of the answers.
        shrink: As of `meadow classify`.

    Raises:
        BenchmarkError: An image has no answer.
    """
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    answers: dict[str, Probabilities] = {}
    count = 0
    with Client(url) as client:
        limits = client.limits()
        plan = make_plan(find_files([str(folder)]).files, limits, shrink=choose_shrinking(shrink, limits))
        run = FolderRun.begin(client, plan, folder.name)
        run.finish()
        for item in run.results():
            if item.prediction is None:
                raise BenchmarkError(f"Meadow did not classify {item.item}: {item.error}")
            count += 1
            if keep_answers:
                answers[item.item] = {score.label: score.probability for score in item.prediction.scores}
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    if count != plan.total or not count:
        raise BenchmarkError(f"Meadow answered {count} of {plan.total} images of {folder}.")
    return FolderResult(
        seconds=seconds,
        answers=answers,
        user_seconds=after.ru_utime - before.ru_utime,
        system_seconds=after.ru_stime - before.ru_stime,
        peak_memory=after.ru_maxrss * KIBIBYTE,
    )
