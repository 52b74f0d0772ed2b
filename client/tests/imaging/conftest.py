import io
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from meadow_core.bundle.region import DecodedImage, read_region, whole_frame

LIMIT = 64_000_000
SIZE = 64
Encode = Callable[..., bytes]


@pytest.fixture(scope="session", autouse=True)
def _heif_encoder() -> None:
    pillow_heif.register_heif_opener()


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    """Smooth as a photo is, and different in every direction; sides that no scale of a JPEG divides."""
    down, across = np.mgrid[0:366, 0:550].astype(float)
    channels = (127 + 100 * np.sin(across / 23 + down / 41), 255 * across / 550, 255 * down / 366)
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


@pytest.fixture(scope="session")
def encode() -> Encode:
    def run(image: Image.Image, kind: str, **options: object) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    return run


@pytest.fixture(scope="session")
def seen() -> Callable[..., DecodedImage]:
    """How Meadow sees a file, squeezed to a small square."""
    return lambda body, max_pixels=LIMIT: read_region(body, SIZE, whole_frame, max_pixels=max_pixels)


@pytest.fixture(scope="session")
def difference() -> Callable[[DecodedImage, Image.Image], float]:
    """Mean distance, in grey levels, of what was decoded from what was meant."""

    def run(decoded: DecodedImage, meant: Image.Image) -> float:
        square: NDArray[np.uint8] = np.asarray(meant.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR))
        return float(np.abs(decoded.pixels.astype(int) - square.astype(int)).mean())

    return run
