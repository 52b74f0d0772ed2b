"""What queued ingestions led to, kept for each of them: also for those that published nothing."""

from collections.abc import Sequence

from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.plain_names import is_plain_name
from meadow_core.datasets.rejection import Rejection, write_rejections
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import run_rejections_key, run_report_key, runs_prefix
from meadow_core.storage.s3 import ObjectStore

KEPT_RUNS = 50
"""The newest of each data set whose pages are kept: seven weeks of one a night. A page has up to a few megabytes."""


class IngestRuns:
    """The pages of ingestions in the images bucket, each under the id of its job."""

    def __init__(self, store: ObjectStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket

    def keep(self, name: str, job_id: str, report: bytes, rejected: Sequence[Rejection]) -> None:
        """Keep a run's page and what it left out; the pages of the oldest runs go.

        Raises:
            StoreError: The object store failed.
        """
        self._store.put(self._bucket, run_rejections_key(name, job_id), write_rejections(rejected))
        self._store.put(self._bucket, run_report_key(name, job_id), report)
        # The ids of jobs sort by time.
        folders = sorted(self._store.folders(self._bucket, runs_prefix(name)))
        for folder in folders[:-KEPT_RUNS]:
            self._store.delete_prefix(self._bucket, folder)

    def report(self, name: str, job_id: str) -> bytes:
        """Read a run's page.

        Raises:
            DatasetError: There is none, or none any more.
            StoreError: The object store failed.
        """
        try:
            if is_plain_name(name) and is_plain_name(job_id):
                return self._store.get(self._bucket, run_report_key(name, job_id))
        except ObjectMissingError:
            pass
        raise DatasetError(
            f"There is no report of ingestion {job_id} into data set {name!r}; its newest {KEPT_RUNS} are kept."
        )
