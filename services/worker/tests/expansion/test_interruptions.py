"""Whatever is killed, and at whichever step: every pack is stored, enqueued once, and none is missing."""

import random
from collections.abc import Callable
from typing import BinaryIO

import pytest
import redis

from expanded_batch import ExpandedBatch
from meadow.packs import build_pack
from meadow.schemas.models import ModelRef
from meadow.schemas.queues import BATCH_QUEUE
from meadow.schemas.sources import FormSource, PrefixSource, Source, ZipSource
from meadow_core.jobs.expansion import BatchExpansion, SourcePosition
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.record import text
from meadow_core.jobs.sweeper import Sweeper
from meadow_core.jobs.verdicts import FillPackVerdict
from meadow_core.settings import Settings
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.expansion import packing, prefix
from meadow_worker.expansion.batch_expander import BatchExpander
from zips import make_zip

PACK_IMAGES = 8
"""Of these tests: most of them fill the same batch again and again, and what a pack costs grows with its images."""
NOISE = random.Random(0).randbytes(1000)  # noqa: S311 - bytes that do not shrink
IMAGES = [(f"{number:03}.jpg", NOISE[number:]) for number in range(2 * PACK_IMAGES + 3)]
OTHERS = [
    (name, b"no image") for name in (".git/a", ".git/b.jpg", "000.txt", "007a", "008.tx", "017", "zz.txt", "zz/._a.jpg")
]
"""Before, between and behind the packs, so that some lie at each place where a turn may end."""
PASSED_OVER = {
    "hidden or system folder": 1,
    "hidden or system file": 1,
    ".txt": 2,
    ".tx": 1,
    "file without a suffix": 2,
}
ALL = sorted(IMAGES + OTHERS)
MODEL = ModelRef(name="m", version="1", digest="d")


class KilledError(BaseException):
    """What a worker does not survive."""


