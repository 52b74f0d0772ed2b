"""Explanations whose job's record is past its retention: deleted within hours."""

import time

from meadow_core.jobs.ids import made_at
from meadow_core.settings.services import ServiceSettings
from meadow_core.storage.layout import explanations_prefix
from meadow_core.storage.s3 import ObjectStore

SLACK_SECONDS = 3_600.0
"""For the work itself: a job may wait until its deadline, and is kept for its retention after its end."""


class ExplanationGarbage:
    """Finds and deletes them by their jobs' ids, which tell their age; any number may run at once."""

    def __init__(self, store: ObjectStore, settings: ServiceSettings) -> None:
        self._store = store
        self._bucket = settings.jobs_bucket
        self._kept_seconds = settings.job_deadline_seconds + settings.job_retention_seconds + SLACK_SECONDS

    def sweep(self) -> int:
        """Delete what no job's record leads to any more.

        Returns:
            How many objects were deleted.

        Raises:
            StoreError: The object store does not answer.
        """
        oldest = time.time() - self._kept_seconds
        prefix = explanations_prefix()
        old = [
            key
            for key in self._store.keys(self._bucket, prefix)
            if made_at(key.removeprefix(prefix).partition("/")[0]) < oldest
        ]
        for key in old:
            self._store.delete(self._bucket, key)
        return len(old)
