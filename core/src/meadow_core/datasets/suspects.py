"""Probably wrong labels of each data set, as its last training run found them."""

from pydantic import ValidationError

from meadow.schemas.label_suspects import LabelSuspects
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.images import VersionImages
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import label_suspects_key
from meadow_core.storage.s3 import ObjectStore


class LabelSuspectLists:
    """The lists in the images bucket, one a data set."""

    def __init__(self, store: ObjectStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket

    def write(self, found: LabelSuspects) -> None:
        """Store the list in place of the one before.

        Raises:
            StoreError: The object store failed.
        """
        self._store.put(self._bucket, label_suspects_key(found.name), found.model_dump_json().encode())

    def of(self, images: VersionImages) -> LabelSuspects:
        """Return the suspects that are still in a version, with the label that they had and that no person has given.

        Raises:
            DatasetError: No training run has examined the data set, or what is stored is damaged.
        """
        try:
            found = LabelSuspects.model_validate_json(self._store.get(self._bucket, label_suspects_key(images.name)))
        except ObjectMissingError as error:
            raise DatasetError(f"No training run has examined the labels of data set {images.name!r} yet.") from error
        except ValidationError as error:
            raise DatasetError(f"The list of suspects of data set {images.name!r} is damaged: {error}") from error
        rows = images.rows
        current = [
            one
            for one in found.suspects
            if (row := rows.get(one.sha256)) and row.label == one.label and not row.corrected
        ]
        return found.model_copy(update={"suspects": current})
