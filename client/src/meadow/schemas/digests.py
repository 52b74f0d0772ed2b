"""Digests as people see them."""

SHORT_DIGEST = 12
"""Hexadecimal digits that tell one digest from the others, for people."""


def short_digest(digest: str) -> str:
    """Cut a digest down to its beginning."""
    return digest[:SHORT_DIGEST]
