"""Image types that Meadow reads: their names, suffixes, media types and first bytes. Needs no imaging library."""

import mimetypes
import re
from dataclasses import dataclass

HEADER_BYTES = 32
"""First bytes of a file that are enough to recognise its type."""


@dataclass(frozen=True)
class ImageType:
    """A type of image file."""

    format: str
    """Pillow's name for it."""
    media_type: str
    suffixes: tuple[str, ...]
    """In lower case, with their dot."""


IMAGE_TYPES = (
    ImageType("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jif", ".jfif")),
    ImageType("PNG", "image/png", (".png",)),
    ImageType("WEBP", "image/webp", (".webp",)),
    ImageType("HEIF", "image/heic", (".heic", ".heif", ".hif")),
    ImageType("AVIF", "image/avif", (".avif",)),
    ImageType("BMP", "image/bmp", (".bmp",)),
    ImageType("GIF", "image/gif", (".gif",)),
    ImageType("TIFF", "image/tiff", (".tif", ".tiff")),
)

READABLE_FORMATS = tuple(kind.format for kind in IMAGE_TYPES)
IMAGE_SUFFIXES = frozenset(suffix for kind in IMAGE_TYPES for suffix in kind.suffixes)
JPEG_SUFFIXES = frozenset(IMAGE_TYPES[0].suffixes)

UNKNOWN_MEDIA_TYPE = "application/octet-stream"

_BY_FORMAT = {kind.format: kind for kind in IMAGE_TYPES}
_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_WORD_SUFFIX = re.compile(r"\.[a-z][a-z0-9]{0,11}")


def image_type(header: bytes) -> ImageType | None:
    """Recognise an image by the first `HEADER_BYTES` of its file; None for anything else."""
    for signature, name in _SIGNATURES:
        if header.startswith(signature):
            return _BY_FORMAT[name]
    if header[:4] == b"RIFF" and header[8:12] == b"WEBP":
        return _BY_FORMAT["WEBP"]
    if header[4:8] == b"ftyp":
        # The major brand, then a version, then compatible brands: a still picture may name its codec only there.
        brands = {header[8:12], *(header[place : place + 4] for place in range(16, len(header), 4))}
        if brands & _AVIF_BRANDS:
            return _BY_FORMAT["AVIF"]
        if brands & _HEIF_BRANDS:
            return _BY_FORMAT["HEIF"]
    return None


def media_type(data: bytes, name: str = "") -> str:
    """Guess the media type of a file, by its first bytes before its name: names are often wrong."""
    kind = image_type(data[:HEADER_BYTES])
    return kind.media_type if kind else mimetypes.guess_type(name)[0] or UNKNOWN_MEDIA_TYPE


def suffix_of(path: str) -> str:
    """Return the suffix of a path's last part, with its dot and in lower case; pathlib takes ten times as long."""
    stem, _, suffix = path.rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if stem else ""


def needs_header(suffix: str) -> bool:
    """Whether only a file's first bytes can tell if it is an image, because its suffix names no type.

    That is so without a suffix (`5d41402abc`), and for what is added behind one (`photo.jpg?w=800`, `photo.jpg.1`,
    `photo.jpg_original`). A suffix that is a word names a type of its own: a camera's raw file begins like a TIFF.
    """
    return not _WORD_SUFFIX.fullmatch(suffix)
