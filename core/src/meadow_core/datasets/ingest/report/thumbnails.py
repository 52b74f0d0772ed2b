"""Small pictures inside the page, so that it is one file that can be sent to somebody."""

import base64
import io
from collections.abc import Callable
from functools import lru_cache

from meadow.imaging.small import small_picture
from meadow_core.datasets.ingest.look import STORED_PIXELS

SIDE = 168
"""Longest side, in pixels."""
QUALITY = 72

ReadImage = Callable[[str], bytes | None]
"""An image's bytes by its sha256, if they are there."""


class Thumbnails:
    """Reads images and makes them small; each once, though it is shown several times."""

    def __init__(self, read: ReadImage) -> None:
        self._read = read
        self.of = lru_cache(1024)(self._make)

    def _make(self, sha256: str) -> str:
        """Make a `data:` address; empty if there is no such image."""
        body = self._read(sha256) if sha256 else None
        if body is None:
            return ""
        try:
            buffer = io.BytesIO()
            small_picture(body, SIDE, max_pixels=STORED_PIXELS).save(buffer, "JPEG", quality=QUALITY)
        except Exception:  # noqa: BLE001 - it was read once; a picture that is missing must not cost the report
            return ""
        return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
