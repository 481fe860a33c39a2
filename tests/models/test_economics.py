"""Models 12.1-12.3, 12.5, 12.6 and the added functions against price lists in decimals, brute force, numpy and hand
arithmetic."""
import math
import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrapm.models import economics as model
from infrapm.models.economics import (
    allocate_cost,
    best_commitment,
    bill_shock,
    break_even_use,
    early_delete,
    egress_bill,
    fleet_saving,
    lever_order,
    monthly_tco,
    multi_year_cost,
    rightsize,
    savings_plan,
    scan_cost,
    tier_break_even,
    tier_cost,
    tiered_cost,
    upfront_break_even,
)
from tests.models.illegal import (
    NEGATIVE,
    NO_COUNT_FROM_1,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
    NO_TABLE,
    NOT_POSITIVE,
    check_all_covered,
    check_frozen,
    check_refused,
    no_choice,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(value, rel=rel, abs=abs)


money = st.floats(0, 1e6)
price = st.floats(0.01, 100)
share = st.floats(0, 1)

# 12.1 The whole bill

SERVICE = {"compute_usd": 60_000, "storage_usd": 15_000, "egress_usd": 20_000, "support_rate": 0.05,
           "people_usd": 40_000, "requests_per_month": 3e9, "users": 50_000, "tb": 800}


def test_monthly_tco_as_printed():
    # 95,000 x 1.05 = 99,750; + 40,000
    bill = monthly_tco(**SERVICE)
    assert bill.total_usd == close(139_750)
    assert round(bill.per_million_requests_usd, 2) == 46.58
    assert round(bill.per_user_usd, 3) == 2.795
    assert round(bill.per_tb_usd, 2) == 174.69


@given(money, money, money, share, money)
def test_tco_grows_with_each_part_and_support_is_on_infrastructure_alone(compute, storage, egress, support, people):
    total = monthly_tco(compute, storage, egress, support, people).total_usd
    assert total >= compute + storage + egress + people - 1e-6
    assert total == close((compute + storage + egress) * (1 + support) + people, abs=1e-9)
    assert monthly_tco(compute, storage, egress, support, people + 10).total_usd - total == close(10, abs=1e-6)


def test_unit_costs_are_none_without_units():
    bill = monthly_tco(1)
    assert (bill.per_million_requests_usd, bill.per_user_usd, bill.per_tb_usd) == (None, None, None)


@given(money, st.floats(-0.99, 3), st.integers(1, 40))
def test_multi_year_against_the_sum(annual, growth, years):
    assert multi_year_cost(annual, growth, years).total_usd == close(
        math.fsum(annual * (1 + growth) ** i for i in range(years)), abs=1e-9
    )


def test_multi_year_edges():
    assert multi_year_cost(100, 0, 10**6).total_usd == 1e8
    # 1 + 1e-14 keeps two digits of the growth; the sum to first order is n + g n (n - 1) / 2
    assert multi_year_cost(1, 1e-14, 10**6).total_usd == close(1e6 + 1e-14 * 1e6 * (1e6 - 1) / 2, rel=1e-15)
    assert multi_year_cost(1, 1, 10_000).total_usd == math.inf
    assert multi_year_cost(0, 1, 10_000).total_usd == 0
    assert multi_year_cost(7, -0.5, 10**6).total_usd == close(14)


def test_egress_of_the_entry():
    assert egress_bill(400, 0.05).annual_usd == close(245_760)
    # $4M a year at 5 cents is about 6.4 PB a month
    assert 4e6 / egress_bill(1, 0.05).annual_usd / 1024 == close(6.4, rel=0.01)
    assert egress_bill(1, 1, gb_per_tb=1000).annual_usd == 12_000


# 12.2 Price lists

AWS_EGRESS = [[100, 0.0], [10_340, 0.09], [51_300, 0.085], [153_700, 0.07], [None, 0.05]]


def by_decimal(quantity, tiers):
    """Unit by unit groups, in decimal arithmetic."""
    cost, lower = Decimal(0), Decimal(0)
    for bound, usd in tiers:
        upper = Decimal("Infinity") if bound is None else Decimal(bound)
        cost += max(Decimal(0), min(Decimal(quantity), upper) - lower) * Decimal(str(usd))
        lower = upper
    return float(cost)


@given(st.integers(0, 400_000))
def test_graduated_against_decimals(quantity):
    assert tiered_cost(quantity, AWS_EGRESS).cost_usd == close(by_decimal(quantity, AWS_EGRESS), abs=1e-9)


@pytest.mark.parametrize("quantity, cost", [(1_100, 90), (50_000, 4_292.70), (0, 0)])
def test_graduated_of_the_entry(quantity, cost):
    assert tiered_cost(quantity, AWS_EGRESS).cost_usd == close(cost)


def test_volume_tier_makes_one_unit_more_cheaper_by_a_fifth():
    tiers = [[1000, 0.10], [5000, 0.08], [None, 0.05]]
    at, above = (tiered_cost(quantity, tiers, "volume").cost_usd for quantity in (1000, 1001))
    assert at == close(100)
    assert above == close(80.08)
    # A bound that a float misses by its last digit still belongs to the tier.
    assert tiered_cost(0.1 + 0.2, [[0.3, 1], [None, 0.5]], "volume").cost_usd == close(0.3)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_graduated_never_falls(one, other):
    low, high = sorted((one, other))
    assert tiered_cost(low, AWS_EGRESS).cost_usd <= tiered_cost(high, AWS_EGRESS).cost_usd + 1e-9


@pytest.mark.parametrize("bound", [5, 10**5_000, math.inf], ids=["number", "huge", "infinite"])
def test_the_last_tier_has_no_end(bound):
    with pytest.raises(ValueError, match=r"^cumulative_tiers\[1\]\[0\] must be "):
        tiered_cost(1, [(5, 0.1), (bound, 0.2)])


def test_a_bill_too_large_to_add_up_is_refused():
    with pytest.raises(ValueError, match="^bill_usd together must be a finite number; got inf"):
        savings_plan({"a": 1.7e308, "b": 1.7e308}, [])


def test_one_tier_and_tuples():
    assert tiered_cost(7, [(None, 2)]).cost_usd == 14
    assert tiered_cost(7, ((5, 1), (None, 2)), mode="volume").cost_usd == 14


@given(money, share, st.floats(0, 10))
def test_bill_shock_is_the_parts_put_together(bill, compute, factor):
    shock = bill_shock(bill, compute, factor)
    assert shock.new_bill_usd == close(bill * (1 - compute) + bill * compute * factor, abs=1e-9)


def test_twice_as_slow_does_not_double_the_bill():
    assert bill_shock(10_000, 0.7, 2).shock_ratio == close(1.7)
    assert bill_shock(10_000, 1, 2).shock_ratio == 2


@pytest.mark.parametrize("read, part, free, full, pruned", [
    (100, 0.05, 0, 500, 25), (100, 0.05, 1, 495, 20), (100, 0.05, 5, 475, 0), (0.5, 1, 1, 0, 0), (10, 1, 0, 50, 50),
])
def test_scan_cost_by_hand(read, part, free, full, pruned):
    cost = scan_cost(read, part, 5, free)
    assert (cost.full_scan_usd, cost.pruned_usd) == (close(full), close(pruned, abs=1e-9))


# 12.3 Commitment

@pytest.mark.parametrize("committed, on_demand, share", [(0.3, 0.5, 0.6), (2, 4, 0.5), (0, 4, 0), (5, 4, 1.25)])
def test_break_even_at_prices_other_than_1(committed, on_demand, share):
    assert break_even_use(committed, on_demand).break_even_utilization == close(share)


def test_break_even_of_the_entry():
    assert break_even_use(0.6, 1).break_even_utilization == close(0.6)
    assert upfront_break_even(2_000, 0.2, 0.6, 12).break_even_hours == close(5_000)


@given(money, price, price, st.floats(1, 60))
def test_upfront_costs_the_same_at_break_even(upfront, committed, on_demand, months):
    found = upfront_break_even(upfront, committed, on_demand, months)
    if on_demand <= committed * (1 + 1e-9):
        assert (found.break_even_hours, found.break_even_utilization) == (None, None)
    else:
        hours = found.break_even_hours
        assert upfront + committed * hours == close(on_demand * hours, rel=1e-6, abs=1e-6)
        assert found.break_even_utilization * months * 730 == close(hours)


DAY = [40, 45, 50, 55, 60, 65, 70, 75, 80, 100]


def cost_of(level, demand, on_demand, committed):
    return sum(committed * level + on_demand * max(0.0, units - level) for units in demand)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), price, st.floats(0, 2))
