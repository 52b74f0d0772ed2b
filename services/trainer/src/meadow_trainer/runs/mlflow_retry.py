"""Retries while MLflow is unavailable, so that a finished training is not lost."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from mlflow.exceptions import MlflowException

from meadow_core.registry.versions import RegistryError
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.training.callbacks import TrainingCallbacks

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 5.0
_POLL_SECONDS = 0.2
"""Interval between checks for cancellation."""
_SERVER_FAULT = 500

T = TypeVar("T")


def is_unavailable(error: MlflowException | RegistryError) -> bool:
    """Return whether MLflow or its artefact store is unavailable; False if it refused the request."""
    cause = error.__cause__ if isinstance(error, RegistryError) else error
    if isinstance(cause, MlflowException):
        return int(cause.get_http_status_code()) >= _SERVER_FAULT  # type: ignore[no-untyped-call]
    return isinstance(cause, Exception)


def retry_while_unavailable(
    action: Callable[[], T], callbacks: TrainingCallbacks, *, seconds: float, pause: float = _PAUSE_SECONDS
) -> T:
    """Call MLflow, and retry while it is unavailable.

    Args:
        action: Must be idempotent.
        callbacks: Told that the run waits; may cancel it.
        seconds: How long to retry; 0 tries once.
        pause: Seconds between two attempts.

    Raises:
        RegistryError: MLflow is still unavailable, or refused the request.
        TrainingCancelledError: Cancelled by a callback.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except RegistryError as error:
            if not is_unavailable(error) or time.monotonic() >= deadline:
                raise
            log.warning("Retrying in %.0f s: %s", pause, error)
            callbacks.on_stage(f"waiting for MLflow: {error}")
        _wait(pause, callbacks)


def _wait(seconds: float, callbacks: TrainingCallbacks) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if callbacks.should_stop():
            raise TrainingCancelledError("Cancelled while waiting for MLflow.")
        time.sleep(_POLL_SECONDS)