class Fuse:
    """Kills the worker at its n-th step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise KilledError


class FusedStore(ObjectStore):
    fuse: Fuse

    def put(self, bucket: str, key: str, body: bytes | BinaryIO) -> None:
        self.fuse.burn()
        super().put(bucket, key, body)
        self.fuse.burn()

    def delete(self, bucket: str, key: str) -> None:
        self.fuse.burn()
        super().delete(bucket, key)


class FusedExpansion(BatchExpansion):
    fuse: Fuse

    def add_pack(self, claim: Claim, number: int, images: int, position: SourcePosition) -> FillPackVerdict:
        verdict = super().add_pack(claim, number, images, position)
        self.fuse.burn()
        return verdict

    def seal(self, claim: Claim, position: SourcePosition) -> bool:
        self.fuse.burn()
        sealed = super().seal(claim, position)
        self.fuse.burn()
        return sealed

    def end_turn(self, claim: Claim, position: SourcePosition) -> bool:
        self.fuse.burn()
        ended = super().end_turn(claim, position)
        self.fuse.burn()
        return ended


@pytest.fixture(autouse=True)
def _small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (packing, prefix):
        monkeypatch.setattr(module, "PACK_IMAGES", PACK_IMAGES)


@pytest.fixture(params=["zip", "form", "s3_prefix"])
def source(
    request: pytest.FixtureRequest, upload: Callable[[bytes], str], store: ObjectStore, settings: Settings
) -> Source:
    if request.param == "zip":
        return ZipSource(upload_id=upload(make_zip(ALL)))
    if request.param == "form":
        return FormSource(upload_id=upload(build_pack(IMAGES)))
    for name, body in ALL:
        store.put(settings.images_bucket, f"interrupted/{name}", body)
    return PrefixSource(uri=f"s3://{settings.images_bucket}/interrupted/")


def fused(batch: ExpandedBatch, steps: int, turn_seconds: float) -> tuple[Fuse, BatchExpander]:
    fuse = Fuse(steps)
    store, expansion = FusedStore(batch.settings), FusedExpansion(batch.client, batch.settings)
    store.fuse = expansion.fuse = fuse
    return fuse, batch.expander(store=store, expansion=expansion, turn_seconds=turn_seconds)


@pytest.mark.slow
@pytest.mark.parametrize("turn_seconds", [0.0, 60.0], ids=["a pack a turn", "one turn"])
def test_a_worker_killed_at_any_step_costs_nothing(
    open_batch: Callable[..., ExpandedBatch],
    upload: Callable[[bytes], str],
    source: Source,
    redis_client: redis.Redis,
    turn_seconds: float,
) -> None:
    body = make_zip(ALL) if isinstance(source, ZipSource) else build_pack(IMAGES)
    for step in range(1, 100):
        redis_client.delete(BATCH_QUEUE)
        if not isinstance(source, PrefixSource):
            source = source.model_copy(update={"upload_id": upload(body)})
        batch = open_batch(source)
        fuse, expander = fused(batch, step, turn_seconds)
        try:
            batch.expand(expander)
        except KilledError:
            batch.lose_worker()
        batch.expand(batch.expander(turn_seconds=turn_seconds))
        assert [image for pack in batch.packs() for image in pack] == IMAGES, step
        record = batch.record
        assert (record["packs"], record["packs_added"], record["total"]) == ("3", "3", str(len(IMAGES))), step
        assert batch.job().passed_over == ({} if isinstance(source, FormSource) else PASSED_OVER), step
        messages = batch.messages()
        assert [messages[f"{batch.id}/{number}"] for number in range(3)] == [1, 1, 1], step
        if fuse.left > 0:
            break
    assert step > 8, "it was killed at every step"


def test_a_worker_that_dies_on_the_same_spot_ends_the_batch(
    open_batch: Callable[..., ExpandedBatch], source: Source
) -> None:
    batch = open_batch(source, max_attempts=3)
    for _ in range(3):
        _, expander = fused(batch, 1, 60)
        claim = batch.claim()
        assert claim
        with pytest.raises(KilledError):
            expander.expand(claim)
        batch.lose_worker()
    assert batch.claim() is None
    assert batch.error
    assert batch.error.code == "worker-lost"


def test_deaths_between_which_packs_were_added_are_forgiven(
    open_batch: Callable[..., ExpandedBatch], source: Source
) -> None:
    batch = open_batch(source, max_attempts=1)
    for _ in range(3):
        claim = batch.claim()
        assert claim
        steps = 2 if isinstance(source, PrefixSource) else 4
        _, expander = fused(batch, steps + 1, 60)
        with pytest.raises(KilledError):
            expander.expand(claim)
        batch.lose_worker()
    batch.expand()
    assert batch.record["packs"] == "3"


def test_a_batch_that_is_cancelled_is_filled_no_further(
    open_batch: Callable[..., ExpandedBatch], source: Source, redis_client: redis.Redis
) -> None:
    batch = open_batch(source)
    claim = batch.claim()
    assert claim
    batch.expander(turn_seconds=0).expand(claim)
    assert batch.record["packs_added"] == "1"
    claim = batch.claim()
    assert claim
    redis_client.hset(f"meadow:job:{batch.id}", "state", "cancelled")
    batch.expander().expand(claim)
    assert batch.record["packs_added"] == "1"
    assert "packs" not in batch.record
    assert not batch.store.exists(batch.settings.jobs_bucket, f"batches/{batch.id}/packs/00000001.tar")


def test_a_worker_that_was_taken_for_dead_adds_nothing(
    open_batch: Callable[..., ExpandedBatch], source: Source
) -> None:
    """Asleep for longer than its lease, while another one went on."""
    batch = open_batch(source)
    sleeper = batch.claim()
    assert sleeper
    batch.lose_worker()
    claim = batch.claim()
    assert claim
    batch.expander(turn_seconds=0).expand(claim)
    before = batch.record
    batch.expander().expand(sleeper)
    assert batch.record == before
    batch.expand()
    assert [image for pack in batch.packs() for image in pack] == IMAGES


def test_a_full_queue_is_waited_for(
    open_batch: Callable[..., ExpandedBatch], source: Source, redis_client: redis.Redis
) -> None:
    batch = open_batch(source, max_queue_depth=2)
    redis_client.delete(BATCH_QUEUE)
    for _ in range(4):
        claim = batch.claim()
        assert claim
        batch.expander().expand(claim)
    assert batch.record["packs_added"] == "2"
    assert batch.messages()[batch.id] == 4
    redis_client.delete(BATCH_QUEUE)
    batch.expand()
    assert [image for pack in batch.packs() for image in pack] == IMAGES


def test_a_turn_gives_way_to_other_work(
    open_batch: Callable[..., ExpandedBatch], source: Source, redis_client: redis.Redis
) -> None:
    """A batch that comes later has its turn before this one goes on."""
    redis_client.delete(BATCH_QUEUE)
    first = open_batch(source)
    claim = first.claim()
    assert claim
    second = open_batch(source)
    first.expander(turn_seconds=0).expand(claim)
    order = [text(unit) for unit in redis_client.zrange("meadow:waiting:batch", 0, -1)]
    assert order.index(second.id) < order.index(first.id)


def test_a_batch_that_is_being_filled_is_answered_meanwhile(
    open_batch: Callable[..., ExpandedBatch], source: Source, redis_client: redis.Redis
) -> None:
    batch = open_batch(source)
    leases = JobLeases(redis_client, batch.settings)
    totals: list[tuple[int | None, int, bool | None, str]] = []
    while (claim := batch.claim()) is not None:
        batch.expander(turn_seconds=0).expand(claim)
        number = len(totals)
        pack = leases.claim_pack(Unit(batch.id, number), MODEL)
        if pack:
            size = len(batch.packs()[number])
            assert leases.finish_pack(pack, succeeded=size, failed=0, classes={"grass": size})
        job = batch.job()
        assert job.progress
        totals.append((job.progress.total, job.progress.done, job.sealed, job.state.value))
    assert totals == [
        (8, 8, False, "running"),
        (16, 16, False, "running"),
        (19, 19, False, "running"),
        (19, 19, True, "succeeded"),
    ]
    assert batch.job().attempts == 0


def test_a_lost_message_is_sent_again(
    open_batch: Callable[..., ExpandedBatch], source: Source, redis_client: redis.Redis, settings: Settings
) -> None:
    batch = open_batch(source)
    redis_client.delete(BATCH_QUEUE)
    sweeper = Sweeper(redis_client, settings, lost_after_seconds=0)
    sweeper.sweep()
    sweeper.sweep()
    assert batch.messages()[batch.id] >= 1
    assert all("meadow.fill_batch" in text(body) for body in redis_client.lrange(BATCH_QUEUE, 0, -1))


@pytest.mark.parametrize("source", ["zip"], indirect=True)
def test_a_zip_that_is_replaced_while_it_is_read_fails_the_batch(
    open_batch: Callable[..., ExpandedBatch], source: ZipSource, store: ObjectStore, settings: Settings
) -> None:
    for other in (make_zip(IMAGES[::-1]), b"short"):
        batch = open_batch(source)
        claim = batch.claim()
        assert claim
        batch.expander(turn_seconds=0).expand(claim)
        store.put(settings.jobs_bucket, upload_key(source.upload_id), other)
        batch.expand()
        assert batch.error
        assert (batch.error.code, "replaced" in batch.error.detail) == ("source-unreadable", True)
        store.put(settings.jobs_bucket, upload_key(source.upload_id), make_zip(ALL))
