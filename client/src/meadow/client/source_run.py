"""A batch that the gateway fills by itself, followed from here."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Self

from meadow.client.client import Client
from meadow.client.folder.follow import follow
from meadow.client.folder.resume import find_batch
from meadow.schemas.items import ItemResult
from meadow.schemas.jobs import Job
from meadow.schemas.sources import RequestedSource


class SourceRun:
    """The images of a zip or of an S3 prefix as one batch."""

    def __init__(self, client: Client, job: Job) -> None:
        self.job = job
        self._client = client

    @classmethod
    def begin(cls, client: Client, source: RequestedSource, name: str, fingerprint: str) -> Self:
        """Open a batch that the gateway fills."""
        return cls(client, client.open_batch(name, fingerprint=fingerprint, source=source))

    @classmethod
    def resume(cls, client: Client, fingerprint: str) -> Self | None:
        """Take up the newest batch of this fingerprint, whether it runs or is finished."""
        job = find_batch(client, fingerprint, "")
        return cls(client, job) if job else None

    @property
    def standing(self) -> str:
        """How far it is, as a sentence."""
        return f"{self.job.id} goes on without this command."

    def finish(self, on_change: Callable[[Job], None]) -> None:
        """Follow the batch until it is answered.

        Raises:
            BatchFailedError: It was cancelled or failed as a whole.
        """

        def keep(job: Job) -> None:
            self.job = job
            on_change(job)

        follow(self._client, self.job, keep)

    def results(self) -> Iterator[ItemResult]:
        """Yield every image's result, as they are read from the gateway."""
        return self._client.download(self.job.id)


def fingerprint_of(*parts: str | int) -> str:
    """Digest what a source is recognised by."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
