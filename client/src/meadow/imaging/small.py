"""Small pictures for pages and reports."""

from PIL import Image

from meadow.imaging.opened import open_image
from meadow.imaging.turning import turned_upright

_REDUCING_GAP = 2.0


def small_picture(body: bytes, longest_side: int, *, max_pixels: int, over_white: bool = True) -> Image.Image:
    """Decode an image upright, at most so many pixels on its longer side; a smaller one keeps its size.

    Returns:
        RGB, or RGBA where an image is transparent and not wanted over white.

    Raises:
        ImageRejectedError: The bytes are not a readable image.
    """
    opened = open_image(body, max_pixels=max_pixels)
    with opened.image:
        scale = min(longest_side / max(opened.width, opened.height), 1)
        width, height = (max(round(side * scale), 1) for side in (opened.width, opened.height))
        loaded = opened.load((width, height), over_white=over_white)
        small = loaded.image
        if small.size != (width, height):
            small = small.resize((width, height), box=(0, 0, *loaded.extent), reducing_gap=_REDUCING_GAP)
    return turned_upright(small if small.mode == "RGBA" else small.convert("RGB"), opened.orientation)
