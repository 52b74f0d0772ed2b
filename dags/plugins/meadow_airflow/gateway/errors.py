"""What can go wrong between a task and the gateway, told apart by whether trying again may help."""

from airflow.sdk.exceptions import AirflowException, AirflowFailException


class GatewayUnavailableError(AirflowException):
    """The gateway does not answer, or has no capacity: the task is tried again."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the gateway asks to be left alone."""


class GatewayRefusedError(AirflowFailException):
    """The gateway says no, and would say it again: the task fails without another try."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"The gateway answers {status} ({code}): {detail}")
        self.status = status
        self.code = code
        """The problem's stable name."""
