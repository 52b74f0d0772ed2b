"""Signing a webhook so that its receiver knows who called, and that nothing was changed on the way."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret starts with
KEY_BYTES = range(24, 65)
VERSION = "v1"


def make_secret() -> str:
    """Make a secret up, as the setting and a receiver's library take it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES.start)).decode()


class WebhookSecrets:
    """The keys that webhooks are signed with: one, or during a rotation several."""

    def __init__(self, signing_keys: Sequence[bytes]) -> None:
        self._keys = tuple(signing_keys)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._keys)

    @classmethod
    def parse(cls, text: str) -> "WebhookSecrets":
        """Read comma-separated secrets.

        Raises:
            ValueError: One is malformed. The message does not repeat it.
        """
        parts = [part for part in (piece.strip() for piece in text.split(",")) if part]
        return cls([_key(part, place) for place, part in enumerate(parts, start=1)])

    def headers(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """Return the headers of a call: its id, the time of the attempt, and a signature with each key."""
        signed = f"{message_id}.{timestamp}.".encode() + body
        signatures = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in self._keys]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(f"{VERSION},{signature}" for signature in signatures),
        }


def _key(secret: str, place: int) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError(
            f"secret {place} is not {SECRET_PREFIX!r} followed by {KEY_BYTES[0]} to {KEY_BYTES[-1]} bytes in base64; "
            f'make one with: echo "{SECRET_PREFIX}$(openssl rand -base64 32)"'
        )
    return key
