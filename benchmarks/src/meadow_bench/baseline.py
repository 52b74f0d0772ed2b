"""The limit: as many processes as the worker has, each decoding files and running the network, and nothing else."""

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from pathlib import Path

from meadow_bench.engine import INFERENCE_BATCH, Classifier, Probabilities

MILLISECONDS = 1000
START_SECONDS = 120.0


@dataclass(frozen=True)
class Loaded:
    """What the worker serves: the same bundle, in the same engine."""

    bundle: Path
    engine: str
    """As a worker process reports it."""
    processes: int


@dataclass(frozen=True)
class BareRun:
    """One run over a folder."""

    seconds: float
    answers: list[Probabilities]
    """In the order of the files."""


@dataclass(frozen=True)
class _Share:
    """What one process did."""

    began: float
    ended: float
    answers: list[tuple[int, list[Probabilities]]]
    """Answers of each batch, and the place of its first file."""


def classify_all(loaded: Loaded, files: Sequence[Path]) -> BareRun:
    """Classify files with all processes; none waits for another while there are files left."""
    context = get_context("spawn")
    common = (context.Value("q", 0), context.Barrier(loaded.processes))
    with ProcessPoolExecutor(loaded.processes, context, initializer=_take_part, initargs=common) as pool:
        done = [future.result() for future in [pool.submit(_work, loaded, files) for _ in range(loaded.processes)]]
    answers: list[Probabilities] = [{}] * len(files)
    for share in done:
        for place, batch in share.answers:
            answers[place : place + len(batch)] = batch
    # The clock is the machine's, the same for all processes.
    return BareRun(max(share.ended for share in done) - min(share.began for share in done), answers)


def classify_singly(loaded: Loaded, files: Sequence[Path]) -> list[float]:
    """Classify files one by one in this process; return the milliseconds of each, reading it left out."""
    classifier = Classifier(loaded.bundle, loaded.engine)
    classifier.classify(files[0].read_bytes())
    taken = []
    for file in files:
        body = file.read_bytes()
        began = time.perf_counter()
        classifier.classify(body)
        taken.append((time.perf_counter() - began) * MILLISECONDS)
    return taken


_common: "tuple[Synchronized[int], Barrier] | None" = None
"""In a process of the pool: the place of the next file that nobody has taken, and where all wait before the start."""


def _take_part(taken: "Synchronized[int]", together: Barrier) -> None:
    global _common  # noqa: PLW0603 - a pool hands over what is shared in no other way
    _common = taken, together


def _work(loaded: Loaded, files: Sequence[Path]) -> _Share:
    if _common is None:
        raise RuntimeError("This is no process of the pool.")
    taken, together = _common
    classifier = Classifier(loaded.bundle, loaded.engine)
    together.wait(START_SECONDS)
    answers: list[tuple[int, list[Probabilities]]] = []
    began = time.perf_counter()
    while True:
        with taken.get_lock():
            place = taken.value
            taken.value = place + INFERENCE_BATCH
        batch = files[place : place + INFERENCE_BATCH]
        if not batch:
            return _Share(began, time.perf_counter(), answers)
        answers.append((place, classifier.answer([classifier.decode(file.read_bytes()) for file in batch])))
