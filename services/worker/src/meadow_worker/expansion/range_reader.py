"""Reading here and there in an object that may be larger than memory."""

from meadow.sizes import MEBIBYTE
from meadow_core.storage.s3 import ObjectStat, ObjectStore

WINDOW = 4 * MEBIBYTE
"""How much is fetched at a time: what is read next usually lies right behind."""


class RangeReader:
    """An object's bytes by their place, through one window that moves along."""

    def __init__(self, store: ObjectStore, bucket: str, key: str, stat: ObjectStat) -> None:
        self.size = stat.size
        self._store, self._bucket, self._key, self._etag = store, bucket, key, stat.etag
        self._start = 0
        self._window = b""

    def read(self, start: int, length: int) -> bytes:
        """Return `length` bytes from `start`; fewer at the object's end, none beyond it.

        Raises:
            ObjectChangedError: The object was replaced meanwhile.
            StoreError: The store does not answer.
        """
        end = min(start + length, self.size)
        if start >= end:
            return b""
        if not self._start <= start <= end <= self._start + len(self._window):
            wanted = min(max(end - start, WINDOW), self.size - start)
            self._window = self._store.get_range(self._bucket, self._key, start, wanted, etag=self._etag)
            self._start = start
        return self._window[start - self._start : end - self._start]
