"""What keeps and grows the revenue of a usage-priced platform, how large its market is, and what to steer by.

========================================  ==================================================================
Revenue of customers you have             `retention`, `nrr_from_rates`, `arpu_growth_needed`, `project_arr`,
                                          `annualize_churn`, `ltv`
From visitor to customer to referral      `funnel`, `viral_total`
Market size, from both ends               `bottom_up`, `top_down_check`
North Star                                `pick_north_star`
========================================  ==================================================================

ARR is revenue a year as of now; ARPU the revenue of one customer; churn the share lost in a period. NRR and GRR, net
and gross revenue retention, are fractions: an NRR of 1.15 says that the customers of a year ago pay 15% more today.
The rules are arithmetic on these usual definitions. Companies define them in more than one way: ask which.
Results beyond the largest float are infinite.
"""
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infrapm.models._numeric import at_most, same, weighted_mean
from infrapm.models._validate import above, fraction, items, non_negative, number, positive, table, whole

__all__ = [
    "Retention", "Nrr", "ArpuGrowth", "ProjectedArr", "AnnualChurn", "Ltv", "Funnel", "ViralTotal", "BottomUp",
    "TopDown", "NorthStar",
    "retention", "nrr_from_rates", "arpu_growth_needed", "project_arr", "annualize_churn", "ltv",
    "funnel", "viral_total", "bottom_up", "top_down_check", "pick_north_star",
]

# Revenue of customers you have

@dataclass(frozen=True)
class Retention:
    """Net and gross revenue retention: with and without what the remaining customers spend more."""

    nrr: float
    grr: float


@dataclass(frozen=True)
class Nrr:
    """Net revenue retention."""

    nrr: float


@dataclass(frozen=True)
class ArpuGrowth:
    """The growth of revenue per remaining customer, as a fraction a year."""

    arpu_growth: float


@dataclass(frozen=True)
class ProjectedArr:
    """Annual recurring revenue at the end."""

    final_arr_usd: float


@dataclass(frozen=True)
class AnnualChurn:
    """The share of customers lost in a year."""

    annual_churn: float


@dataclass(frozen=True)
class Ltv:
    """The gross margin that a customer brings before leaving; None where none leaves."""

    ltv_usd: float | None


def retention(start_usd: float, expansion_usd: float, contraction_usd: float, churn_usd: float) -> Retention:
    """How much of last year's revenue the same customers bring today.

    Rule: nrr = (start + expansion - contraction - churn) / start; grr leaves the expansion out. A negative result
    says that more was lost than there was: the inputs are not of one cohort.
    Arguments: revenue of one group of customers, of one period: `start_usd` above 0; `expansion_usd` (they spend
    more), `contraction_usd` (they spend less) and `churn_usd` (they left) 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic on the usual definition.

    >>> retention(start_usd=100, expansion_usd=30, contraction_usd=5, churn_usd=10)
    Retention(nrr=1.15, grr=0.85)
    """
    start = positive("start_usd", start_usd)
    expansion = non_negative("expansion_usd", expansion_usd)
    contraction, churn = non_negative("contraction_usd", contraction_usd), non_negative("churn_usd", churn_usd)
    # What is lost comes first: the largest floats cannot be added, but subtracted.
    nrr, grr = (expansion - contraction - churn + start) / start, (start - contraction - churn) / start
    return Retention(nrr, grr + 0.0)  # not -0.0 for what is lost but for a hair


def nrr_from_rates(annual_churn: float, arpu_growth: float) -> Nrr:
    """Net revenue retention, when a share of customers leaves and those who stay spend more.

    Rule: nrr = (1 - churn) * (1 + growth).
    Arguments: `annual_churn` from 0 to 1; `arpu_growth` above -1, of the customers who stay. Those who leave are
    taken to be of average size.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(nrr_from_rates(annual_churn=0.25, arpu_growth=0.2).nrr, 12)
    0.9
    """
    churn, growth = fraction("annual_churn", annual_churn), above("arpu_growth", arpu_growth, -1)
    return Nrr((1 - churn) * (1 + growth))


def arpu_growth_needed(target_nrr: float, annual_churn: float) -> ArpuGrowth:
    """How much more the remaining customers must spend for a net revenue retention, given the churn.

    Rule: growth = target / (1 - churn) - 1.
    Arguments: `target_nrr` above 0; `annual_churn` at least 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic; the inverse of `nrr_from_rates`.

    >>> round(arpu_growth_needed(target_nrr=1.2, annual_churn=0.2).arpu_growth, 12)
    0.5
    """
    target, churn = positive("target_nrr", target_nrr), fraction("annual_churn", annual_churn, one=False)
    return ArpuGrowth((target - 1 + churn) / (1 - churn))


