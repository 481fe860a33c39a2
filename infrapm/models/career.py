"""Whether a story is evidence, what an interview loop can measure, how to prepare for it, and what an offer pays.

========================================  ==================================================================
A story in four parts                     `lint_star`, `story_gaps`
The way to an offer                       `offer_funnel`, `applications_needed`, `apply_multiplier`
The loop and its noise                    `loop_score`, `loop_noise`, `p_pass`
Preparation                               `allocate_hours`, `review_dates`
The offer                                 `vesting_years`, `vesting_gap`, `vested_at`, `total_pay`
========================================  ==================================================================

Bands are the five of a rubric, 1 the lowest. A vesting schedule lists the share of the grant for each year, from the
first; its shares sum to 1. Results beyond the largest float are infinite.
"""
import datetime
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean

from infrapm.models._numeric import at_most, product, proportions, round_down, round_up, weighted_mean
from infrapm.models._validate import (
    above,
    between,
    choice,
    fraction,
    items,
    non_negative,
    number,
    positive,
    table,
    text,
    whole,
)

__all__ = [
    "STORIES", "StarLint", "StoryGaps", "OfferFunnel", "Applications", "Multiplied", "LoopScore", "LoopNoise", "Pass",
    "Hours", "Reviews", "Vesting", "VestingGap", "Vested", "TotalPay",
    "lint_star", "story_gaps", "offer_funnel", "applications_needed", "apply_multiplier", "loop_score", "loop_noise",
    "p_pass", "allocate_hours", "review_dates", "vesting_years", "vesting_gap", "vested_at", "total_pay",
]

# A story in four parts

# The six stories to have ready, and other names for three of them.
STORIES = ("outage", "migration", "cost", "adoption", "stakeholder conflict", "launch")
_ALIASES = {"outage response": "outage", "cost reduction": "cost", "tool adoption": "adoption"}

_NUMBER_WORD = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million)\b", re.IGNORECASE
)
_WE, _I = re.compile(r"\bwe\b", re.IGNORECASE), re.compile(r"\bI\b")
_PERCENTAGE = re.compile(r"\d\s*%")
# "from 400 ms to 300 ms", "of $2M", "of about 500": a number close behind the word.
_FROM, _TO = (re.compile(rf"\b{word}\b\D{{0,20}}\d", re.IGNORECASE) for word in ("from", "to"))
_OF = re.compile(r"\bof\s+(\w+\s+)?[^\w\s]?\d", re.IGNORECASE)


@dataclass(frozen=True)
class StarLint:
    """The letters of empty parts, and what the others lack as evidence."""

    missing: list[str]
    flags: list[str]


@dataclass(frozen=True)
class StoryGaps:
    """Which of the six stories are missing."""

    missing: list[str]


def lint_star(S: str, T: str, A: str, R: str) -> StarLint:
    """What a story of situation, task, action and result lacks before it is evidence.

    Rule: `missing` lists the parts that are empty; they get no flag. The flags, in this order: the action has neither
    a digit nor a number word; the action says "we" and never "I"; the result has no digit; the result has a
    percentage and neither "from ... to ..." nor "of ..." with numbers.
    Arguments: four texts.
    Errors: ValueError for anything but texts.
    Source: this book's rule. It finds what is not there; it cannot tell whether a number is true.

    >>> lint_star(S="500 services", T="Cut latency", A="We moved 500 services", R="latency down 25%").flags
    ['A says we without I', 'R has a percentage without a baseline']
    """
    parts = {name: text(name, part, empty=True) for name, part in zip("STAR", (S, T, A, R))}
    missing = [letter for letter, part in parts.items() if not part.strip()]
    has_digit = {letter: re.search(r"\d", part) is not None for letter, part in parts.items()}
    found = {
        "A has no number": not (has_digit["A"] or _NUMBER_WORD.search(A)),
        "A says we without I": bool(_WE.search(A)) and not _I.search(A),
        "R has no number": not has_digit["R"],
        "R has a percentage without a baseline": bool(_PERCENTAGE.search(R)) and not _has_baseline(R),
    }
    return StarLint(missing, flags=[flag for flag, raised in found.items() if raised and flag[0] not in missing])


