"""Errors that end the expansion of a batch, or of one of its images."""

from meadow.errors import MeadowError
from meadow.schemas.jobs import JobError
from meadow.schemas.problems import ProblemCode


class SourceError(MeadowError):
    """The source cannot be read to its end: the batch fails with this."""

    def __init__(self, code: ProblemCode, detail: str) -> None:
        super().__init__(detail)
        self.error = JobError(code=code, detail=detail)


class EntryRefusedError(MeadowError):
    """An image of the source is not read: it becomes a failed item with this."""

    def __init__(self, code: ProblemCode, detail: str) -> None:
        super().__init__(detail)
        self.error = JobError(code=code, detail=detail)
