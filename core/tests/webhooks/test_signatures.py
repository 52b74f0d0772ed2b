import base64

import pytest

from meadow_core.webhooks.signatures import WebhookSecrets

# The worked example of Standard Webhooks' reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_is_signed_as_the_standard_has_it() -> None:
    assert WebhookSecrets.parse(SECRET).headers(MESSAGE_ID, TIMESTAMP, BODY) == {
        "webhook-id": MESSAGE_ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_during_a_rotation_there_is_a_signature_with_each_secret() -> None:
    other = f"whsec_{base64.b64encode(b'n' * 24).decode()}"
    both = WebhookSecrets.parse(f"{other}, {SECRET}").headers(MESSAGE_ID, TIMESTAMP, BODY)["webhook-signature"]
    new, old = both.split(" ")
    assert old == SIGNATURE
    assert WebhookSecrets.parse(other).headers(MESSAGE_ID, TIMESTAMP, BODY)["webhook-signature"] == new


@pytest.mark.parametrize(
    "secret",
    [
        SECRET.removeprefix("whsec_"),
        "whsec_not base64!",
        f"whsec_{base64.b64encode(b'x' * 23).decode()}",
        f"whsec_{base64.b64encode(b'x' * 65).decode()}",
        "whsec_",
    ],
)
def test_a_secret_of_another_form_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(ValueError, match="secret 2 is not") as refusal:
        WebhookSecrets.parse(f"{SECRET},{secret}")
    assert "openssl rand" in str(refusal.value)
    assert secret == "whsec_" or secret.removeprefix("whsec_") not in str(refusal.value)


def test_no_secret_is_no_error() -> None:
    assert not WebhookSecrets.parse("")
    assert WebhookSecrets.parse(SECRET)
