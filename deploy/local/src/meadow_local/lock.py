"""One command at a time changes a stack."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from meadow_local.home import Home


@contextmanager
def exclusive(home: Home) -> Iterator[None]:
    """Wait for, and hold, the right to start or stop processes of this home."""
    with (home.run / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
