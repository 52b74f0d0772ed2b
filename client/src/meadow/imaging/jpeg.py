"""JPEG files by their markers: how the picture is coded, its metadata, and the file without it.

Pillow gets a file without metadata: what cameras and editors write there must not cost a photograph, and parsing it
takes longer than decoding a small image.
"""

import re
import struct
from dataclasses import dataclass, field

from meadow.imaging.rejected import damaged

SOI = b"\xff\xd8"
EOI = b"\xff\xd9"
SEQUENTIAL_FRAMES = frozenset({0xC0, 0xC1})
"""SOF0 (baseline) and SOF1 (extended), both with Huffman codes."""
SCALABLE_FRAMES = SEQUENTIAL_FRAMES | {0xC2}
"""Those and SOF2 (progressive). Lossless, hierarchical and arithmetic frames are decoded whole: for some of them a
scale has no meaning, for the others it is hardly tried anywhere."""
FRAME_NAMES = {0xF7: "JPEG-LS"}
"""Frames that are not read."""
SAMPLE_BITS = 8
MAX_SEGMENTS = 20_000
"""A file of the largest size has a thousand of full length."""

_SOS, _APP1, _ADOBE, _COM = 0xDA, 0xE1, 0xEE, 0xFE
_APPS = range(0xE0, 0xF0)
_KEPT_APPS = frozenset({0xE0, _ADOBE})
"""JFIF and Adobe: they tell how colours are coded."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
"""Markers of segments: the others have no content."""
_EXIF_MARK = b"Exif\0\0"
_XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_SCAN_HEADER_BYTES = 20


@dataclass(frozen=True)
class Frame:
    """The frame header (SOF)."""

    marker: int
    bits: int
    width: int
    height: int
    components: bytes
    """Their identifiers."""


@dataclass
class JpegFile:
    """What stands before the pixels of a JPEG."""

    body: bytes
    frames: list[Frame] = field(default_factory=list)
    exif: list[bytes] = field(default_factory=list)
    """Segments of that name; some programs add a second one instead of changing the first."""
    xmp: bytes = b""
    adobe: bool = False
    """Whether colours are coded as Adobe does: CMYK is inverted then."""
    scan: int = 0
    """Place of the first scan header's marker; 0 if there is none."""
    scan_components: int = 0
    """How many of the components are in the first scan."""
    _dropped: list[tuple[int, int]] = field(default_factory=list)

    def drop(self, start: int, end: int) -> None:
        """Leave a part out of `plain`."""
        self._dropped.append((start, end))

    @property
    def frame(self) -> Frame | None:
        """The frame header, unless there is none or more than one."""
        return self.frames[0] if len(self.frames) == 1 else None

    @property
    def scalable(self) -> bool:
        """Whether it can be decoded at a reduced scale (Pillow's `draft`): known to be safe, not only not known bad."""
        frame = self.frame
        return bool(frame and frame.marker in SCALABLE_FRAMES and frame.bits == SAMPLE_BITS)

    @property
    def sequential(self) -> bool:
        """Whether it is decoded row by row, so that at a reduced scale little memory is needed.

        Otherwise the decoder keeps all coefficients, three to six bytes a pixel: of several scans, each adds to them.
        """
        frame = self.frame
        return bool(
            frame
            and self.scalable
            and frame.marker in SEQUENTIAL_FRAMES
            and self.scan_components == len(frame.components)
        )

    @property
    def plain(self) -> bytes:
        """The file without metadata."""
        return self._without_metadata(len(self.body)) if self._dropped else self.body

    @property
    def header(self) -> bytes:
        """The same, only as far as Pillow reads to open it."""
        return self._without_metadata(self.scan + _SCAN_HEADER_BYTES) if self.scan else self.plain

    def _without_metadata(self, end: int) -> bytes:
        kept, place = [], 0
        whole = memoryview(self.body)
        for start, after in self._dropped:
            kept.append(whole[place:start])
            place = after
        return b"".join([*kept, whole[place:end]])


def read_jpeg(body: bytes) -> JpegFile:
    """Walk the segments up to the first scan. What is wrong with a damaged file, Pillow tells.

    Raises:
        ImageRejectedError: So many segments that walking them would take seconds.
    """
    found, place = JpegFile(body), len(SOI)
    for _ in range(MAX_SEGMENTS):
        marked = _MARKER.search(body, place)
        if marked is None or marked.end() + 2 > len(body):
            return found
        marker, start, content = body[marked.end() - 1], marked.end() - 2, marked.end() + 2
        end = max(marked.end() + int.from_bytes(body[marked.end() : content], "big"), content)
        if start > place:
            found.drop(place, start)  # padding, or what does not belong there
        if marker in _FRAMES:
            _add_frame(found, marker, body[content:end])
        elif marker in _APPS or marker == _COM:
            _add_application(found, marker, start, content, end)
        elif marker == _SOS:
            found.scan = start
            found.scan_components = body[content] if content < len(body) else 0
            return found
        place = end
    raise damaged(f"The JPEG image has more than {MAX_SEGMENTS:,} segments.")


def _add_frame(found: JpegFile, marker: int, content: bytes) -> None:
    try:
        bits, height, width, count = struct.unpack_from(">BHHB", content)
    except struct.error:
        return
    found.frames.append(Frame(marker, bits, width, height, content[6 : 6 + 3 * count : 3]))


def _add_application(found: JpegFile, marker: int, start: int, content: int, end: int) -> None:
    body = found.body
    if marker in _KEPT_APPS:
        found.adobe = found.adobe or (marker == _ADOBE and body.startswith(b"Adobe", content))
        return
    if marker == _APP1:
        if body.startswith(_EXIF_MARK, content):
            found.exif.append(body[content:end])
        elif body.startswith(_XMP_MARK, content):
            found.xmp = found.xmp or body[content + len(_XMP_MARK) : end]
    if end <= len(body):
        found.drop(start, end)
