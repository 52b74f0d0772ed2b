"""One call of a webhook: signed, to a checked address, and no further."""

import asyncio
import logging
import time

import httpx

from meadow_core.net.errors import UrlRefusedError
from meadow_core.net.guarded_transport import GuardedTransport
from meadow_core.webhooks.event import WebhookEvent
from meadow_core.webhooks.outbox import ClaimedWebhook
from meadow_core.webhooks.rules import WebhookRules

CALL_SECONDS = 10.0

logger = logging.getLogger(__name__)


class WebhookSender:
    """Calls receivers. Their redirects are not followed, and the body of their answer is not read."""

    def __init__(self, rules: WebhookRules, *, seconds: float = CALL_SECONDS) -> None:
        self._secrets = rules.secrets
        self._seconds = seconds
        self._http = httpx.AsyncClient(
            transport=GuardedTransport(rules.addresses),
            headers={"User-Agent": "Meadow-Webhooks/1.0", "Content-Type": "application/json"},
            timeout=seconds,
            follow_redirects=False,
            # Neither proxies nor passwords of this machine are for other people's URLs.
            trust_env=False,
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._http.aclose()

    async def call(self, webhook: ClaimedWebhook) -> int | None:
        """Tell the receiver that the job has ended.

        Returns:
            The status of its answer; None when there was none.
        """
        body = WebhookEvent.of(webhook.job).model_dump_json().encode()
        headers = self._secrets.headers(webhook.job.id, int(time.time()), body)
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._http.stream("POST", webhook.url, content=body, headers=headers) as response,
            ):
                return response.status_code
        except (UrlRefusedError, httpx.HTTPError, TimeoutError) as error:
            # The URL itself may hold a secret of the receiver's.
            host = httpx.URL(webhook.url).raw_host.decode("ascii")
            logger.warning("the webhook of %s did not reach %s: %s", webhook.job.id, host, error or "timed out")
            return None