def test_best_commitment_against_brute_force(demand, on_demand, discount):
    committed = on_demand * discount
    best = best_commitment(demand, on_demand, committed)
    costs = {level: cost_of(level, demand, on_demand, committed) for level in range(21)}
    assert best.cost_usd == close(min(costs.values()), abs=1e-9)
    assert best.cost_usd == close(costs[int(best.commitment_units)], abs=1e-9)
    assert best.commitment_units in {0, *demand}
    assert best.saving_usd == close(costs[0] - best.cost_usd, abs=1e-6)
    # the smallest of equals
    assert all(costs[level] > best.cost_usd * (1 + 1e-10) for level in range(int(best.commitment_units)))


def test_best_commitment_is_a_quantile():
    demand = np.random.default_rng(3).lognormal(4, 0.5, 401)
    for committed in (0.3, 0.6, 0.72, 0.9):
        best = best_commitment(demand, 1, committed)
        # exceeded in a share `committed` of the hours
        assert best.commitment_units == close(np.quantile(demand, 1 - committed, method="inverted_cdf"))


@given(st.lists(st.floats(0, 1e4), min_size=2, max_size=50), st.floats(0.05, 0.9))
def test_a_deeper_discount_never_commits_to_less(demand, committed):
    assert (best_commitment(demand, 1, committed).commitment_units
            >= best_commitment(demand, 1, committed + 0.1).commitment_units - 1e-9)


