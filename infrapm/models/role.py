"""What minutes saved are worth, what a claim takes for granted, whether it agrees with a recomputation, and what a
quiet year proves.

========================================  ==================================================================
Impact of minutes saved                   `time_saved`, `blocked_value`
A claim run backwards                     `implied_runs`, `implied_hourly`, `implied_base_spend`,
                                          `implied_baseline`
A claim audited                           `audit_claim`
A quiet year as evidence                  `quiet_period`
========================================  ==================================================================

A saving that is a loss is negative, never cut to 0. A working year has `WORKDAYS_PER_YEAR` days. Results beyond the
largest float are infinite.
The rules are arithmetic; what they are for is in the chapter.
"""
import math
from dataclasses import dataclass

from infrapm.models._numeric import at_most, product
from infrapm.models._validate import fraction, non_negative, number, positive

__all__ = [
    "WORKDAYS_PER_YEAR", "TimeSaved", "BlockedValue", "ImpliedRuns", "ImpliedHourly", "ImpliedBaseSpend",
    "ImpliedBaseline", "ClaimAudit", "QuietPeriod",
    "time_saved", "blocked_value", "implied_runs", "implied_hourly", "implied_base_spend", "implied_baseline",
    "audit_claim", "quiet_period",
]

WORKDAYS_PER_YEAR = 250

# Impact of minutes saved

@dataclass(frozen=True)
class TimeSaved:
    """Hours saved in a year, the share of a run that is saved, and the hours at the rate of a paid hour."""

    hours_saved: float
    relative_reduction: float
    value_usd: float


@dataclass(frozen=True)
class BlockedValue:
    """What of a year's saved hours people would have worked, its worth, and how that compares with its cost."""

    blocked_h: float
    value_usd: float
    net_usd: float
    value_per_cost: float | None
    break_even_share: float | None


def time_saved(before_min: float, after_min: float, runs_per_year: float, hourly_usd: float = 200) -> TimeSaved:
    """Hours a year that a shorter run saves, and what they would cost at a rate of pay.

    Rule: hours_saved = (before - after) / 60 * runs; relative_reduction = (before - after) / before;
    value_usd = hours_saved * hourly_usd. All three are negative where the run got longer. The value counts every
    minute as paid work that was lost; `blocked_value` does not.
    Arguments: `before_min` above 0 and `after_min` 0 or more, minutes a run; `runs_per_year` and `hourly_usd` 0 or
    more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> time_saved(before_min=22, after_min=14, runs_per_year=60_000)
    TimeSaved(hours_saved=8000.0, relative_reduction=0.36363636363636365, value_usd=1600000.0)
    """
    before_min, after_min = positive("before_min", before_min), non_negative("after_min", after_min)
    runs_per_year, hourly_usd = non_negative("runs_per_year", runs_per_year), non_negative("hourly_usd", hourly_usd)
    saved_min = before_min - after_min
    hours_saved = product(saved_min / 60, runs_per_year)
    return TimeSaved(hours_saved, relative_reduction=saved_min / before_min, value_usd=product(hours_saved, hourly_usd))


def blocked_value(
    hours_saved: float, blocked_share: float, hourly_usd: float, cost_usd_per_year: float = 0
) -> BlockedValue:
    """What saved hours of waiting are worth when only a share of the wait kept people from working.

    Rule: blocked_h = hours_saved * blocked_share; value_usd = blocked_h * hourly_usd; net_usd = value - cost;
    value_per_cost = value / cost; break_even_share = cost / (hours_saved * hourly_usd), the blocked share at which
    the value pays for the cost. A break-even share above 1 says that no share does.
    Results: `value_per_cost` is None at no cost; `break_even_share` is None where no hour with a price is saved.
    Arguments: `hours_saved` hours a year, any number; `blocked_share` from 0 to 1; `hourly_usd` and
    `cost_usd_per_year` 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic; the rule that waiting is not all blocked is this book's.

    >>> blocked_value(hours_saved=6_000, blocked_share=0.25, hourly_usd=100, cost_usd_per_year=75_000)
    BlockedValue(blocked_h=1500.0, value_usd=150000.0, net_usd=75000.0, value_per_cost=2.0, break_even_share=0.125)
    """
    hours_saved, blocked_share = number("hours_saved", hours_saved), fraction("blocked_share", blocked_share)
    hourly_usd = non_negative("hourly_usd", hourly_usd)
    cost_usd = non_negative("cost_usd_per_year", cost_usd_per_year)
    blocked_h = product(hours_saved, blocked_share)
    value_usd = product(blocked_h, hourly_usd)
    paid_usd = hours_saved * hourly_usd
    return BlockedValue(
        blocked_h=blocked_h,
        value_usd=value_usd,
        net_usd=value_usd - cost_usd,
        value_per_cost=value_usd / cost_usd + 0.0 if cost_usd else None,
        break_even_share=cost_usd / paid_usd if paid_usd > 0 else None,
    )


