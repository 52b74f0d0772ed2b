"""What ends a benchmark: a number from a run that went wrong is worse than none."""


class BenchmarkError(Exception):
    """A server failed, answered too few or wrong answers, or does not start; the message says which and why."""
