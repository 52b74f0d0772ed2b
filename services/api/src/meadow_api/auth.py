"""API keys: the settings hold their hashes only."""

import hashlib
import hmac
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from meadow.errors import MeadowError
from meadow.loopback import is_loopback
from meadow.schemas.problems import ProblemCode
from meadow_api.cross_site_guard import refuse_cross_site_request
from meadow_api.problem_types import HttpProblemError
from meadow_core.settings.services import ApiSettings

HASH_CHARACTERS = 64
ANONYMOUS = "anonymous"

_bearer = HTTPBearer(auto_error=False, description="An API key, made with `meadow keys new NAME`.")


class InsecureSettingsError(MeadowError):
    """The settings would leave the gateway open to the network."""


class ApiKeys:
    """The callers that are let in, by the sha256 of their key."""

    def __init__(self, names_by_hash: dict[str, str]) -> None:
        self._names_by_hash = names_by_hash

    @classmethod
    def from_settings(cls, settings: ApiSettings) -> "ApiKeys":
        """Read `MEADOW_API_KEYS`.

        Raises:
            InsecureSettingsError: No keys although the gateway is reachable from other machines, or a malformed pair.
        """
        names_by_hash: dict[str, str] = {}
        for pair in filter(None, (part.strip() for part in settings.api_keys.split(","))):
            name, _, digest = pair.partition(":")
            if not name or len(digest) != HASH_CHARACTERS:
                raise InsecureSettingsError(
                    f"MEADOW_API_KEYS holds {name!r} without a sha256. Make a key with: meadow keys new NAME"
                )
            names_by_hash[digest.lower()] = name
        if not names_by_hash and not is_loopback(settings.api_host):
            raise InsecureSettingsError(
                f"it would listen on {settings.api_host} without API keys. "
                "Set MEADOW_API_KEYS (meadow keys new NAME makes one), or MEADOW_API_HOST=127.0.0.1."
            )
        return cls(names_by_hash)

    @property
    def none_needed(self) -> bool:
        """Whether callers are let in without a key."""
        return not self._names_by_hash

    def caller(self, key: str | None) -> str:
        """Name the caller behind a key.

        Raises:
            ProblemError: Keys are asked for, and this is none of them.
        """
        if self.none_needed:
            return ANONYMOUS
        digest = hashlib.sha256((key or "").encode()).hexdigest()
        for known, name in self._names_by_hash.items():
            if hmac.compare_digest(known, digest):
                return name
        raise HttpProblemError(
            ProblemCode.UNAUTHENTICATED,
            "Send a valid API key: 'Authorization: Bearer KEY'.",
            headers={"WWW-Authenticate": "Bearer"},
        )


async def require_caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str:
    """Let a request through if its key is known, or if none is needed and no foreign page calls; name its caller."""
    api_keys: ApiKeys = request.app.state.api_keys
    if api_keys.none_needed:
        refuse_cross_site_request(request)
    return api_keys.caller(credentials.credentials if credentials else None)


Caller = Annotated[str, Depends(require_caller)]