# A claim run backwards

@dataclass(frozen=True)
class ImpliedRuns:
    """The runs that a saving takes for granted, in a year and on a working day; None where no number gives it."""

    implied_runs_per_year: float | None
    implied_runs_per_workday: float | None


@dataclass(frozen=True)
class ImpliedHourly:
    """The price of an hour that a saving takes for granted."""

    implied_hourly_usd: float


@dataclass(frozen=True)
class ImpliedBaseSpend:
    """The spend of which a saving is the given share."""

    implied_base_spend_usd: float


@dataclass(frozen=True)
class ImpliedBaseline:
    """The latency before and after, of which a saving is the given share."""

    implied_baseline_ms: float
    after_ms: float


def implied_runs(before_min: float, after_min: float, hours_saved: float) -> ImpliedRuns:
    """How often something must run for its shorter time to save the hours claimed.

    Rule: runs a year = hours_saved * 60 / (before - after); on a workday, that / 250.
    Results: both None where before and after are equal. Both are negative where the hours and the minutes do not
    have the same sign: then no number of runs makes the claim true.
    Arguments: `before_min` above 0 and `after_min` 0 or more, minutes a run; `hours_saved` hours a year, any number.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> implied_runs(before_min=22, after_min=14, hours_saved=8_000)
    ImpliedRuns(implied_runs_per_year=60000.0, implied_runs_per_workday=240.0)
    """
    saved_min = positive("before_min", before_min) - non_negative("after_min", after_min)
    hours_saved = number("hours_saved", hours_saved)
    if saved_min == 0:
        return ImpliedRuns(None, None)
    runs = product(hours_saved / saved_min, 60)
    return ImpliedRuns(implied_runs_per_year=runs, implied_runs_per_workday=runs / WORKDAYS_PER_YEAR + 0.0)


def implied_hourly(annual_value_usd: float, hours_per_month: float) -> ImpliedHourly:
    """The price of an hour that a saving in money takes for granted.

    Rule: implied_hourly_usd = annual_value_usd / (12 * hours_per_month).
    Arguments: `annual_value_usd` USD a year, any number; `hours_per_month` above 0.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> implied_hourly(annual_value_usd=1_200_000, hours_per_month=500)
    ImpliedHourly(implied_hourly_usd=200.0)
    """
    value_usd, hours = number("annual_value_usd", annual_value_usd), positive("hours_per_month", hours_per_month)
    return ImpliedHourly(value_usd / 12 / hours + 0.0)


def implied_base_spend(saving_usd: float, relative_reduction: float) -> ImpliedBaseSpend:
    """The spend that a saving of so many dollars and so many percent takes for granted.

    Rule: implied_base_spend_usd = saving_usd / relative_reduction.
    Arguments: `saving_usd` any number, in the window of the spend; `relative_reduction` above 0 and at most 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> implied_base_spend(saving_usd=12_000_000, relative_reduction=0.1)
    ImpliedBaseSpend(implied_base_spend_usd=120000000.0)
    """
    saving_usd, share = number("saving_usd", saving_usd), _reduction(relative_reduction)
    return ImpliedBaseSpend(saving_usd / share)


def implied_baseline(saved_ms: float, relative_reduction: float) -> ImpliedBaseline:
    """The latency that a saving of so many milliseconds and so many percent takes for granted.

    Rule: implied_baseline_ms = saved_ms / relative_reduction; after_ms is what is left of it.
    Arguments: `saved_ms` milliseconds, any number; `relative_reduction` above 0 and at most 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> implied_baseline(saved_ms=60, relative_reduction=0.12)
    ImpliedBaseline(implied_baseline_ms=500.0, after_ms=440.0)
    """
    saved_ms, share = number("saved_ms", saved_ms), _reduction(relative_reduction)
    baseline_ms = saved_ms / share
    return ImpliedBaseline(implied_baseline_ms=baseline_ms, after_ms=product(baseline_ms, 1 - share))


