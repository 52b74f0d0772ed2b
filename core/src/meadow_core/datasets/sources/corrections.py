"""The labels that people corrected, as a source of a data set."""

from collections.abc import Iterator

from meadow.image_files.passed_over import PassedOverCounts
from meadow.schemas.digests import short_digest
from meadow.schemas.rejection import Reason
from meadow_core.datasets.corrections import Corrections
from meadow_core.datasets.labels import normal_label
from meadow_core.datasets.sources.model import CORRECTIONS_TITLE, Candidate, UnfitError
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import image_key
from meadow_core.storage.s3 import ObjectStore


class CorrectionsSource:
    """The images with a corrected label; whether the data set has its class is decided when all images are known."""

    title = CORRECTIONS_TITLE
    total = None
    waits = False
    notes = ()

    def __init__(self, store: ObjectStore, bucket: str) -> None:
        self.passed_over = PassedOverCounts()
        self._store = store
        self._bucket = bucket
        self._corrections = Corrections(store, bucket)

    def candidates(self) -> Iterator[Candidate]:
        """Name the images, by their content."""
        for stored in self._corrections.last():
            correction = self._corrections.read(stored)
            name = correction.name or correction.job_id or short_digest(correction.sha256)
            yield Candidate(
                f"{correction.origin} of {name}",
                normal_label(correction.label),
                correction.sha256,
                corrected=True,
                new_class=correction.new_class,
            )

    def read(self, candidate: Candidate) -> bytes:
        """Read an image.

        Raises:
            UnfitError: It is gone.
        """
        try:
            return self._store.get(self._bucket, image_key(candidate.place))
        except ObjectMissingError as error:
            raise UnfitError(Reason.UNREACHABLE, "The image of this correction is gone.") from error

    def close(self) -> None:
        """Nothing runs in the background."""
