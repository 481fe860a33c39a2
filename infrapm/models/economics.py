"""What a service costs, what each unit of it costs, and what each way of saving is worth, alone and in order.

========================================  ==================================================================
The whole bill                            `monthly_tco`, `multi_year_cost`, `egress_bill`
Price lists                               `tiered_cost`, `bill_shock`, `scan_cost`
Commitment                                `break_even_use`, `upfront_break_even`, `best_commitment`
Rightsizing                               `rightsize`, `fleet_saving`
Storage tiers                             `tier_break_even`, `tier_cost`, `early_delete`
Order of savings                          `lever_order`, `savings_plan`
Allocation                                `allocate_cost`
========================================  ==================================================================

Every price is an argument: price lists change. A month of hours is `BILLING_MONTH_H` (730), as in price lists; a
month of days is 30. Sums beyond the largest float are infinite. Sources in square brackets are keys of the
bibliography.
"""
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infrapm.models._numeric import at_most, product, proportions, rest
from infrapm.models._time import BILLING_MONTH_H, MONTH_DAYS
from infrapm.models._validate import above, choice, fraction, items, non_negative, number, positive, table, text, whole

__all__ = [
    "Tco", "MultiYear", "Egress", "TieredCost", "BillShock", "ScanCost", "BreakEvenUse", "UpfrontBreakEven",
    "Commitment", "Rightsizing", "FleetSaving", "TierBreakEven", "TierCost", "EarlyDelete", "LeverOrder",
    "SavingsPlan", "Allocation",
    "monthly_tco", "multi_year_cost", "egress_bill", "tiered_cost", "bill_shock", "scan_cost", "break_even_use",
    "upfront_break_even", "best_commitment", "rightsize", "fleet_saving", "tier_break_even", "tier_cost",
    "early_delete", "lever_order", "savings_plan", "allocate_cost",
]

# The whole bill

@dataclass(frozen=True)
class Tco:
    """A month's total cost of ownership, and that cost for each unit of three kinds; None without such units."""

    total_usd: float
    per_million_requests_usd: float | None
    per_user_usd: float | None
    per_tb_usd: float | None


@dataclass(frozen=True)
class MultiYear:
    """What a yearly cost that grows adds up to."""

    total_usd: float


@dataclass(frozen=True)
class Egress:
    """What data that leaves the provider costs in a year."""

    annual_usd: float


def monthly_tco(
    compute_usd: float,
    storage_usd: float = 0.0,
    egress_usd: float = 0.0,
    support_rate: float = 0.0,
    people_usd: float = 0.0,
    requests_per_month: float = 0.0,
    users: float = 0.0,
    tb: float = 0.0,
) -> Tco:
    """What a service costs in a month, with support and people, and what a request, a user and a TB of it cost.

    Rule: total = (compute + storage + egress) * (1 + support rate) + people. Support is a share of the provider's
    bill, so people carry none. A unit cost is the total divided by the units; None where there are none.
    Arguments: USD a month, 0 or more; `support_rate` from 0 to 1; units of the same month, 0 or more.
    Errors: ValueError outside these ranges.
    Source: unit costs [finops_framework]; the rule is our definition.

    >>> monthly_tco(60_000, 15_000, 20_000, support_rate=0.05, people_usd=40_000, users=50_000)
    Tco(total_usd=139750.0, per_million_requests_usd=None, per_user_usd=2.795, per_tb_usd=None)
    """
    infrastructure = (
        non_negative("compute_usd", compute_usd)
        + non_negative("storage_usd", storage_usd)
        + non_negative("egress_usd", egress_usd)
    )
    people = non_negative("people_usd", people_usd)
    total = infrastructure * (1 + fraction("support_rate", support_rate)) + people
    requests = non_negative("requests_per_month", requests_per_month)
    users, tb = non_negative("users", users), non_negative("tb", tb)
    return Tco(
        total_usd=total,
        per_million_requests_usd=_per(total * 1e6, requests),
        per_user_usd=_per(total, users),
        per_tb_usd=_per(total, tb),
    )


def _per(total: float, units: float) -> float | None:
    return total / units if units else None