def _reduction(value: float) -> float:
    return fraction("relative_reduction", value, zero=False)


# A claim audited

@dataclass(frozen=True)
class ClaimAudit:
    """Whether a claim agrees with a recomputation, by how much it is off, and the unit that may have slipped."""

    verdict: str
    relative_error: float | None
    ratio: float | None
    unit_slip_factor: float | None


# Minutes, hours, months, days and weeks taken for one another, and thousands; each in both directions.
_SLIPS = [factor for size in (60.0, 24.0, 12.0, 7.0, 30.0, 1000.0, 1024.0) for factor in (size, 1 / size)]
_SLIP_WITHIN = 0.15


def audit_claim(claimed: float, recomputed: float, rel_tolerance: float = 0.05) -> ClaimAudit:
    """Whether a claimed number may be repeated, judged by the number that one finds oneself.

    Rule: ratio = claimed / recomputed; relative_error = ratio - 1; consistent if |relative_error| is at most
    rel_tolerance, else inconsistent. `unit_slip_factor` is the factor among 60, 24, 12, 7, 30, 1,000, 1,024 and
    their inverses that is nearest to the ratio by |ln(ratio / factor)|, if it is within 15% of it.
    Results: recomputed 0 gives the verdict "undefined" and three None. `unit_slip_factor` is None for a consistent
    claim, for a ratio that is not positive, and where no factor is near. It is a hint where to look, not a proof.
    Arguments: `claimed` and `recomputed` any numbers of one unit; `rel_tolerance` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic; the tolerance and the 15% are this book's.

    >>> audit_claim(claimed=8_200, recomputed=8_000).verdict
    'consistent'
    >>> audit_claim(claimed=120, recomputed=2)
    ClaimAudit(verdict='inconsistent', relative_error=59.0, ratio=60.0, unit_slip_factor=60.0)
    """
    claimed, recomputed = number("claimed", claimed), number("recomputed", recomputed)
    tolerance = fraction("rel_tolerance", rel_tolerance, zero=False, one=False)
    if recomputed == 0:
        return ClaimAudit("undefined", None, None, None)
    ratio = claimed / recomputed + 0.0  # not -0.0 for 0 / -5
    relative_error = ratio - 1
    if at_most(abs(relative_error), tolerance):
        return ClaimAudit("consistent", relative_error, ratio, None)
    return ClaimAudit("inconsistent", relative_error, ratio, _unit_slip(ratio))


def _unit_slip(ratio: float) -> float | None:
    near = [factor for factor in _SLIPS if at_most(abs(ratio / factor - 1), _SLIP_WITHIN)]
    return min(near, key=lambda factor: abs(math.log(ratio / factor)), default=None)


# A quiet year as evidence

@dataclass(frozen=True)
class QuietPeriod:
    """The chance of no incident without and with prevention, and how much more likely prevention makes it."""

    p_quiet_without: float
    p_quiet_with: float
    likelihood_ratio: float


def quiet_period(incidents_per_year: float, prevented_share: float, years: float = 1) -> QuietPeriod:
    """How well a time without an incident tells a team that prevents incidents from luck.

    Rule: incidents come at random (Poisson). With the expected number m = incidents_per_year * years, a quiet time
    has the chance exp(-m) without prevention, and exp(-m (1 - share)) with it. Their ratio, exp(m share), is what
    a quiet time does to the odds that the prevention works. A ratio near 1 says that it proves nothing.
    Arguments: `incidents_per_year` without prevention, 0 or more; `prevented_share` of them, from 0 to 1; `years`
    above 0.
    Errors: ValueError outside these ranges.
    Source: the Poisson distribution; the odds form of Bayes' rule.

    >>> result = quiet_period(incidents_per_year=1, prevented_share=0.5)
    >>> round(result.p_quiet_without, 3), round(result.p_quiet_with, 3), round(result.likelihood_ratio, 3)
    (0.368, 0.607, 1.649)
    """
    expected = non_negative("incidents_per_year", incidents_per_year) * positive("years", years)
    share = fraction("prevented_share", prevented_share)
    prevented = product(expected, share)
    try:
        ratio = math.exp(prevented)
    except OverflowError:
        ratio = math.inf
    return QuietPeriod(math.exp(-expected), math.exp(-product(expected, 1 - share)), ratio)
