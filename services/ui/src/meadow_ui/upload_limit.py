"""Largest file that may be dropped on a page."""

from meadow.client.folder.shrink import READ_FACTOR
from meadow.settings import MEBIBYTE, Settings


def max_upload_mebibytes(settings: Settings) -> int:
    """More than the gateway takes: photographs are made smaller here, and it tells what is too large of the others."""
    return max(READ_FACTOR * settings.max_image_bytes // MEBIBYTE, 1)
