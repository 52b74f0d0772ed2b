"""Turning pixels upright."""

from PIL import Image

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings an image of each EXIF orientation upright."""


def turned_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn an image that was stored in an orientation; the very image if it is upright."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
