"""Models 13.2, 13.3, 13.5 and 13.6 against exact arithmetic, simulated cohorts and numpy."""
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from infrapm.models import business as model
from infrapm.models.business import (
    annualize_churn,
    arpu_growth_needed,
    bottom_up,
    funnel,
    ltv,
    nrr_from_rates,
    pick_north_star,
    project_arr,
    retention,
    top_down_check,
    viral_total,
)
from tests.models.illegal import (
    ABOVE_1,
    BELOW_1,
    NEGATIVE,
    NO_COUNT,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
    NO_TABLE,
    NOT_POSITIVE,
    TINIEST,
    check_all_covered,
    check_frozen,
    check_refused,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


def exact(*values):
    return [Fraction(value) for value in values]


amounts = st.one_of(st.floats(1e-6, 1e12), st.just(0.0))
shares = st.one_of(st.floats(1e-9, 1), st.just(0.0), st.just(1.0))

# 13.2 Revenue of customers you have


def test_answers_of_the_questions():
    assert retention(100, 30, 5, 10).nrr == 1.15
    assert nrr_from_rates(0.10, 0.30).nrr == close(1.17)
    assert project_arr(10_000_000, 1.2, 3).final_arr_usd == close(17_280_000)
    assert nrr_from_rates(0.25, 0.20).nrr < 1  # 20% more from each of the 75% that stay shrinks


@given(st.floats(1e-3, 1e12), amounts, amounts, amounts)
def test_retention_in_exact_arithmetic(start, expansion, contraction, churn):
    s, e, c, ch = exact(start, expansion, contraction, churn)
    result = retention(start, expansion, contraction, churn)
    slack = 1e-15 * float(s + e + c + ch) / start
    assert result.nrr == close((s + e - c - ch) / s, abs=slack)
    assert result.grr == close((s - c - ch) / s, abs=slack)
    assert result.grr <= result.nrr + slack


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(1, 1e4), st.floats(0, 3)), min_size=1, max_size=40))
def test_retention_of_single_customers(cohort):
    # Each customer's bill before, and what it is multiplied by until today; below 0.2 it has left.
    before = [bill for bill, _ in cohort]
    today = [bill * factor if factor >= 0.2 else 0.0 for bill, factor in cohort]
    moves = [now - bill for bill, now in zip(before, today)]
    lost = sum(bill for bill, now in zip(before, today) if now == 0)
    less = sum(-move for move, now in zip(moves, today) if move < 0 and now > 0)
    more = sum(move for move in moves if move > 0)
    result = retention(sum(before), more, less, lost)
    assert result.nrr == close(sum(today) / sum(before), abs=1e-9)
    assert result.grr == close(sum(min(pair) for pair in zip(before, today)) / sum(before), abs=1e-9)


@given(st.floats(0, 0.99), st.floats(-0.9, 10))
def test_growth_needed_is_the_inverse(churn, growth):
    result = nrr_from_rates(churn, growth).nrr
    assert result == close((1 - Fraction(churn)) * (1 + Fraction(growth)), rel=1e-12)
    assert arpu_growth_needed(result, churn).arpu_growth == close(growth, abs=1e-12)


@given(st.floats(0.01, 5), st.floats(0, 0.99))
def test_growth_needed_in_exact_arithmetic(target, churn):
    expected = Fraction(target) / (1 - Fraction(churn)) - 1
    assert arpu_growth_needed(target, churn).arpu_growth == close(expected, abs=1e-13)


@given(st.floats(1, 1e9), st.floats(0, 3), st.integers(0, 12))
def test_arr_year_by_year(arr, nrr, years):
    expected = arr
    for _ in range(years):
        expected *= nrr
    assert project_arr(arr, nrr, years).final_arr_usd == close(expected, abs=1e-300)


@given(st.floats(1, 1e9), st.floats(0.1, 3), st.floats(0, 5), st.floats(0, 5))
def test_arr_goes_on_from_where_it_was(arr, nrr, first, then):
    halfway = project_arr(arr, nrr, first).final_arr_usd
    assert project_arr(halfway, nrr, then).final_arr_usd == close(project_arr(arr, nrr, first + then).final_arr_usd)


@given(shares)
def test_churn_month_by_month(monthly):
    left = (1 - Fraction(monthly)) ** 12
    assert annualize_churn(monthly).annual_churn == close(1 - left, rel=1e-12)


def test_small_churn_keeps_its_digits():
    assert annualize_churn(1e-15).annual_churn == close(12e-15, rel=1e-12)


@given(amounts, shares, st.floats(1e-6, 1))
def test_ltv_in_exact_arithmetic(arpu, margin, churn):
    a, m, c = exact(arpu, margin, churn)
    assert ltv(arpu, margin, churn).ltv_usd == close(a * m / c, abs=1e-300)