def multi_year_cost(annual_usd: float, annual_growth: float, years: int) -> MultiYear:
    """What a cost adds up to over several years while it grows each year.

    Rule: the sum of annual * (1 + growth) ** i for i from 0 to years - 1. The first year is at today's cost.
    Arguments: `annual_usd` USD a year, 0 or more; `annual_growth` a fraction above -1; `years` 1 or more.
    Errors: ValueError outside these ranges.
    Source: the geometric series.

    >>> round(multi_year_cost(annual_usd=100, annual_growth=0.2, years=3).total_usd, 2)
    364.0
    """
    annual = non_negative("annual_usd", annual_usd)
    growth = above("annual_growth", annual_growth, -1)
    years = whole("years", years, 1)
    if not annual:
        return MultiYear(0.0)
    if not growth:
        return MultiYear(annual * years)
    try:
        # ((1 + growth) ** years - 1) / growth, in a form that keeps its digits where growth is near 0
        return MultiYear(annual * (math.expm1(years * math.log1p(growth)) / growth))
    except OverflowError:
        return MultiYear(math.inf)


def egress_bill(tb_per_month: float, usd_per_gb: float, gb_per_tb: float = 1024) -> Egress:
    """What data that leaves the provider costs in a year at one price.

    Rule: 12 * TB a month * GB in a TB * USD a GB.
    Arguments: `tb_per_month` and `usd_per_gb` 0 or more; `gb_per_tb` above 0 (1,024 or 1,000: price lists differ).
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> egress_bill(tb_per_month=400, usd_per_gb=0.05)
    Egress(annual_usd=245760.0)
    """
    gb = non_negative("tb_per_month", tb_per_month) * positive("gb_per_tb", gb_per_tb)
    return Egress(product(12 * gb, non_negative("usd_per_gb", usd_per_gb)))


# Price lists

@dataclass(frozen=True)
class TieredCost:
    """What a quantity costs by a price list with tiers."""

    cost_usd: float


@dataclass(frozen=True)
class BillShock:
    """A bill after its compute part changed, and how many times the old bill that is."""

    new_bill_usd: float
    shock_ratio: float


@dataclass(frozen=True)
class ScanCost:
    """What a month of queries costs if each reads the whole table, and if each reads a part of it."""

    full_scan_usd: float
    pruned_usd: float


def tiered_cost(
    quantity: float, cumulative_tiers: Sequence[tuple[float | None, float]], mode: str = "graduated"
) -> TieredCost:
    """What a quantity costs by a price list with tiers.

    Rule: graduated, each unit costs the price of the tier that it falls in. Volume, every unit costs the price of
    the tier that the whole quantity falls in, so that one unit more can lower the bill. A tier's upper bound
    belongs to the tier.
    Arguments: `quantity` 0 or more; `cumulative_tiers` a list of (upper bound, USD a unit), bounds counted from 0
    and strictly increasing, None as the last one; `mode` graduated or volume.
    Errors: ValueError outside these ranges.
    Source: the form of public price lists, such as [aws_egress_prices].

    >>> tiers = [(100, 0.0), (10_340, 0.09), (None, 0.085)]
    >>> tiered_cost(quantity=1_100, cumulative_tiers=tiers)
    TieredCost(cost_usd=90.0)
    """
    quantity = non_negative("quantity", quantity)
    tiers = _tiers("cumulative_tiers", cumulative_tiers)
    if choice("mode", mode, ("graduated", "volume")) == "volume":
        return TieredCost(next(quantity * price for bound, price in tiers if at_most(quantity, bound)))
    cost, lower = 0.0, 0.0
    for bound, price in tiers:
        if quantity > lower:
            cost += (min(quantity, bound) - lower) * price
        lower = bound
    return TieredCost(cost)


def _tiers(name: str, value: Any) -> list[tuple[float, float]]:
    """Pairs of an upper bound, infinite for the last tier, and a price."""
    rows = [_row(f"{name}[{i}]", row, "bound, price") for i, row in enumerate(items(name, value))]
    tiers, lower = [], 0.0
    for i, (bound, price) in enumerate(rows):
        if i == len(rows) - 1:
            if bound is not None:
                given = number(f"{name}[{i}][0]", bound)
                raise ValueError(f"{name}[{i}][0] must be None, since the last tier has no end; got {given:.12g}")
            bound = math.inf
        else:
            bound = above(f"{name}[{i}][0]", bound, lower)
        tiers.append((bound, non_negative(f"{name}[{i}][1]", price)))
        lower = bound
    return tiers


