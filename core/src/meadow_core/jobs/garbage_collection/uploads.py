"""Uploads that no batch was made of, or whose batch was cancelled: deleted after a day."""

import time

import redis

from meadow.schemas.jobs import ACTIVE_STATES, JobKind
from meadow.schemas.sources import PrefixSource, parse_source
from meadow_core.jobs import keys
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.ids import PREFIXES, made_at
from meadow_core.jobs.record import text
from meadow_core.settings.uploads import UploadSettings
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore

KEPT_SECONDS = 86_400.0
"""Counted from the end of the upload's address."""


class UploadGarbage:
    """Finds and deletes them; any number may run at once."""

    def __init__(self, client: redis.Redis, store: ObjectStore, settings: UploadSettings) -> None:
        self._redis = client
        self._store = store
        self._bucket = settings.jobs_bucket
        self._kept_seconds = KEPT_SECONDS + settings.upload_seconds

    def sweep(self) -> int:
        """Delete what is old and used by no batch that still runs.

        Returns:
            How many were deleted.

        Raises:
            StoreError: The object store does not answer.
        """
        oldest = time.time() - self._kept_seconds
        prefix = upload_key("")
        old = {key for key in self._store.keys(self._bucket, prefix) if made_at(key.removeprefix(prefix)) < oldest}
        unused = old - self._in_use() if old else old
        for key in unused:
            self._store.delete(self._bucket, key)
        return len(unused)

    def _in_use(self) -> set[str]:
        used = set()
        for job_id, _ in self._redis.zscan_iter(keys.JOB_INDEX, match=f"{PREFIXES[JobKind.BATCH]}_*", count=1000):
            state, source = self._redis.hmget(keys.job(text(job_id)), [JobField.STATE, JobField.SOURCE])
            if source is not None and text(state) in ACTIVE_STATES:
                parsed = parse_source(text(source))
                if not isinstance(parsed, PrefixSource):
                    used.add(upload_key(parsed.upload_id))
        return used