def project_arr(arr_usd: float, nrr: float, years: float) -> ProjectedArr:
    """What today's customers will pay after some years of one net revenue retention.

    Rule: final = arr * nrr ** years. New customers are not counted.
    Arguments: `arr_usd`, `nrr` and `years` 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(project_arr(arr_usd=10_000_000, nrr=1.2, years=3).final_arr_usd)
    17280000
    """
    arr, nrr, years = non_negative("arr_usd", arr_usd), non_negative("nrr", nrr), non_negative("years", years)
    if arr == 0:
        return ProjectedArr(0.0)
    try:
        return ProjectedArr(arr * nrr**years)
    except OverflowError:
        return ProjectedArr(math.inf)


def annualize_churn(monthly_churn: float) -> AnnualChurn:
    """The share of customers lost in a year that a monthly churn adds up to.

    Rule: annual = 1 - (1 - monthly) ** 12, which is less than 12 times as much.
    Arguments: `monthly_churn` from 0 to 1.
    Errors: ValueError outside this range.
    Source: arithmetic.

    >>> round(annualize_churn(monthly_churn=0.02).annual_churn, 4)
    0.2153
    """
    churn = fraction("monthly_churn", monthly_churn)
    return AnnualChurn(1.0 if churn == 1 else -math.expm1(12 * math.log1p(-churn)))


def ltv(arpu_usd_per_month: float, gross_margin: float, monthly_churn: float) -> Ltv:
    """The gross margin that a customer brings over its lifetime, if churn and spend stay as they are.

    Rule: ltv = arpu * margin / churn; the mean lifetime is 1 / churn months. None at no churn. Not discounted.
    Arguments: `arpu_usd_per_month` 0 or more; `gross_margin` and `monthly_churn` from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> ltv(arpu_usd_per_month=500, gross_margin=0.75, monthly_churn=0.025)
    Ltv(ltv_usd=15000.0)
    """
    arpu, margin = non_negative("arpu_usd_per_month", arpu_usd_per_month), fraction("gross_margin", gross_margin)
    churn = fraction("monthly_churn", monthly_churn)
    return Ltv(arpu * margin / churn if churn else None)


# From visitor to customer to referral

@dataclass(frozen=True)
class Funnel:
    """How many are left after each stage, and the share that is left after the last."""

    stages: list[float]
    overall: float


@dataclass(frozen=True)
class ViralTotal:
    """The users after some cycles of invitations, the first ones included."""

    total_users: float


def funnel(visitors: float, rates: Sequence[float]) -> Funnel:
    """How many of the visitors reach each stage.

    Rule: each stage is the one before times its rate; overall is the product of the rates.
    Arguments: `visitors` 0 or more; `rates` a list of fractions from 0 to 1, not empty, each a share of the stage
    before.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> funnel(visitors=1_000, rates=[0.25, 0.5])
    Funnel(stages=[250.0, 125.0], overall=0.125)
    """
    left, overall, stages = non_negative("visitors", visitors), 1.0, []
    for i, rate in enumerate(items("rates", rates)):
        share = fraction(f"rates[{i}]", rate)
        left, overall = left * share, overall * share
        stages.append(left)
    return Funnel(stages, overall)


def viral_total(seed_users: float, viral_k: float, cycles: int) -> ViralTotal:
    """How many users a group of first users leads to, when each new user brings some more.

    Rule: total = n (1 - k^(c + 1)) / (1 - k), which is n (c + 1) at k = 1. Below 1 it levels off at n / (1 - k).
    Arguments: `seed_users` 0 or more; `viral_k`, the new users that each user brings in the cycle after joining,
    0 or more; `cycles` a whole number, 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic (a geometric series). No market is endless; this rule knows none.

    >>> round(viral_total(seed_users=100, viral_k=0.5, cycles=4).total_users, 9)
    193.75
    """
    seeds, k = non_negative("seed_users", seed_users), non_negative("viral_k", viral_k)
    terms = whole("cycles", cycles, 0) + 1
    if seeds == 0 or k == 0:
        return ViralTotal(seeds)
    if k == 1:
        return ViralTotal(seeds * terms)
    try:  # expm1 keeps the digits where k is almost 1
        return ViralTotal(seeds * (math.expm1(terms * math.log(k)) / (k - 1)))
    except OverflowError:
        return ViralTotal(math.inf)


# Market size, from both ends

