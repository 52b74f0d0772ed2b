"""McNemar's exact test: do two models that answered the same images differ by more than chance?

Only the images count that exactly one of them got right. Were the models equally good, each such image would be a fair
coin's throw; the p-values are the binomial tails, exact for however few images (McNemar 1947).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class PairedTest:
    """How two models' answers to the same images differ."""

    only_first: int
    """Images that the first model alone got right."""
    only_second: int
    """Images that the second model alone got right."""

    @classmethod
    def of(cls, first: Mapping[str, bool], second: Mapping[str, bool]) -> Self:
        """Compare the images that both have answered."""
        pairs = [(right, second[image]) for image, right in first.items() if image in second]
        return cls(
            only_first=sum(one and not other for one, other in pairs),
            only_second=sum(other and not one for one, other in pairs),
        )

    @property
    def p_better(self) -> float:
        """Chance of at least so many images for the first model, were both equally good."""
        return _upper_tail(self.only_first, self.only_first + self.only_second)

    @property
    def p_worse(self) -> float:
        """Chance of at least so many images for the second model, were both equally good."""
        return _upper_tail(self.only_second, self.only_first + self.only_second)

    @property
    def p_value(self) -> float:
        """Chance of a difference at least so large in either direction."""
        return min(1.0, 2 * min(self.p_better, self.p_worse))


def _upper_tail(heads: int, throws: int) -> float:
    """Return the chance of at least so many heads of a fair coin, in whole numbers until the end."""
    ways, total = 1, 0
    for tails in range(throws - heads + 1):
        total += ways
        ways = ways * (throws - tails) // (tails + 1)
    return total / (1 << throws)
