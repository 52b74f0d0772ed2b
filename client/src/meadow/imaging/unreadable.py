"""Description of files that are no images of a readable type, so that people see what they have under such a name."""

import re

from meadow.image_files.types import HEADER_BYTES, READABLE_FORMATS, image_type
from meadow.imaging.jpeg import FRAME_NAMES, SAMPLE_BITS, SOI, read_jpeg
from meadow.imaging.rejected import ImageRejectedError, damaged
from meadow.schemas.problems import ProblemCode

READABLE = ", ".join(READABLE_FORMATS)
_BEGINNING = 1024
_CONVERT = "Convert it to JPEG or PNG"
_NOT_DOWNLOADED = "The download failed or needs a login; download the image again"
_EXTRACT = "Unpack it first"
_FRAME = "Take a frame from it"
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file itself", "Run `git lfs pull`"),
    (0, b"%PDF", "a PDF document", "Export its pages as PNG"),
    (0, b"%!PS", "a PostScript document", "Export it as PNG"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image", _CONVERT),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image", _CONVERT),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL image", _CONVERT),
    (0, b"\xff\x0a", "a JPEG XL image", _CONVERT),
    (0, b"II\xbc\x01", "a JPEG XR image", _CONVERT),
    (0, b"8BPS", "a Photoshop document", _CONVERT),
    (0, b"gimp xcf", "a GIMP document", _CONVERT),
    (0, b"FUJIFILMCCD-RAW", "a camera's raw file", _CONVERT),
    (0, b"IIRO", "a camera's raw file", _CONVERT),
    (0, b"IIU\0", "a camera's raw file", _CONVERT),
    (0, b"v/1\x01", "an OpenEXR image", _CONVERT),
    (0, b"SIMPLE  =", "a FITS image", _CONVERT),
    (0, b"#?RADIANCE", "a Radiance HDR image", _CONVERT),
    (0, b"\0\0\x01\0", "an icon (ICO)", _CONVERT),
    (0, b"\x89HDF", "an HDF5 file", "Export its images"),
    (0, b"\x93NUMPY", "a NumPy array", "Save it as PNG"),
    (0, b"\0\x05\x16\x07", "a macOS companion file (AppleDouble), not the image", "Leave it out"),
    (0, b"\0\x05\x16\0", "a macOS companion file (AppleDouble), not the image", "Leave it out"),
    (0, b"L\0\0\0\x01\x14\x02\0", "a Windows shortcut", "Give the file that it leads to"),
    (0, b"[InternetShortcut]", "a web shortcut", "Download what it leads to"),
    (0, b"PK\x03\x04", "a zip archive", _EXTRACT),
    (0, b"PK\x05\x06", "an empty zip archive", _EXTRACT),
    (0, b"\x1f\x8b", "a gzip archive", _EXTRACT),
    (0, b"BZh", "a bzip2 archive", _EXTRACT),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _EXTRACT),
    (0, b"Rar!", "a RAR archive", _EXTRACT),
    (0, b"\xfd7zXZ\0", "an xz archive", _EXTRACT),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive", _EXTRACT),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video", _FRAME),
    (0, b"OggS", "an Ogg recording", _FRAME),
    (0, b"\0\0\x01\xba", "an MPEG video", _FRAME),
    (0, b"\0\0\x01\xb3", "an MPEG video", _FRAME),
    (0, b"FLV\x01", "a Flash video", _FRAME),
    (0, b"ID3", "a sound recording", "Leave it out"),
    (0, b"SQLite format 3\0", "an SQLite database", "Leave it out"),
    (0, b"\x7fELF", "a program", "Leave it out"),
    (0, b"MZ", "a program", "Leave it out"),
    (0, b"\xca\xfe\xba\xbe", "a program", "Leave it out"),
    (4, b"ftypcrx ", "a camera's raw file", _CONVERT),
    (4, b"ftyp", "a video", _FRAME),
    (4, b"moov", "a video", _FRAME),
    (4, b"mdat", "a video", _FRAME),
    (4, b"wide", "a video", _FRAME),
    (8, b"AVI ", "an AVI video", _FRAME),
    (8, b"WAVE", "a sound recording", "Leave it out"),
    (128, b"DICM", "a DICOM image", "Export it as PNG"),
)
"""Place, first bytes, what it is, and what to do."""
_COMPONENTS = frozenset({1, 3, 4})
_PORTABLE = re.compile(rb"P[1-7]\s")
_MARKUP = (
    (re.compile(rb"<svg[\s>]", re.IGNORECASE), "an SVG drawing", "Export it as PNG"),
    (re.compile(rb"<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE), "an HTML page", _NOT_DOWNLOADED),
    (re.compile(rb"^\s*<(?:\?xml|[A-Za-z])"), "an XML document", _NOT_DOWNLOADED),
)
_JSON = re.compile(rb"\s*[{\[]")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def not_readable(body: bytes, format_name: str = "") -> ImageRejectedError:
    """Make the error for such a file.

    Args:
        body: Its bytes.
        format_name: The readable type that its first bytes are of, although Pillow makes nothing of the rest.
    """
    what, advice = _seen(body)
    if what:
        detail = f"The bytes seem to be {what}. {advice}. Types that are read: {READABLE}."
    elif format_name and len(body) > HEADER_BYTES:
        return damaged(f"The {format_name} image is damaged, incomplete, or of a rare kind. {_CONVERT}.")
    else:
        detail = f"The bytes are not an image of a type that is read ({READABLE})."
    return ImageRejectedError(ProblemCode.UNSUPPORTED_TYPE, detail)


def is_other_type(body: bytes) -> bool:
    """Whether the first bytes are those of a file of another type, which may hold images."""
    return _by_signature(body) is not None


def _by_signature(body: bytes) -> tuple[str, str] | None:
    return next(
        ((what, advice) for place, signature, what, advice in _SIGNATURES if body.startswith(signature, place)), None
    )


def _seen(body: bytes) -> tuple[str, str]:
    """Say what the bytes seem to be, and what to do; empty if they tell nothing."""
    if body.startswith(SOI):
        return _jpeg(body)
    if image_type(body[:HEADER_BYTES]):
        return "", ""
    if known := _by_signature(body):
        return known
    if _PORTABLE.match(body):
        return "a Netpbm image (PPM, PGM, PBM or PFM)", _CONVERT
    if not body.strip(b"\0"):
        return "nothing but zeros", "The copy or the disk failed; copy or download the image again"
    return _text(body[:_BEGINNING])


def _jpeg(body: bytes) -> tuple[str, str]:
    frames = read_jpeg(body).frames
    if not frames:
        return "", ""
    frame = frames[-1]
    if frame.bits == SAMPLE_BITS and len(frame.components) in _COMPONENTS and frame.marker not in FRAME_NAMES:
        return "", ""
    if frame.bits != SAMPLE_BITS:
        return f"a JPEG of {frame.bits} bits a sample; 8 are read", _CONVERT
    if frame.marker in FRAME_NAMES:
        return f"a {FRAME_NAMES[frame.marker]} image", _CONVERT
    return f"a JPEG of {len(frame.components)} colour components; 1, 3 and 4 are read", _CONVERT


def _text(beginning: bytes) -> tuple[str, str]:
    for encoding, mark in (("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff")):
        if beginning.startswith(mark):
            beginning = beginning[: len(beginning) // 2 * 2].decode(encoding, "replace").encode()
    if _CONTROLS.search(beginning):
        return "", ""
    for pattern, what, advice in _MARKUP:
        if pattern.search(beginning):
            return what, advice
    if _JSON.match(beginning):
        return "a JSON document", _NOT_DOWNLOADED
    return "text", _NOT_DOWNLOADED
