"""What can go wrong between a task and the gateway, told apart by whether trying again may help."""

from http import HTTPStatus

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from meadow import ApiProblem, ClientError

PASSING = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""What a gateway that is restarted, or a proxy before it, answers."""

NO_LONGER_CANCELLABLE = frozenset({"job-finished", "job-gone", "not-found"})
"""Codes of jobs that need not be cancelled: they have ended meanwhile."""


class GatewayUnavailableError(AirflowException):
    """The gateway does not answer, or has no capacity: the task is tried again."""


class GatewayRefusedError(AirflowFailException):
    """The gateway says no, and would say it again: the task fails without another try."""


def may_pass(error: ClientError) -> bool:
    """Whether the gateway may answer otherwise in a while."""
    return (
        not isinstance(error, ApiProblem) or error.status in PASSING or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def as_task_error(error: ClientError) -> GatewayUnavailableError | GatewayRefusedError:
    """The error by which Airflow knows whether to try the task again."""
    told = str(error)
    if isinstance(error, ApiProblem):
        told = f"The gateway answers {error.status} ({error.code}): {error}"
    return GatewayUnavailableError(told) if may_pass(error) else GatewayRefusedError(told)
