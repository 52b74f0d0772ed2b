"""How long to wait before the gateway is asked again."""

import random
from collections.abc import Iterator

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0


def growing_pauses(first: float = FIRST_SECONDS, longest: float = LONGEST_SECONDS) -> Iterator[float]:
    """Pauses that double, for ever."""
    pause = first
    while True:
        # Tasks that failed together should not come back together.
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        pause = min(pause * 2, longest)