@pytest.mark.parametrize("churn", [0.05, 0.3, 1.0])
def test_ltv_is_the_sum_over_the_months_that_customers_stay(churn):
    months = np.arange(20_000)
    assert ltv(200, 0.7, churn).ltv_usd == close(200 * 0.7 * ((1 - churn) ** months).sum())


def test_revenue_edges():
    assert retention(10, 0, 0, 0) == model.Retention(1.0, 1.0)
    assert retention(10, 0, 4, 16) == model.Retention(-1.0, -1.0)
    top = 1.7e308
    assert retention(top, top, top, top) == model.Retention(0.0, -1.0)
    assert "-0.0" not in repr(retention(top, 1, top, TINIEST))
    assert retention(1, 0, top, top).nrr == -math.inf
    assert retention(TINIEST, 1, 0, 0) == model.Retention(math.inf, 1.0)
    assert nrr_from_rates(1, 5).nrr == 0 and nrr_from_rates(0, -1 + 2**-53).nrr == close(2**-53)
    assert arpu_growth_needed(1, 0).arpu_growth == 0
    assert arpu_growth_needed(1, BELOW_1).arpu_growth == close(2**53, rel=1e-9)
    assert project_arr(5, 0, 0).final_arr_usd == 5 and project_arr(5, 0, 1).final_arr_usd == 0
    assert project_arr(0, 1e300, 1e300).final_arr_usd == 0
    assert project_arr(1, 1e300, 1e300).final_arr_usd == math.inf
    assert project_arr(1e300, 1e300, 1e3).final_arr_usd == math.inf
    assert project_arr(1, 1e-300, 1e300).final_arr_usd == 0
    assert annualize_churn(0).annual_churn == 0 and annualize_churn(1).annual_churn == 1
    assert ltv(5, 1, 0).ltv_usd is None and ltv(0, 1, 0.5).ltv_usd == 0
    assert ltv(1e300, 1, 1e-300).ltv_usd == math.inf and ltv(1e300, 0, TINIEST).ltv_usd == 0


# 13.3 From visitor to customer to referral

def test_funnel_and_referrals_of_the_questions():
    result = funnel(100_000, [0.05, 0.40, 0.10])
    assert result.stages == [close(5_000), close(2_000), close(200)] and result.overall == close(0.002)
    assert viral_total(100, 0.5, 4).total_users == close(193.75)


@given(amounts, st.lists(shares, min_size=1, max_size=8))
def test_funnel_in_exact_arithmetic(visitors, rates):
    left = [Fraction(visitors) * math.prod(exact(*rates[: i + 1])) for i in range(len(rates))]
    result = funnel(visitors, rates)
    assert result.stages == [close(count, abs=1e-300) for count in left]
    assert result.overall == close(math.prod(exact(*rates)), abs=1e-300)


@given(st.lists(st.floats(0.01, 0.9), min_size=1, max_size=6), st.data())
def test_a_tenth_more_is_the_same_anywhere(rates, data):
    place = data.draw(st.integers(0, len(rates) - 1))
    better = [rate * 1.1 if i == place else rate for i, rate in enumerate(rates)]
    assert funnel(1_000, better).stages[-1] == close(1.1 * funnel(1_000, rates).stages[-1])


@given(amounts, st.one_of(st.floats(0, 4), st.sampled_from([0.0, 1.0, ABOVE_1, BELOW_1, 0.999999, 1.000001])),
       st.integers(0, 40))
def test_referrals_cycle_by_cycle(seeds, k, cycles):
    total = new = Fraction(seeds)
    for _ in range(cycles):
        new *= Fraction(k)
        total += new
    assert viral_total(seeds, k, cycles).total_users == close(total, rel=1e-12)


@pytest.mark.parametrize("k", [0.1, 0.5, 0.9, 0.999])
def test_referrals_level_off(k):
    assert viral_total(10, k, 10**6).total_users == close(10 / (1 - k))


def test_funnel_edges():
    assert funnel(0, [0.5]) == model.Funnel([0.0], 0.5)
    assert funnel(10, [1, 0, 1]) == model.Funnel([10.0, 0.0, 0.0], 0.0)
    assert funnel(1e300, np.array([0.5])) == model.Funnel([5e299], 0.5)
    assert viral_total(7, 0, 5).total_users == 7 and viral_total(7, 3, 0).total_users == close(7)
    assert viral_total(7, 1, 5).total_users == 42
    assert viral_total(0, 1e300, 10**6).total_users == 0
    assert viral_total(1, 2, 5_000).total_users == math.inf and viral_total(1, 1e300, 3).total_users == math.inf
    assert viral_total(1, TINIEST, 9).total_users == 1 and viral_total(1, 1e-17, 9).total_users == 1
    assert viral_total(1, ABOVE_1, 10**6).total_users == close(10**6 + 1)
    assert viral_total(1, BELOW_1, 10**300).total_users == close(2**53)