def _row(name: str, value: Any, fields: str) -> list[Any]:
    """A list with as many members as there are fields."""
    row = items(name, value)
    if len(row) == len(fields.split(", ")):
        return row
    raise ValueError(f"{name} must be a list of {fields}; got {len(row)} members")


def bill_shock(bill_usd: float, compute_share: float, compute_factor: float) -> BillShock:
    """What a bill becomes when its compute part grows: a program that runs twice as long does not double the bill.

    Rule: new bill = bill * (1 - share + share * factor).
    Arguments: `bill_usd` 0 or more; `compute_share` of the bill, from 0 to 1; `compute_factor` 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> bill_shock(bill_usd=10_000, compute_share=0.7, compute_factor=2)
    BillShock(new_bill_usd=17000.0, shock_ratio=1.7)
    """
    share = fraction("compute_share", compute_share)
    ratio = rest(share) + share * non_negative("compute_factor", compute_factor)
    return BillShock(new_bill_usd=non_negative("bill_usd", bill_usd) * ratio, shock_ratio=ratio)


def scan_cost(scanned_tib: float, partition_fraction: float, usd_per_tib: float, free_tib: float = 0.0) -> ScanCost:
    """What queries cost where the price is by data read, with and without partitions that they can skip.

    Rule: cost = max(0, TiB read - free TiB) * price; with partitions, a query reads this fraction of the table.
    Arguments: `scanned_tib` TiB a month if every query reads the whole table, 0 or more; `partition_fraction` from
    0 to 1; `usd_per_tib` and `free_tib` a month, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [bigquery_pricing].

    >>> scan_cost(scanned_tib=100, partition_fraction=0.05, usd_per_tib=6.25, free_tib=1)
    ScanCost(full_scan_usd=618.75, pruned_usd=25.0)
    """
    read = non_negative("scanned_tib", scanned_tib)
    part = fraction("partition_fraction", partition_fraction)
    price, free = non_negative("usd_per_tib", usd_per_tib), non_negative("free_tib", free_tib)
    return ScanCost(full_scan_usd=max(0.0, read - free) * price, pruned_usd=max(0.0, read * part - free) * price)


# Commitment

@dataclass(frozen=True)
class BreakEvenUse:
    """The share of hours from which a commitment is cheaper; above 1, it never is."""

    break_even_utilization: float


@dataclass(frozen=True)
class UpfrontBreakEven:
    """The hours of use from which a payment in advance is earned back, and their share of the term; None if never."""

    break_even_hours: float | None
    break_even_utilization: float | None


@dataclass(frozen=True)
class Commitment:
    """The cheapest level to commit to, what the demand then costs, and what that saves against on demand."""

    commitment_units: float
    cost_usd: float
    saving_usd: float


def break_even_use(committed_usd_per_h: float, on_demand_usd_per_h: float) -> BreakEvenUse:
    """The share of hours in which a unit must be used for a commitment to be cheaper than paying on demand.

    Rule: committed price / on-demand price, since a commitment is paid in every hour. A 40% discount breaks even
    at 60%.
    Arguments: USD an hour; `committed_usd_per_h` 0 or more, `on_demand_usd_per_h` above 0.
    Errors: ValueError outside these ranges.
    Source: arithmetic; the critical ratio of [arrow1951inventory].

    >>> break_even_use(committed_usd_per_h=0.6, on_demand_usd_per_h=1)
    BreakEvenUse(break_even_utilization=0.6)
    """
    committed = non_negative("committed_usd_per_h", committed_usd_per_h)
    return BreakEvenUse(committed / positive("on_demand_usd_per_h", on_demand_usd_per_h))


