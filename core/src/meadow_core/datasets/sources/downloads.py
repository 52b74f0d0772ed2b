"""Remembering what was downloaded, so that no address is downloaded twice."""

import hashlib
from datetime import UTC, datetime
from threading import BoundedSemaphore

from pydantic import BaseModel, ValidationError

from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import download_key, image_key
from meadow_core.storage.s3 import ObjectStore

AT_A_TIME = 16
"""Notes that are read or written at a time: more threads wait for downloads than the store has connections for."""


class Download(BaseModel):
    """What an address gave."""

    url: str
    sha256: str
    etag: str = ""
    """What the server calls this content, for asking whether it has changed."""
    fetched_at: datetime


class DownloadNotes:
    """A note in the object store for each address, whatever data set it was downloaded for.

    A note for each, rather than a list of all, so that a run that is killed has lost none of them.
    """

    def __init__(self, store: ObjectStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket
        self._slots = BoundedSemaphore(AT_A_TIME)

    def find(self, url: str) -> tuple[Download, bytes] | None:
        """Return what the address gave and the image itself, if both are still there."""
        try:
            with self._slots:
                note = Download.model_validate_json(self._store.get(self._bucket, _key(url)))
                body = self._store.get(self._bucket, image_key(note.sha256))
        except (ObjectMissingError, ValidationError):
            return None
        return (note, body) if hashlib.sha256(body).hexdigest() == note.sha256 else None

    def write(self, url: str, body: bytes, etag: str) -> None:
        """Note what an address gave; the note holds from when the image is in the store."""
        sha256 = hashlib.sha256(body).hexdigest()
        note = Download(url=url, sha256=sha256, etag=etag, fetched_at=datetime.now(UTC))
        with self._slots:
            self._store.put(self._bucket, _key(url), note.model_dump_json().encode())


def _key(url: str) -> str:
    return download_key(hashlib.sha256(url.encode()).hexdigest())
