"""Opening and loading an image: what every part of Meadow that looks at pixels does with the bytes."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, cast

from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from meadow.image_files.types import HEADER_BYTES, image_type
from meadow.imaging.boxes import without_exif
from meadow.imaging.gif import without_comments
from meadow.imaging.incomplete import load_incomplete, load_incomplete_jpeg
from meadow.imaging.jpeg import JpegFile, read_jpeg
from meadow.imaging.orientation import UPRIGHT, orientation_in, orientation_of
from meadow.imaging.plugins import prepare
from meadow.imaging.png import without_texts
from meadow.imaging.rejected import ImageRejectedError, damaged, too_many_pixels
from meadow.imaging.seen import as_seen
from meadow.imaging.tiff import as_unpacked, directory_only
from meadow.imaging.unreadable import is_other_type, not_readable
from meadow.imaging.webp import canvas_size

SCALED_FACTOR = 4
"""How many times the pixels of other images a JPEG may have that is decoded row by row at a reduced scale.

A photograph of 200 megapixels takes 15 MB and a quarter of a second so. A progressive one takes 600 MB, since the
decoder keeps the whole of it, and any other format as much.
"""
JUNK_BYTES = 1024
"""So far into a file an image may begin: line ends, headers of a transfer and the like get in front of it."""

_HIDDEN_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_PLAIN = {"PNG": without_texts, "GIF": without_comments, "HEIF": without_exif, "AVIF": without_exif}
"""What leaves out of a file what its pixels do not depend on."""


def scaled_limit(max_pixels: int) -> int:
    """Return how many pixels a JPEG may have that is decoded at a reduced scale, where other images may have these."""
    return max_pixels * SCALED_FACTOR


@dataclass(frozen=True)
class OpenedImage:
    """An image of which the header is read and checked, and no pixel is decoded."""

    image: ImageFile
    format: str
    width: int
    """As stored: the image may lie on its side."""
    height: int
    max_pixels: int
    _body: bytes
    _reopen: Callable[[], ImageFile]
    _jpeg: JpegFile | None = None

    @property
    def orientation(self) -> int:
        """As EXIF counts: 1 is upright, 5 to 8 lie on their side. Of a PNG, it may stand behind the pixels."""
        if self._jpeg:
            return orientation_of(self._jpeg.exif, self._jpeg.xmp)
        if self.format == "TIFF":
            return orientation_of([self._body])
        # libheif turns images by itself. Of AVIF, Pillow gives the turn that is told in the file's boxes as EXIF.
        return UPRIGHT if self.format == "HEIF" else orientation_in(self.image.info)

    def load(self, least: tuple[float, float] | None = None, *, over_white: bool = True) -> "LoadedImage":
        """Decode the pixels.

        Args:
            least: Width and height that are needed at least, as stored. A JPEG that is larger is decoded at a half, a
                quarter or an eighth of its size: a photograph of 12 megapixels costs a fifth of its full decoding then.
            over_white: What is seen through transparency; else the image stays transparent.

        Raises:
            ImageRejectedError: The pixels are damaged, or more than can be decoded at that size.
        """
        extents: list[tuple[float, float]] = []

        def load(image: Image.Image) -> Image.Image:
            extents.append(self._reduce(image, least))
            image.load()
            self._check_size(image)
            return as_seen(image, over_white=over_white)

        try:
            seen = load(self.image)
        except ImageRejectedError:
            raise
        except Exception as error:  # noqa: BLE001 - what readers of eight formats raise on bad bytes is an open set
            seen = self._load_incomplete(load, error, over_white=over_white)
        return LoadedImage(seen, extents[-1] if self._jpeg else seen.size)

    def _reduce(self, image: Image.Image, least: tuple[float, float] | None) -> tuple[float, float]:
        """Choose the scale; returns the picture's extent, for the decoder rounds a scaled image up to whole pixels."""
        extent: tuple[float, float] = image.size
        if self._jpeg and self._jpeg.scalable and least:
            width, height = (max(int(side), 1) for side in least)
            drafted = image.draft("RGB", (width, height))
            extent = drafted[1][2:] if drafted else extent
        self._check_size(image)
        return extent

    def _check_size(self, image: Image.Image) -> None:
        # What is decoded at a scale may still be too large at that one, and the pixels of a file need not have the
        # size that its header says.
        if image.width * image.height > self.max_pixels:
            raise too_many_pixels(self.width, self.height, self.max_pixels)

    def _load_incomplete(
        self, load: Callable[[Image.Image], Image.Image], error: Exception, *, over_white: bool
    ) -> Image.Image:
        try:
            if self._jpeg:
                return load_incomplete_jpeg(self._jpeg, lambda body: load(_pillow_image(body, "JPEG", self._jpeg)))
            seen = load_incomplete(self._reopen(), lambda image: as_seen(image, over_white=over_white))
            if seen:
                return seen
        except ImageRejectedError:
            raise
        except Exception:  # noqa: BLE001, S110 - the first error says more
            pass
        raise damaged(f"The image's pixels are damaged: {error}.") from error


