"""How a platform is taken up, and how an old version is let go.

========================================  ==================================================================
Adoption                                  `bass`
Migration                                 `required_rate`, `remaining_customers`, `weeks_to_target`,
                                          `segment_remaining`
========================================  ==================================================================

A weekly rate is the share of those still on the old version that move in a week, so what is left shrinks by the same
factor each week. Sources in square brackets are keys of the bibliography.
"""
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infrapm.models._numeric import round_up
from infrapm.models._validate import fraction, items, non_negative, positive, table

__all__ = [
    "Adoption", "WeeklyRate", "Remaining", "Weeks", "RemainingShare",
    "bass", "required_rate", "remaining_customers", "weeks_to_target", "segment_remaining",
]

# Adoption


@dataclass(frozen=True)
class Adoption:
    """The share of all who will ever adopt that has done so, and the time at which most do.

    `peak_t` is in the unit of t, and None where nobody ever starts.
    """

    cumulative_fraction: float
    peak_t: float | None


def bass(p: float, q: float, t: float) -> Adoption:
    """What share has adopted by a time, when some come by themselves and others follow those who came.

    Rule: F = (1 - e) / (1 + q/p * e) with e = exp(-(p + q) t). Adoption is fastest at ln(q/p) / (p + q), and from
    the start where q is at most p. Nobody starts where p is 0.
    Arguments: `p` the rate at which one adopts without others (a mandate, a campaign) and `q` the rate at which one
    follows others (word of mouth), both per period, 0 or more; `t` in such periods, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [bass1969new].

    >>> result = bass(p=0.03, q=0.38, t=5)
    >>> round(result.cumulative_fraction, 3), round(result.peak_t, 2)
    (0.331, 6.19)
    """
    p, q, t = non_negative("p", p), non_negative("q", q), non_negative("t", t)
    if p == 0:
        return Adoption(0.0, None)
    peak = 0.0 if q <= p else (math.log(q) - math.log(p)) / (p + q)
    if t == 0:
        return Adoption(0.0, peak)
    spans = (p + q) * t
    # Of q/p * e the logarithm, for it may be larger than any float.
    behind = math.log(q) - math.log(p) - spans if q else -math.inf
    ahead = 1 / (1 + math.exp(behind)) if behind < 700 else math.exp(-behind)
    return Adoption(-math.expm1(-spans) * ahead, peak)


# Migration


@dataclass(frozen=True)
class WeeklyRate:
    """The share of those who are left that must move each week."""

    weekly_rate: float


@dataclass(frozen=True)
class Remaining:
    """How many customers are left on the old version, and what share of all that is."""

    remaining: float
    remaining_fraction: float


@dataclass(frozen=True)
class Weeks:
    """Whole weeks until few enough are left; None for never."""

    weeks: int | None


@dataclass(frozen=True)
class RemainingShare:
    """The share of all customers that is left on the old version."""

    remaining_fraction: float


def required_rate(target_migrated: float, weeks: float) -> WeeklyRate:
    """What share of those who are left must move each week, for a share of all to have moved by then.

    Rule: 1 - (1 - target_migrated) ** (1 / weeks).
    Arguments: `target_migrated` from 0 to below 1; `weeks` above 0.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(required_rate(target_migrated=0.99, weeks=52).weekly_rate, 4)
    0.0848
    """
    moved = fraction("target_migrated", target_migrated, one=False)
    return WeeklyRate(-math.expm1(math.log1p(-moved) / positive("weeks", weeks)))


def remaining_customers(customers: float, weekly_rate: float, weeks: float) -> Remaining:
    """How many customers are still on the old version after a number of weeks.

    Rule: customers * (1 - weekly_rate) ** weeks.
    Arguments: `customers` 0 or more; `weekly_rate` from 0 to 1; `weeks` 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(remaining_customers(customers=2000, weekly_rate=0.05, weeks=52).remaining)
    139
    """
    customers = non_negative("customers", customers)
    left = _left(fraction("weekly_rate", weekly_rate), non_negative("weeks", weeks))
    return Remaining(customers * left, left)


def weeks_to_target(weekly_rate: float, target_remaining: float) -> Weeks:
    """After how many whole weeks at most a given share is left on the old version.

    Rule: ln(target_remaining) / ln(1 - weekly_rate), rounded up. None at a rate of 0, and at one so small that the
    weeks are beyond any float.
    Arguments: `weekly_rate` from 0 to 1; `target_remaining` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> weeks_to_target(weekly_rate=0.1, target_remaining=0.5)
    Weeks(weeks=7)
    """
    rate = fraction("weekly_rate", weekly_rate)
    target = fraction("target_remaining", target_remaining, zero=False, one=False)
    if rate == 1:
        return Weeks(1)
    weeks = math.log(target) / math.log1p(-rate) if rate else math.inf
    return Weeks(max(1, round_up(weeks)) if math.isfinite(weeks) else None)


def segment_remaining(segments: Sequence[Mapping[str, Any]], weeks: float) -> RemainingShare:
    """What share is left when segments of customers move at different rates: in the end, the slow ones.

    Rule: sum of share * (1 - weekly_rate) ** weeks.
    Arguments: `segments` a list of mappings with `share` (of all customers, from 0 to 1, together 1) and
    `weekly_rate` (from 0 to 1); `weeks` 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> fast, slow = {"share": 0.75, "weekly_rate": 1}, {"share": 0.25, "weekly_rate": 0.5}
    >>> segment_remaining(segments=[fast, slow], weeks=2)
    RemainingShare(remaining_fraction=0.0625)
    """
    parts = []
    for i, segment in enumerate(items("segments", segments)):
        keys = table(f"segments[{i}]", segment)
        if keys.keys() != {"share", "weekly_rate"}:
            raise ValueError(f"segments[{i}] must be a mapping of share and weekly_rate; got {', '.join(keys)}")
        parts.append((fraction(f"segments[{i}].share", keys["share"]),
                      fraction(f"segments[{i}].weekly_rate", keys["weekly_rate"])))
    total = math.fsum(share for share, _ in parts)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"segments must be a list whose shares sum to 1; got a sum of {total:.12g}")
    weeks = non_negative("weeks", weeks)
    return RemainingShare(math.fsum(share * _left(rate, weeks) for share, rate in parts))


def _left(rate: float, weeks: float) -> float:
    """(1 - rate) ** weeks."""
    if rate == 1:
        return 0.0 if weeks else 1.0
    return math.exp(weeks * math.log1p(-rate))
