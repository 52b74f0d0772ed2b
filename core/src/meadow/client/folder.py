"""Classifying many files: packed, uploaded a few packs at a time, followed until the last one is answered."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from meadow.client.client import MeadowClient
from meadow.items import ItemResult, ItemState
from meadow.jobs.model import Job, JobError, JobState
from meadow.settings import MEBIBYTE

PACK_IMAGES = 64
PACK_BYTES = 8 * MEBIBYTE
MAX_IMAGE_BYTES = 20 * MEBIBYTE
CONCURRENT_UPLOADS = 4
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class NamedFile:
    """A file to classify, and the name that its result carries."""

    path: Path
    name: str


@dataclass(frozen=True)
class FolderProgress:
    """How far a run over many files has come, in images."""

    total: int
    uploaded: int
    done: int


@dataclass
class FolderRun:
    """A run over many files: its job, and the files that never left this machine."""

    job: Job | None
    unreadable: list[ItemResult] = field(default_factory=list)


class BatchFailedError(Exception):
    """The batch ended without its answers: cancelled, or failed as a whole."""


def classify_files(
    client: MeadowClient,
    files: Sequence[NamedFile],
    *,
    label: str = "",
    on_progress: Callable[[FolderProgress], None] | None = None,
) -> FolderRun:
    """Classify files as one batch. Only a few packs are in memory at a time, however many files there are.

    Args:
        client: The gateway.
        files: What to classify.
        label: The batch's name, for people.
        on_progress: Called often, with the counts so far.

    Raises:
        BatchFailedError: The batch was cancelled or failed as a whole.
        ApiProblem: The gateway refused the batch.
    """
    run = FolderRun(job=None)
    batch = client.open_batch(label)
    report = on_progress or (lambda _: None)
    uploaded = done = packs = 0
    polled = time.monotonic()
    with ThreadPoolExecutor(CONCURRENT_UPLOADS) as pool:
        pending: dict[Future[Job], int] = {}
        for items in _packs(files, run.unreadable):
            pending[pool.submit(client.add_pack, batch.id, packs, items)] = len(items)
            packs += 1
            while len(pending) > CONCURRENT_UPLOADS:
                uploaded += _collect(pending)
                if time.monotonic() - polled > POLL_SECONDS:
                    done, polled = _done(client.job(batch.id)), time.monotonic()
                report(FolderProgress(len(files), uploaded, done + len(run.unreadable)))
        while pending:
            uploaded += _collect(pending)
            report(FolderProgress(len(files), uploaded, done + len(run.unreadable)))
    if not packs:
        client.cancel(batch.id)
        return run
    job = client.seal_batch(batch.id, packs)
    while True:
        report(FolderProgress(len(files), uploaded, _done(job) + len(run.unreadable)))
        if job.state.is_final:
            break
        time.sleep(POLL_SECONDS)
        job = client.job(batch.id)
    if job.state is not JobState.SUCCEEDED:
        reason = job.error.detail if job.error else f"it is {job.state}"
        raise BatchFailedError(f"Batch {job.id} did not finish: {reason}")
    run.job = job
    return run


def results_of(client: MeadowClient, run: FolderRun) -> Iterator[ItemResult]:
    """Yield every file's result, those that could not be read here included."""
    if run.job is not None:
        yield from client.results(run.job.id)
    yield from run.unreadable


def _packs(files: Iterable[NamedFile], unreadable: list[ItemResult]) -> Iterator[list[tuple[str, bytes]]]:
    """Group files into packs, few enough images and bytes each; note the files that cannot be read."""
    pack: list[tuple[str, bytes]] = []
    size = 0
    for file in files:
        try:
            body = file.path.read_bytes()
        except OSError as error:
            unreadable.append(_failure(file, "file-unreadable", f"The file cannot be read: {error.strerror}."))
            continue
        if len(body) > MAX_IMAGE_BYTES:
            detail = f"The file has {len(body):,} bytes; at most {MAX_IMAGE_BYTES:,} are accepted."
            unreadable.append(_failure(file, "too-large", detail))
            continue
        if pack and (len(pack) == PACK_IMAGES or size + len(body) > PACK_BYTES):
            yield pack
            pack, size = [], 0
        pack.append((file.name, body))
        size += len(body)
    if pack:
        yield pack


def _collect(pending: dict[Future[Job], int]) -> int:
    """Wait for an upload and return how many images have arrived; an upload's error is raised here."""
    finished, _ = wait(pending, return_when=FIRST_COMPLETED)
    arrived = 0
    for future in finished:
        arrived += pending.pop(future)
        future.result()
    return arrived


def _done(job: Job) -> int:
    return job.progress.done if job.progress else 0


def _failure(file: NamedFile, code: str, detail: str) -> ItemResult:
    return ItemResult(item=file.name, state=ItemState.FAILED, error=JobError(code=code, detail=detail))
