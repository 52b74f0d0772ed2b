"""Tails of the binomial distribution, exact for any number of trials."""

import math


def lower_tail(successes: int, trials: int, share: float) -> float:
    """Return the probability of at most so many successes.

    Args:
        successes: From 0 to the number of trials.
        trials: How many there are.
        share: Probability of a success, from 0 to 1.
    """
    if share <= 0 or successes >= trials:
        return 1.0
    if share >= 1:
        return 0.0
    odds = share / (1 - share)
    # Logarithms: with thousands of trials the first term is below the smallest number.
    log_term = trials * math.log1p(-share)
    terms = [log_term]
    for number in range(1, successes + 1):
        log_term += math.log(odds * (trials - number + 1) / number)
        terms.append(log_term)
    largest = max(terms)
    return min(1.0, math.exp(largest) * math.fsum(math.exp(one - largest) for one in terms))
