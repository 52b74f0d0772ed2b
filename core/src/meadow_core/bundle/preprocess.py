"""The one preprocessing: what the trainer evaluates with is what the worker serves with.

Normalisation is not here: it is part of the exported graph, whose input are plain pixels.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from meadow_core.bundle.region import Box, DecodedImage, central_square, read_region


class Preprocessing(BaseModel):
    """From an image's bytes to the model's input: upright, RGB, central square, resized.

    `mean` and `std` are applied inside the graph and kept here so that the record is whole.
    """

    model_config = ConfigDict(frozen=True)

    size: int = Field(ge=16, description="Side of the square input, in pixels.")
    crop_fraction: float = Field(
        1.0, gt=0, le=1, description="Side of the central square, as a fraction of the shorter side."
    )
    interpolation: Literal["bilinear"] = "bilinear"
    color: Literal["rgb"] = "rgb"
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def box(self, width: float, height: float) -> Box:
        """Return what of an image of a width and height becomes the model's input."""
        return central_square(self.crop_fraction)(width, height)


def load_pixels(body: bytes, preprocessing: Preprocessing, *, max_pixels: int) -> DecodedImage:
    """Decode an image into the model's input.

    Returns:
        Pixels of shape (size, size, 3), dtype uint8, RGB; and the upright image's size.

    Raises:
        ImageRejectedError: The bytes are not a readable image.
    """
    return read_region(body, preprocessing.size, preprocessing.box, max_pixels=max_pixels)
