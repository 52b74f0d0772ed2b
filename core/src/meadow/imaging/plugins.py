"""Preparation of Pillow, once in a process and when the first image is opened."""

import threading
from importlib import import_module

from PIL import Image

from meadow.imaging.rejected import ImageRejectedError
from meadow.problems import ProblemTypes

_PLUGINS = ("Jpeg", "Png", "WebP", "Avif", "Bmp", "Gif", "Tiff")
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
            _add_double_floats()
        if format_name == "HEIF":
            _register_heif()
        if format_name == "AVIF":
            _limit_avif_threads()
        _ready.add(format_name)


def _add_double_floats() -> None:
    """Let Pillow read TIFF of 64-bit floats, NumPy's own kind: it can, but does not list them."""
    from PIL import TiffImagePlugin  # noqa: PLC0415 - not before it is needed

    for order, unpacking in ((b"II", "F;64F"), (b"MM", "F;64BF")):
        for photometric in (0, 1):
            TiffImagePlugin.OPEN_INFO.setdefault((order, photometric, (3,), 1, (64,), ()), ("F", unpacking))


def _register_heif() -> None:
    try:
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - large, and not needed by all
    except ImportError as error:
        detail = "HEIC and HEIF images need the package pillow-heif, which is not installed here."
        raise ImageRejectedError(ProblemTypes.UNSUPPORTED_TYPE, detail) from error
    # Embedded thumbnails are not decoded in a photograph's place: editors leave old ones behind, and nothing tells.
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _limit_avif_threads() -> None:
    from PIL import AvifImagePlugin  # noqa: PLC0415 - not before it is needed

    # A worker has a process for every core.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
