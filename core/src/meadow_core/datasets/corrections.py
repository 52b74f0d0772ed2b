"""Labels that people corrected, kept beside the images until they become part of a data set.

Every correction is an object of its own that is never overwritten, so nothing is lost when two people correct the same
image; of an image's corrections the last one counts. The label is part of the key, so that a listing is
enough to count them.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from urllib.parse import quote, unquote

from meadow.schemas.correction import Correction, CorrectionCounts
from meadow.schemas.feedback import LabelOrigin
from meadow_core.storage.layout import correction_key, corrections_prefix, image_key
from meadow_core.storage.s3 import ObjectStore

STAMP_FORMAT = "%Y%m%dT%H%M%S.%f"


@dataclass(frozen=True)
class StoredCorrection:
    """What a correction's key tells."""

    key: str
    sha256: str
    label: str
    created_at: datetime


class Corrections:
    """The corrections in the images bucket."""

    def __init__(self, store: ObjectStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket

    def add(
        self,
        body: bytes,
        label: str,
        *,
        new_class: bool = False,
        name: str = "",
        predicted: str = "",
        model_version: str = "",
        job_id: str = "",
        caller: str = "",
        origin: LabelOrigin = LabelOrigin.CORRECTION,
    ) -> Correction:
        """Keep an image with the label that a person gave it; the image goes first.

        Raises:
            StoreError: The object store failed; nothing was kept.
        """
        correction = Correction(
            sha256=hashlib.sha256(body).hexdigest(),
            label=label,
            new_class=new_class,
            name=name,
            predicted=predicted,
            model_version=model_version,
            job_id=job_id,
            caller=caller,
            origin=origin,
            created_at=datetime.now(UTC),
        )
        self._store.put(self._bucket, image_key(correction.sha256), body)
        stamp = f"{correction.created_at.strftime(STAMP_FORMAT)}-{secrets.token_hex(4)}"
        key = correction_key(correction.sha256, stamp, quote(label, safe=""))
        self._store.put(self._bucket, key, correction.model_dump_json().encode())
        return correction

    def last(self) -> Iterator[StoredCorrection]:
        """Yield the last correction of each image, by the images' content."""
        keys = self._store.keys(self._bucket, corrections_prefix())
        for _, of_image in groupby(map(_parse, keys), key=lambda stored: stored.sha256):
            # Keys are listed in lexical order, which is that of the time stamps.
            *_, last = of_image
            yield last

    def read(self, stored: StoredCorrection) -> Correction:
        """Read all that is known of a correction.

        Raises:
            ObjectMissingError: It is gone.
        """
        return Correction.model_validate_json(self._store.get(self._bucket, stored.key))

    def counts(self) -> CorrectionCounts:
        """Count the images by the label that they have been given."""
        labels: Counter[str] = Counter()
        newest: datetime | None = None
        for stored in self.last():
            labels[stored.label] += 1
            newest = max(newest or stored.created_at, stored.created_at)
        return CorrectionCounts(total=labels.total(), labels=dict(sorted(labels.items())), newest_at=newest)


def _parse(key: str) -> StoredCorrection:
    sha256, _, file = key.removeprefix(corrections_prefix()).partition("/")
    stamp, _, rest = file.removesuffix(".json").partition("-")
    label = unquote(rest.partition(".")[2])
    return StoredCorrection(key, sha256, label, datetime.strptime(stamp, STAMP_FORMAT).replace(tzinfo=UTC))
