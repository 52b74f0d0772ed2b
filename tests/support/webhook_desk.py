"""What the tests of webhooks share: a submitter's side, and a receiver's own reckoning of a signature."""

import asyncio
import base64
import hashlib
import hmac

from redis.asyncio import Redis

from fake_gateway import Asked
from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.webhook import Webhook, WebhookState
from meadow_core.jobs.ids import JobIds
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


def signature_of(call: Asked, key: bytes = KEY) -> str:
    """Compute what the receiver must find among the signatures, from the call as it came over the wire."""
    signed = b".".join([call.headers["webhook-id"].encode(), call.headers["webhook-timestamp"].encode(), call.body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Desk:
    """Submits jobs that have a webhook, ends them, and looks at what became of it."""

    def __init__(self, client: Redis, settings: Settings) -> None:
        self._submissions = JobSubmissions(client, settings, JobIds(b"secret"))

    async def open_one(self, url: str) -> Job:
        """Submit a job that calls `url` when it ends."""
        accepted = await self._submissions.submit(JobKind.BATCH, fields={"webhook_url": url})
        return await self._submissions.read(accepted.job_id)

    async def end_one(self, url: str) -> Job:
        """Submit a job that calls `url`, and end it."""
        return await self._submissions.cancel((await self.open_one(url)).id)

    async def webhook(self, job: Job) -> Webhook:
        """Read what has become of the job's webhook."""
        webhook = (await self._submissions.read(job.id)).webhook
        if webhook is None:
            raise AssertionError(f"{job.id} has no webhook")
        return webhook

    async def settled(self, job: Job) -> Webhook:
        """Wait until no more attempt is to come."""
        for _ in range(500):
            if (webhook := await self.webhook(job)).state is not WebhookState.PENDING:
                return webhook
            await asyncio.sleep(0.02)
        raise AssertionError(f"the webhook of {job.id} is still pending")
