"""What can be wrong with a URL that somebody gave us."""

from meadow.errors import MeadowError


class UrlRefusedError(MeadowError):
    """A URL is not opened; the text says why, in a sentence for whoever gave it."""


class HostUnknownError(UrlRefusedError):
    """The URL's host has no address that we could find; it may have one later."""