def _has_baseline(result: str) -> bool:
    start = _FROM.search(result)
    return bool(_OF.search(result) or (start and _TO.search(result, start.end())))


def story_gaps(stories: Sequence[str]) -> StoryGaps:
    """Which of the six stories one still has to prepare.

    Rule: the names of `STORIES` that are not in the list, in their order; "outage response", "cost reduction" and
    "tool adoption" count, too.
    Arguments: `stories` a list of these names; it may be empty.
    Errors: ValueError for any other name.
    Source: this book's list.

    >>> story_gaps(stories=["launch", "outage response", "migration"]).missing
    ['cost', 'adoption', 'stakeholder conflict']
    """
    names = [*STORIES, *_ALIASES]
    told = [choice(f"stories[{i}]", name, names) for i, name in enumerate(items("stories", stories, empty=True))]
    have = {_ALIASES.get(name, name) for name in told}
    return StoryGaps([name for name in STORIES if name not in have])


# The way to an offer

@dataclass(frozen=True)
class OfferFunnel:
    """The chance that one application ends in an offer, and how many it takes on average; None where none does."""

    p_offer: float
    expected_applications: float | None


@dataclass(frozen=True)
class Applications:
    """How many applications it takes; None where no number is enough."""

    applications: int | None


@dataclass(frozen=True)
class Multiplied:
    """A chance made m times as large, read as a ratio and read as odds."""

    p_ratio: float
    p_odds: float


def offer_funnel(rates: Mapping[str, float]) -> OfferFunnel:
    """The chance that an application passes every stage.

    Rule: p = the product of the rates; 1 / p applications on average, None at p = 0.
    Arguments: `rates` a mapping from stages to the share that passes each, from 0 to 1, not empty.
    Errors: ValueError outside these ranges.
    Source: arithmetic. It takes applications to be alike and independent; one person's are neither.

    >>> offer_funnel(rates={"screen": 0.5, "phone": 0.5, "onsite": 0.25})
    OfferFunnel(p_offer=0.0625, expected_applications=16.0)
    """
    p = math.prod(fraction(f"rates.{stage}", rate) for stage, rate in table("rates", rates).items())
    return OfferFunnel(p, expected_applications=1 / p if p else None)


def applications_needed(p_offer: float, confidence: float) -> Applications:
    """How many applications make at least one offer as likely as wished.

    Rule: n = ln(1 - confidence) / ln(1 - p), rounded up; 1 at p = 1; None at p = 0 and where n is no finite float.
    Arguments: `p_offer` from 0 to 1, for each application alone; `confidence` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic (the geometric distribution).

    >>> applications_needed(p_offer=0.05, confidence=0.9)
    Applications(applications=45)
    """
    p, confidence = fraction("p_offer", p_offer), fraction("confidence", confidence, zero=False, one=False)
    if p == 1:
        return Applications(1)
    needed = math.log1p(-confidence) / math.log1p(-p) if p else math.inf
    return Applications(max(1, round_up(needed)) if math.isfinite(needed) else None)


def apply_multiplier(p: float, multiplier: float) -> Multiplied:
    """What "m times as likely" makes of a chance, in its two readings.

    Rule: as a ratio, p m; as odds, o / (1 + o) with o = m p / (1 - p).
    Arguments: `p` at least 0 and below 1; `multiplier` above 0, and such that p m is at most 1.
    Errors: ValueError outside these ranges: no chance above 1 / m can be m times as large.
    Source: arithmetic.

    >>> result = apply_multiplier(p=0.25, multiplier=2)
    >>> result.p_ratio, round(result.p_odds, 12)
    (0.5, 0.4)
    """
    p, multiplier = fraction("p", p, one=False), positive("multiplier", multiplier)
    ratio = p * multiplier
    if not at_most(ratio, 1):
        raise ValueError(f"multiplier must be at most 1 / p = {1 / p:.12g}; got {multiplier:.12g}")
    odds = ratio / (1 - p)
    return Multiplied(p_ratio=min(ratio, 1.0), p_odds=odds / (1 + odds))