@pytest.mark.parametrize("demand, on_demand, committed, units, cost", [
    (DAY, 1, 0.6, 55, 450), (DAY, 1, 1, 0, 640), (DAY, 1, 2, 0, 640), (DAY, 1, 0, 100, 0), ([0, 0], 1, 0.5, 0, 0),
    ([5], 1, 0.5, 5, 2.5),
    # flat between 10 and 20 at half price: the smallest
    ([10, 20], 1, 0.5, 10, 20),
    ([10, 20], 1, 0.5 * (1 + 1e-12), 10, 20), ([10, 20], 1, 0.5 * (1 - 1e-12), 10, 20),
    ([10, 20], 1, 0.49, 20, 19.6),
])
def test_best_commitment_by_hand(demand, on_demand, committed, units, cost):
    best = best_commitment(demand, on_demand, committed)
    assert (best.commitment_units, best.cost_usd) == (close(units), close(cost, abs=1e-9))
    assert best.saving_usd == close(on_demand * sum(demand) - cost, abs=1e-9)


def test_best_commitment_at_large_and_small_prices():
    best = best_commitment([1, 2, 3], 1e300, 0.5e300)
    assert (best.commitment_units, best.cost_usd) == (2, close(4e300))
    assert best_commitment([1, 2, 3], 1e-300, 1e300).saving_usd == 0
    with pytest.raises(ValueError, match="^demand_units together must be a finite number; got inf"):
        best_commitment([1.7e308, 1.7e308], 1, 0.6)


# 12.5 Rightsizing

SIZES = [["s", 2, 0.05], ["m", 4, 0.1], ["l", 8, 0.2], ["xl", 16, 0.4]]


