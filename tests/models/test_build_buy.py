"""Model 13.1 against numpy-financial, sums and hand arithmetic."""
import math
import re

import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from infrapm.models import build_buy as model
from infrapm.models.build_buy import build_or_buy, npv_irr, seed_rule
from tests.models.illegal import (
    NEGATIVE,
    NO_COUNT_FROM_1,
    NO_FLAG,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
    NO_TABLE,
    check_all_covered,
    check_frozen,
    check_refused,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(value, rel=rel, abs=abs)


flows = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12)


@given(st.floats(-0.5, 2), flows)
def test_npv_against_numpy_financial(rate, cashflows):
    scale = max(map(abs, cashflows)) * 2**12 + 1
    assert npv_irr(rate, cashflows).npv_usd == close(npf.npv(rate, cashflows), abs=1e-12 * scale)


@given(st.floats(1e3, 1e6), st.lists(st.one_of(st.just(0), st.floats(1, 1e6)), min_size=1, max_size=10))
def test_irr_of_one_change_against_numpy_financial(spent, earned):
    assume(sum(earned) > spent / 10)
    found = npv_irr(0.1, [-spent, *earned])
    peer = npf.irr([-spent, *earned])
    assume(-0.99 < peer < 9)
    assert found.irr == close(peer, rel=1e-7, abs=1e-9)
    assert not found.irr_warning
    assert npv_irr(found.irr, [-spent, *earned]).npv_usd == close(0, abs=1e-6 * spent)


def test_npv_of_the_entry():
    found = npv_irr(0.1, [-500_000, 120_000, 150_000, 180_000, 200_000])
    assert round(found.npv_usd) == 4_897
    assert round(100 * found.irr, 2) == 10.41
    assert found.payback_years == close(3.25)


@pytest.mark.parametrize("cashflows, irr, warning", [
    ([100, 120], None, False), ([-1, -2], None, False), ([0, 0], None, False), ([5], None, False),
    ([-100, 110], 0.1, False), ([100, -110], 0.1, False), ([-100, 0, 121], 0.1, False), ([-100, 100], 0, False),
    ([-1, 11], 10, False), ([1, -11], 10, False),  # the end of the range
    ([11, -1], -10 / 11, False),
    ([-1, 12], None, False), ([-1e9, 1], None, False),  # beyond either end
    ([1, -2.5, 1.5], None, True),  # two rates, 0 and 50%: no change of sign over the range
    ([-1, 3, -1], None, True),
])
def test_irr_by_hand(cashflows, irr, warning):
    found = npv_irr(0.1, cashflows)
    assert found.irr_warning is warning
    assert found.irr == (None if irr is None else close(irr, abs=1e-12))


def test_of_several_rates_one_is_given_with_a_warning():
    # 1 - x, 1 - 2x and 1 - 4x with x = 1 / (1 + rate): rates of 0, 100% and 300%
    found = npv_irr(0.1, [-1, 7, -14, 8])
    assert found.irr_warning
    assert min(abs(found.irr - rate) for rate in (0, 1, 3)) < 1e-9


@pytest.mark.parametrize("cashflows, years", [
    ([-100, 50, 50], 2), ([-100, 60, 60], 1 + 40 / 60), ([-100, 100], 1), ([-100, 50], None), ([10, -5], 0), ([0], 0),
    ([-100, 0, 100], 2), ([-100, -50, 100, 100], 2.5), ([-0.3, 0.1, 0.1, 0.1], 3), ([-(0.1 + 0.2), 0.3], 1), ([-1], None),
])
def test_payback_by_hand(cashflows, years):
    assert npv_irr(0.1, cashflows).payback_years == (None if years is None else close(years, abs=1e-12))


def test_npv_at_the_ends_of_the_rate():
    assert npv_irr(0, [1, 2, 3]).npv_usd == 6
    assert npv_irr(1e300, [1, 2, 3]).npv_usd == close(1)
    assert npv_irr(-1 + 1e-16, [1, 0, 3] + [0] * 100).npv_usd > 1e30
    assert npv_irr(-1 + 1e-16, [1] * 100).npv_usd == math.inf


