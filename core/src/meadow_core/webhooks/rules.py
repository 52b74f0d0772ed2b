"""Which webhooks are accepted, by the settings: signed ones only, and none that reach into our own network."""

from dataclasses import dataclass

from meadow.errors import MeadowError
from meadow.schemas.problems import FieldError, ProblemCode
from meadow_core.errors import ProblemError
from meadow_core.net.errors import UrlRefusedError
from meadow_core.net.public_addresses import PublicAddresses, parse_networks, parse_url
from meadow_core.settings.webhooks import WebhookSettings
from meadow_core.webhooks.signatures import WebhookSecrets

PARAMETER = "webhook_url"


class WebhookSettingsError(MeadowError):
    """The settings of webhooks cannot be read."""


@dataclass(frozen=True)
class WebhookRules:
    """What webhooks are signed with, and where they may go."""

    secrets: WebhookSecrets
    addresses: PublicAddresses

    @classmethod
    def from_settings(cls, settings: WebhookSettings) -> "WebhookRules":
        """Read the settings.

        Raises:
            WebhookSettingsError: A secret or a network is malformed.
        """
        try:
            secrets = WebhookSecrets.parse(settings.webhook_secret.get_secret_value())
        except ValueError as error:
            raise WebhookSettingsError(f"MEADOW_WEBHOOK_SECRET: {error}") from error
        try:
            networks = parse_networks(settings.webhook_allowed_networks)
        except ValueError as error:
            raise WebhookSettingsError(f"MEADOW_WEBHOOK_ALLOWED_NETWORKS: {error}") from error
        return cls(secrets, PublicAddresses(networks))

    async def record_fields(self, url: str | None) -> dict[str, str]:
        """Check the URL that a submitter gave, and return what the job's record keeps of it.

        Raises:
            ProblemError: Webhooks are not set up, or the URL is not one that is called.
        """
        if url is None:
            return {}
        if not self.secrets:
            raise _refused("This gateway sends no webhooks: it has no MEADOW_WEBHOOK_SECRET. Poll the job instead.")
        try:
            await self.addresses.resolve(parse_url(url))
        except UrlRefusedError as error:
            raise _refused(str(error)) from error
        return {"webhook_url": url}


def _refused(reason: str) -> ProblemError:
    return ProblemError(
        ProblemCode.WEBHOOK_REFUSED,
        f"{PARAMETER}: {reason}",
        errors=[FieldError(location=PARAMETER, detail=reason)],
    )