# The loop and its noise

@dataclass(frozen=True)
class LoopScore:
    """The score of a whole loop, on the scale of its bands."""

    score: float


@dataclass(frozen=True)
class LoopNoise:
    """The standard error of the mean of a loop's bands."""

    standard_error: float


@dataclass(frozen=True)
class Pass:
    """The chance that the mean of a loop reaches the bar."""

    p_pass: float


def loop_score(scores: Mapping[str, Sequence[float]], weights: Mapping[str, float]) -> LoopScore:
    """The score of a loop from the bands that its interviewers gave.

    Rule: the weighted mean, over the stages, of the mean band of each; the weights are divided by their sum.
    Arguments: `scores` a mapping from stages to lists of bands, numbers from 1 to 5; `weights` a mapping from the
    same stages to numbers above 0.
    Errors: ValueError outside these ranges.
    Source: arithmetic; no company is known to decide by it.

    >>> loop_score(scores={"design": [4, 5], "behavioral": [3]}, weights={"design": 3, "behavioral": 1})
    LoopScore(score=4.125)
    """
    given = {stage: positive(f"weights.{stage}", weight) for stage, weight in table("weights", weights).items()}
    means = {stage: _mean_band(f"scores.{stage}", bands) for stage, bands in table("scores", scores).items()}
    if means.keys() != given.keys():
        raise ValueError(f"scores must be of the stages of weights, {', '.join(given)}; got {', '.join(means)}")
    return LoopScore(weighted_mean([means[stage] for stage in given], list(given.values())))


def loop_noise(sd: float, interviews: int) -> LoopNoise:
    """How far the mean of some interviews may be from what endless interviews would find.

    Rule: standard error = sd / sqrt(interviews).
    Arguments: `sd` above 0, the standard deviation of one interviewer's band around the true score; `interviews` a
    whole number, 1 or more. Interviewers err independently of each other.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(loop_noise(sd=0.8, interviews=5).standard_error, 3)
    0.358
    """
    return LoopNoise(positive("sd", sd) / math.sqrt(whole("interviews", interviews, 1)))


def p_pass(true_score: float, bar: float, sd: float, interviews: int) -> Pass:
    """The chance that somebody of a true score has a mean at or above the bar.

    Rule: 1 - Phi((bar - true) / (sd / sqrt(interviews))), Phi the standard normal distribution.
    Arguments: `true_score` and `bar` any numbers, on one scale; `sd` and `interviews` as in `loop_noise`.
    Errors: ValueError outside these ranges.
    Source: arithmetic; normal errors are an assumption.

    >>> round(p_pass(true_score=3.5, bar=3.2, sd=0.8, interviews=5).p_pass, 3)
    0.799
    """
    distance = number("true_score", true_score) - number("bar", bar)
    errors = distance / positive("sd", sd) * math.sqrt(whole("interviews", interviews, 1))
    return Pass(math.erfc(-errors / math.sqrt(2)) / 2)  # Phi, with its digits where it is almost 0


def _mean_band(name: str, bands: Sequence[float]) -> float:
    return fmean(between(f"{name}[{i}]", band, 1, 5) for i, band in enumerate(items(name, bands)))


# Preparation

@dataclass(frozen=True)
class Hours:
    """Hours for each area, and what is left where no area needs any."""

    hours_by_area: dict[str, float]
    unallocated_h: float


@dataclass(frozen=True)
class Reviews:
    """Dates of the reviews, ISO 8601."""

    reviews: list[str]