BUILD, BUY = {"upfront_usd": 900_000, "annual_usd": 200_000}, {"upfront_usd": 50_000, "annual_usd": 400_000}


@given(st.integers(1, 40), st.floats(-0.5, 2))
def test_build_or_buy_against_the_sum(years, rate):
    found = build_or_buy(BUILD, BUY, years, rate)
    today = math.fsum((1 + rate) ** -i for i in range(1, years + 1))
    assert found.pv_build_usd == close(900_000 + 200_000 * today)
    assert found.pv_buy_usd == close(50_000 + 400_000 * today)


def test_the_horizon_is_the_decision():
    assert [build_or_buy(BUILD, BUY, years, 0.08).cheaper for years in range(1, 8)] == ["buy"] * 5 + ["build"] * 2
    three = build_or_buy(BUILD, BUY, 3, 0.08)
    assert (round(three.pv_buy_usd / 1e6, 2), round(three.pv_build_usd / 1e6, 2)) == (1.08, 1.42)


def test_build_or_buy_edges():
    same = build_or_buy({"upfront_usd": 10, "annual_usd": 0.1}, {"upfront_usd": 10.3, "annual_usd": 0}, 3, 0)
    assert same.cheaper == "buy"
    # the limit at a rate of 0, to the last digits
    assert build_or_buy(BUILD, BUY, 10, 1e-15).pv_build_usd == close(2_900_000, rel=1e-13)
    assert build_or_buy(BUILD, BUY, 10**6, -0.5).pv_build_usd == math.inf
    assert build_or_buy(BUILD, {"upfront_usd": 1, "annual_usd": 0}, 10**6, -0.5).pv_buy_usd == 1


@pytest.mark.parametrize("months, maintenance, sla, core, triggers, verdict", [
    (6, 500_000, 0.999, False, [], "build"),
    (6.1, 500_000, 0.999, False, ["time_to_market"], "buy"),
    (6, 500_001, 0.999, False, ["maintenance"], "buy"),
    (6, 500_000, 0.9991, False, ["vendor_sla"], "buy"),
    (9, 1e6, 0.9999, False, ["time_to_market", "maintenance", "vendor_sla"], "buy"),
    (9, 1e6, 0.9999, True, ["time_to_market", "maintenance", "vendor_sla"], "build"),
    (6 * (1 + 1e-12), 0, 0, False, [], "build"),
])
def test_seed_rule(months, maintenance, sla, core, triggers, verdict):
    assert seed_rule(months, maintenance, sla, core) == model.SeedRule(triggers, verdict)


def test_the_rule_of_thumb_can_contradict_the_money():
    # It says buy at every horizon; from year 6 on building is cheaper.
    assert seed_rule(9, 200_000, 0.999).verdict == "buy"
    assert build_or_buy(BUILD, BUY, 6, 0.08).cheaper == "build"


BAD_OPTION = NO_TABLE + [{}, {"upfront_usd": 1}, BUILD | {"years": 3}, BUILD | {"annual_usd": -1},
                         BUILD | {"upfront_usd": None}]
NO_RATE = NO_NUMBER + [-1, -1.1]
ILLEGAL = [
    (npv_irr, {"discount_rate": 0.1, "cashflows_usd": [-1, 2]},
     {"discount_rate": NO_RATE, "cashflows_usd": NO_LIST + [[], ["1"], [None], [math.nan]]}),
    (build_or_buy, {"build": BUILD, "buy": BUY, "years": 3, "discount_rate": 0.1},
     {"build": BAD_OPTION, "buy": BAD_OPTION, "years": NO_COUNT_FROM_1, "discount_rate": NO_RATE}),
    (seed_rule, {"time_to_market_months": 1, "maintenance_usd_per_year": 1, "vendor_sla": 0.9},
     {"time_to_market_months": NEGATIVE, "maintenance_usd_per_year": NEGATIVE, "vendor_sla": NO_FRACTION,
      "core_differentiator": NO_FLAG}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)


def test_a_wrong_cost_is_named_with_its_place():
    with pytest.raises(ValueError, match=re.escape("buy.annual_usd must be a number, 0 or more; got -1")):
        build_or_buy(BUILD, {"upfront_usd": 1, "annual_usd": -1}, 3, 0.1)
