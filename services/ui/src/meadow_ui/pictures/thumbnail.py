"""Small versions of pictures, so that a page of fifty photographs stays light."""

import base64
import io
import logging

from PIL import Image, ImageOps

from meadow.bundle.decode import READABLE_FORMATS

SIDE = 400

# Pillow would import its formats at the first save, which two threads must not do at a time.
Image.init()

logger = logging.getLogger(__name__)


def thumbnail(data: bytes, *, max_pixels: int) -> str:
    """A data URI of the picture made small, or nothing if it cannot be drawn: the gateway says why."""
    try:
        with Image.open(io.BytesIO(data), formats=READABLE_FORMATS) as image:
            if image.width * image.height > max_pixels:
                return ""
            image.draft("RGB", (SIDE, SIDE))
            small = ImageOps.exif_transpose(image)
            small.thumbnail((SIDE, SIDE))
            small = small.convert("RGBA" if small.has_transparency_data else "RGB")
        file = io.BytesIO()
        small.save(file, "WEBP", quality=78)
    except Exception as error:  # noqa: BLE001 - what the readers of six formats raise on bad bytes is an open set
        logger.info("No thumbnail: %s", error)
        return ""
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