def upfront_break_even(
    upfront_usd: float, committed_usd_per_h: float, on_demand_usd_per_h: float, months: float
) -> UpfrontBreakEven:
    """The hours of use from which a payment in advance, for a lower price in each hour used, is earned back.

    Rule: hours = upfront / (on-demand price - committed price); their share of a term of `months` times 730 hours,
    which above 1 means never within the term. Both None where the committed price is not lower.
    Arguments: `upfront_usd` 0 or more; prices as in `break_even_use`; `months` above 0.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> upfront_break_even(upfront_usd=2_000, committed_usd_per_h=0.2, on_demand_usd_per_h=0.6, months=12)
    UpfrontBreakEven(break_even_hours=5000.0, break_even_utilization=0.5707762557077626)
    """
    upfront = non_negative("upfront_usd", upfront_usd)
    committed = non_negative("committed_usd_per_h", committed_usd_per_h)
    on_demand = positive("on_demand_usd_per_h", on_demand_usd_per_h)
    term_h = number("months * 730", positive("months", months) * BILLING_MONTH_H)
    if at_most(on_demand, committed):
        return UpfrontBreakEven(None, None)
    hours = upfront / (on_demand - committed)
    return UpfrontBreakEven(break_even_hours=hours, break_even_utilization=hours / term_h)


def best_commitment(
    demand_units: Sequence[float], on_demand_usd_per_h: float, committed_usd_per_h: float
) -> Commitment:
    """The cheapest level to commit to for a demand that varies by the hour: a quantile of it, not its mean.

    Rule: of 0 and every demand seen, the level C with the least cost: in each hour committed price * C + on-demand
    price * max(0, demand - C). That is the level that demand exceeds in a share (committed / on-demand price) of
    the hours. Of levels that cost the same (relative 1e-9), the smallest.
    Arguments: `demand_units` a list with the units in use in each hour, 0 or more; prices as in `break_even_use`.
    Errors: ValueError outside these ranges.
    Source: the newsvendor rule [arrow1951inventory].

    >>> best_commitment([40, 45, 50, 55, 60, 65, 70, 75, 80, 100], on_demand_usd_per_h=1, committed_usd_per_h=0.6)
    Commitment(commitment_units=55.0, cost_usd=450.0, saving_usd=190.0)
    """
    demand = sorted(
        non_negative(f"demand_units[{i}]", units) for i, units in enumerate(items("demand_units", demand_units))
    )
    on_demand = positive("on_demand_usd_per_h", on_demand_usd_per_h)
    committed = non_negative("committed_usd_per_h", committed_usd_per_h)
    total = number("demand_units together", sum(demand))
    if at_most(on_demand, committed):
        return Commitment(commitment_units=0.0, cost_usd=on_demand * total, saving_usd=0.0)
    # Costs are compared in unit-hours at the on-demand price, from the highest level down.
    ratio, hours, over = committed / on_demand, len(demand), 0.0
    levels = [(ratio * hours * demand[-1], demand[-1])]
    for rank in range(hours - 1, -1, -1):
        lower = demand[rank - 1] if rank else 0.0
        over += (demand[rank] - lower) * (hours - rank)
        levels.append((ratio * hours * lower + over, lower))
    least = min(cost for cost, _ in levels)
    cost, units = min((level for level in levels if at_most(level[0], least)), key=lambda level: level[1])
    return Commitment(commitment_units=units, cost_usd=on_demand * cost, saving_usd=on_demand * (total - cost))


# Rightsizing

@dataclass(frozen=True)
class Rightsizing:
    """The smallest machine that is large enough, and what the change saves in a month; None if none is."""

    choice: str | None
    monthly_saving_usd: float | None


@dataclass(frozen=True)
class FleetSaving:
    """The share of a whole bill that goes away."""

    saving_share: float


