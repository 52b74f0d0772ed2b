"""Images whose file ends early: answered as long as at most an eighth of their rows is missing, which become grey.

A download or a card that failed at the very end costs a strip of a photograph, not what it shows. Of WebP, HEIF and
AVIF nothing can be decoded unless the file is whole.
"""

import random
import re
from collections.abc import Callable

from PIL import Image, ImageChops

from meadow.imaging.jpeg import EOI, JpegFile, read_jpeg
from meadow.imaging.rejected import damaged

MISSING_SHARE = 1 / 8
"""Largest share of the rows that may be missing."""

_GREY = 128
_MAX_ROWS = 50_000
"""They are looked at one by one."""
_FORMATS = frozenset({"PNG", "GIF", "BMP", "TIFF"})
_TILE_WIDTH, _PLANES = 322, 284
_FILLER_BYTES = 4096
_SCAN_HEADER = re.compile(rb"\xff\xda..", re.DOTALL)
_SEGMENT = re.compile(rb"\xff[\xc4\xda\xdb\xdd]((?:..)?)", re.DOTALL)
_LAST_COEFFICIENT = 63


def check_missing(missing: int, height: int) -> None:
    """Refuse an image of which too much is missing.

    Raises:
        ImageRejectedError: More than an eighth of its rows.
    """
    if missing > height * MISSING_SHARE:
        share = max(round(100 * missing / height), 13)
        raise damaged(f"The file ends early: {share} % of the image's rows are missing. Copy or download it again.")


def load_incomplete(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image | None:
    """Decode as many rows of a freshly opened image as there are; the others are grey.

    Returns:
        The converted image; None if it is not of a type whose rows are stored one after the other.

    Raises:
        ImageRejectedError: Too many rows are missing.
    """
    if not _in_rows(image):
        return None
    unlikely = b""

    def prepare() -> None:
        # Rows that the decoder does not write keep values that no picture has by chance.
        nonlocal unlikely
        original()
        canvas = Image.new(image.mode, (image.width, 1))
        noise = random.Random(0).randbytes(len(canvas.tobytes()))  # noqa: S311 - no secret
        canvas.frombytes(noise)
        unlikely = canvas.tobytes()
        for row in range(image.height):
            image.im.paste(canvas.im, (0, row, image.width, row + 1))

    original = image.load_prepare  # type: ignore[attr-defined]
    image.load_prepare = prepare  # type: ignore[attr-defined]
    try:
        image.load()
    except Exception:  # noqa: BLE001 - the caller has seen why; here it is only counted how far it comes
        if not unlikely:
            return None
        image.tile = []  # type: ignore[attr-defined]
    missing = [row for row in range(image.height) if _row(image, row) == unlikely]
    check_missing(len(missing), image.height)
    seen = convert(image)
    seen = seen.copy() if seen is image else seen
    for row in missing:
        seen.paste(_grey(seen), (0, row, seen.width, row + 1))
    return seen


def load_incomplete_jpeg(jpeg: JpegFile, load: Callable[[bytes], Image.Image]) -> Image.Image:
    """Decode a JPEG that ends early.

    It is decoded twice, as if it were complete where it ends, and with noise from there on: where the two differ, rows
    are missing. What libjpeg puts there is grey.

    Args:
        jpeg: The file.
        load: Decodes bytes.

    Raises:
        ImageRejectedError: Too many rows are missing, or a whole scan.
    """
    body = _whole_segments(jpeg.plain.rstrip(b"\xff"))
    image = load(body + EOI)
    noise = random.Random(0).randbytes(_FILLER_BYTES).replace(b"\xff", b"")  # noqa: S311 - no secret
    differing = ImageChops.difference(image, load(body + noise + EOI)).getbbox(alpha_only=False)
    check_missing(image.height - differing[1] if differing else 0, image.height)
    if not jpeg.sequential and not _has_every_scan(jpeg, body):
        raise damaged("The file ends early: the last passes over the image are missing. Copy or download it again.")
    return image


def _whole_segments(body: bytes) -> bytes:
    """Leave out a segment between scans that is cut short."""
    for found in _SEGMENT.finditer(body, read_jpeg(body).scan):
        if found.start() + 2 + int.from_bytes(found[1], "big") > len(body):
            return body[: found.start()]
    return body


def _has_every_scan(jpeg: JpegFile, body: bytes) -> bool:
    """Whether the scans that have begun bring every coefficient of every component to its last bit."""
    frame = jpeg.frame
    if frame is None:
        return False
    lacking = {(component, place) for component in frame.components for place in range(_LAST_COEFFICIENT + 1)}
    for found in _SCAN_HEADER.finditer(body):
        count = body[found.end()] if found.end() < len(body) else 0
        selectors = body[found.end() + 1 : found.end() + 1 + 2 * count : 2]
        parameters = body[found.end() + 1 + 2 * count : found.end() + 4 + 2 * count]
        if len(parameters) == 3 and not parameters[2] & 15:  # noqa: PLR2004 - first and last coefficient, bits
            lacking -= {(one, place) for one in selectors for place in range(parameters[0], parameters[1] + 1)}
    return not lacking


def _in_rows(image: Image.Image) -> bool:
    """Whether a row that has begun to be written is there whole."""
    if (
        image.format not in _FORMATS
        or image.height > _MAX_ROWS
        or (image.format == "PNG" and image.info.get("interlace"))
    ):
        return False
    tags = getattr(image, "tag_v2", {})
    return _TILE_WIDTH not in tags and tags.get(_PLANES, 1) == 1


def _row(image: Image.Image, row: int) -> bytes:
    return image.crop((0, row, image.width, row + 1)).tobytes()


def _grey(image: Image.Image) -> tuple[int, ...] | int:
    return _GREY if image.mode == "L" else (_GREY, _GREY, _GREY, 255)[: len(image.mode)]
