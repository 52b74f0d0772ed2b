"""Objects under an S3 prefix, in one folder per class."""

from collections.abc import Iterator, Sequence

from meadow.image_files.passed_over import PassedOver, PassedOverCounts
from meadow.image_files.system_names import is_system_path
from meadow.image_files.types import HEADER_BYTES, IMAGE_SUFFIXES, image_type, needs_header, suffix_of
from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.rejection import Reason
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.model import Candidate, UnfitError
from meadow_core.datasets.sources.placed import PlacedImages
from meadow_core.storage.errors import ObjectMissingError, ObjectRefusedError, ObjectTooLargeError
from meadow_core.storage.s3 import ObjectEntry, ObjectStore

SCHEME = "s3://"


class S3PrefixSource:
    """The images under `s3://bucket/prefix/`; the folder right below the prefix is the label.

    Raises:
        DatasetError: The address has no bucket.
    """

    total = None
    waits = False

    def __init__(
        self, store: ObjectStore, uri: str, *, max_bytes: int, split_folders: SplitFolders = SplitFolders.MERGE
    ) -> None:
        self.title = uri
        self.passed_over = PassedOverCounts()
        self.notes: Sequence[str] = ()
        bucket, _, prefix = uri.removeprefix(SCHEME).partition("/")
        if not bucket:
            raise DatasetError(f"{uri} names no bucket. Write s3://bucket/prefix/.")
        self._bucket = bucket
        self._prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self._store = store
        self._max_bytes = max_bytes
        self._split_folders = split_folders

    def candidates(self) -> Iterator[Candidate | Rejection]:
        """Name the objects, class by class.

        Raises:
            DatasetError: There is no image under the prefix.
        """
        self.passed_over = PassedOverCounts()
        keys = [entry.key for entry in self._store.entries(self._bucket, self._prefix) if self._is_image(entry)]
        if not keys:
            raise DatasetError(f"There are no images under {self.title}. {self.passed_over.sentence}".strip())
        names = [key.removeprefix(self._prefix) for key in keys]
        placed = PlacedImages(
            names,
            keys,
            origin=self.title,
            passed_over=self.passed_over,
            split_folders=self._split_folders,
            unwrap=False,
        )
        self.passed_over, self.notes = placed.passed_over, placed.notes
        if not placed.images:
            detail = "Put the images into folders named after their classes."
            raise DatasetError(f"There are no class folders under {self.title}. {detail} {self.passed_over.sentence}")
        yield from placed.images

    def read(self, candidate: Candidate) -> bytes:
        """Read an object.

        Raises:
            UnfitError: It is too large, gone, or may not be read.
        """
        try:
            return self._store.get(self._bucket, candidate.place, max_bytes=self._max_bytes)
        except ObjectTooLargeError as error:
            detail = f"The object is larger than the {self._max_bytes:,} bytes that are read."
            raise UnfitError(Reason.TOO_LARGE, detail) from error
        except (ObjectMissingError, ObjectRefusedError) as error:
            raise UnfitError(Reason.UNREACHABLE, str(error)) from error

    def close(self) -> None:
        """Nothing runs in the background."""

    def _is_image(self, entry: ObjectEntry) -> bool:
        name = entry.key.removeprefix(self._prefix)
        if not name or name.endswith("/"):
            return False  # stands for a folder
        if is_system_path(name):
            self.passed_over[PassedOver.SYSTEM_FILE] += 1
            return False
        suffix = suffix_of(name)
        if suffix in IMAGE_SUFFIXES or (entry.size and needs_header(suffix) and self._begins_like_image(entry.key)):
            return True
        self.passed_over.add_file(suffix)
        return False

    def _begins_like_image(self, key: str) -> bool:
        try:
            return image_type(self._store.get_range(self._bucket, key, 0, HEADER_BYTES)) is not None
        except ObjectMissingError:
            return False