@pytest.mark.parametrize("p95, target, current, choice, saving", [
    (2.2, 0.65, "xl", "m", 0.3 * 730), (2.6, 0.65, "xl", "m", 0.3 * 730), (2.61, 0.65, "xl", "l", 0.2 * 730),
    (0, 0.65, "s", "s", 0), (16, 1, "xl", "xl", 0), (10.4, 0.65, "s", "xl", -0.35 * 730),
    (16.1, 1, "xl", None, None), (1.4, 0.7, "m", "s", 0.05 * 730),
])
def test_rightsize_by_hand(p95, target, current, choice, saving):
    found = rightsize(p95, target, SIZES, current)
    assert found.choice == choice
    assert found.monthly_saving_usd == (None if saving is None else close(saving, abs=1e-9))


def test_rightsize_counts_machines_and_hours():
    assert rightsize(2.2, 0.65, SIZES, "xl", count=100).monthly_saving_usd == close(21_900)
    assert rightsize(2.2, 0.65, SIZES, "xl", count=2, hours_per_month=100).monthly_saving_usd == close(60)


def test_of_equal_sizes_the_cheaper_and_order_does_not_matter():
    sizes = [("big", 8, 1.0), ("dear", 4, 0.5), ("cheap", 4, 0.4)]
    assert {rightsize(3, 1, order, "big").choice for order in (sizes, sizes[::-1])} == {"cheap"}
    # 4.2 / 0.7 is 6.000000000000001 in floats, and six is enough
    assert rightsize(4.2, 0.7, [("six", 6, 0.3), ("eight", 8, 0.4)], "eight").choice == "six"
    # the smallest, even where a larger one is cheaper
    assert rightsize(3, 1, [("odd", 8, 0.1), ("m", 4, 0.2)], "odd").choice == "m"


@given(st.floats(0, 12), st.floats(0.1, 1))
def test_the_choice_fits_and_nothing_smaller_does(p95, target):
    vcpu = {name: cores for name, cores, _ in SIZES}
    choice = rightsize(p95, target, SIZES, "xl").choice
    fits = [name for name in vcpu if vcpu[name] * target >= p95 * (1 - 1e-9)]
    assert choice == (fits[0] if fits else None)


def test_fleet_saving():
    assert fleet_saving(0.15, 0.07).saving_share == close(0.22)
    assert fleet_saving(0.9, 0.1).saving_share == 1
    assert fleet_saving(0.5, 0.5 + 1e-12).saving_share == 1


# 12.6 Storage tiers

def test_tier_break_even_of_the_entry():
    assert tier_break_even(0.023, 0.004, 0.03).break_even_fraction == close(19 / 30)
    assert tier_break_even(0.004, 0.023, 0.03).break_even_fraction == 0
    assert tier_break_even(0.023, 0.004, 0).break_even_fraction is None


@given(st.floats(0, 1e6), price, price, price)
def test_tiers_cost_the_same_at_break_even(gb, hot, cold, retrieval):
    fraction = tier_break_even(hot, cold, retrieval).break_even_fraction
    cost = tier_cost(gb, hot, cold, retrieval, fraction)
    assert cost.saving_usd == close(cost.hot_usd - cost.cold_usd, rel=1e-6, abs=1e-6)
    if hot > cold:
        assert cost.saving_usd == close(0, abs=1e-9 * gb * hot)
        assert tier_cost(gb, hot, cold, retrieval, fraction / 2).saving_usd >= 0
    else:
        assert cost.saving_usd <= 0


def test_no_data_costs_nothing_at_any_price():
    assert tier_cost(0, 0.02, 0.004, 1e300, 1e300) == model.TierCost(0.0, 0.0, 0.0)


def test_tier_cost_by_hand():
    cost = tier_cost(1_000, 0.02, 0.004, 0.03, 0.2)
    assert (cost.hot_usd, cost.cold_usd, cost.saving_usd) == (close(20), close(10), close(10))


@pytest.mark.parametrize("age, least, charge", [(30, 90, 4), (0, 90, 6), (90, 90, 0), (120, 90, 0), (60, 90, 2)])
def test_early_delete_by_hand(age, least, charge):
    assert early_delete(500, 0.004, age, least).charge_usd == close(charge, abs=1e-12)


# Order of savings

