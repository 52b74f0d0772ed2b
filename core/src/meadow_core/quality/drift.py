"""Whether what is seen now is distributed as it was when the model was measured.

Two questions are asked. *Is there a difference at all?* Pearson's chi-square test of homogeneity on the two histograms.
*Is it large enough to matter?* The population stability index (PSI), for which 0.1 is customarily called a moderate and
0.25 a large shift. Thousands of images make the smallest difference significant, and a few dozen make a large index by
chance, so only both together are called drift.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

SMALLEST_EXPECTED = 5.0
"""Of a cell: bins that would be below it are put together, as the test's approximation asks for (Cochran 1954)."""
SMOOTHING = 0.5
"""Added to each bin for the index, which is infinite for an empty one."""


@dataclass(frozen=True)
class Comparison:
    """Two histograms compared."""

    psi: float
    """0 when they are alike."""
    p_value: float
    """How likely such a difference is between two samples of one distribution."""


def compare(reference: Mapping[str, int], seen: Mapping[str, int]) -> Comparison | None:
    """Compare two histograms; None when one of them is empty."""
    before, now = sum(reference.values()), sum(seen.values())
    if not before or not now:
        return None
    bins = sorted(reference.keys() | seen.keys())
    pairs = [(reference.get(name, 0), seen.get(name, 0)) for name in bins]
    return Comparison(_stability_index(pairs, before, now), _homogeneity(pairs, before, now))


def _stability_index(pairs: list[tuple[int, int]], before: int, now: int) -> float:
    extra = SMOOTHING * len(pairs)
    shares = [((one + SMOOTHING) / (before + extra), (other + SMOOTHING) / (now + extra)) for one, other in pairs]
    return sum((new - old) * math.log(new / old) for old, new in shares)


def _homogeneity(pairs: list[tuple[int, int]], before: int, now: int) -> float:
    """Return the p-value of Pearson's test; 1 when too little is left to test."""
    cells = _with_enough(pairs, before, now)
    if len(cells) < 2:  # noqa: PLR2004 - one bin cannot differ
        return 1.0
    whole = before + now
    statistic = 0.0
    for one, other in cells:
        for observed, total in ((one, before), (other, now)):
            expected = (one + other) * total / whole
            statistic += (observed - expected) ** 2 / expected
    return chi_square_tail(statistic, len(cells) - 1)


def _with_enough(pairs: list[tuple[int, int]], before: int, now: int) -> list[tuple[int, int]]:
    """Put the rarest bins together until every cell is expected to hold enough."""
    needed = SMALLEST_EXPECTED * (before + now) / min(before, now)
    cells: list[tuple[int, int]] = []
    one = other = 0
    for pair in sorted(pairs, key=sum):
        one, other = one + pair[0], other + pair[1]
        if one + other >= needed:
            cells.append((one, other))
            one = other = 0
    if (one or other) and cells:
        last = cells.pop()
        cells.append((last[0] + one, last[1] + other))
    return cells


def chi_square_tail(statistic: float, degrees: int) -> float:
    """Probability that a chi-square variable of so many degrees of freedom is larger.

    The closed forms for whole numbers of degrees (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5).
    """
    half = statistic / 2
    if degrees % 2 == 0:
        term = total = math.exp(-half)
        for step in range(1, degrees // 2):
            term *= half / step
            total += term
        return min(1.0, total)
    total = math.erfc(math.sqrt(half))
    term = math.sqrt(half) * math.exp(-half) / math.gamma(1.5)
    for step in range(1, (degrees - 1) // 2 + 1):
        total += term
        term *= half / (step + 0.5)
    return min(1.0, total)
