"""The process that decodes: reads cases from its standard input, answers each with what came of it."""

import json
import resource
import struct
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from meadow.client.folder.shrink import ShrinkError, shrink
from meadow.imaging.orientation import orientation_of
from meadow.imaging.small import small_picture
from meadow_core.bundle.decode import ImageRejectedError, check_header
from meadow_core.bundle.region import central_square, read_region, whole_frame

MAX_PIXELS = 1_000_000
ADDRESS_SPACE = 8 << 30
"""The machine's protection; what a case may take is checked by its peak."""

TARGETS: dict[str, Callable[[bytes], object]] = {
    "check_header": lambda body: check_header(body, max_pixels=MAX_PIXELS),
    "read_region": lambda body: read_region(body, 32, central_square(0.9), max_pixels=MAX_PIXELS).pixels.shape,
    "whole_frame": lambda body: read_region(body, 8, whole_frame, max_pixels=MAX_PIXELS).pixels.shape,
    "shrink": lambda body: shrink(body, 16, max_pixels=MAX_PIXELS),
    "thumbnail": lambda body: small_picture(body, 20, max_pixels=MAX_PIXELS).size,
    "thumbnail with alpha": lambda body: small_picture(body, 20, max_pixels=MAX_PIXELS, over_white=False).size,
    "orientation": lambda body: orientation_of([body, body[12:]], body),
}


def decode(body: bytes) -> dict[str, str]:
    """Try everything that decodes; tell of each what came of it, `pixels`, `refused`, or the traceback."""
    outcomes = {}
    for name, target in TARGETS.items():
        try:
            target(body)
            outcomes[name] = "pixels"
        except (ImageRejectedError, ShrinkError):
            outcomes[name] = "refused"
        except Exception:  # noqa: BLE001 - that is what is looked for
            outcomes[name] = traceback.format_exc()
    return outcomes


def peak_bytes() -> int:
    """Return the most memory that this process has had; `getrusage` would count what its parent had at the fork."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def main() -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    while header := sys.stdin.buffer.read(4):
        (length,) = struct.unpack(">L", header)
        outcomes = decode(sys.stdin.buffer.read(length))
        peak = peak_bytes()
        sys.stdout.write(json.dumps({"peak": peak, "outcomes": outcomes}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
