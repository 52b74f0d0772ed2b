"""Packs of references from a listing of an S3 prefix: of an image no more is read here than the first bytes."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from meadow.image_files.file_kind import FileKind, PassedOverFiles, file_kind
from meadow.image_files.types import HEADER_BYTES, image_type
from meadow.packs import PACK_BYTES, PACK_IMAGES
from meadow.schemas.problems import ProblemCode
from meadow.schemas.sources import PrefixSource
from meadow_core.sources.references import ObjectReference, write_references
from meadow_core.storage.errors import ObjectMissingError, ObjectRefusedError
from meadow_core.storage.layout import pack_references_key
from meadow_core.storage.s3 import ObjectEntry, ObjectStore
from meadow_worker.expansion.errors import SourceError
from meadow_worker.expansion.source_pack import Pause, SourcePack

KEYS_PER_PAUSE = 1000
"""As many as a page of a listing has."""
LOOK_THREADS = 16
LOOK_KEYS = 64
"""Keys that are looked at together: about as many as a turn has time for."""


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
    passed_over = PassedOverFiles(after=cursor[name_start:])
    pack: list[ObjectReference] = []
    size = skipped = 0
    entries = store.entries(source.bucket, source.prefix, recursive=source.recursive, after=cursor)
    try:
        for entry, kind in _with_kinds(store, source.bucket, entries, name_start):
            name = entry.key[name_start:]
            if kind is not FileKind.IMAGE:
                if kind is None:
                    passed_over.add_unreadable()
                else:
                    passed_over.add(name, kind)
                cursor = entry.key
                skipped += 1
                if skipped % KEYS_PER_PAUSE == 0 and not pack:
                    yield Pause(cursor, passed_over.take())
                continue
            weight = entry.size if entry.size <= max_image_bytes else 0
            if pack and (len(pack) == PACK_IMAGES or size + weight > PACK_BYTES):
                yield _pack_of(pack, cursor, passed_over)
                pack, size = [], 0
            pack.append(ObjectReference(name=name, bucket=source.bucket, key=entry.key))
            size += weight
            cursor = entry.key
    except ObjectMissingError as error:
        raise SourceError(
            ProblemCode.SOURCE_UNREADABLE, f"There is no bucket {source.bucket!r} to read {source.uri} from."
        ) from error
    except ObjectRefusedError as error:
        raise SourceError(
            ProblemCode.SOURCE_UNREADABLE,
            f"The object store does not let Meadow list {source.uri}. Allow its access key to list and read it.",
        ) from error
    if pack:
        yield _pack_of(pack, cursor, passed_over)
    elif rest := passed_over.take():
        yield Pause(cursor, rest)


def _with_kinds(
    store: ObjectStore, bucket: str, entries: Iterable[ObjectEntry], name_start: int
) -> Iterator[tuple[ObjectEntry, FileKind | None]]:
    """Tell what each object is, by its first bytes if need be; None for one whose first bytes cannot be read."""

    def look(entry: ObjectEntry) -> FileKind | None:
        kind = file_kind(entry.key[name_start:])
        if kind is not FileKind.UNTOLD or not entry.size:
            return kind
        try:
            start = store.get_start(bucket, entry.key, HEADER_BYTES)
        except (ObjectMissingError, ObjectRefusedError):
            return None
        return FileKind.IMAGE if image_type(start) else kind

    listing = iter(entries)
    with ThreadPoolExecutor(LOOK_THREADS) as pool:
        while chunk := list(islice(listing, LOOK_KEYS)):
            yield from zip(chunk, pool.map(look, chunk), strict=True)


def _pack_of(references: list[ObjectReference], cursor: str, passed_over: PassedOverFiles) -> SourcePack:
    return SourcePack(
        images=len(references),
        cursor=cursor,
        parts=((pack_references_key, write_references(references)),),
        passed_over=passed_over.take(),
    )
