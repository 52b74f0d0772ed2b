"""Packs of references from a listing of an S3 prefix: no image is read here."""

from collections.abc import Iterator

from meadow.packs import PACK_BYTES, PACK_IMAGES
from meadow.problems import ProblemTypes
from meadow.sources.image_names import is_image_name
from meadow.sources.model import PrefixSource
from meadow.sources.references import ObjectReference, write_references
from meadow.storage.errors import ObjectMissingError, ObjectRefusedError
from meadow.storage.layout import pack_references_key
from meadow.storage.s3 import ObjectStore
from meadow_worker.filling.errors import SourceError
from meadow_worker.filling.source_pack import Pause, SourcePack

KEYS_PER_PAUSE = 1000
"""As many as a page of a listing has."""


def prefix_packs(
    store: ObjectStore, source: PrefixSource, cursor: str, *, max_image_bytes: int
) -> Iterator[SourcePack | Pause]:
    """Yield packs of the images under a prefix, in the order of their keys.

    Names are counted from the prefix's last folder. An object above `max_image_bytes` is referred to like the others,
    and refused by whoever reads it.

    Args:
        store: Where the bucket is.
        source: What to list.
        cursor: The last key that was dealt with.
        max_image_bytes: Larger objects are not transferred, so their size counts nothing.

    Raises:
        SourceError: The bucket is not there or may not be listed.
        StoreError: The store does not answer.
    """
    name_start = source.prefix.rfind("/") + 1
    pack: list[ObjectReference] = []
    size = skipped = 0
    try:
        for entry in store.entries(source.bucket, source.prefix, recursive=source.recursive, after=cursor):
            if not is_image_name(entry.key[name_start:]):
                skipped += 1
                if skipped % KEYS_PER_PAUSE == 0 and not pack:
                    yield Pause(entry.key)
                continue
            weight = entry.size if entry.size <= max_image_bytes else 0
            if pack and (len(pack) == PACK_IMAGES or size + weight > PACK_BYTES):
                yield _pack_of(pack)
                pack, size = [], 0
            pack.append(ObjectReference(name=entry.key[name_start:], bucket=source.bucket, key=entry.key))
            size += weight
    except ObjectMissingError as error:
        raise SourceError(
            ProblemTypes.SOURCE_UNREADABLE, f"There is no bucket {source.bucket!r} to read {source.uri} from."
        ) from error
    except ObjectRefusedError as error:
        raise SourceError(
            ProblemTypes.SOURCE_UNREADABLE,
            f"The object store does not let Meadow list {source.uri}. Allow its access key to list and read it.",
        ) from error
    if pack:
        yield _pack_of(pack)


def _pack_of(references: list[ObjectReference]) -> SourcePack:
    return SourcePack(
        images=len(references),
        cursor=references[-1].key,
        parts=((pack_references_key, write_references(references)),),
    )
