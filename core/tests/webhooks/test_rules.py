import pytest
from pydantic import SecretStr

from meadow_core.errors import ProblemError
from meadow_core.settings import Settings
from meadow_core.webhooks.rules import WebhookRules, WebhookSettingsError

SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def rules(settings: Settings, **changes: object) -> WebhookRules:
    return WebhookRules.from_settings(settings.model_copy(update=changes))


async def test_no_webhook_needs_no_settings(settings: Settings) -> None:
    assert await rules(settings).record_fields(None) == {}


async def test_without_a_secret_a_webhook_is_refused_with_the_setting_that_is_missing(settings: Settings) -> None:
    with pytest.raises(ProblemError, match="MEADOW_WEBHOOK_SECRET") as refusal:
        await rules(settings).record_fields("http://127.0.0.1:1/")
    assert refusal.value.code == "webhook-refused"


async def test_a_webhook_into_the_inside_is_refused_unless_its_network_is_allowed(settings: Settings) -> None:
    with pytest.raises(ProblemError, match=r"127\.0\.0\.1, which is not a public address") as refusal:
        await rules(settings, webhook_secret=SECRET).record_fields("http://127.0.0.1:1/")
    assert refusal.value.errors[0].location == "webhook_url"
    allowing = rules(settings, webhook_secret=SECRET, webhook_allowed_networks="127.0.0.0/8")
    assert await allowing.record_fields("http://127.0.0.1:1/") == {"webhook_url": "http://127.0.0.1:1/"}


@pytest.mark.parametrize("url", ["", "no address", "http://[", "https://xn--/", "mailto:me@receiver.example"])
async def test_what_is_no_address_is_refused(settings: Settings, url: str) -> None:
    with pytest.raises(ProblemError, match="webhook_url: "):
        await rules(settings, webhook_secret=SECRET).record_fields(url)


def test_settings_that_cannot_be_read_are_named(settings: Settings) -> None:
    with pytest.raises(WebhookSettingsError, match="MEADOW_WEBHOOK_SECRET: secret 1"):
        rules(settings, webhook_secret=SecretStr("swordfish"))
    with pytest.raises(WebhookSettingsError, match=r"MEADOW_WEBHOOK_ALLOWED_NETWORKS: .*intranet"):
        rules(settings, webhook_allowed_networks="intranet")
