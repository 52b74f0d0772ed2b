"""Contestants on the same images, taking turns: a machine that drifts does so for all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

from meadow_bench.answers import Answers, require_agreement, require_variety
from meadow_bench.errors import BenchmarkError

SAME_ENGINE_AGREEMENT = 0.99
"""Batches of another size, and their rounding, may tip an image that lies between two classes."""
OTHER_ENGINE_AGREEMENT = 0.9
"""Another precision, and another way to shrink the picture."""


@dataclass(frozen=True)
class Images:
    """A folder that contestants work off."""

    title: str
    folder: Path
    files: Sequence[Path]
    requests: int
    """So many of the files are sent by concurrent clients, which are slower than folders."""


@dataclass(frozen=True)
class Turn:
    """One run of one contestant."""

    seconds: float
    answers: Answers

    @property
    def rate(self) -> float:
        """Images a second."""
        return len(self.answers) / self.seconds


class Contestant(Protocol):
    """Something that classifies images; it sleeps while it has no turn."""

    @property
    def name(self) -> str:
        """By which its turns are found."""

    @property
    def title(self) -> str:
        """For people."""

    @property
    def same_engine(self) -> bool:
        """Whether its answers must be those of the bare loop."""

    def take_turn(self, images: Images) -> Turn:
        """Wake up, classify, and sleep again."""


class Results:
    """The turns of a contest, by contestant."""

    def __init__(self, turns: dict[str, list[Turn]]) -> None:
        self._turns = turns

    def rate(self, name: str) -> float:
        """The median of images a second."""
        return median(turn.rate for turn in self._turns[name])

    def ratios(self, name: str, against: str) -> list[float]:
        """How many times as fast a contestant was as another one, round by round."""
        pairs = zip(self._turns[name], self._turns[against], strict=True)
        return [one.rate / other.rate for one, other in pairs]


def compete(
    limit: Contestant, others: Sequence[Contestant], images: Images, rounds: int, tell: Callable[[str], None]
) -> Results:
    """Let everybody work off the images, once a round, in alternating order.

    Args:
        limit: Its answers are those that the others must give.
        others: Hold the same model.
        images: To classify.
        rounds: How often.
        tell: Called with a line for each turn.

    Raises:
        BenchmarkError: A contestant failed, or answers wrongly.
    """
    turns: dict[str, list[Turn]] = {one.name: [] for one in (limit, *others)}
    expected: Answers | None = None
    for number in range(rounds):
        order = [limit, *others] if number % 2 == 0 else [*reversed(others), limit]
        for contestant in order:
            turn = contestant.take_turn(images)
            if not turn.answers:
                raise BenchmarkError(f"{contestant.title} answered nothing.")
            if expected is None:
                require_variety(turn.answers)
                expected = turn.answers
            least = SAME_ENGINE_AGREEMENT if contestant.same_engine else OTHER_ENGINE_AGREEMENT
            share = require_agreement(contestant.title, turn.answers, expected, least=least)
            turns[contestant.name].append(turn)
            tell(
                f"{images.title}, round {number + 1}: {contestant.title} {turn.rate:.1f} images/s, "
                f"{share:.1%} as the bare loop"
            )
    return Results(turns)
