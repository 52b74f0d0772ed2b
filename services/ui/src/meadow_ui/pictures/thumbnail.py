"""Small versions of pictures, so that a page of fifty photographs stays light."""

import base64
import io
import logging

from meadow.imaging.rejected import ImageRejectedError
from meadow.imaging.small import small_picture

SIDE = 400

logger = logging.getLogger(__name__)


def thumbnail(data: bytes, *, max_pixels: int) -> str:
    """A data URI of the picture made small, or nothing if it cannot be drawn: the gateway says why."""
    try:
        small = small_picture(data, SIDE, max_pixels=max_pixels, over_white=False)
    except ImageRejectedError as error:
        logger.info("No thumbnail: %s", error)
        return ""
    file = io.BytesIO()
    small.save(file, "WEBP", quality=78)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
