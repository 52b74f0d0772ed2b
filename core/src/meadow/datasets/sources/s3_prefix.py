"""Objects under an S3 prefix, in one folder per class."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from meadow.datasets.errors import DatasetError
from meadow.datasets.rejection import Reason, Rejection
from meadow.datasets.sources.model import Candidate, UnfitError, fault_of_label
from meadow.image_files.types import IMAGE_SUFFIXES
from meadow.storage.errors import ObjectMissingError, ObjectRefusedError, ObjectTooLargeError
from meadow.storage.s3 import ObjectStore

SCHEME = "s3://"


class S3PrefixSource:
    """The images under `s3://bucket/prefix/`; the folder right below the prefix is the label.

    Raises:
        DatasetError: The address has no bucket.
    """

    total = None
    waits = False

    def __init__(self, store: ObjectStore, uri: str, *, max_bytes: int) -> None:
        self.title = uri
        bucket, _, prefix = uri.removeprefix(SCHEME).partition("/")
        if not bucket:
            raise DatasetError(f"{uri} names no bucket. Write s3://bucket/prefix/.")
        self._bucket = bucket
        self._prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self._store = store
        self._max_bytes = max_bytes

    def candidates(self) -> Iterator[Candidate | Rejection]:
        """Name the objects, in the order of their keys; hidden ones, and those without an image's suffix, are left out.

        Raises:
            DatasetError: There is no image under the prefix.
        """
        found = False
        for entry in self._store.entries(self._bucket, self._prefix):
            name = entry.key.removeprefix(self._prefix)
            path = PurePosixPath(name)
            if path.suffix.lower() not in IMAGE_SUFFIXES or any(part.startswith(".") for part in path.parts):
                continue
            found = True
            label = path.parts[0] if len(path.parts) > 1 else ""
            if fault := fault_of_label(label):
                detail = f"{fault} Put the image into a folder named after its class."
                yield Rejection(name=name, label=label, origin=self.title, reason=Reason.LABEL_MISSING, detail=detail)
            else:
                yield Candidate(name, label, entry.key)
        if not found:
            raise DatasetError(f"There are no images under {self.title} ({', '.join(sorted(IMAGE_SUFFIXES))}).")

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
