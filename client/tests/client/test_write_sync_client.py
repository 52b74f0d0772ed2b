"""There is one source of both clients."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "write_sync_client.py"


def test_the_synchronous_client_is_what_the_asynchronous_one_makes() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
