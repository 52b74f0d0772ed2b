"""Files that are there in full or not at all, whoever is killed meanwhile."""

import os
from pathlib import Path
from uuid import uuid4


def write_atomically(path: Path, body: bytes, *, private: bool = False) -> None:
    """Write a file in place of an older one, in one step; several processes and threads may do so at once.

    Args:
        path: In an existing folder.
        body: All of the file.
        private: Whether only its owner may read it, from the first byte on.

    Raises:
        OSError: The disk is full, or the folder is gone; the older file is as it was.
    """
    scratch = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
