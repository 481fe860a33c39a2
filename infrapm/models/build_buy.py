"""Build or buy: what a stream of costs is worth today, and at which horizon the answer changes.

========================================  ==================================================================
A stream of money                         `npv_irr`
Build or buy                              `build_or_buy`, `seed_rule`
========================================  ==================================================================

Money is in USD, infinite beyond the largest float; a `discount_rate` is a fraction a year. Sources in square brackets
are keys of the bibliography.
"""
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from infrapm.models._numeric import at_most, root
from infrapm.models._validate import above, flag, fraction, items, non_negative, number, table, whole

__all__ = ["NpvIrr", "BuildOrBuy", "SeedRule", "npv_irr", "build_or_buy", "seed_rule"]

# Where a rate of return is looked for.
_LOWEST_IRR, _HIGHEST_IRR = -0.9999, 10.0


@dataclass(frozen=True)
class NpvIrr:
    """A stream's net present value, rate of return and payback; see `npv_irr` for what is None and when."""

    npv_usd: float
    irr: float | None
    payback_years: float | None
    irr_warning: bool


@dataclass(frozen=True)
class BuildOrBuy:
    """What building and buying cost in today's money, and which is cheaper: build or buy."""

    pv_build_usd: float
    pv_buy_usd: float
    cheaper: str


@dataclass(frozen=True)
class SeedRule:
    """Which of the three thresholds are passed, and what the rule of thumb says: build or buy."""

    triggers: list[str]
    verdict: str


def npv_irr(discount_rate: float, cashflows_usd: Sequence[float]) -> NpvIrr:
    """What a stream of yearly payments is worth today, what it returns, and when it has paid back.

    Rule: NPV = the sum of flow i / (1 + rate) ** i, the first flow being today's. The IRR is the rate from -99.99%
    to 1,000% at which the NPV is 0. Payback is the first year in which the flows add up to 0 or more, counted
    linearly within it, without discount.
    Results: `irr` is None unless the NPV has opposite signs at the ends of that range. With one change of sign among
    the flows it is then the only rate. With more there may be several, of which one is given or, as between two, none:
    `irr_warning` is true. `payback_years` is None if it never comes.
    Arguments: `discount_rate` above -1; `cashflows_usd` a list of numbers, below 0 for what is paid.
    Errors: ValueError outside these ranges.
    Source: [brealey2020finance].

    >>> flows = npv_irr(0.1, [-500_000, 120_000, 150_000, 180_000, 200_000])
    >>> round(flows.npv_usd), round(flows.irr, 4), flows.payback_years
    (4897, 0.1041, 3.25)
    """
    rate = above("discount_rate", discount_rate, -1)
    flows = [number(f"cashflows_usd[{i}]", usd) for i, usd in enumerate(items("cashflows_usd", cashflows_usd))]
    signs = [usd > 0 for usd in flows if usd]
    changes = sum(one != other for one, other in pairwise(signs))
    return NpvIrr(
        npv_usd=_present_value(rate, flows),
        irr=_irr(flows) if changes else None,
        payback_years=_payback(flows),
        irr_warning=changes > 1,
    )


def _present_value(rate: float, flows: list[float]) -> float:
    value = 0.0
    for usd in reversed(flows):
        value = value / (1 + rate) + usd
    return value


def _irr(flows: list[float]) -> float | None:
    low, high = (_present_value(rate, flows) for rate in (_LOWEST_IRR, _HIGHEST_IRR))
    if high == 0:
        return _HIGHEST_IRR
    if (low > 0) == (high > 0):
        return None
    return root(lambda rate: _present_value(rate, flows), _LOWEST_IRR, _HIGHEST_IRR)


def _payback(flows: list[float]) -> float | None:
    earned = spent = 0.0
    for year, usd in enumerate(flows):
        missing = spent - earned
        earned += max(usd, 0.0)
        spent += max(-usd, 0.0)
        if at_most(spent, earned):
            return year - 1 + min(1.0, missing / usd) if year and usd else float(year)
    return None