def rightsize(
    p95_vcpu: float,
    target_utilization: float,
    sizes: Sequence[tuple[str, float, float]],
    current: str,
    count: int = 1,
    hours_per_month: float = BILLING_MONTH_H,
) -> Rightsizing:
    """The smallest machine that carries the P95 of use at a target utilization, and what the change saves.

    Rule: the smallest size with vCPU >= P95 / target; saving = (old price - new price) * count * hours. It is
    negative where the size that is chosen costs more, as when the current one is too small. Of equal sizes, the
    cheaper one.
    Arguments: `p95_vcpu` vCPU in use, 0 or more; `target_utilization` above 0 and at most 1; `sizes` a list of
    (name, vCPU above 0, USD an hour), names once each; `current` one of the names; `count` machines, 1 or more;
    `hours_per_month` 0 or more.
    Errors: ValueError outside these ranges.
    Source: our definition; rightsizing as in [finops_framework].

    >>> sizes = [("m", 4, 0.1), ("l", 8, 0.2), ("xl", 16, 0.4)]
    >>> rightsize(p95_vcpu=5.2, target_utilization=0.65, sizes=sizes, current="xl", count=10)
    Rightsizing(choice='l', monthly_saving_usd=1460.0)
    """
    need = non_negative("p95_vcpu", p95_vcpu) / fraction("target_utilization", target_utilization, zero=False)
    prices, fitting = {}, []
    for i, row in enumerate(items("sizes", sizes)):
        name, vcpu, usd_per_h = _row(f"sizes[{i}]", row, "name, vCPU, USD an hour")
        if text(f"sizes[{i}][0]", name) in prices:
            raise ValueError(f"sizes[{i}][0] must be a name not used before; got {name!r}")
        vcpu = positive(f"sizes[{i}][1]", vcpu)
        prices[name] = non_negative(f"sizes[{i}][2]", usd_per_h)
        if at_most(need, vcpu):
            fitting.append((vcpu, prices[name], name))
    old = prices[choice("current", current, prices)]
    hours = non_negative("hours_per_month", hours_per_month)
    machine_hours = number("count * hours_per_month", float(whole("count", count, 1)) * hours)
    if not fitting:
        return Rightsizing(None, None)
    _, new, name = min(fitting, key=lambda size: size[:2])
    return Rightsizing(choice=name, monthly_saving_usd=product(old - new, machine_hours))


def fleet_saving(idle_share: float, resize_share: float) -> FleetSaving:
    """The share of a whole bill that goes when idle machines are stopped and the rest is resized.

    Rule: the sum of both, since each is a share of the same whole bill.
    Arguments: `idle_share` and `resize_share` from 0 to 1, together at most 1.
    Errors: ValueError outside these ranges.
    Source: our definition.

    >>> fleet_saving(idle_share=0.15, resize_share=0.07)
    FleetSaving(saving_share=0.22)
    """
    idle, resized = fraction("idle_share", idle_share), fraction("resize_share", resize_share)
    if at_most(idle + resized, 1):
        return FleetSaving(min(1.0, idle + resized))
    raise ValueError(f"idle_share and resize_share must be at most 1 together; got {idle:g} and {resized:g}")


# Storage tiers

@dataclass(frozen=True)
class TierBreakEven:
    """The fraction of the data that can be read back each month before a cold tier costs more; None if any can."""

    break_even_fraction: float | None


@dataclass(frozen=True)
class TierCost:
    """What data costs in a month in a hot and in a cold tier, and what the cold one saves (below 0: costs more)."""

    hot_usd: float
    cold_usd: float
    saving_usd: float


@dataclass(frozen=True)
class EarlyDelete:
    """What is still charged for data that leaves a tier before its minimum time."""

    charge_usd: float


def tier_break_even(hot_usd_per_gb: float, cold_usd_per_gb: float, retrieval_usd_per_gb: float) -> TierBreakEven:
    """How much of the data may be read back each month before a cold tier costs more than a hot one.

    Rule: (hot - cold) / retrieval price, 0 where cold is not cheaper; None where retrieval is free. Above 1, the
    data may be read back more than once.
    Arguments: `hot_usd_per_gb` and `cold_usd_per_gb` USD a GB and month, `retrieval_usd_per_gb` USD a GB read back;
    all 0 or more. Fees by request are left out: they bring the break-even down.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> tier_break_even(hot_usd_per_gb=0.02, cold_usd_per_gb=0.005, retrieval_usd_per_gb=0.03)
    TierBreakEven(break_even_fraction=0.5)
    """
    hot, cold = non_negative("hot_usd_per_gb", hot_usd_per_gb), non_negative("cold_usd_per_gb", cold_usd_per_gb)
    retrieval = non_negative("retrieval_usd_per_gb", retrieval_usd_per_gb)
    return TierBreakEven(max(0.0, hot - cold) / retrieval if retrieval else None)


