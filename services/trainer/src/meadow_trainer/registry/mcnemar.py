"""McNemar's exact test: whether two models' accuracies on the same images differ significantly.

Only images that exactly one model classified correctly count. If both were equally good, each would be a fair
coin toss; the p-values are the binomial tails, exact for any number of images (McNemar 1947).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class PairedTest:
    """Discordant pairs of two models on the same images."""

    only_first: int
    """Images that only the first model classified correctly."""
    only_second: int
    """Images that only the second model classified correctly."""

    @classmethod
    def of(cls, first: Mapping[str, bool], second: Mapping[str, bool]) -> Self:
        """Compare the images that both models predicted."""
        pairs = [(right, second[image]) for image, right in first.items() if image in second]
        return cls(
            only_first=sum(one and not other for one, other in pairs),
            only_second=sum(other and not one for one, other in pairs),
        )

    @property
    def p_better(self) -> float:
        """One-sided p-value that the first model is better."""
        return _upper_tail(self.only_first, self.only_first + self.only_second)

    @property
    def p_worse(self) -> float:
        """One-sided p-value that the first model is worse."""
        return _upper_tail(self.only_second, self.only_first + self.only_second)

    @property
    def p_value(self) -> float:
        """Two-sided p-value."""
        return min(1.0, 2 * min(self.p_better, self.p_worse))


def _upper_tail(heads: int, throws: int) -> float:
    """Return the probability of at least so many heads of a fair coin, in integers until the last division."""
    ways, total = 1, 0
    for tails in range(throws - heads + 1):
        total += ways
        ways = ways * (throws - tails) // (tails + 1)
    return total / (1 << throws)
