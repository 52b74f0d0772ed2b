"""What a run over many files can end with, apart from its results."""

from meadow.client.errors import ClientError
from meadow.schemas.jobs import Job


class FolderError(ClientError):
    """The files cannot be found or read as they were named."""


class FolderChangedError(FolderError):
    """The folder is not the one whose upload was interrupted."""

    def __init__(self, interrupted: Job) -> None:
        super().__init__(
            f"{interrupted.name} is not as it was when {interrupted.id} was begun: files were added, taken away or "
            f"changed in size. To classify it as it is now, run the command without --resume. "
            f"To give the interrupted batch up: meadow cancel {interrupted.id}"
        )
        self.interrupted = interrupted


class BatchFailedError(ClientError):
    """The batch ended without its answers: cancelled, or failed as a whole."""
