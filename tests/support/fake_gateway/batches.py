"""The batches of a fake gateway: each pack is answered when it comes in."""

import io
import re
import tarfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import BaseModel

from fake_gateway.server import Answer, Asked, problem_answer
from fake_gateway.sources import FakeSources
from meadow.schemas.items import ItemPage, ItemResult, ItemState
from meadow.schemas.jobs import Job, JobError, JobKind, JobState, Links, Progress
from meadow.schemas.limits import Limits
from meadow.schemas.pack_numbers import PackNumbers
from meadow.schemas.predictions import Prediction
from meadow.schemas.sources import RequestedSource

_PATH = re.compile(r"/v1/(?:batches|jobs)/(batch_\d+)(.*)")
_PACK = re.compile(r"/packs/(\d+)")


def make_limits() -> Limits:
    """The limits that a gateway has by default."""
    return Limits(
        shrink_pixels=336,
        max_image_bytes=20 << 20,
        max_image_pixels=64_000_000,
        max_pack_bytes=64 << 20,
        max_pack_items=256,
        max_packs=1_000_000,
        max_form_images=100,
        max_zip_bytes=4 << 30,
        max_zip_entries=100_000,
        max_unzipped_bytes=32 << 30,
        source_buckets=["images-bucket"],
        max_wait_seconds=30,
        readable_formats=["JPEG", "PNG"],
    )


class _Asked(BaseModel):
    name: str = ""
    fingerprint: str = ""
    source: RequestedSource | None = None


@dataclass
class FakeBatch:
    """A batch, and what was answered of it."""

    job: Job
    packs: dict[int, list[ItemResult]] = field(default_factory=dict)

    @property
    def items(self) -> list[ItemResult]:
        """All results, in the order of the packs."""
        return [item for _, items in sorted(self.packs.items()) for item in items]

    def change(self, **changes: object) -> None:
        """Change the job, and count its results anew."""
        items = self.items
        failed = sum(item.state is ItemState.FAILED for item in items)
        progress = Progress(total=len(items), done=len(items), failed=failed)
        self.job = self.job.model_copy(update={**changes, "progress": progress})


class FakeBatches:
    """All batches of a gateway."""

    def __init__(self, classify: Callable[[bytes, str], Prediction | JobError], base_url: str) -> None:
        self.limits = make_limits()
        self.sources = FakeSources(base_url)
        self.ends_as = JobState.SUCCEEDED
        """State that a batch has once it is sealed."""
        self.opened: dict[str, FakeBatch] = {}
        self._classify = classify
        self._lock = threading.Lock()

    def respond(self, request: Asked) -> Answer | None:
        """Answer a request that is about batches."""
        if (request.method, request.path) == ("GET", "/v1/limits"):
            return _body(self.limits)
        uploaded = self.sources.respond(request)
        if uploaded:
            return uploaded
        with self._lock:
            if (request.method, request.path) == ("POST", "/v1/batches"):
                asked = _Asked.model_validate_json(request.body)
                return _body(self._open(asked), 202 if asked.source else 201)
            found = _PATH.fullmatch(request.path)
            if found and found[1] in self.opened:
                return self._respond_of(self.opened[found[1]], found[2], request)
        return None

    def _open(self, asked: "_Asked") -> Job:
        number = f"batch_{len(self.opened) + 1}"
        job = Job(
            id=number,
            kind=JobKind.BATCH,
            state=JobState.QUEUED,
            created_at=datetime.now(UTC),
            sealed=False,
            name=asked.name,
            fingerprint=asked.fingerprint,
            links=Links(self=f"/v1/jobs/{number}", cancel=f"/v1/jobs/{number}:cancel"),
        )
        batch = self.opened[number] = FakeBatch(job)
        if asked.source:
            batch.packs[0] = [self._item(name, body) for name, body in self.sources.images(asked.source)]
            batch.change(state=self.ends_as, sealed=True, passed_over=self.sources.passed_over)
        return batch.job

    def _respond_of(self, batch: FakeBatch, path: str, request: Asked) -> Answer:
        if pack := _PACK.fullmatch(path):
            batch.packs[int(pack[1])] = [self._item(name, body) for name, body in _images_of(request.body)]
            batch.change(state=JobState.RUNNING)
        elif path == ":seal":
            batch.change(state=self.ends_as, sealed=True)
        elif path == ":cancel":
            batch.change(state=JobState.CANCELLED)
        elif path == "/packs":
            ranges = [(number, number) for number in sorted(batch.packs)]
            return _body(PackNumbers(count=len(ranges), ranges=ranges))
        elif path == "/results":
            return _body(ItemPage(items=batch.items))
        elif path == "/results.ndjson":
            return Answer(content="".join(item.model_dump_json() + "\n" for item in batch.items).encode())
        elif path:
            return problem_answer("not-found", 404, f"There is nothing at {request.path}.")
        return _body(batch.job)

    def _item(self, name: str, body: bytes) -> ItemResult:
        outcome = self._classify(body, name)
        if isinstance(outcome, JobError):
            return ItemResult(item=name, state=ItemState.FAILED, error=outcome)
        return ItemResult(item=name, state=ItemState.SUCCEEDED, prediction=outcome)


def _images_of(pack: bytes) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(pack), mode="r:") as tar:
        files = [(member.name, tar.extractfile(member)) for member in tar]
        return [(name, file.read()) for name, file in files if file]


def _body(model: BaseModel, status: int = 200) -> Answer:
    return Answer(status, model.model_dump_json().encode())
