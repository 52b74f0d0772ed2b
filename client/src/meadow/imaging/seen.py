"""Conversion of every kind of pixel to what people see: RGB or grey of eight bits, over white."""

from collections.abc import Callable, Iterator

from PIL import Image, ImageOps

STRIP_PIXELS = 1 << 20
"""Of a large image as many are converted at a time, which takes some megabytes."""
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0


def as_seen(image: Image.Image, *, over_white: bool = True) -> Image.Image:
    """Convert a loaded image to RGB or grey; to RGBA if it is transparent and not wanted over white.

    Grey becomes RGB once it is small, which gives the same pixels and takes a quarter of the memory.
    """
    if image.mode == "F" or image.mode.startswith("I"):
        from meadow.imaging.levels import grey_levels  # noqa: PLC0415 - NumPy, which the client lacks and needs not

        grey = grey_levels(image.size, lambda: _strips(image), image.info.get("transparency"))
        # Pillow turns such images round only where they have eight bits.
        return ImageOps.invert(grey) if getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO else grey
    if image.has_transparency_data:
        return _in_strips(image, "RGB", _over_white) if over_white else image.convert("RGBA")
    if image.mode == "LAB":
        return _in_strips(image, "RGB", _from_lab())
    return image if image.mode in {"RGB", "L"} else image.convert("RGB")


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    rows = max(STRIP_PIXELS // image.width, 1)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _in_strips(image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Convert some rows at a time: of a large image, whole copies between the steps come to more than a gigabyte."""
    if image.width * image.height <= STRIP_PIXELS:
        return convert(image)
    converted = Image.new(mode, image.size)
    for top, strip in _strips(image):
        converted.paste(convert(strip), (0, top))
    return converted


def _over_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")


def _from_lab() -> Callable[[Image.Image], Image.Image]:
    from PIL import ImageCms  # noqa: PLC0415 - seldom needed

    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")

    def convert(strip: Image.Image) -> Image.Image:
        converted = ImageCms.applyTransform(strip, transform)
        if converted is None:
            raise ValueError("The colours cannot be converted.")
        return converted

    return convert
