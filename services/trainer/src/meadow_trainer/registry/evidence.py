"""Evidence that promotes: significance levels that hold however often one retrains, and a test of "not worse".

Each retraining compares another challenger on nearly the same hold-out, so a fixed level would promote by chance sooner
or later. Levels are therefore spent: comparison k may err with the probability rate * 2 / ((k + 1) (k + 2)), and these
add up to the rate over any number of comparisons (a union bound with a convergent series, alpha spending as in Foster
and Stine 2008; Ramdas et al. 2017). k never starts again, whatever is promoted.

What is guaranteed: as long as no challenger is truly better than the champion, the probability that one is ever
promoted for its gain is at most the rate, however the challengers depend on each other: the first false promotion would
be over a champion that the hold-out had no part in choosing. After a promotion the champion was chosen by the hold-out,
and looks better there than it is, which makes the next promotion harder. It is supposed that the hold-out is no
selection of the champion's mistakes. E-values (Ramdas et al. 2023) allow testing one challenger again and again; here
each is tested once, on all images there are, and then an exact p-value shows more.
"""

import numpy as np

from meadow_trainer.evaluation.binomial import lower_tail
from meadow_trainer.registry.mcnemar import PairedTest

_NUISANCE = 0.1
"""Share of the level that is spent on bounding how often the two models differ."""
_GRID = 20
_HALVINGS = 50


def level_of(comparison: int, rate: float) -> float:
    """Return the significance level of a comparison.

    Args:
        comparison: Its number, from 1.
        rate: What the levels of all comparisons add up to.
    """
    return 2 * rate / ((comparison + 1) * (comparison + 2))


def is_not_worse(paired: PairedTest, images: int, *, margin: float, level: float) -> bool:
    """Tell whether the first model's accuracy is shown to be less than a margin below the second's.

    An exact unconditional test of the difference of paired shares. How often the models differ is a nuisance parameter:
    it is bounded by its Clopper-Pearson limit, for a tenth of the level, and the largest p-value up to there counts
    (Berger and Boos 1994).

    Args:
        paired: On the hold-out.
        images: In the hold-out.
        margin: Loss of accuracy that must be excluded.
        level: Probability of the answer yes at a loss of the margin or more.
    """
    spent = _NUISANCE * level
    differ = _upper_limit(paired.only_first + paired.only_second, images, spent)
    loss = paired.only_second - paired.only_first
    shares = np.linspace(margin, max(margin, differ), _GRID)
    return max(_tail(loss, images, float(share), margin) for share in shares) + spent <= level


def _upper_limit(count: int, images: int, level: float) -> float:
    """Return the largest share at which so low a count is not rarer than the level."""
    if count >= images:
        return 1.0
    low, high = count / images, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if lower_tail(count, images, middle) > level else (low, middle)
    return high


def _tail(loss: int, images: int, differ: float, margin: float) -> float:
    """Return the probability that the first model loses at most so many images net.

    The distribution of a sum is the power of a characteristic function, turned back by a Fourier transform.

    Args:
        loss: Images that only the second classified correctly, less those that only the first did.
        images: In the hold-out.
        differ: Probability that exactly one of the two is correct on an image.
        margin: Difference of their accuracies, at most `differ`.
    """
    size = 2 * images + 1
    angle = 2 * np.pi * np.arange(size) / size
    only_second, only_first = (differ + margin) / 2, (differ - margin) / 2
    one = 1 - differ + only_second * np.exp(-1j * angle) + only_first * np.exp(1j * angle)
    probabilities = np.fft.ifft(one**images).real
    # Net losses from 0 up, then the negative ones from the lowest up.
    ordered = np.concatenate([probabilities[images + 1 :], probabilities[: images + 1]])
    return float(min(1.0, max(0.0, ordered[: images + loss + 1].sum())))
