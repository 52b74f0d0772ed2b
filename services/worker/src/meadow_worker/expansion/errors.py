"""Errors that end the expansion of a batch, or of one of its images."""

from meadow.jobs.model import JobError
from meadow.problems import ProblemType


class SourceError(Exception):
    """The source cannot be read to its end: the batch fails with this."""

    def __init__(self, problem: ProblemType, detail: str) -> None:
        super().__init__(detail)
        self.error = JobError(code=problem.code, detail=detail)


class EntryRefusedError(Exception):
    """An image of the source is not read: it becomes a failed item with this."""

    def __init__(self, problem: ProblemType, detail: str) -> None:
        super().__init__(detail)
        self.error = JobError(code=problem.code, detail=detail)
