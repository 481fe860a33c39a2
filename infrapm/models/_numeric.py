"""Arithmetic that the models share: rounding and comparing that a float's last digit does not decide, quantiles,
the binomial tail, and what a simulation reports of its own error."""
import math
from collections.abc import Callable, Sequence
from fractions import Fraction

_HAIR = 1e-9


def round_up(value: float) -> int:
    """The ceiling, but 3.0000000000000004 is 3: an exact division does not ask for one server more.

    >>> round_up(0.1 * 30), round_up(3.1)
    (3, 4)
    """
    return int(value) if value == math.floor(value) else math.ceil(value - _hair(value))


def round_down(value: float) -> int:
    """The floor, but 28.999999999999996 is 29.

    >>> round_down(100 * 0.29), round_down(2.9)
    (29, 2)
    """
    return int(value) if value == math.floor(value) else math.floor(value + _hair(value))


def _hair(value: float) -> float:
    """What rounding may have added: 1e-9, and a few of the last digits of a number beyond a million."""
    return max(_HAIR, min(abs(value) * 1e-15, 0.25))


def same(one: float, other: float) -> bool:
    """Equal within a relative 1e-9.

    >>> same(0.1 + 0.2, 0.3), same(0.3, 0.300001)
    (True, False)
    """
    return math.isclose(one, other, rel_tol=_HAIR)


def at_most(one: float, other: float) -> bool:
    """Whether one <= other, where equal within a relative 1e-9 counts as equal."""
    return one <= other or same(one, other)


def rest(share: float) -> float:
    """1 - share as one would write it: 0.001 for 0.999, where a float gives 0.0010000000000000009.

    The rounded value counts only where it belongs to the same share, so nothing is lost near 1.

    >>> rest(0.999), rest(0.1)
    (0.001, 0.9)
    """
    left = 1 - share
    tidy = round(left, 15)
    return tidy if 1 - tidy == share else left


def product(one: float, other: float) -> float:
    """The product, where nothing of a number too large for a float is still nothing, and never -0.0.

    >>> product(0, float("inf")), product(-2, 0)
    (0.0, 0.0)
    """
    return one * other + 0.0 if one and other else 0.0  # + 0.0 for a product that is too small for a float


def nearest_rank(ordered: Sequence[float], p: float) -> float:
    """The p-quantile of sorted values: the value of rank ceil(p n), the first for p = 0.

    >>> nearest_rank([15, 20, 35, 40, 50], 0.4)
    20
    """
    return ordered[max(1, round_up(p * len(ordered))) - 1]


def binomial_tail(k: int, n: int, p: float, q: float) -> float:
    """The chance of k or more successes in n, for k above the mean n p and q = 1 - p.

    Above the mean each term is smaller than the one before, so the sum can stop early, and n can be large. Its relative
    error, that of the logarithms of factorials, grows with n: about 1e-8 at a million and 1e-5 at 10^9.

    >>> binomial_tail(2, 2, 0.1, 0.9)
    0.010000000000000002
    """
    if p == 0:
        return 0.0
    if n <= 100:
        term = math.comb(n, k) * p**k * q ** (n - k)
    else:  # the binomial coefficient may be larger than any float
        log_ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        term = math.exp(log_ways + k * math.log(p) + (n - k) * math.log(q))
    total = 0.0
    for i in range(k, n + 1):
        total += term
        if term <= total * 1e-18:  # both 0 where even the largest term is
            break
        term *= (n - i) / (i + 1) * p / q
    return total


def weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """The mean of values by weights that are 0 or more, not all 0, and need not sum to 1.

    Fractions, so that no sum of large numbers is infinite and a mean of 1.3 does not read 1.2999999999999998.

    >>> weighted_mean([1, 2], [7, 3])
    1.3
    """
    parts = [Fraction(weight) for weight in weights]
    return float(sum(Fraction(value) * part for value, part in zip(values, parts)) / sum(parts)) + 0.0


def proportions(weights: Sequence[float | Fraction]) -> list[float]:
    """Weights that are 0 or more, not all 0, as shares of their sum; in Fractions, as `weighted_mean`.

    >>> proportions([60, 20, 20])
    [0.6, 0.2, 0.2]
    """
    parts = [Fraction(weight) for weight in weights]
    total = sum(parts)
    return [float(part / total) for part in parts]


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a continuous function that changes sign between low and high is 0, by halving the interval.

    >>> round(root(lambda x: x * x - 2, 0, 2), 12)
    1.414213562373
    """
    rising = function(high) > 0
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return middle
        if (function(middle) > 0) is rising:
            high = middle
        else:
            low = middle


def share_error(share: float, trials: int) -> float:
    """The standard error of a share that was counted in independent trials.

    It is estimated from the share, so it is 0 for a share of 0 or 1. That is no certainty: in n trials of which none
    is a success, the share may still be 3 / n (`zero_failure_bound` in the models of rollouts).

    >>> share_error(0.5, 100)
    0.05
    """
    return math.sqrt(share * (1 - share) / trials)


class RunningMean:
    """The mean of values that are seen once and not kept, with its standard error (Welford's rule).

    >>> seen = RunningMean()
    >>> for value in (1, 2, 3, 4): seen.add(value)
    >>> seen.mean, round(seen.standard_error, 4)
    (2.5, 0.6455)
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self._squares = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        off = value - self.mean
        self.mean += off / self.count
        self._squares += off * (value - self.mean)

    @property
    def standard_error(self) -> float | None:
        """Of the mean; None for fewer than two values, of which nothing can be said."""
        return math.sqrt(self._squares / (self.count - 1) / self.count) if self.count > 1 else None
