"""One TLS context for all HTTP clients of a run: each would read the certificates of every authority, in 50 ms."""

import functools
import os
import ssl

import httpx
import pytest

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""From which httpx learns of other authorities."""


def keep_tls_context(patch: pytest.MonkeyPatch) -> None:
    """Let clients with the same settings share a context; they only read it."""
    create = httpx.create_ssl_context

    @functools.cache
    def kept(authorities: tuple[str | None, ...], verify: bool, trust_env: bool) -> ssl.SSLContext:  # noqa: FBT001 - a key
        del authorities
        return create(verify=verify, trust_env=trust_env)

    def create_or_share(verify: object = True, cert: object = None, trust_env: object = True) -> ssl.SSLContext:  # noqa: FBT002 - httpx's own
        if not isinstance(verify, bool) or cert is not None:
            return create(verify=verify, cert=cert, trust_env=bool(trust_env))  # type: ignore[arg-type]
        return kept(tuple(map(os.environ.get, VARIABLES)), verify, bool(trust_env))

    patch.setattr("httpx._transports.default.create_ssl_context", create_or_share)
