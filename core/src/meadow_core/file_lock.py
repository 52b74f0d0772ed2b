"""A lock between the processes of a host."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Wait for a lock, and hold it; the death of its holder lets it go.

    Args:
        path: The lock's file, in an existing folder; it is made, and stays.
    """
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing the file is not enough: a process that was forked meanwhile holds it open, and so the lock.
            fcntl.flock(file, fcntl.LOCK_UN)
