"""Whether two contestants gave the same answers: a fast server that is wrong would win."""

from collections import Counter
from collections.abc import Mapping

from meadow_bench.engine import Probabilities
from meadow_bench.errors import BenchmarkError

Answers = Mapping[str, Probabilities]
"""By the name of the image."""

RAREST_SHARE = 0.05
"""A model that gives nearly every image the same label would agree with anything."""


def label_of(answer: Probabilities) -> str:
    """The most likely class."""
    return max(answer, key=lambda label: answer[label])


def agreement(answers: Answers, expected: Answers) -> float:
    """Return the share of images that got the same label."""
    return sum(label_of(answer) == label_of(expected[name]) for name, answer in answers.items()) / len(answers)


def require_agreement(who: str, answers: Answers, expected: Answers, *, least: float) -> float:
    """Return the share of equal labels.

    Raises:
        BenchmarkError: An image has no answer or was never asked for, or too many labels differ.
    """
    if strangers := answers.keys() - expected.keys():
        raise BenchmarkError(f"{who} answered images that it was not asked for, as {min(strangers)}.")
    share = agreement(answers, expected)
    if share < least:
        raise BenchmarkError(
            f"{who} gives the label of the bare loop to {share:.1%} of the images; at least {least:.0%} are needed."
        )
    return share


def require_variety(answers: Answers) -> None:
    """Refuse answers that could not tell a right contestant from a wrong one.

    Raises:
        BenchmarkError: Nearly all labels are the same.
    """
    counts = Counter(label_of(answer) for answer in answers.values())
    rare = 1 - counts.most_common(1)[0][1] / len(answers)
    if rare < RAREST_SHARE:
        raise BenchmarkError(f"The model gives {1 - rare:.0%} of the images one label: its answers cannot be compared.")
