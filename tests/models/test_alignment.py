"""Models 14.5-14.7 against exact arithmetic, exact distributions, scipy's integral and simulation."""
import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import digamma

from infrapm.models import alignment as model
from infrapm.models.alignment import approval_rounds, approval_time, check_raci, fit_tracks, forecast_weeks, p_within
from tests.models.illegal import (
    NEGATIVE,
    NO_COUNT,
    NO_COUNT_FROM_1,
    NO_FRACTION,
    NO_LIST,
    NO_TABLE,
    NOT_POSITIVE,
    check_all_covered,
    check_frozen,
    check_refused,
    no_choice,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


# 14.5 Roadmaps

def test_three_tracks():
    result = fit_tracks(100, {"new": 0.4, "reliability": 0.35, "devex": 0.25},
                        {"new": [20, 25], "reliability": [30], "devex": [10, 10, 10]})
    assert result.taken == {"new": (20,), "reliability": (30,), "devex": (10, 10)}
    assert result.spare_weeks == {"new": 20, "reliability": 5, "devex": 5}


def test_a_track_stops_at_the_first_that_does_not_fit():
    result = fit_tracks(10, {"a": 1}, {"a": [6, 5, 1]})
    assert result == model.Tracks({"a": (6.0,)}, {"a": 4.0})
    exact = fit_tracks(1, {"a": 0.3}, {"a": [0.1, 0.1, 0.1]})  # in floats, 0.1 + 0.1 + 0.1 > 0.3
    assert exact == model.Tracks({"a": (0.1, 0.1, 0.1)}, {"a": 0.0})
    assert fit_tracks(0, {"a": 0.1, "b": 0}, {"a": [0, 1]}) == model.Tracks({"a": (0.0,), "b": ()}, {"a": 0.0, "b": 0.0})
    assert fit_tracks(10, {"a": 0.1, "b": 0.2, "c": 0.7}, {}).spare_weeks["c"] == close(7)  # a float sum above 1


whole_weeks = st.integers(0, 30)


@given(whole_weeks, st.lists(st.integers(0, 10), min_size=1, max_size=4), st.data())
def test_tracks_against_fractions(capacity, tenths, data):
    shares = {f"t{i}": Fraction(part, max(1, sum(tenths))) for i, part in enumerate(tenths)}
    initiatives = {track: data.draw(st.lists(whole_weeks, max_size=4)) for track in shares}
    result = fit_tracks(capacity, {track: float(share) for track, share in shares.items()}, initiatives)
    for track, share in shares.items():
        left, taken = capacity * share, []
        for weeks in initiatives[track]:
            if weeks > left:
                break
            left -= weeks
            taken.append(weeks)
        assert list(result.taken[track]) == taken
        assert result.spare_weeks[track] == close(left, abs=1e-9)


def test_many_small_initiatives_are_taken_at_once():
    assert len(fit_tracks(1, {"a": 1}, {"a": [1e-5] * 100_001}).taken["a"]) == 100_000


def test_weeks_count_as_trials_do():
    with pytest.raises(ValueError, match=r"^weeks \* trials must be at most 10,000,000 together; got 10001000"):
        forecast_weeks([1], 1_000, trials=10_001)
    assert forecast_weeks([1], 0, trials=2).trials == 2


def done_within(history, items, weeks):
    """The exact chance that the items are done within each number of weeks, by convolution."""
    chances, at = {0: 1.0}, []
    for _ in range(weeks + 1):
        at.append(sum(p for done, p in chances.items() if done >= items))
        step = {}
        for done, p in chances.items():
            for more in history:
                total = min(items, done + more)
                step[total] = step.get(total, 0) + p / len(history)
        chances = step
    return at


@pytest.mark.parametrize("history, items", [
    ([3, 5, 2, 0, 6, 4, 3, 5], 40), ([0, 0, 0, 1], 5), ([1, 9], 30), ([4], 9), ([2, 3], 1), ([7, 1], 0),
])
def test_forecast_against_the_exact_distribution(history, items):
    trials = 10_000
    within = done_within(history, items, 80)
    result = forecast_weeks(history, items, trials)
    for p, weeks in [(0.5, result.weeks_p50), (0.85, result.weeks_p85), (0.95, result.weeks_p95)]:
        slack = 4 * math.sqrt(p * (1 - p) / trials)
        assert within[weeks] >= p - slack
        assert weeks == 0 or within[weeks - 1] < p + slack
    assert result.trials == trials


def test_forecast_edges():
    assert forecast_weeks([0.1] * 3, 1, 5) == model.Forecast(10, 10, 10, 5)  # in spite of floats
    assert forecast_weeks([0.1] * 10, 100, 1).weeks_p50 == 1_000  # the mean of ten 0.1 is 0.09999999999999999
    assert forecast_weeks([2, 3], 0, 5).weeks_p95 == 0
    assert forecast_weeks([5e-324, 0], 0, 5).weeks_p95 == 0
    assert forecast_weeks([1], 1_000, 1).weeks_p50 == 1_000
    assert forecast_weeks([1e308, 1e308], 10**300, 3).weeks_p95 == 1
    assert forecast_weeks([3, 5, 2], 30) == forecast_weeks([3, 5, 2], 30, 10_000, 1)
    assert forecast_weeks([1, 5, 2, 9, 0], 90, 300, 1) != forecast_weeks([1, 5, 2, 9, 0], 90, 300, 3)
    random.seed(3)
    before = random.getstate()
    forecast_weeks([1, 2], 9)
    assert random.getstate() == before


@settings(max_examples=30)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5).filter(any), st.integers(0, 30))
def test_more_items_take_longer_and_a_surer_date_is_later(history, items):
    one, more = (forecast_weeks(history, n, 200) for n in (items, items + 5))
    assert one.weeks_p50 <= one.weeks_p85 <= one.weeks_p95
    assert one.weeks_p50 <= more.weeks_p50 and one.weeks_p95 <= more.weeks_p95  # the same draws, so never by chance
    assert one.weeks_p50 >= items / max(history)