@dataclass(frozen=True)
class LoadedImage:
    """Pixels as people see them, still as stored."""

    image: Image.Image
    """RGB or grey; RGBA only where asked for."""
    extent: tuple[float, float]
    """Width and height of the picture in it; the image may be larger by a part of a pixel."""


def open_image(body: bytes, *, max_pixels: int, header_only: bool = False) -> OpenedImage:
    """Read and check the header.

    Args:
        body: The file's bytes.
        max_pixels: Larger images are refused; a JPEG that is decoded at a reduced scale may have `SCALED_FACTOR` times
            as many.
        header_only: Nothing will be loaded.

    Raises:
        ImageRejectedError: Not one of the readable formats, no readable header, or too many pixels.
    """
    if not body:
        raise damaged("The file is empty.")
    kind = image_type(body[:HEADER_BYTES])
    if kind is None:
        body = _without_junk(body)
        kind = image_type(body[:HEADER_BYTES])
    if kind is None:
        raise not_readable(body)
    name = kind.format
    prepare(name)
    if name == "WEBP" and (size := canvas_size(body)):
        _check_pixels(*size, max_pixels)
    jpeg = read_jpeg(body) if name == "JPEG" else None
    plain = _PLAIN[name](body) if name in _PLAIN else body
    if jpeg:
        plain = jpeg.header if header_only else jpeg.plain
    try:
        image = _pillow_image(plain, name, jpeg)
    except ImageRejectedError:
        raise
    except UnidentifiedImageError as error:
        raise not_readable(body, name) from error
    except Exception as error:  # what the readers of eight formats raise on bad bytes is an open set
        raise damaged(f"The image's header is damaged: {error}.") from error
    _check_pixels(image.width, image.height, max_pixels, jpeg)
    return OpenedImage(
        image=image,
        format=name,
        width=image.width,
        height=image.height,
        max_pixels=max_pixels,
        _body=body,
        _reopen=lambda: _pillow_image(plain, name, jpeg),
        _jpeg=jpeg,
    )


def _pillow_image(body: bytes, name: str, jpeg: JpegFile | None) -> ImageFile:
    file = directory_only(body) if name == "TIFF" else io.BytesIO(body)
    image: ImageFile = Image.open(cast("IO[bytes]", file), formats=[name])
    if name == "TIFF":
        as_unpacked(image)
    if jpeg and image.mode == "CMYK" and not jpeg.adobe:
        # Pillow takes every CMYK for Adobe's, which is inverted.
        image.tile = [tile._replace(args=("CMYK", "")) for tile in image.tile]
    return image


def _check_pixels(width: int, height: int, max_pixels: int, jpeg: JpegFile | None = None) -> None:
    limit = scaled_limit(max_pixels) if jpeg and jpeg.sequential else max_pixels
    if width * height > limit:
        advice = ""
        if jpeg and width * height <= scaled_limit(max_pixels):
            advice = f" ({scaled_limit(max_pixels):,} of a JPEG that is not progressive)"
        raise too_many_pixels(width, height, limit, advice)


def _without_junk(body: bytes) -> bytes:
    """Leave out what stands in front of an image."""
    if is_other_type(body):
        return body
    places = [place for mark in _HIDDEN_SIGNATURES if (place := body.find(mark, 0, JUNK_BYTES)) > 0]
    return body[min(places) :] if places else body
