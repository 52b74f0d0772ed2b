"""TIFF files with nothing but what their first picture is decoded by.

Pillow reads every tag and follows every pointer when it loads the pixels, and raises on faults in any of them.
"""

import io
import struct

from PIL.ImageFile import ImageFile

from meadow.imaging.tiff_directory import read_directory

_NEEDED = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325}
    | {326, 327, 328, 332, 334, 336, 338, 339, 347, *range(512, 522), 529, 530, 531, 532, 32995, 32996, 34925, 50674}
)
"""Sizes, strips and tiles, compression, colours. Not the orientation, which is seen to as in other formats."""


_NATIVE = {"I;32B": "I;32N", "I;32BS": "I;32NS", "F;32BF": "F;32NF", "F;64BF": "F;64NF"}


def as_unpacked(image: ImageFile) -> None:
    """Take the numbers of a compressed image in this machine's byte order: libtiff has turned them round already."""
    tiles = []
    for tile in image.tile:
        if tile.codec_name == "libtiff" and isinstance(tile.args, tuple) and tile.args[0] in _NATIVE:
            tiles.append(tile._replace(args=(_NATIVE[tile.args[0]], *tile.args[1:])))
        else:
            tiles.append(tile)
    image.tile = tiles


class PatchedFile(io.RawIOBase):
    """Bytes of which some are other ones, to be read without a copy of a file that may be large."""

    def __init__(self, body: bytes, place: int, patch: bytes) -> None:
        super().__init__()
        self._body = memoryview(body)
        self._start, self._end = place, place + len(patch)
        self._patch = patch
        self._place = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from any place."""
        return True

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._body)}[whence]
        if self._place < 0:
            raise ValueError("There is nothing before the beginning.")
        return self._place

    def readall(self) -> bytes:
        """Read to the end."""
        return self.read(max(len(self._body) - self._place, 0))

    def read(self, size: int = -1, /) -> bytes:
        """Read some bytes."""
        if size < 0:
            return self.readall()
        start, end = self._place, min(self._place + size, len(self._body))
        self._place = max(end, start)
        if end <= self._start or start >= self._end:
            return bytes(self._body[start:end])
        inside = self._patch[max(start - self._start, 0) : max(end - self._start, 0)]
        return b"".join([self._body[start : self._start], inside, self._body[max(self._end, start) : end]])


def directory_only(body: bytes) -> io.RawIOBase | io.BytesIO:
    """Leave out the tags that no pixel depends on, and the further pictures; a damaged directory stays as it is."""
    found = read_directory(body)
    if found is None or found.end > len(body):
        return io.BytesIO(body)
    kept = [entry.whole for entry in found.entries if entry.tag in _NEEDED]
    directory = struct.pack(found.count, len(kept)) + b"".join(kept)
    return PatchedFile(body, found.start, directory.ljust(found.end - found.start, b"\0"))