@given(st.floats(1, 1e4), share, share, price, st.floats(0, 1))
def test_lever_order_is_the_plan_with_the_same_steps(units, removable, coverage, on_demand, discount):
    order = lever_order(units, removable, coverage, on_demand, on_demand * (1 - discount))
    bill = {"compute": units * on_demand}
    remove = {"name": "rightsize", "part": "compute", "saving_usd": units * on_demand * removable}
    commit = {"name": "commit", "part": "compute", "commit_share": coverage, "discount": discount}
    late, early = savings_plan(bill, [remove, commit]), savings_plan(bill, [commit, remove])
    near = {"rel": 1e-9, "abs": 1e-9 * units * on_demand}
    assert order.before_usd_per_h == close(units * on_demand)
    assert order.rightsize_first_usd_per_h == close(late.remaining_usd["compute"], **near)
    assert order.commit_first_usd_per_h == close(early.remaining_usd["compute"], **near)
    assert order.late_saving_usd_per_h == close(early.step_savings_usd["rightsize"], **near)
    assert order.stranded_units * on_demand * (1 - discount) == close(early.idle_commitment_usd, **near)


def test_what_is_needed_is_covered_to_the_last_digit():
    # 1 - 0.9 is 0.09999999999999998 in floats: the 10 that are left are the 10 that are committed
    assert lever_order(100, removable_share=0.9, coverage=0.1, on_demand_usd_per_h=1, committed_usd_per_h=0.6).stranded_units == 0
    assert bill_shock(10_000, 0.9, 0).new_bill_usd == 1_000


def test_prices_too_large_to_add_up_are_refused():
    with pytest.raises(ValueError, match="units .* must be a finite number; got inf"):
        lever_order(1, 0.3, 0.9, 1.7e308, 1.7e308)


def test_lever_order_in_both_worlds():
    # 90% of 100 or of 70 units; the pack's numbers
    order = lever_order(100, 0.3, 0.9, 1, 0.6)
    assert (order.rightsize_first_usd_per_h, order.commit_first_usd_per_h) == (close(44.8), close(54.0))
    assert round(100 * order.extra_share, 1) == 20.5
    # below what remains nothing is stranded
    assert lever_order(100, 0.3, 0.7, 1, 0.6).stranded_units == close(0, abs=1e-9)
    assert lever_order(100, 0.3, 0.5, 1, 0.6).extra_share < 0
    assert lever_order(100, 1, 0.5, 1, 0.6).extra_share is None


BILL = {"compute": 520_000, "storage": 180_000, "egress": 120_000, "telemetry": 100_000, "support": 80_000}
SAFE = [
    {"name": "idle", "part": "compute", "saving_usd": 48_000},
    {"name": "rightsize", "part": "compute", "saving_usd": 70_000},
    {"name": "tier", "part": "storage", "saving_usd": 45_000},
    {"name": "label", "part": "telemetry", "saving_usd": 40_000},
]
COMMIT = {"name": "commit", "part": "compute", "commit_share": 0.6, "discount": 0.35}


def test_the_plan_of_the_case():
    safe, whole_plan = savings_plan(BILL, SAFE), savings_plan(BILL, [*SAFE, COMMIT])
    assert safe.saving_usd == close(203_000)
    assert safe.remaining_usd["compute"] == close(402_000)
    assert whole_plan.step_savings_usd["commit"] == close(84_420)
    assert round(100 * whole_plan.saving_share, 1) == 28.7


@given(st.permutations(SAFE))
def test_without_a_commitment_the_order_does_not_matter(steps):
    assert savings_plan(BILL, steps).saving_usd == close(203_000)


@given(st.permutations([*SAFE, {**COMMIT, "commit_share": 0.95}]))
def test_the_bill_is_what_is_left_and_what_was_saved(steps):
    plan = savings_plan(BILL, steps)
    assert sum(plan.remaining_usd.values()) + plan.saving_usd == close(sum(BILL.values()))
    assert list(plan.step_savings_usd) == [step["name"] for step in steps]
    # what stays of the compute is paid, and what is idle is part of it
    assert plan.remaining_usd["compute"] >= plan.idle_commitment_usd
    assert (plan.idle_commitment_usd > 0) == (402_000 < 0.95 * (
        520_000 - sum(step["saving_usd"] for step in steps[:steps.index({**COMMIT, "commit_share": 0.95})]
                      if step["part"] == "compute")))


