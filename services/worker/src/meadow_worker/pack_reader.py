"""A pack's images in their order, wherever they lie, with those that cannot be read in their places."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from meadow.errors import MeadowError
from meadow.schemas.jobs import JobError
from meadow.schemas.problems import ProblemCode
from meadow.schemas.sources import PrefixSource, parse_source
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.leases import Claim
from meadow_core.jobs.pack_rejections import Rejection, read_rejections
from meadow_core.packs import read_pack
from meadow_core.settings.services import WorkerSettings
from meadow_core.sources.references import ObjectReference, read_references
from meadow_core.storage.errors import ObjectMissingError, ObjectRefusedError, ObjectTooLargeError
from meadow_core.storage.layout import pack_key, pack_references_key, pack_rejections_key
from meadow_core.storage.s3 import ObjectStore

FETCH_THREADS = 16

PackImage = tuple[str, bytes | JobError]
"""An image's name, and its bytes or why there are none."""


@dataclass(frozen=True)
class PackEntry:
    """An image of a pack: its bytes, where they lie, or why there are none."""

    name: str
    content: bytes | ObjectReference | JobError


class PackGoneError(MeadowError):
    """What a pack was stored as is not in the object store any more."""


class PackReader:
    """Reads the packs of batches, whoever filled them."""

    def __init__(self, store: ObjectStore, settings: WorkerSettings) -> None:
        self._store = store
        self._bucket = settings.jobs_bucket
        self._max_image_bytes = settings.max_image_bytes

    def read(self, claim: Claim) -> Iterator[PackImage]:
        """Yield the images of a claimed pack; those that are only referred to are fetched ahead.

        Raises:
            StoreError: The store does not answer.
            PackGoneError: It answers, and does not have the pack.
        """
        entries = self.entries(claim)
        if not any(isinstance(entry.content, ObjectReference) for entry in entries):
            yield from ((entry.name, self.load(entry)) for entry in entries)
            return
        pool = ThreadPoolExecutor(FETCH_THREADS)
        try:
            bodies = pool.map(self.load, entries)
            yield from ((entry.name, body) for entry, body in zip(entries, bodies, strict=True))
        finally:
            pool.shutdown(cancel_futures=True)

    def entries(self, claim: Claim) -> list[PackEntry]:
        """List the images of a claimed pack without fetching those that are only referred to.

        Raises:
            StoreError, PackGoneError: As for `read`.
        """
        batch_id, number = claim.unit.job_id, claim.unit.pack or 0
        source = parse_source(claim.record[JobField.SOURCE]) if JobField.SOURCE in claim.record else None
        if isinstance(source, PrefixSource):
            references = read_references(self._stored(pack_references_key(batch_id, number)))
            return [PackEntry(reference.name, reference) for reference in references]
        images = (PackEntry(*image) for image in read_pack(self._stored(pack_key(batch_id, number))))
        if source is None:
            return list(images)
        return list(_merged(images, read_rejections(self._stored(pack_rejections_key(batch_id, number)))))

    def load(self, entry: PackEntry) -> bytes | JobError:
        """Return an image's bytes, fetched if need be, or why there are none.

        Raises:
            StoreError: The store does not answer.
        """
        reference = entry.content
        if not isinstance(reference, ObjectReference):
            return reference
        try:
            return self._store.get(reference.bucket, reference.key, max_bytes=self._max_image_bytes)
        except ObjectMissingError:
            return _error(ProblemCode.SOURCE_UNREADABLE, "The object was deleted after the batch had listed it.")
        except ObjectRefusedError:
            return _error(ProblemCode.SOURCE_UNREADABLE, "The object store does not let Meadow read this object.")
        except ObjectTooLargeError:
            return _error(
                ProblemCode.TOO_LARGE, f"The image has more than the {self._max_image_bytes:,} bytes accepted."
            )

    def _stored(self, key: str) -> bytes:
        try:
            return self._store.get(self._bucket, key)
        except ObjectMissingError as error:
            # A store that lacks the whole bucket is out of order, and may have it all back later.
            self._store.check_bucket(self._bucket)
            raise PackGoneError(f"s3://{self._bucket}/{key} is gone.") from error


def _merged(images: Iterator[PackEntry], rejections: Iterable[Rejection]) -> Iterator[PackEntry]:
    place = 0
    for rejection in rejections:
        while place < rejection.place:
            yield next(images)
            place += 1
        yield PackEntry(rejection.name, rejection.error)
        place += 1
    yield from images


def _error(code: str, detail: str) -> JobError:
    return JobError(code=code, detail=detail)