def allocate_hours(hours: float, areas: Mapping[str, Mapping[str, float]]) -> Hours:
    """How to spread hours of preparation over areas that matter and in which something is missing.

    Rule: in proportion to weight * gap. Where that is 0 everywhere, all hours stay unallocated.
    Arguments: `hours` 0 or more; `areas` a mapping from names to {"weight": how much the area counts, "gap": how
    much is missing in it}, both numbers 0 or more, each on a scale of its own.
    Errors: ValueError outside these ranges.
    Source: this book's rule.

    >>> allocate_hours(hours=12, areas={"design": {"weight": 2, "gap": 1}, "stories": {"weight": 1, "gap": 1}})
    Hours(hours_by_area={'design': 8.0, 'stories': 4.0}, unallocated_h=0.0)
    """
    hours = non_negative("hours", hours)
    needs = {name: _area(f"areas.{name}", area) for name, area in table("areas", areas).items()}
    # Fractions: a product of large floats may be too large for one, and of small ones too small.
    parts = [Fraction(weight) * Fraction(gap) for weight, gap in needs.values()]
    if not any(parts):
        return Hours(dict.fromkeys(needs, 0.0), unallocated_h=hours)
    return Hours({name: hours * share for name, share in zip(needs, proportions(parts))}, unallocated_h=0.0)


def review_dates(start_date: str, offsets_days: Sequence[int]) -> Reviews:
    """The dates on which to come back to something learned.

    Rule: the start date plus each offset.
    Arguments: `start_date` as 2026-11-23; `offsets_days` a list of whole days, 0 or more, in any order. No date may
    lie beyond the year 9999.
    Errors: ValueError outside these ranges.
    Source: arithmetic on the calendar.

    >>> review_dates(start_date="2028-02-28", offsets_days=[1, 2])
    Reviews(reviews=['2028-02-29', '2028-03-01'])
    """
    start = _date("start_date", start_date)
    furthest = (datetime.date.max - start).days
    offsets = [
        whole(f"offsets_days[{i}]", offset, 0, furthest) for i, offset in enumerate(items("offsets_days", offsets_days))
    ]
    return Reviews([(start + datetime.timedelta(days=offset)).isoformat() for offset in offsets])


def _area(path: str, area: Mapping[str, float]) -> tuple[float, float]:
    given = table(path, area)
    if given.keys() != {"weight", "gap"}:
        raise ValueError(f"{path} must be a mapping with weight and gap; got {', '.join(given)}")
    return non_negative(f"{path}.weight", given["weight"]), non_negative(f"{path}.gap", given["gap"])


def _date(name: str, value: str) -> datetime.date:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text(name, value)):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"{name} must be a date such as 2026-11-23; got {value!r:.60}")


# The offer

@dataclass(frozen=True)
class Vesting:
    """What vests in each year, and until its end, in USD."""

    yearly_usd: list[float]
    cumulative_usd: list[float]


@dataclass(frozen=True)
class VestingGap:
    """What the first schedule has paid more than the second by the end of each year, in USD."""

    cumulative_gap_usd: list[float]


@dataclass(frozen=True)
class Vested:
    """What has vested so far, in USD."""

    vested_usd: float


@dataclass(frozen=True)
class TotalPay:
    """Base, sign-on and vested stock of each year, in USD."""

    yearly_usd: list[float]


def vesting_years(grant_usd: float, schedule: Sequence[float], growth: float = 0) -> Vesting:
    """What a grant of stock pays in each year.

    Rule: grant * the share of the year * (1 + growth) ** year, the first year being 1.
    Arguments: `grant_usd` 0 or more, at the price of the day of the grant; `schedule` as above; `growth` of the
    price a year, above -1. No price is known in advance: 0 is the grant as it is written.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> vesting_years(grant_usd=400_000, schedule=[0.25, 0.25, 0.5])
    Vesting(yearly_usd=[100000.0, 100000.0, 200000.0], cumulative_usd=[100000.0, 200000.0, 400000.0])
    """
    grant, shares, growth = non_negative("grant_usd", grant_usd), _schedule("schedule", schedule), above("growth", growth, -1)
    yearly, price = [], 1.0
    for share in shares:
        price *= 1 + growth
        yearly.append(grant * share * price if grant * share else 0.0)
    return Vesting(yearly, list(itertools.accumulate(yearly)))