@pytest.mark.parametrize("steps, words", [
    ([{"part": "compute", "saving_usd": 1}], "steps[0].name must be a text that is not empty; got None"),
    ([{"name": "a", "part": "people", "saving_usd": 1}], "steps[0].part must be one of compute, storage"),
    ([{"name": "a", "part": "compute"}], "steps[0] must be name and part with saving_usd"),
    ([{"name": "a", "part": "compute", "saving_usd": 1, "discount": 0.1}], "got discount, saving_usd"),
    ([{"name": "a", "part": "compute", "saving_usd": 520_001}],
     "steps[0].saving_usd must be at most what is left, 520000; got 520001"),
    ([{"name": "a", "part": "compute", "saving_usd": -1}], "steps[0].saving_usd must be"),
    ([SAFE[0], SAFE[0]], "steps[1].name must be a name not used before; got 'idle'"),
    ([COMMIT, {**COMMIT, "name": "more"}], "steps[1].part must be a part that is not committed yet; got 'compute'"),
    ([{**COMMIT, "commit_share": 60}], "steps[0].commit_share must be a number from 0 to 1; got 60"),
    ([{**COMMIT, "discount": 35}], "steps[0].discount must be a number from 0 to 1; got 35"),
])
def test_a_wrong_step_is_named_with_its_place(steps, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        savings_plan(BILL, steps)


def test_all_that_is_left_can_go():
    plan = savings_plan({"a": 0.3}, [{"name": str(i), "part": "a", "saving_usd": 0.1} for i in range(3)])
    assert plan.remaining_usd["a"] == close(0, abs=1e-15)


# Allocation

owners = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), money, min_size=1, max_size=6)


@given(owners, money, money, st.sampled_from(["even", "proportional", "usage", "fixed"]), st.data())
def test_every_dollar_is_somewhere(direct, shared, untagged, method, data):
    weights = None
    if method in ("usage", "fixed"):
        top = 1e4 if method == "usage" else 1 / len(direct)
        weights = {owner: data.draw(st.floats(0, top)) for owner in direct}
    found = allocate_cost(direct, shared, method, weights, untagged)
    bill = sum(direct.values()) + shared + untagged
    near = {"rel": 1e-9, "abs": 1e-8 * (1 + bill)}
    assert sum(found.totals_usd.values()) + found.unallocated_usd == close(bill, **near)
    assert sum(found.shares_usd.values()) <= shared * (1 + 1e-9)
    assert found.unallocated_usd >= untagged
    for owner in direct:
        assert found.totals_usd[owner] == close(direct[owner] + found.shares_usd[owner], abs=1e-9)
    if bill:
        assert found.allocated_share == close(1 - found.unallocated_usd / bill, abs=1e-8)
    else:
        assert found.allocated_share is None


@given(owners, money, st.data())
def test_fixed_shares_made_of_usage_are_usage(direct, shared, data):
    usage = {owner: data.draw(st.floats(0.1, 1e3)) for owner in direct}
    shares = {owner: units / sum(usage.values()) for owner, units in usage.items()}
    one = allocate_cost(direct, shared, "usage", usage)
    other = allocate_cost(direct, shared, "fixed", shares)
    assert one.unallocated_usd == other.unallocated_usd == 0
    for owner in direct:
        assert one.shares_usd[owner] == close(other.shares_usd[owner], abs=1e-9)


def test_a_fixed_remainder_stays_visible():
    found = allocate_cost({"a": 1, "b": 1}, 100, "fixed", {"a": 0.55, "b": 0.4})
    assert found.unallocated_usd == close(5)
    # a remainder of a float's last digits is none
    assert allocate_cost({"a": 1, "b": 1}, 100, "fixed", {"a": 0.7, "b": 0.1 + 0.2 - 1e-12}).unallocated_usd == 0


