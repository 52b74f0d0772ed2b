"""Atomic file replacement."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, body: bytes) -> None:
    """Replace a file in one step: after a crash it has the old content or the new.

    Args:
        path: In an existing folder.
        body: The whole content.

    Raises:
        OSError: The disk is full, or the folder is missing; the old file is unchanged.
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