def vesting_gap(grant_usd: float, schedule_a: Sequence[float], schedule_b: Sequence[float]) -> VestingGap:
    """How far one schedule is ahead of another, or behind it, at the end of each year.

    Rule: the cumulative sum of the first minus that of the second; a schedule that has ended stays at the grant.
    Arguments: `grant_usd` 0 or more; two schedules, of any lengths.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> vesting_gap(grant_usd=100_000, schedule_a=[0.125, 0.375, 0.5], schedule_b=[0.5, 0.5])
    VestingGap(cumulative_gap_usd=[-37500.0, -50000.0, 0.0])
    """
    grant = non_negative("grant_usd", grant_usd)
    one, other = _schedule("schedule_a", schedule_a), _schedule("schedule_b", schedule_b)
    years = range(1, max(len(one), len(other)) + 1)
    return VestingGap([product(grant, math.fsum(one[:year]) - math.fsum(other[:year])) for year in years])


def vested_at(grant_usd: float, schedule: Sequence[float], months: float, cliff_months: float = 12) -> Vested:
    """What one has of a grant when leaving after some months.

    Rule: nothing before the cliff; then the full years, and the part of the current year in proportion to its months.
    Arguments: `grant_usd`, `months` and `cliff_months` 0 or more; `schedule` as above.
    Errors: ValueError outside these ranges.
    Source: arithmetic. Many grants vest by the quarter, not by the month: read the letter.

    >>> vested_at(grant_usd=100_000, schedule=[0.25, 0.25, 0.25, 0.25], months=18)
    Vested(vested_usd=37500.0)
    """
    grant, shares = non_negative("grant_usd", grant_usd), _schedule("schedule", schedule)
    months, cliff = non_negative("months", months), non_negative("cliff_months", cliff_months)
    if not at_most(cliff, months):
        return Vested(0.0)
    years = months / 12
    full = round_down(years)
    current = shares[full] * max(0.0, years - full) if full < len(shares) else 0.0
    return Vested(grant * math.fsum([*shares[:full], current]))


def total_pay(base_usd: float, sign_on_usd: Sequence[float], grant_usd: float, schedule: Sequence[float]) -> TotalPay:
    """What an offer pays in each year of its grant.

    Rule: base + the sign-on of the year + what vests in the year, at the price of the day of the grant.
    Arguments: `base_usd` a year and `grant_usd` 0 or more; `sign_on_usd` a list of the sign-on of each year from the
    first, 0 or more, no longer than `schedule` and perhaps empty; `schedule` as above.
    Errors: ValueError outside these ranges.
    Source: arithmetic; without bonus, tax and the growth of either.

    >>> total_pay(base_usd=200_000, sign_on_usd=[50_000], grant_usd=100_000, schedule=[0.25, 0.75])
    TotalPay(yearly_usd=[275000.0, 275000.0])
    """
    base, vested = non_negative("base_usd", base_usd), vesting_years(grant_usd, schedule).yearly_usd
    given = items("sign_on_usd", sign_on_usd, empty=True)
    if len(given) > len(vested):
        raise ValueError(f"sign_on_usd must be a list of at most {len(vested)} years, as schedule has; got {len(given)}")
    sign_on = [non_negative(f"sign_on_usd[{i}]", amount) for i, amount in enumerate(given)]
    years = itertools.zip_longest(sign_on, vested, fillvalue=0.0)
    return TotalPay([base + extra + stock for extra, stock in years])


def _schedule(name: str, schedule: Sequence[float]) -> list[float]:
    shares = [fraction(f"{name}[{i}]", share) for i, share in enumerate(items(name, schedule))]
    total = math.fsum(shares)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"{name} must be shares that sum to 1; got a sum of {total:.12g}")
    return shares