def test_the_rule_decides_who_pays():
    direct = {"search": 60_000, "ads": 30_000, "batch": 10_000}
    usage = {"search": 1, "ads": 1, "batch": 4}
    batch = {
        "even": allocate_cost(direct, 30_000, "even").totals_usd["batch"],
        "proportional": allocate_cost(direct, 30_000, "proportional").totals_usd["batch"],
        "usage": allocate_cost(direct, 30_000, "usage", usage).totals_usd["batch"],
    }
    assert batch == {"even": close(20_000), "proportional": close(13_000), "usage": close(30_000)}


def test_an_owner_that_leaves_takes_only_its_direct_cost_along():
    direct = {"search": 60_000, "ads": 30_000, "batch": 10_000}
    before = allocate_cost(direct, 30_000, "even")
    after = allocate_cost({"search": 60_000, "ads": 30_000}, 30_000, "even")
    saved = sum(before.totals_usd.values()) - sum(after.totals_usd.values())
    assert before.totals_usd["batch"] == close(20_000)
    assert saved == close(10_000)


def test_usage_in_units_of_any_size_is_shared():
    for units in (5e-324, 1.7e308):
        found = allocate_cost({"a": 0, "b": 0}, 50, "usage", {"a": units, "b": units})
        assert (found.shares_usd, found.unallocated_usd) == ({"a": 25, "b": 25}, 0)


def test_no_basis_assigns_nothing():
    for arguments in ({"method": "proportional"}, {"method": "usage", "weights": {"a": 0, "b": 0}}):
        found = allocate_cost({"a": 0, "b": 0}, 50, **arguments)
        assert (found.unallocated_usd, found.allocated_share) == (50, 0)