def build_or_buy(
    build: Mapping[str, float], buy: Mapping[str, float], years: int, discount_rate: float
) -> BuildOrBuy:
    """What building and buying cost over a horizon in today's money. The horizon often decides.

    Rule: upfront + the sum of annual / (1 + rate) ** i for i from 1 to years. Where both cost the same (relative
    1e-9), the answer is buy: it can be undone. So it is where both are infinite, at a rate near -1.
    Arguments: `build` and `buy` mappings with `upfront_usd` and `annual_usd`, costs of 0 or more; `years` 1 or
    more; `discount_rate` above -1.
    Errors: ValueError outside these ranges.
    Source: [brealey2020finance].

    >>> build, buy = {"upfront_usd": 900_000, "annual_usd": 200_000}, {"upfront_usd": 50_000, "annual_usd": 400_000}
    >>> build_or_buy(build, buy, years=3, discount_rate=0.08).cheaper
    'buy'
    >>> build_or_buy(build, buy, years=6, discount_rate=0.08).cheaper
    'build'
    """
    build_upfront, build_annual = _option("build", build)
    buy_upfront, buy_annual = _option("buy", buy)
    today = _annuity(whole("years", years, 1), above("discount_rate", discount_rate, -1))
    pv_build = build_upfront + (build_annual * today if build_annual else 0.0)
    pv_buy = buy_upfront + (buy_annual * today if buy_annual else 0.0)
    return BuildOrBuy(pv_build, pv_buy, cheaper="buy" if at_most(pv_buy, pv_build) else "build")


def _option(name: str, value: Mapping[str, float]) -> tuple[float, float]:
    option = table(name, value)
    if option.keys() != {"upfront_usd", "annual_usd"}:
        raise ValueError(f"{name} must be a mapping with upfront_usd and annual_usd; got {', '.join(option)}")
    return tuple(non_negative(f"{name}.{key}", option[key]) for key in ("upfront_usd", "annual_usd"))


def _annuity(years: int, rate: float) -> float:
    """What 1 USD a year, paid at each year's end, is worth today."""
    if not rate:
        return float(years)
    try:
        return -math.expm1(-years * math.log1p(rate)) / rate
    except OverflowError:
        return math.inf


def seed_rule(
    time_to_market_months: float,
    maintenance_usd_per_year: float,
    vendor_sla: float,
    core_differentiator: bool = False,
) -> SeedRule:
    """What a common rule of thumb says. It has no horizon, no exit and no price, so it can be wrong; see the chapter.

    Rule: a trigger each for a time to market above 6 months, maintenance above 500,000 USD a year, and a vendor's
    SLA above 99.9% (a value within a relative 1e-9 of its threshold is not above it). Buy if there is a trigger and
    the product is no core differentiator.
    Results: `triggers` holds time_to_market, maintenance and vendor_sla, those that are passed, in this order.
    Arguments: months to build it and USD a year to keep it, 0 or more; `vendor_sla` from 0 to 1;
    `core_differentiator` True or False.
    Errors: ValueError outside these ranges.
    Source: a rule of thumb of interview guides, here to be criticized.

    >>> seed_rule(time_to_market_months=9, maintenance_usd_per_year=200_000, vendor_sla=0.999)
    SeedRule(triggers=['time_to_market'], verdict='buy')
    """
    core = flag("core_differentiator", core_differentiator)
    values = {
        "time_to_market": (non_negative("time_to_market_months", time_to_market_months), 6),
        "maintenance": (non_negative("maintenance_usd_per_year", maintenance_usd_per_year), 500_000),
        "vendor_sla": (fraction("vendor_sla", vendor_sla), 0.999),
    }
    triggers = [name for name, (value, threshold) in values.items() if not at_most(value, threshold)]
    return SeedRule(triggers, verdict="buy" if triggers and not core else "build")
