"""Putting images that were read into packs, with those that could not be read in their places."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from meadow.packs import PACK_BYTES, PACK_IMAGES, build_pack
from meadow.schemas.jobs import JobError
from meadow_core.jobs.pack_rejections import Rejection, write_rejections
from meadow_core.storage.layout import pack_key, pack_rejections_key
from meadow_worker.expansion.source_pack import Pause, SourcePack


@dataclass(frozen=True)
class ReadImage:
    """An image's name, its bytes or why there are none, and where its source goes on behind it."""

    name: str
    content: bytes | JobError
    cursor: str
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """What lies between the image before and this one."""


def tar_packs(images: Iterable[ReadImage | Pause]) -> Iterator[SourcePack | Pause]:
    """Yield packs of the images, in their order. One pack and one further image are in memory at a time."""
    pack: list[ReadImage] = []
    size = 0
    for image in images:
        if isinstance(image, Pause):
            if pack:
                yield _pack_of(pack)
                pack, size = [], 0
            yield image
            continue
        weight = 0 if isinstance(image.content, JobError) else len(image.content)
        if pack and (len(pack) == PACK_IMAGES or size + weight > PACK_BYTES):
            yield _pack_of(pack)
            pack, size = [], 0
        pack.append(image)
        size += weight
    if pack:
        yield _pack_of(pack)


def _pack_of(images: list[ReadImage]) -> SourcePack:
    good = [(image.name, image.content) for image in images if not isinstance(image.content, JobError)]
    rejections = [
        Rejection(place=place, name=image.name, error=image.content)
        for place, image in enumerate(images)
        if isinstance(image.content, JobError)
    ]
    passed_over: Counter[str] = Counter()
    for image in images:
        passed_over.update(image.passed_over)
    return SourcePack(
        images=len(images),
        cursor=images[-1].cursor,
        passed_over=passed_over,
        parts=((pack_rejections_key, write_rejections(rejections)), (pack_key, build_pack(good))),
    )
