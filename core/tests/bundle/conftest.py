import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

Encode = Callable[..., bytes]


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    """Smooth as a photo is, and different in every direction; sides that no scale of a JPEG divides."""
    down, across = np.mgrid[0:366, 0:550].astype(float)
    channels = (127 + 100 * np.sin(across / 23 + down / 41), 255 * across / 550, 255 * down / 366)
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Encode an image; `orientation` goes into its EXIF."""

    def run(image: Image.Image, kind: str, *, orientation: int | None = None, **options: Any) -> bytes:  # noqa: ANN401
        if orientation is not None:
            exif = Image.Exif()
            exif[0x0112] = orientation
            options["exif"] = exif
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    return run
