"""A worker whose decoder dies over certain images, as a faulty library or too little memory would make it."""

import ctypes
import os
import signal
import time

from meadow_core.bundle.region import DecodedImage
from meadow_worker import __main__
from meadow_worker.served_model import ServedModel

KILL = b"kill "
"""Then the name of the signal that ends the process."""
HANG = b"hang"
HANG_IN_C = b"hang in C"
"""Without letting go of the interpreter."""
SLOW = b"slow "
"""Then an image, which takes so long that a test can do something meanwhile."""
SLOW_SECONDS = 0.3

_decode = ServedModel.decode


def decode_or_die(self: ServedModel, body: bytes) -> DecodedImage:
    with self._watching():
        if body.startswith(KILL):
            os.kill(os.getpid(), signal.Signals[body.removeprefix(KILL).decode()])
            time.sleep(60)
        if body == HANG:
            time.sleep(3600)
        if body == HANG_IN_C:
            ctypes.PyDLL(None).sleep(3600)
    if body.startswith(SLOW):
        time.sleep(SLOW_SECONDS)
    return _decode(self, body.removeprefix(SLOW))


if __name__ == "__main__":
    ServedModel.decode = decode_or_die  # type: ignore[method-assign]
    __main__.main()