# 13.5 Market size

def test_market_of_the_questions():
    result = bottom_up(400_000, 25_000, 0.30, 0.05)
    assert vars(result) == {"tam_usd": close(10e9), "sam_usd": close(3e9), "som_usd": close(150e6)}
    check = top_down_check(500e9, 0.004, result.sam_usd)
    assert check.top_down_usd == close(2e9) and f"{1 - check.ratio:.0%}" == "33%" and check.within_2x


@given(amounts, amounts, shares, shares)
def test_market_in_exact_arithmetic(customers, arpu, serviceable, obtainable):
    c, a, s, o = exact(customers, arpu, serviceable, obtainable)
    result = bottom_up(customers, arpu, serviceable, obtainable)
    assert result.tam_usd == close(c * a)
    assert result.sam_usd == close(c * a * s)
    assert result.som_usd == close(c * a * s * o)


@given(amounts, shares, st.floats(1e-3, 1e12))
def test_top_down_in_exact_arithmetic(market, share, bottom):
    top = Fraction(market) * Fraction(share)
    result = top_down_check(market, share, bottom)
    assert result.top_down_usd == close(top)
    assert result.ratio == close(top / Fraction(bottom), abs=1e-300)
    for limit in (Fraction(1, 2), 2):
        assume(abs(top / Fraction(bottom) / limit - 1) > Fraction(1, 10**8))
    assert result.within_2x is (Fraction(1, 2) <= top / Fraction(bottom) <= 2)


@pytest.mark.parametrize("market, within", [(50, True), (49.9, False), (200, True), (200.1, False), (0.1 * 3 * 200 / 0.3, True)])
def test_limits_of_twice_and_half(market, within):
    assert top_down_check(market, 1, 100).within_2x is within


def test_market_edges():
    assert bottom_up(0, 5, 1, 1) == model.BottomUp(0.0, 0.0, 0.0)
    assert bottom_up(1e300, 1e300, 0, 0) == model.BottomUp(math.inf, 0.0, 0.0)
    assert bottom_up(1e300, 1e300, 1, 0) == model.BottomUp(math.inf, math.inf, 0.0)
    assert top_down_check(5, 0.5, 0) == model.TopDown(2.5, None, False)
    assert top_down_check(0, 0.5, 5) == model.TopDown(0.0, 0.0, False)
    assert top_down_check(1e300, 1, TINIEST) == model.TopDown(1e300, math.inf, False)


# 13.6 North Star

STARS = {
    "consumption": {"revenue": 5, "growth": 2, "retention": 3},
    "adoption": {"revenue": 2, "growth": 5, "retention": 3},
    "reliability": {"revenue": 2, "growth": 1, "retention": 5},
}


def test_the_winner_changes_with_what_matters():
    def winner(*weights):
        return pick_north_star(STARS, dict(zip(["revenue", "growth", "retention"], weights))).winners

    assert [winner(0.2, 0.6, 0.2), winner(0.6, 0.2, 0.2), winner(0.2, 0.2, 0.6)] == [
        ["adoption"], ["consumption"], ["reliability"]]


tables = st.integers(1, 5).flatmap(lambda columns: st.tuples(
    st.lists(st.floats(0, 100), min_size=columns, max_size=columns),
    st.lists(st.lists(st.floats(-1e6, 1e6), min_size=columns, max_size=columns), min_size=1, max_size=5),
))


def named(values):
    return {f"c{i}": value for i, value in enumerate(values)}


@given(tables)
def test_scores_against_numpy(drawn):
    weights, scores = drawn
    assume(sum(weights) > 1e-6)
    result = pick_north_star({f"n{i}": named(row) for i, row in enumerate(scores)}, named(weights))
    for found, row in zip(result.scores.values(), scores):
        assert found == close(np.average(row, weights=weights), abs=1e-9 * max(map(abs, row)))
    best = max(result.scores.values())
    assert result.winners == [
        name for name, score in result.scores.items() if score == best or abs(score - best) <= 1e-9 * abs(best)]


@given(tables, st.floats(0.01, 100))
def test_the_size_of_all_weights_does_not_matter(drawn, factor):
    weights, scores = drawn
    assume(sum(weights) > 1e-6)
    candidates = {f"n{i}": named(row) for i, row in enumerate(scores)}
    one = pick_north_star(candidates, named(weights))
    other = pick_north_star(candidates, named([weight * factor for weight in weights]))
    for name, score in one.scores.items():
        assert other.scores[name] == close(score, abs=1e-9 * max(map(abs, candidates[name].values())))


