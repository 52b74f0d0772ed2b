"""What people said of answers, in the jobs' records and in the counts of the hour."""

import time

from redis.asyncio import Redis

from meadow.schemas.feedback import Feedback
from meadow_core.jobs import keys
from meadow_core.jobs.record import text
from meadow_core.jobs.scripts import load_script
from meadow_core.jobs.verdicts import FeedbackVerdict
from meadow_core.quality.window import hour_of
from meadow_core.settings.quality import ReviewSettings


class FeedbackNotes:
    """Notes feedback, and hands out the images that are still kept for it."""

    def __init__(self, client: Redis, settings: ReviewSettings) -> None:
        self._redis = client
        self._kept_seconds = settings.quality_seconds
        self._note = client.register_script(load_script("feedback"))

    async def image(self, job_id: str) -> bytes | None:
        """Return a job's image; None when it is not kept any more."""
        kept = await self._redis.get(keys.image(job_id))
        return kept if isinstance(kept, bytes) else None

    async def note(self, job_id: str, feedback: Feedback, *, model_version: str) -> bool:
        """Write feedback into a job's record and count it for the version that answered.

        Returns:
            False when the record is gone, or the job has no answer.
        """
        counts = keys.answers(model_version, hour_of(time.time()))
        arguments: list[str | int] = [feedback.model_dump_json(), int(feedback.right), self._kept_seconds]
        reply: bytes = await self._note([keys.job(job_id), counts], arguments)
        return FeedbackVerdict(text(reply)) is FeedbackVerdict.NOTED
