"""The images of a form, from the tar that the gateway stored."""

from collections.abc import Iterator

from meadow.schemas.jobs import JobError
from meadow.schemas.problems import ProblemCode
from meadow.schemas.sources import FormSource
from meadow_core.packs import read_pack
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.expansion.errors import SourceError
from meadow_worker.expansion.packing import ReadImage


def form_images(
    store: ObjectStore, bucket: str, source: FormSource, cursor: str, *, max_image_bytes: int
) -> Iterator[ReadImage]:
    """Yield the images behind the cursor, which counts them.

    Raises:
        SourceError: The form's images are gone.
        StoreError: The store does not answer.
    """
    try:
        body = store.get(bucket, upload_key(source.upload_id))
    except ObjectMissingError as error:
        raise SourceError(ProblemCode.SOURCE_UNREADABLE, "The form's images are gone. Send them again.") from error
    done = int(cursor or 0)
    for number, (name, image) in enumerate(read_pack(body), start=1):
        if number > done:
            content = image if len(image) <= max_image_bytes else too_large(len(image), max_image_bytes)
            yield ReadImage(name, content, str(number))


def too_large(size: int, max_image_bytes: int) -> JobError:
    """Say that an image has more bytes than are read."""
    return JobError(
        code=ProblemCode.TOO_LARGE,
        detail=f"The image has {size:,} bytes; at most {max_image_bytes:,} are accepted.",
    )
