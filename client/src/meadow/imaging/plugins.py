"""Preparation of Pillow, once in a process and when the first image is opened."""

import threading
from importlib import import_module

from PIL import Image

from meadow.imaging.rejected import ImageRejectedError
from meadow.schemas.problems import ProblemCode

_PLUGINS = ("Jpeg", "Png", "WebP", "Avif", "Bmp", "Gif", "Tiff")
_DEPTHS = (
    (b"II", 3, 64, "F", "F;64F"),
    (b"MM", 3, 64, "F", "F;64BF"),
    (b"II", 2, 32, "I", "I;32S"),
    (b"MM", 2, 32, "I", "I;32BS"),
    (b"II", 1, 32, "I", "I;32"),
    (b"MM", 1, 32, "I", "I;32B"),
)
"""Byte order, sample format, bits, mode, and how it is unpacked."""
_lock = threading.Lock()
_ready: set[str] = set()


def prepare(format_name: str) -> None:
    """Load what reads a format. Two threads may ask at a time.

    Raises:
        ImageRejectedError: A package for it is not installed.
    """
    if format_name in _ready:
        return
    with _lock:
        if not _ready:
            # Meadow's own limit is checked from every header; Pillow's would warn, and name another number.
            Image.MAX_IMAGE_PIXELS = None
            # Pillow would load them, and all others, when one is needed: two threads must not do that at a time.
            Image.preinit()
            for plugin in _PLUGINS:
                import_module(f"PIL.{plugin}ImagePlugin")
            _add_depths()
        if format_name == "HEIF":
            _register_heif()
        if format_name == "AVIF":
            _limit_avif_threads()
        _ready.add(format_name)


def _add_depths() -> None:
    """Let Pillow read TIFF of 64-bit floats, NumPy's own kind, and 32-bit integers: it can, but does not list all."""
    from PIL import TiffImagePlugin  # noqa: PLC0415 - not before it is needed

    for order, sample, bits, mode, unpacking in _DEPTHS:
        for photometric in (0, 1):
            key = (order, photometric, (sample,), 1, (bits,), ())
            TiffImagePlugin.OPEN_INFO.setdefault(key, (mode, unpacking))


def _register_heif() -> None:
    try:
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - large, and not needed by all
    except ImportError as error:
        detail = "HEIC and HEIF images need the package pillow-heif, which is not installed here."
        raise ImageRejectedError(ProblemCode.UNSUPPORTED_TYPE, detail) from error
    # Embedded thumbnails are not decoded in a photograph's place: editors leave old ones behind, and nothing tells.
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _limit_avif_threads() -> None:
    from PIL import AvifImagePlugin  # noqa: PLC0415 - not before it is needed

    # A worker has a process for every core.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