def tier_cost(
    gb: float,
    hot_usd_per_gb: float,
    cold_usd_per_gb: float,
    retrieval_usd_per_gb: float,
    retrieved_fraction: float,
) -> TierCost:
    """What data costs in a month in a hot tier and in a cold one, where reading it back is charged.

    Rule: hot = GB * hot price; cold = GB * (cold price + retrieved fraction * retrieval price).
    Arguments: `gb` 0 or more; prices as in `tier_break_even`; `retrieved_fraction` of the data a month, 0 or more
    (2 reads all of it twice).
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> tier_cost(1_000, hot_usd_per_gb=0.02, cold_usd_per_gb=0.004, retrieval_usd_per_gb=0.03, retrieved_fraction=0.2)
    TierCost(hot_usd=20.0, cold_usd=10.0, saving_usd=10.0)
    """
    gb = non_negative("gb", gb)
    hot, cold = non_negative("hot_usd_per_gb", hot_usd_per_gb), non_negative("cold_usd_per_gb", cold_usd_per_gb)
    retrieval = non_negative("retrieval_usd_per_gb", retrieval_usd_per_gb)
    cold += non_negative("retrieved_fraction", retrieved_fraction) * retrieval
    return TierCost(hot_usd=gb * hot, cold_usd=product(gb, cold), saving_usd=product(gb, hot - cold))


def early_delete(gb: float, cold_usd_per_gb: float, age_days: float, min_days: float) -> EarlyDelete:
    """What is still charged for data that is deleted or moved before the minimum time of its tier.

    Rule: GB * cold price * max(0, minimum - age) / 30 days.
    Arguments: `gb` 0 or more; `cold_usd_per_gb` USD a GB and month, 0 or more; `age_days` and `min_days` 0 or more.
    Errors: ValueError outside these ranges.
    Source: [oss_minimum_storage].

    >>> early_delete(gb=500, cold_usd_per_gb=0.004, age_days=30, min_days=90)
    EarlyDelete(charge_usd=4.0)
    """
    monthly = non_negative("gb", gb) * non_negative("cold_usd_per_gb", cold_usd_per_gb)
    age, least = non_negative("age_days", age_days), non_negative("min_days", min_days)
    return EarlyDelete(product(monthly, max(0.0, least - age) / MONTH_DAYS))


# Order of savings

@dataclass(frozen=True)
class LeverOrder:
    """What an hour costs before, and after rightsizing and commitment in either order; see `lever_order`."""

    before_usd_per_h: float
    rightsize_first_usd_per_h: float
    commit_first_usd_per_h: float
    extra_share: float | None
    stranded_units: float
    late_saving_usd_per_h: float


@dataclass(frozen=True)
class SavingsPlan:
    """What each step of a plan takes off a month's bill, and the whole plan; see `savings_plan`."""

    step_savings_usd: dict[str, float]
    saving_usd: float
    saving_share: float | None
    remaining_usd: dict[str, float]
    idle_commitment_usd: float


def lever_order(
    units: float,
    removable_share: float,
    coverage: float,
    on_demand_usd_per_h: float,
    committed_usd_per_h: float,
) -> LeverOrder:
    """What it costs to remove unneeded units and then commit to a share of the rest, and the other way round.

    Rule: an hour with U units in use and C committed costs committed price * C + on-demand price * max(0, U - C).
    U is units * (1 - removable share) in the end. C is coverage * U where rightsizing came first, and coverage *
    units where the commitment did.
    Results: `extra_share` is commit first / rightsize first - 1, None where rightsizing first costs nothing.
    `stranded_units` are committed and not needed when the commitment came first; `late_saving_usd_per_h` is what
    the removal still saves then.
    Arguments: `units` above 0; `removable_share` and `coverage` from 0 to 1; prices as in `break_even_use`.
    Errors: ValueError outside these ranges.
    Source: our definition; that a commitment is billed whether or not it is used [gcp_commitments].

    >>> order = lever_order(100, removable_share=0.3, coverage=0.9, on_demand_usd_per_h=1, committed_usd_per_h=0.6)
    >>> round(order.rightsize_first_usd_per_h, 1), round(order.commit_first_usd_per_h, 1), round(order.extra_share, 3)
    (44.8, 54.0, 0.205)
    """
    units = positive("units", units)
    needed = units * rest(fraction("removable_share", removable_share))
    coverage = fraction("coverage", coverage)
    on_demand = positive("on_demand_usd_per_h", on_demand_usd_per_h)
    committed = non_negative("committed_usd_per_h", committed_usd_per_h)
    number("units * (on_demand_usd_per_h + committed_usd_per_h)", units * (on_demand + committed))

    def hour(use: float, commitment: float) -> float:
        return committed * commitment + on_demand * max(0.0, use - commitment)

    early = coverage * units
    rightsize_first, commit_first = hour(needed, coverage * needed), hour(needed, early)
    return LeverOrder(
        before_usd_per_h=hour(units, 0.0),
        rightsize_first_usd_per_h=rightsize_first,
        commit_first_usd_per_h=commit_first,
        extra_share=commit_first / rightsize_first - 1 if rightsize_first else None,
        stranded_units=max(0.0, early - needed),
        late_saving_usd_per_h=hour(units, early) - commit_first,
    )


