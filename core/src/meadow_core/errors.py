"""The error that clients hear about, whichever way they came."""

from collections.abc import Sequence

from meadow.errors import MeadowError
from meadow.schemas.problems import FieldError, ProblemCode


class ProblemError(MeadowError):
    """Something that a client should hear about: the gateway answers with it, workers store it with a job or an item.

    Args:
        code: What kind of problem it is.
        detail: A sentence for people.
        retry_after: Seconds after which another try may succeed.
        errors: What is wrong with which part of the request.
    """

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        retry_after: int | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.errors = list(errors)
