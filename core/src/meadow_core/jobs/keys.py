"""Every Redis key that Meadow writes: the only place that spells one."""

from dataclasses import dataclass

PREFIX = "meadow:"

CLASSES_PART, ADDED_PART, DONE_PART, ATTEMPTS_PART = ":classes", ":added", ":done", ":attempts"
JOB_PARTS = ("", CLASSES_PART, ADDED_PART, DONE_PART, ATTEMPTS_PART)
"""What follows a record's key in the keys of all that is kept of its job."""

LEASES = PREFIX + "leases"
"""Sorted set: unit of work -> Unix time at which its lease ends."""
INFLIGHT_BYTES = PREFIX + "inflight-bytes"
"""Counter: image bytes that Redis holds for jobs that are not finished."""
KEPT_IMAGES = PREFIX + "kept-images"
"""List: jobs that are answered and whose image is kept for a while, the newest first, each with bytes and time."""
KEPT_BYTES = PREFIX + "kept-bytes"
"""Counter: bytes of those images."""
JOB_INDEX = PREFIX + "jobs"
"""Sorted set: job id -> Unix time in milliseconds at which it was created."""
FINISHED_CHANNEL = PREFIX + "finished"
"""Channel on which the ids of finished jobs are published."""
ID_SECRET = PREFIX + "id-secret"
"""Secret that marks the job ids this system has given out."""
WORKERS = PREFIX + "workers"
"""Hash: worker process -> its last `WorkerStatus`."""
PRODUCTION_LOCK = PREFIX + "production-lock"
"""Lock: held by the gateway that changes which model is in production."""
REVIEWS = PREFIX + "reviews"
"""Sorted set: uncertain image that waits for a person -> Unix time since which it does."""
WEBHOOKS = PREFIX + "webhooks"
"""Sorted set: finished job whose webhook is not settled -> Unix time in milliseconds of the next attempt."""


def job(job_id: str) -> str:
    """Hash: the job's record."""
    return f"{PREFIX}job:{job_id}"


def image(job_id: str) -> str:
    """String: the bytes of the image to classify; after the answer for as long as settings say."""
    return f"{PREFIX}image:{job_id}"


def classes(job_id: str) -> str:
    """Hash: predicted class -> number of images of a batch."""
    return job(job_id) + CLASSES_PART


def packs_added(job_id: str) -> str:
    """Bitmap: numbers of the packs that are in."""
    return job(job_id) + ADDED_PART


def packs_done(job_id: str) -> str:
    """Bitmap: numbers of the packs that are answered."""
    return job(job_id) + DONE_PART


def pack_attempts(job_id: str) -> str:
    """Hash: number of a pack in work -> attempts so far.

    Beside it: since when it is postponed; from the second attempt on, which image is tried and which ones killed whom.
    """
    return job(job_id) + ATTEMPTS_PART


def waiting(queue: str) -> str:
    """Sorted set: unit of work in a queue -> Unix time in milliseconds since which it waits."""
    return f"{PREFIX}waiting:{queue}"


def answers(version: str, hour: int) -> str:
    """Hash: what is counted of a model version's answers in an hour -> how many; see `meadow_core.quality.counts`."""
    return f"{PREFIX}answers:{version}:{hour}"


def review_seen(day: int) -> str:
    """Counter: uncertain images of a day, kept or not."""
    return f"{PREFIX}review-seen:{day}"


def idempotency(digest: str) -> str:
    """Hash: the request that an idempotency key was first used for, and its job."""
    return f"{PREFIX}idempotency:{digest}"


@dataclass(frozen=True)
class Unit:
    """A piece of work that one message carries: a whole job, or one pack of a batch."""

    job_id: str
    pack: int | None = None

    def __str__(self) -> str:
        """The unit's name: the Celery task's id and the member of the sorted sets."""
        return self.job_id if self.pack is None else f"{self.job_id}/{self.pack}"

    @classmethod
    def parse(cls, name: str) -> "Unit":
        """Read a unit's name."""
        job_id, _, pack = name.partition("/")
        return cls(job_id, int(pack) if pack else None)
