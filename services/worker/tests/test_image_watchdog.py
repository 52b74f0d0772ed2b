"""A process that works on an image for ever ends, whatever the image keeps it from."""

import subprocess
import sys

import pytest

LIMIT_SECONDS = 0.5
PROGRAM = f"""
import ctypes, time
from meadow_worker.image_watchdog import ImageWatchdog
watchdog = ImageWatchdog({LIMIT_SECONDS})
watchdog.start()
"""
HANG = """
with watchdog.watching():
    time.sleep(60)
"""
HANG_IN_C = """
with watchdog.watching():
    ctypes.PyDLL(None).sleep(60)  # without letting go of the interpreter
"""
SECOND_IMAGE = "with watchdog.watching():\n    pass\n"
IDLE = f"time.sleep({LIMIT_SECONDS * 4})\n"


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", PROGRAM + program], capture_output=True, text=True, timeout=50, check=False
    )


@pytest.mark.parametrize("hang", [pytest.param(HANG, id="in Python"), pytest.param(HANG_IN_C, id="in C")])
@pytest.mark.parametrize(
    "before",
    [
        pytest.param("", id="first image"),
        pytest.param(SECOND_IMAGE, id="second image"),
        pytest.param(IDLE, id="after a while without any"),
    ],
)
def test_an_image_that_never_ends_ends_its_process(before: str, hang: str) -> None:
    ended = run(before + hang)
    assert ended.returncode != 0
    assert "most recent call first" in ended.stderr


def test_a_process_with_quick_images_or_none_goes_on() -> None:
    ended = run(f"{SECOND_IMAGE}{IDLE}{SECOND_IMAGE}{IDLE}watchdog.stop()\nprint('went on')")
    assert (ended.returncode, ended.stdout.strip()) == (0, "went on")
