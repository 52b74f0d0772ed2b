"""What ends a benchmark: a number from a run that went wrong is worse than none."""

from meadow.errors import MeadowError


class BenchmarkError(MeadowError):
    """A server failed, answered too few or wrong answers, or does not start; the message says which and why."""