# 14.6 Who decides

@pytest.mark.parametrize("roles, issues", [
    ({"eng": "R", "pm": "A", "sec": "C", "fin": "I"}, []),
    ({"eng": "AR"}, []),
    ({"eng": "A/R", "pm": "C"}, []),
    ({"eng": "R", "pm": "R", "sec": "A"}, []),
    ({"eng": "R", "pm": "A", "lead": "A"}, ["deploy: 2 Accountable"]),
    ({"eng": "AR", "pm": "A/R"}, ["deploy: 2 Accountable"]),
    ({"eng": "R", "pm": "C"}, ["deploy: 0 Accountable"]),
    ({"pm": "A", "eng": "C"}, ["deploy: no Responsible"]),
    ({"pm": "C", "eng": "", "fin": "  "}, ["deploy: 0 Accountable", "deploy: no Responsible"]),
    ({}, ["deploy: 0 Accountable", "deploy: no Responsible"]),
])
def test_one_task(roles, issues):
    assert check_raci({"deploy": roles}) == model.Raci(not issues, tuple(issues), {})


def test_issues_stand_in_the_order_of_the_tasks():
    result = check_raci({"b": {"x": "I"}, "a": {"x": "A", "y": "A"}, "c": {"x": "AR"}})
    assert result.issues == ("b: 0 Accountable", "b: no Responsible", "a: 2 Accountable", "a: no Responsible")


def test_more_than_seven_is_overload_and_still_valid():
    tasks = {f"t{i}": {"pm": "A", "eng": "R"} for i in range(7)}
    assert check_raci(tasks) == model.Raci(True, (), {})
    assert check_raci(tasks | {"t7": {"pm": "AR", "eng": "C"}}) == model.Raci(True, (), {"pm": 8})


# 14.7 Sign-offs

@pytest.mark.parametrize("n", [0, 1, 2, 15, 99, 100, 101, 1_000, 10_000, 10**6])
def test_parallel_sign_off_against_scipy(n):
    exact = float(digamma(n + 1) + np.euler_gamma)
    assert approval_time(n, 2).expected_days == close(2 * exact, rel=1e-13, abs=1e-14)
    assert approval_time(n, 2, "sequential").expected_days == 2 * n
    if 0 < n <= 1_000:  # the mean of the slowest of n, as the integral of the chance that it is not yet in
        integral, _ = quad(lambda t: -math.expm1(n * math.log1p(-math.exp(-t))) if t else 1.0, 0, 60, limit=500)
        assert approval_time(n, 1).expected_days == close(integral, rel=1e-6)


@pytest.mark.parametrize("n", [1, 2, 15, 200])
@pytest.mark.parametrize("days", [0.01, 0.5, 2, 7, 30])
def test_p_within_against_fractions(n, days):
    assert p_within(n, 2, days).p_within == close((1 - Fraction(math.exp(-Fraction(days) / 2))) ** n, rel=1e-9)