def test_north_star_edges():
    even = {"x": 2, "y": 2}
    assert pick_north_star({"a": {"x": 1, "y": 3}, "b": {"x": 3, "y": 1}}, even).winners == ["a", "b"]
    assert pick_north_star({"b": {"x": 3, "y": 1}, "a": {"x": 1, "y": 3}}, even).winners == ["b", "a"]
    # 0.1 * 3 is not 0.3 as a float, but it is the same score.
    assert pick_north_star({"a": {"x": 0.1 * 3}, "b": {"x": 0.3}}, {"x": 1}).winners == ["a", "b"]
    assert pick_north_star({"a": {"x": 1}, "b": {"x": 1 + 1e-8}}, {"x": 1}).winners == ["b"]
    assert pick_north_star({"a": {"x": 5, "y": 9}}, {"x": 1, "y": 0}).scores == {"a": 5}
    top = {"x": 1.7e308, "y": 1.7e308}
    assert pick_north_star({"a": top}, top).scores == {"a": 1.7e308}
    assert pick_north_star({"a": {"x": -1, "y": 1}}, {"x": TINIEST, "y": TINIEST}).scores == {"a": 0}


# Bad input

WEIGHTS = {"x": 1, "y": 2}
CANDIDATES = {"a": {"x": 1, "y": 2}}
NO_WEIGHTS = NO_TABLE + [{}, {1: 2}, {"x": 0, "y": 0}, {"x": 1}, WEIGHTS | {"z": 0}]
NO_WEIGHTS += [{"x": 1, "y": value} for value in NEGATIVE]
NO_CANDIDATES = NO_TABLE + [{}, {1: {"x": 1, "y": 2}}] + [{"a": value} for value in NO_TABLE + [{}, {"x": 1}]]

ILLEGAL = [
    (retention, {"start_usd": 9, "expansion_usd": 1, "contraction_usd": 1, "churn_usd": 1},
     {"start_usd": NOT_POSITIVE, "expansion_usd": NEGATIVE, "contraction_usd": NEGATIVE, "churn_usd": NEGATIVE}),
    (nrr_from_rates, {"annual_churn": 0.1, "arpu_growth": 0.1},
     {"annual_churn": NO_FRACTION, "arpu_growth": NO_NUMBER + [-1, -1.5, -100]}),
    (arpu_growth_needed, {"target_nrr": 1, "annual_churn": 0.1},
     {"target_nrr": NOT_POSITIVE, "annual_churn": NO_FRACTION + [1]}),
    (project_arr, {"arr_usd": 1, "nrr": 1, "years": 1}, {"arr_usd": NEGATIVE, "nrr": NEGATIVE, "years": NEGATIVE}),
    (annualize_churn, {"monthly_churn": 0.1}, {"monthly_churn": NO_FRACTION}),
    (ltv, {"arpu_usd_per_month": 1, "gross_margin": 0.5, "monthly_churn": 0.1},
     {"arpu_usd_per_month": NEGATIVE, "gross_margin": NO_FRACTION, "monthly_churn": NO_FRACTION}),
    (funnel, {"visitors": 1, "rates": [0.5]},
     {"visitors": NEGATIVE, "rates": NO_LIST + [[]] + [[0.5, value] for value in NO_FRACTION]}),
    (viral_total, {"seed_users": 1, "viral_k": 0.5, "cycles": 2},
     {"seed_users": NEGATIVE, "viral_k": NEGATIVE, "cycles": NO_COUNT}),
    (bottom_up, {"customers": 1, "arpu_usd_per_year": 1, "serviceable_share": 0.5, "obtainable_share": 0.5},
     {"customers": NEGATIVE, "arpu_usd_per_year": NEGATIVE, "serviceable_share": NO_FRACTION,
      "obtainable_share": NO_FRACTION}),
    (top_down_check, {"market_usd": 1, "category_share": 0.5, "bottom_up_usd": 1},
     {"market_usd": NEGATIVE, "category_share": NO_FRACTION, "bottom_up_usd": NEGATIVE}),
    (pick_north_star, {"candidates": CANDIDATES, "weights": WEIGHTS}, {"candidates": NO_CANDIDATES, "weights": NO_WEIGHTS}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_an_illegal_score_is_named_with_its_place():
    for value in NO_NUMBER:
        with pytest.raises(ValueError, match=r"^candidates\.a\.y must be a finite number; got "):
            pick_north_star({"a": {"x": 1, "y": value}}, WEIGHTS)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
