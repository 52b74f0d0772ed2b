"""Filling a batch from its source, a turn at a time.

Whatever is killed, whoever goes on finds how many packs there are and the source's cursor behind the last of them, both
written in the step that enqueues a pack. A pack's objects are stored before that step, so the same pack may be stored
twice but is enqueued once.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator

from meadow.image_files.passed_over import describe_passed_over
from meadow.schemas.problems import ProblemCode
from meadow.schemas.sources import FormSource, PrefixSource, Source, ZipSource, parse_source
from meadow_core.jobs.batches import MAX_PACKS
from meadow_core.jobs.expansion import BatchExpansion, SourcePosition
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.record import passed_over_of
from meadow_core.jobs.verdicts import FillPackVerdict
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore, StoreError
from meadow_worker.expansion.errors import SourceError
from meadow_worker.expansion.form import form_images
from meadow_worker.expansion.packing import tar_packs
from meadow_worker.expansion.prefix import prefix_packs
from meadow_worker.expansion.source_pack import Pause, SourcePack
from meadow_worker.expansion.zip import zip_images

TURN_SECONDS = 0.5
"""About as long as a pack takes to classify: nobody waits for a turn longer than for any other piece of work."""

logger = logging.getLogger(__name__)


class BatchExpander:
    """Adds packs to claimed batches."""

    def __init__(
        self,
        store: ObjectStore,
        leases: JobLeases,
        expansion: BatchExpansion,
        settings: WorkerSettings,
        *,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self._store = store
        self._leases = leases
        self._expansion = expansion
        self._settings = settings
        self._turn_seconds = turn_seconds

    def expand(self, claim: Claim) -> None:
        """Add packs until the source is at its end, the turn is over, the queue is full, or the batch has ended.

        Raises:
            StoreError: The object store does not answer: nothing is lost, the batch may be postponed.
        """
        source = parse_source(claim.record[JobField.SOURCE])
        try:
            is_over = self._add_packs(claim, source)
        except SourceError as error:
            is_over = self._leases.fail(claim, error.error)
        if is_over and not isinstance(source, PrefixSource):
            self._delete_upload(source)

    def _add_packs(self, claim: Claim, source: Source) -> bool:
        """Add packs; True when the batch is filled."""
        number, position = int(claim.record.get(JobField.PACKS_ADDED, 0)), _position(claim)
        started = time.monotonic()
        pieces = self._read(source, position.cursor)
        turn_ends = 0.0
        while True:
            if self._expansion.queue_is_full(claim):
                self._expansion.end_turn(claim, position)
                return False
            piece = next(pieces, None)
            if piece is None:
                break
            now = time.monotonic()
            turn_ends = turn_ends or now + self._turn(opening=now - started)
            # Whose lease is lost must not write over what another worker stores under the same number.
            if not self._leases.heartbeat(claim):
                return False
            if isinstance(piece, SourcePack):
                if number == MAX_PACKS:
                    raise SourceError(ProblemCode.SOURCE_UNREADABLE, f"The source has more than {MAX_PACKS:,} packs.")
                if not self._add(claim, number, piece, position):
                    return False
                number += 1
            position = _behind(piece, position)
            if time.monotonic() >= turn_ends:
                self._expansion.end_turn(claim, position)
                return False
        if number == 0:
            self._leases.heartbeat(claim, {JobField.PASSED_OVER: position.counts or "{}"})
            raise SourceError(ProblemCode.SOURCE_EMPTY, _empty(source, position))
        return self._expansion.seal(claim, position)

    def _turn(self, *, opening: float) -> float:
        """Opening a large zip takes a while; its turn is then as long, so that half the time is spent on images."""
        return opening if opening > TURN_SECONDS else self._turn_seconds

    def _add(self, claim: Claim, number: int, pack: SourcePack, before: SourcePosition) -> bool:
        for key_of, body in pack.parts:
            self._store.put(self._settings.jobs_bucket, key_of(claim.unit.job_id, number), body)
        match self._expansion.add_pack(claim, number, pack.images, _behind(pack, before)):
            case FillPackVerdict.ADDED:
                return True
            case FillPackVerdict.QUEUE_FULL:
                self._expansion.end_turn(claim, before)
        return False

    def _read(self, source: Source, cursor: str) -> Iterator[SourcePack | Pause]:
        bucket, max_bytes = self._settings.jobs_bucket, self._settings.max_image_bytes
        match source:
            case PrefixSource():
                return prefix_packs(self._store, source, cursor, max_image_bytes=max_bytes)
            case FormSource():
                return tar_packs(form_images(self._store, bucket, source, cursor, max_image_bytes=max_bytes))
            case ZipSource():
                return tar_packs(zip_images(self._store, source, cursor, self._settings))

    def _delete_upload(self, source: ZipSource | FormSource) -> None:
        try:
            self._store.delete(self._settings.jobs_bucket, upload_key(source.upload_id))
        except StoreError as error:
            # It is swept away with those that no batch ever used.
            logger.warning("could not delete an upload that is used up: %s", error)


def _position(claim: Claim) -> SourcePosition:
    return SourcePosition(claim.record.get(JobField.CURSOR, ""), passed_over_of(claim.record))


def _behind(piece: SourcePack | Pause, before: SourcePosition) -> SourcePosition:
    return SourcePosition(piece.cursor, Counter(before.passed_over) + Counter(piece.passed_over))


def _empty(source: Source, position: SourcePosition) -> str:
    match source:
        case PrefixSource(uri=uri, recursive=True):
            detail = f"There are no images under {uri}."
        case PrefixSource(uri=uri):
            detail = f"There are no images right under {uri}. To mean a folder, end it with '/'."
        case ZipSource():
            detail = "There are no images in the zip."
        case FormSource():
            detail = "There are no images in the form."
    return f"{detail} {describe_passed_over(position.passed_over)}".rstrip()