def test_sign_off_against_simulation():
    rng, n, trials = np.random.default_rng(8), 15, 40_000
    slowest = rng.exponential(2, (trials, n)).max(axis=1)
    assert approval_time(n, 2).expected_days == close(slowest.mean(), rel=0, abs=4 * slowest.std() / math.sqrt(trials))
    share = (slowest <= 7).mean()
    assert p_within(n, 2, 7).p_within == close(share, rel=0, abs=4 * math.sqrt(share * (1 - share) / trials))
    rounds = rng.geometric((rng.random((trials, n)) > 0.05).all(axis=1).mean(), trials)
    assert approval_rounds(n, 0.05).expected_rounds == close(rounds.mean(), rel=0.03)


@pytest.mark.parametrize("n, reject, p", [(15, "0.05", 0.463), (0, "0.5", 1), (1, "0.25", 0.75), (3, "0", 1)])
def test_approval_rounds(n, reject, p):
    exact = (1 - Fraction(reject)) ** n
    result = approval_rounds(n, float(reject))
    assert result == model.Rounds(close(exact), close(1 / exact))
    assert result.p_all_approve == close(p, rel=0, abs=5e-4)


def test_quiz_answers():
    assert round(approval_time(15, 2).expected_days, 2) == 6.64
    assert approval_time(15, 2, "sequential").expected_days == 30
    assert f"{approval_rounds(15, 0.05).p_all_approve:.1%}" == "46.3%"


def test_sign_off_edges():
    assert p_within(0, 2, 0).p_within == 1 and p_within(3, 2, 0).p_within == 0
    assert p_within(1, 1, 1e-300).p_within == close(1e-300)
    assert p_within(10**6, 1, 40).p_within == close(1 - 1e6 * math.exp(-40), rel=1e-15)
    assert p_within(2, 1e-300, 1e300).p_within == 1
    assert approval_rounds(10**6, 0.5) == model.Rounds(0.0, math.inf)
    assert approval_rounds(10**6, 1e-12).expected_rounds == close(1 + 1e-6, rel=1e-11)


@given(st.integers(0, 500), st.floats(0.01, 100), st.floats(0, 100))
def test_each_approver_more_costs_time(n, mean, days):
    assert approval_time(n + 1, mean).expected_days > approval_time(n, mean).expected_days
    assert approval_time(n, mean).expected_days <= approval_time(n, mean, "sequential").expected_days * (1 + 1e-12)
    assert p_within(n + 1, mean, days).p_within <= p_within(n, mean, days).p_within
    assert p_within(n, mean, days).p_within <= p_within(n, mean, days + 1).p_within


# Results and bad input

NO_SHARES = NO_TABLE + [{}, {"a": 0.6, "b": 0.6}, {"a": 1.000001}] + [{"a": value} for value in NEGATIVE]
NO_INITIATIVES = NO_TABLE + [{"b": [1]}] + [{"a": value} for value in NO_LIST] + [{"a": [1, value]} for value in NEGATIVE]
NO_MATRIX = NO_TABLE + [{}] + [{"t": value} for value in NO_TABLE] + [
    {"t": {"r": value}} for value in ["X", "r", "RA", "AA", "R,A", None, 1, True, ["R"], {}]]

ILLEGAL = [
    (fit_tracks, {"capacity_weeks": 1, "shares": {"a": 1}, "initiatives": {}},
     {"capacity_weeks": NEGATIVE, "shares": NO_SHARES, "initiatives": NO_INITIATIVES}),
    (forecast_weeks, {"weekly_throughput": [0, 1], "items": 500, "trials": 1, "seed": 0},
     {"weekly_throughput": NO_LIST + [[], [0, 0]] + [[1, value] for value in NEGATIVE], "items": NO_COUNT + [501],
      "trials": NO_COUNT_FROM_1, "seed": NO_COUNT}),
    (check_raci, {"matrix": {"t": {"r": "A"}}}, {"matrix": NO_MATRIX}),
    (approval_time, {"approvers": 0, "mean_days": 1},
     {"approvers": NO_COUNT, "mean_days": NOT_POSITIVE, "mode": no_choice("parallel", "sequential")}),
    (p_within, {"approvers": 0, "mean_days": 1, "within_days": 0},
     {"approvers": NO_COUNT, "mean_days": NOT_POSITIVE, "within_days": NEGATIVE}),
    (approval_rounds, {"approvers": 0, "reject_p": 0}, {"approvers": NO_COUNT, "reject_p": NO_FRACTION + [1]}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
