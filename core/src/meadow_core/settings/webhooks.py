"""Settings of webhooks."""

from pydantic import Field, SecretStr

from meadow.settings import EnvironmentSettings


class WebhookSettings(EnvironmentSettings):
    """How webhooks are signed, and where they may be sent."""

    webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Secrets that webhooks are signed with, comma-separated, each starting with "
        "`whsec_`; empty disables webhooks.",
    )
    webhook_allowed_networks: str = Field(
        "", description="Private networks that webhooks may reach, comma-separated, such as `10.1.0.0/16`."
    )