@dataclass
class _Part:
    """A part of the bill while a plan is carried out: its use at today's price, and the commitment on it."""

    use: float
    committed: float | None = None
    price: float = 1.0  # of committed use, as a share of today's

    @property
    def bill(self) -> float:
        committed = self.committed or 0.0
        return committed * self.price + max(0.0, self.use - committed)

    @property
    def idle(self) -> float:
        return max(0.0, (self.committed or 0.0) - self.use) * self.price


def savings_plan(bill_usd: Mapping[str, float], steps: Sequence[Mapping[str, Any]]) -> SavingsPlan:
    """What each step of an ordered plan takes off a month's bill, and what the whole plan does.

    Rule: a part of the bill costs committed use * (1 - discount) + max(0, use - committed use). A step either takes
    `saving_usd` from the use of its part, or commits to a share of what is then left. It saves the difference. So a
    removal after a commitment saves its full amount only while use stays above what is committed.
    Results: USD a month; `saving_share` of the whole bill, None for a bill of 0; `idle_commitment_usd` is paid for
    committed use that is not there any more.
    Arguments: `bill_usd` a mapping from parts to USD a month, 0 or more; `steps` a list of mappings with `name`
    (once), `part`, and either `saving_usd` (from 0 to what is left of the part's use) or `commit_share` and
    `discount` (from 0 to 1). A part can be committed once.
    Errors: ValueError outside these ranges.
    Source: our definition; that a commitment is billed whether or not it is used [gcp_commitments].

    >>> plan = savings_plan({"compute": 500.0, "logs": 100.0}, [
    ...     {"name": "stop idle", "part": "compute", "saving_usd": 100.0},
    ...     {"name": "commit", "part": "compute", "commit_share": 0.5, "discount": 0.25}])
    >>> plan.step_savings_usd, plan.saving_share
    ({'stop idle': 100.0, 'commit': 50.0}, 0.25)
    """
    bill = table("bill_usd", bill_usd)
    parts = {name: _Part(non_negative(f"bill_usd.{name}", usd)) for name, usd in bill.items()}
    before = number("bill_usd together", sum(part.use for part in parts.values()))
    saved: dict[str, float] = {}
    for i, step in enumerate(items("steps", steps, empty=True)):
        step = table(f"steps[{i}]", step)
        name = text(f"steps[{i}].name", step.get("name"))
        if name in saved:
            raise ValueError(f"steps[{i}].name must be a name not used before; got {name!r}")
        part = parts[choice(f"steps[{i}].part", step.get("part"), parts)]
        old = part.bill
        _carry_out(f"steps[{i}]", step, part)
        saved[name] = old - part.bill
    saving = sum(saved.values())
    return SavingsPlan(
        step_savings_usd=saved,
        saving_usd=saving,
        saving_share=saving / before if before else None,
        remaining_usd={name: part.bill for name, part in parts.items()},
        idle_commitment_usd=sum(part.idle for part in parts.values()),
    )


def _carry_out(name: str, step: dict[str, Any], part: _Part) -> None:
    match sorted(step.keys() - {"name", "part"}):
        case ["saving_usd"]:
            saving = non_negative(f"{name}.saving_usd", step["saving_usd"])
            if not at_most(saving, part.use):
                raise ValueError(f"{name}.saving_usd must be at most what is left, {part.use:.12g}; got {saving:.12g}")
            part.use = max(0.0, part.use - saving)
        case ["commit_share", "discount"]:
            share = fraction(f"{name}.commit_share", step["commit_share"])
            if part.committed is not None:
                raise ValueError(f"{name}.part must be a part that is not committed yet; got {step['part']!r}")
            part.committed, part.price = share * part.use, 1 - fraction(f"{name}.discount", step["discount"])
        case keys:
            raise ValueError(
                f"{name} must be name and part with saving_usd, or with commit_share and discount; "
                f"got {', '.join(keys) or 'neither'}"
            )