@pytest.mark.parametrize("arguments, words", [
    ({"method": "usage"}, "weights must be a mapping with at least one name; got None"),
    ({"method": "usage", "weights": {"a": 1}}, "weights must be for a, b; got a"),
    ({"method": "usage", "weights": {"a": 1, "b": 1, "c": 1}}, "weights must be for a, b; got a, b, c"),
    ({"method": "even", "weights": {"a": 1, "b": 10**5_000}}, "weights must be None for even, which has its own; got a, b"),
    ({"method": "proportional", "weights": {}}, "weights must be None for proportional"),
    ({"method": "fixed", "weights": {"a": 60, "b": 40}}, "weights.a must be a number from 0 to 1; got 60"),
    ({"method": "fixed", "weights": {"a": 0.6, "b": 0.5}}, "weights must be shares that sum to at most 1; got 1.1"),
    ({"method": "usage", "weights": {"a": 1, "b": -1}}, "weights.b must be a number, 0 or more; got -1"),
])
def test_wrong_weights_are_named(arguments, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        allocate_cost({"a": 1, "b": 1}, 50, **arguments)


# Bad input

BAD_TIERS = NO_LIST + [
    [], [[None]], [[None, 1, 2]], [5], [[100, 1]], [[None, 1], [None, 1]], [[100, 1], [100, 2], [None, 3]],
    [[100, 1], [50, 2], [None, 3]], [[0, 1], [None, 1]], [[-5, 1], [None, 1]], [[None, -1]], [[None, None]],
    [["100", 1], [None, 1]],
]
BAD_SIZES = NO_LIST + [
    [], [["s", 2]], [["s", 2, 1, 1]], [["", 2, 1]], [[1, 2, 1]], [["s", 0, 1]], [["s", "2", 1]], [["s", 2, -1]],
    [["s", 2, 1], ["s", 4, 2]],
]
TCO = dict.fromkeys(
    ["compute_usd", "storage_usd", "egress_usd", "people_usd", "requests_per_month", "users", "tb"], NEGATIVE
)
TIER = {"hot_usd_per_gb": 0.02, "cold_usd_per_gb": 0.004, "retrieval_usd_per_gb": 0.03}
BAD_TIER = dict.fromkeys(TIER, NEGATIVE)
RATES = {"on_demand_usd_per_h": NOT_POSITIVE, "committed_usd_per_h": NEGATIVE}
BAD_DIRECT = NO_TABLE + [{}, {"a": -1}, {"a": None}, {1: 1}]
ILLEGAL = [
    (monthly_tco, SERVICE, TCO | {"support_rate": NO_FRACTION}),
    (multi_year_cost, {"annual_usd": 1, "annual_growth": 0.1, "years": 3},
     {"annual_usd": NEGATIVE, "annual_growth": NO_NUMBER + [-1, -1.5, -2], "years": NO_COUNT_FROM_1}),
    (egress_bill, {"tb_per_month": 1, "usd_per_gb": 0.1},
     {"tb_per_month": NEGATIVE, "usd_per_gb": NEGATIVE, "gb_per_tb": NOT_POSITIVE}),
    (tiered_cost, {"quantity": 1, "cumulative_tiers": AWS_EGRESS},
     {"quantity": NEGATIVE, "cumulative_tiers": BAD_TIERS, "mode": no_choice("graduated", "volume")}),
    (bill_shock, {"bill_usd": 1, "compute_share": 0.5, "compute_factor": 2},
     {"bill_usd": NEGATIVE, "compute_share": NO_FRACTION, "compute_factor": NEGATIVE}),
    (scan_cost, {"scanned_tib": 1, "partition_fraction": 0.5, "usd_per_tib": 5},
     {"scanned_tib": NEGATIVE, "partition_fraction": NO_FRACTION, "usd_per_tib": NEGATIVE, "free_tib": NEGATIVE}),
    (break_even_use, {"committed_usd_per_h": 0.5, "on_demand_usd_per_h": 1}, RATES),
    (upfront_break_even, {"upfront_usd": 1, "committed_usd_per_h": 0.5, "on_demand_usd_per_h": 1, "months": 12},
     RATES | {"upfront_usd": NEGATIVE, "months": NOT_POSITIVE}),
    (best_commitment, {"demand_units": DAY, "on_demand_usd_per_h": 1, "committed_usd_per_h": 0.6},
     RATES | {"demand_units": NO_LIST + [[], [1, -1], ["1"], [1, None], [math.nan]]}),
    (rightsize, {"p95_vcpu": 1, "target_utilization": 0.5, "sizes": SIZES, "current": "s"},
     {"p95_vcpu": NEGATIVE, "target_utilization": NO_FRACTION + [0], "sizes": BAD_SIZES,
      "current": no_choice("s", "m", "l", "xl"), "count": NO_COUNT_FROM_1, "hours_per_month": NEGATIVE}),
    (fleet_saving, {"idle_share": 0.2, "resize_share": 0.2},
     {"idle_share": NO_FRACTION + [0.81, 1], "resize_share": NO_FRACTION + [0.81, 1]}),
    (tier_break_even, TIER, BAD_TIER),
    (tier_cost, TIER | {"gb": 1, "retrieved_fraction": 0.1},
     BAD_TIER | {"gb": NEGATIVE, "retrieved_fraction": NEGATIVE}),
    (early_delete, {"gb": 1, "cold_usd_per_gb": 1, "age_days": 1, "min_days": 1},
     {"gb": NEGATIVE, "cold_usd_per_gb": NEGATIVE, "age_days": NEGATIVE, "min_days": NEGATIVE}),
    (lever_order, {"units": 1, "removable_share": 0.3, "coverage": 0.9, "on_demand_usd_per_h": 1,
                   "committed_usd_per_h": 0.6},
     RATES | {"units": NOT_POSITIVE, "removable_share": NO_FRACTION, "coverage": NO_FRACTION}),
    (savings_plan, {"bill_usd": BILL, "steps": []}, {"bill_usd": BAD_DIRECT, "steps": NO_LIST + [[1], [{}], [None]]}),
    (allocate_cost, {"direct_usd": {"a": 1}, "shared_usd": 1, "method": "usage", "weights": {"a": 1}},
     {"direct_usd": BAD_DIRECT, "shared_usd": NEGATIVE,
      "method": no_choice("usage", "even", "proportional", "fixed"),
      "weights": NO_TABLE + [{}, {"b": 1}, {"a": -1}], "untagged_usd": NEGATIVE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
