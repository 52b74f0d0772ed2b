"""A run over many files: the plan, and the batch that answers it."""

from collections.abc import Callable, Iterator
from typing import Self

from meadow.client.client import Client
from meadow.client.folder.answers import match
from meadow.client.folder.follow import follow
from meadow.client.folder.plan import Plan
from meadow.client.folder.progress import FolderProgress, Report
from meadow.client.folder.resume import find_batch
from meadow.client.folder.upload import PackUpload
from meadow.schemas.items import ItemResult
from meadow.schemas.jobs import Job

MAX_NAME = 255


class FolderRun:
    """Many files as one batch. Packs are numbered by the plan, so sending one again changes nothing."""

    def __init__(self, client: Client, plan: Plan, job: Job | None) -> None:
        self.plan = plan
        self.job = job
        """The batch; None when no file of the plan can be sent."""
        self.uploaded = 0
        """Files that are in the batch."""
        self._client = client
        self._done = 0
        self._unreadable: dict[str, ItemResult] = {}

    @property
    def standing(self) -> str:
        """How far it is, as a sentence."""
        where = f" to {self.job.id}" if self.job else ""
        return f"{self.uploaded:,} of {len(self.plan.files):,} images are uploaded{where}; those are still classified."

    @classmethod
    def begin(cls, client: Client, plan: Plan, name: str) -> Self:
        """Open a new batch.

        Args:
            client: The gateway.
            plan: What to classify.
            name: What people call it.
        """
        job = client.open_batch(name[:MAX_NAME], fingerprint=plan.fingerprint) if plan.packs else None
        return cls(client, plan, job)

    @classmethod
    def resume(cls, client: Client, plan: Plan, name: str) -> Self | None:
        """Take up the newest batch of the same plan, whether it was interrupted, runs or is finished.

        Raises:
            FolderChangedError: The upload of this folder was interrupted, but with other files in it.
        """
        job = find_batch(client, plan.fingerprint, name[:MAX_NAME])
        return cls(client, plan, job) if job else None

    def finish(self, on_progress: Report = lambda _: None) -> None:
        """Send what is missing, seal the batch, and follow it until it is answered.

        Raises:
            BatchFailedError: The batch was cancelled or failed as a whole.
            ApiProblem: The gateway refused the batch.
        """
        if self.job is None:
            return

        def report(job: Job) -> None:
            self.job = job
            # Answers to several uploads at once may arrive in another order than they were given in.
            self._done = max(self._done, job.progress.done if job.progress else 0)
            on_progress(FolderProgress(self.plan.total, self.uploaded, self._done + len(self.plan.rejected)))

        if not self.job.sealed:
            self._upload(self.job, report)
            self.job = self._client.seal_batch(self.job.id, len(self.plan.packs))
        self.uploaded = len(self.plan.files)
        follow(self._client, self.job, report)

    def results(self) -> Iterator[ItemResult]:
        """Yield every file's result once, as they are read from the gateway."""
        answers = self._client.download(self.job.id) if self.job else iter(())
        yield from match(self.plan, answers, self._unreadable)

    def _upload(self, job: Job, report: Callable[[Job], None]) -> None:
        missing = list(self._client.packs(job.id).missing(len(self.plan.packs)))
        self.uploaded = len(self.plan.files) - self.plan.images_in(missing)
        report(job)
        upload = PackUpload(self._client, job.id, self.plan, self._unreadable)
        for number, changed in upload.send(missing):
            self.uploaded += len(self.plan.packs[number])
            report(changed)