# Allocation

@dataclass(frozen=True)
class Allocation:
    """Each owner's part of the shared cost and its whole cost, what belongs to nobody, and the share that does."""

    shares_usd: dict[str, float]
    totals_usd: dict[str, float]
    unallocated_usd: float
    allocated_share: float | None


def allocate_cost(
    direct_usd: Mapping[str, float],
    shared_usd: float,
    method: str,
    weights: Mapping[str, float] | None = None,
    untagged_usd: float = 0.0,
) -> Allocation:
    """Whose cost a bill is, when a part of it is shared and a part names nobody.

    Rule: an owner's share of the shared cost is 1/n (even), its direct cost / all direct cost (proportional), its
    weight / all weights (usage), or its weight (fixed). What no rule assigns stays visible as unallocated: the
    untagged cost; with fixed the remainder to 1; with proportional and usage all of the shared cost where nobody
    has any. Totals and unallocated cost add up to the bill.
    Results: `allocated_share` is the share of the bill that has an owner; None for a bill of 0.
    Arguments: `direct_usd` a mapping from owners to USD, 0 or more; `shared_usd` and `untagged_usd` USD of the same
    month, 0 or more; `method` even, proportional, usage or fixed; `weights` a mapping from the same owners, for
    usage (units of a driver: requests, GB) 0 or more, for fixed shares from 0 to 1, together at most 1; None else.
    Errors: ValueError outside these ranges.
    Source: [finops_shared_cost, aws_split_charge]; usage and metadata [finops_allocation].

    >>> allocate_cost({"search": 600, "ads": 200}, shared_usd=100, method="proportional", untagged_usd=100)
    Allocation(shares_usd={'search': 75.0, 'ads': 25.0}, totals_usd={'search': 675.0, 'ads': 225.0}, \
unallocated_usd=100.0, allocated_share=0.9)
    """
    owners = table("direct_usd", direct_usd)
    direct = {owner: non_negative(f"direct_usd.{owner}", usd) for owner, usd in owners.items()}
    shared, untagged = non_negative("shared_usd", shared_usd), non_negative("untagged_usd", untagged_usd)
    method = choice("method", method, ("even", "proportional", "usage", "fixed"))
    if method in ("even", "proportional") and weights is not None:
        given = ", ".join(table("weights", weights, empty=True))
        raise ValueError(f"weights must be None for {method}, which has its own; got {given or 'none at all'}")
    match method:
        case "even":
            shares = dict.fromkeys(direct, 1 / len(direct))
        case "proportional":
            shares = _shares(direct)
        case "usage":
            shares = _shares(_weights(weights, direct))
        case "fixed":
            shares = _weights(weights, direct)
            for owner, share in shares.items():
                fraction(f"weights.{owner}", share)
            if not at_most(sum(shares.values()), 1):
                raise ValueError(f"weights must be shares that sum to at most 1; got {sum(shares.values()):.12g}")
    remainder = 1 - sum(shares.values())
    left = 0.0 if abs(remainder) < 1e-9 else shared * remainder
    totals = {owner: direct[owner] + shared * share for owner, share in shares.items()}
    bill = number("direct_usd + shared_usd + untagged_usd", sum(direct.values()) + shared + untagged)
    return Allocation(
        shares_usd={owner: shared * share for owner, share in shares.items()},
        totals_usd=totals,
        unallocated_usd=left + untagged,
        allocated_share=sum(totals.values()) / bill if bill else None,
    )


def _weights(weights: Any, owners: Mapping[str, float]) -> dict[str, float]:
    given = table("weights", weights)
    if given.keys() != owners.keys():
        raise ValueError(f"weights must be for {', '.join(owners)}; got {', '.join(given)}")
    return {owner: non_negative(f"weights.{owner}", given[owner]) for owner in owners}


def _shares(amounts: Mapping[str, float]) -> dict[str, float]:
    """Each amount as a share of the sum; 0 for all where there is nothing to go by."""
    if not any(amounts.values()):
        return dict.fromkeys(amounts, 0.0)
    return dict(zip(amounts, proportions(list(amounts.values()))))
