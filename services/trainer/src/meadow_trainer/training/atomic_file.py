"""Files that are there in full or not at all, whoever is killed meanwhile."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, body: bytes) -> None:
    """Write a file in place of an older one, in one step.

    Args:
        path: In an existing folder.
        body: All of the file.

    Raises:
        OSError: The disk is full, or the folder is gone; the older file is as it was.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
