"""A pack's images in their order, wherever they lie, with those that cannot be read in their places."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from meadow.jobs.leases import Claim
from meadow.jobs.model import JobError
from meadow.packs import read_pack
from meadow.problems import ProblemTypes
from meadow.settings import Settings
from meadow.sources.model import PrefixSource, parse_source
from meadow.sources.references import ObjectReference, read_references
from meadow.sources.rejections import Rejection, read_rejections
from meadow.storage.errors import ObjectMissingError, ObjectRefusedError, ObjectTooLargeError
from meadow.storage.layout import pack_key, pack_references_key, pack_rejections_key
from meadow.storage.s3 import ObjectStore

FETCH_THREADS = 16

PackImage = tuple[str, bytes | JobError]
"""An image's name, and its bytes or why there are none."""


class PackGoneError(Exception):
    """What a pack was stored as is not in the object store any more."""


class PackReader:
    """Reads the packs of batches, whoever filled them."""

    def __init__(self, store: ObjectStore, settings: Settings) -> None:
        self._store = store
        self._bucket = settings.jobs_bucket
        self._max_image_bytes = settings.max_image_bytes

    def read(self, claim: Claim, *, fetch: bool = True) -> Iterator[PackImage]:
        """Yield the images of a claimed pack.

        Args:
            claim: The pack.
            fetch: Whether images that are only referred to are fetched; without, they come as no bytes.

        Raises:
            StoreError: The store does not answer.
            PackGoneError: It answers, and does not have the pack.
        """
        batch_id, number = claim.unit.job_id, claim.unit.pack or 0
        source = parse_source(claim.record["source"]) if "source" in claim.record else None
        if isinstance(source, PrefixSource):
            references = read_references(self._stored(pack_references_key(batch_id, number)))
            return self._fetched(list(references)) if fetch else ((reference.name, b"") for reference in references)
        images = read_pack(self._stored(pack_key(batch_id, number)))
        if source is None:
            return images
        rejections = read_rejections(self._stored(pack_rejections_key(batch_id, number)))
        return _merged(images, rejections)

    def _stored(self, key: str) -> bytes:
        try:
            return self._store.get(self._bucket, key)
        except ObjectMissingError as error:
            # A store that lacks the whole bucket is out of order, and may have it all back later.
            self._store.check_bucket(self._bucket)
            raise PackGoneError(f"s3://{self._bucket}/{key} is gone.") from error

    def _fetched(self, references: list[ObjectReference]) -> Iterator[PackImage]:
        pool = ThreadPoolExecutor(FETCH_THREADS)
        try:
            bodies = pool.map(self._fetch, references)
            yield from ((reference.name, body) for reference, body in zip(references, bodies, strict=True))
        finally:
            pool.shutdown(cancel_futures=True)

    def _fetch(self, reference: ObjectReference) -> bytes | JobError:
        try:
            return self._store.get(reference.bucket, reference.key, max_bytes=self._max_image_bytes)
        except ObjectMissingError:
            return _error(ProblemTypes.SOURCE_UNREADABLE.code, "The object was deleted after the batch had listed it.")
        except ObjectRefusedError:
            return _error(ProblemTypes.SOURCE_UNREADABLE.code, "The object store does not let Meadow read this object.")
        except ObjectTooLargeError:
            return _error(
                ProblemTypes.TOO_LARGE.code, f"The image has more than the {self._max_image_bytes:,} bytes accepted."
            )


def _merged(images: Iterator[PackImage], rejections: Iterable[Rejection]) -> Iterator[PackImage]:
    place = 0
    for rejection in rejections:
        while place < rejection.place:
            yield next(images)
            place += 1
        yield rejection.name, rejection.error
        place += 1
    yield from images


def _error(code: str, detail: str) -> JobError:
    return JobError(code=code, detail=detail)
