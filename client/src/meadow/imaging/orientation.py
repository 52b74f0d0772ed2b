"""Orientation of a photograph, read from its metadata. Damage there never costs the photograph: it counts as upright.

Own code, because Pillow parses all of the metadata for this one number, and raises on faults anywhere in it.
"""

import re
import struct
from collections.abc import Iterable, Mapping

from meadow.imaging.rejected import ImageRejectedError
from meadow.imaging.tiff_directory import read_directory

UPRIGHT = 1
SIDEWAYS = frozenset({5, 6, 7, 8})
"""Orientations whose width is the upright image's height."""

EXIF_ORIENTATION = 0x0112
"""The tag of EXIF and TIFF."""
_EXIF_MARK = b"Exif\0\0"
_TEXT = 2
_FORMATS = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l"}
"""struct formats of the integer types of TIFF."""
_XMP = re.compile(rb"""tiff:Orientation\s*(?:=\s*["']|>)\s*([0-9]+)\s*["'<]""")
_XMP_BYTES = 1 << 20


def orientation_of(exif: Iterable[bytes], xmp: bytes = b"") -> int:
    """Return how the camera was held, 1 to 8: by the first EXIF that says it, else by XMP."""
    return next(filter(None, map(_of_exif, exif)), None) or _of_xmp(xmp) or UPRIGHT


def orientation_in(info: Mapping[str | tuple[int, int], object]) -> int:
    """Return the same from the `info` of an image that Pillow has opened, in whichever form it is there."""
    exif, profile = info.get("exif"), info.get("Raw profile type exif")
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
    found = [exif] if isinstance(exif, bytes) else []
    if isinstance(profile, str):
        found.append(_unhexed(profile))
    if isinstance(xmp, str):
        xmp = xmp.encode()
    return orientation_of(found, xmp if isinstance(xmp, bytes) else b"")


def _unhexed(profile: str) -> bytes:
    """Decode what ImageMagick writes into a PNG: a name and a length on lines of their own, then hexadecimal digits."""
    try:
        return bytes.fromhex("".join(profile.split("\n")[3:]))
    except ValueError:
        return b""


def _of_exif(exif: bytes) -> int | None:
    """Read the tag in the first directory; what points elsewhere is not followed, so nothing can lead in circles."""
    while exif.startswith(_EXIF_MARK):  # some programs write it twice
        exif = exif[len(_EXIF_MARK) :]
    try:
        directory = read_directory(exif)
    except ImageRejectedError:
        return None
    if directory is None:
        return None
    for entry in directory.entries:
        if entry.tag == EXIF_ORIENTATION and (found := _value(entry.value, entry.kind, directory.order)):
            return found
    return None


def _value(field: bytes, kind: int, order: str) -> int | None:
    """Read the first of a tag's values; a digit as text counts as the number."""
    if kind == _TEXT:
        text = field[:1]
        return _checked(int(text)) if text.isdigit() else None
    if kind not in _FORMATS:
        return None
    (value,) = struct.unpack_from(f"{order}{_FORMATS[kind]}", field)
    return _checked(value)


def _of_xmp(xmp: bytes) -> int | None:
    found = _XMP.search(xmp[:_XMP_BYTES])
    return _checked(int(found[1][:2])) if found else None


def _checked(value: int) -> int | None:
    return value if UPRIGHT <= value <= max(SIDEWAYS) else None