@dataclass(frozen=True)
class BottomUp:
    """The whole market, the part that the product can serve, and the part of that it can win, in USD a year."""

    tam_usd: float
    sam_usd: float
    som_usd: float


@dataclass(frozen=True)
class TopDown:
    """A market size from a total and a share, and how it compares with one from the bottom up."""

    top_down_usd: float
    ratio: float | None
    within_2x: bool


def bottom_up(
    customers: float, arpu_usd_per_year: float, serviceable_share: float, obtainable_share: float
) -> BottomUp:
    """The size of a market, counted from its customers.

    Rule: TAM = customers * arpu; SAM = TAM * serviceable share; SOM = SAM * obtainable share.
    Arguments: `customers` and `arpu_usd_per_year` 0 or more; `serviceable_share`, of the market, and
    `obtainable_share`, of the serviceable part, from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> bottom_up(customers=400_000, arpu_usd_per_year=25_000, serviceable_share=0.25, obtainable_share=0.125)
    BottomUp(tam_usd=10000000000.0, sam_usd=2500000000.0, som_usd=312500000.0)
    """
    tam = non_negative("customers", customers) * non_negative("arpu_usd_per_year", arpu_usd_per_year)
    serviceable = fraction("serviceable_share", serviceable_share)
    obtainable = fraction("obtainable_share", obtainable_share)
    sam = tam * serviceable if serviceable else 0.0
    return BottomUp(tam, sam, som_usd=sam * obtainable if obtainable else 0.0)


def top_down_check(market_usd: float, category_share: float, bottom_up_usd: float) -> TopDown:
    """Whether a share of a large market agrees with the size counted from the customers.

    Rule: top_down_usd = market * share; ratio = top down / bottom up; within_2x from half to double, both included.
    The two must be of one scope: compare with the serviceable market if the share is of what can be served.
    Results: ratio None and within_2x False where the bottom-up size is 0.
    Arguments: `market_usd` and `bottom_up_usd` 0 or more, USD a year; `category_share` from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic; the factor of two is this book's.

    >>> top_down_check(market_usd=500_000_000_000, category_share=0.005, bottom_up_usd=2_000_000_000)
    TopDown(top_down_usd=2500000000.0, ratio=1.25, within_2x=True)
    """
    top_down = non_negative("market_usd", market_usd) * fraction("category_share", category_share)
    bottom = non_negative("bottom_up_usd", bottom_up_usd)
    if bottom == 0:
        return TopDown(top_down, None, False)
    ratio = top_down / bottom
    return TopDown(top_down, ratio, within_2x=at_most(0.5, ratio) and at_most(ratio, 2))


# North Star

@dataclass(frozen=True)
class NorthStar:
    """The weighted score of each candidate, and those with the highest, in the order of the candidates."""

    scores: dict[str, float]
    winners: list[str]


def pick_north_star(candidates: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]) -> NorthStar:
    """Which metric to steer by, given what matters now.

    Rule: a score is the weighted mean of a candidate's scores; the weights are divided by their sum. Candidates
    within a relative 1e-9 of the highest score all win.
    Arguments: `candidates` a mapping from names to mappings from criterion to score, any number; each has a score
    for each criterion of `weights` and no other. `weights` a mapping from criteria to numbers 0 or more, not all 0.
    Errors: ValueError outside these ranges.
    Source: arithmetic; the weights are a judgment.

    >>> scores = {"consumption": {"revenue": 5, "retention": 3}, "reliability": {"revenue": 2, "retention": 5}}
    >>> pick_north_star(scores, weights={"revenue": 1, "retention": 3})
    NorthStar(scores={'consumption': 3.5, 'reliability': 4.25}, winners=['reliability'])
    """
    given = {name: non_negative(f"weights.{name}", weight) for name, weight in table("weights", weights).items()}
    if not any(given.values()):
        raise ValueError("weights must be numbers of which one is above 0; got only 0")
    scores = {
        name: weighted_mean(_in_order(f"candidates.{name}", scored, given), list(given.values()))
        for name, scored in table("candidates", candidates).items()
    }
    best = max(scores.values())
    return NorthStar(scores, winners=[name for name, score in scores.items() if same(score, best)])


def _in_order(path: str, scored: Mapping[str, float], weights: Mapping[str, float]) -> list[float]:
    scores = {criterion: number(f"{path}.{criterion}", score) for criterion, score in table(path, scored).items()}
    if scores.keys() != weights.keys():
        raise ValueError(f"{path} must be scored by the criteria of weights, {', '.join(weights)}; got {', '.join(scores)}")
    return [scores[criterion] for criterion in weights]
