"""Models 13.4 and 14.10 against a differential equation solved by scipy, decimal arithmetic and week-by-week loops."""
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from infrapm.models import lifecycle as model
from infrapm.models.lifecycle import bass, remaining_customers, required_rate, segment_remaining, weeks_to_target
from tests.models.illegal import (
    NEGATIVE,
    NO_FRACTION,
    NO_LIST,
    NO_OPEN_FRACTION,
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


# 13.4 Adoption

PARAMETERS = [(0.03, 0.38), (0.1, 0), (0.5, 0.1), (0.001, 0.9), (0.2, 0.2), (2, 3)]


@pytest.mark.parametrize("p, q", PARAMETERS)
def test_bass_against_its_differential_equation(p, q):
    # Bass: dF/dt = (p + q F) (1 - F), F(0) = 0.
    times = [0.1, 1, 2, 5, 10, 20]
    solved = solve_ivp(lambda _, f: (p + q * f) * (1 - f), (0, 20), [0.0], t_eval=times, rtol=1e-10, atol=1e-12)
    for t, share in zip(times, solved.y[0]):
        assert bass(p, q, t).cumulative_fraction == close(share, rel=1e-6)


@pytest.mark.parametrize("p, q", [(0.03, 0.38), (0.001, 0.9), (2, 3)])
def test_peak_is_where_adoption_is_fastest(p, q):
    def speed(t):
        share = bass(p, q, t).cumulative_fraction
        return (p + q * share) * (1 - share)

    fastest = minimize_scalar(lambda t: -speed(t), bounds=(0, 12 / (p + q)), method="bounded", options={"xatol": 1e-9}).x
    assert bass(p, q, 1).peak_t == close(fastest, rel=1e-5)


def test_bass_quiz_answers():
    # Sultan, Farley and Lehmann's averages over many products: p = 0.03, q = 0.38.
    assert f"{bass(0.03, 0.38, 5).cumulative_fraction:.1%}" == "33.1%"
    assert round(bass(0.03, 0.38, 5).peak_t, 2) == 6.19


def test_bass_edges():
    assert bass(0, 0.4, 100) == model.Adoption(0.0, None)
    assert bass(0.3, 0.2, 0) == model.Adoption(0.0, 0.0)
    assert bass(0.3, 0.3, 1).peak_t == 0 and bass(0.3, 0, 1).peak_t == 0
    assert bass(0.1, 0, 10).cumulative_fraction == close(1 - Decimal(-1).exp())
    assert bass(1e-300, 0.4, 1).cumulative_fraction == close(1e-300 * math.expm1(0.4) / 0.4)
    assert bass(1e-300, 1, 1e4).cumulative_fraction == 1
    assert bass(1e308, 1.7e308, 1).cumulative_fraction == 1
    assert bass(TINIEST, 1e308, 1).cumulative_fraction == 1
    assert bass(1e-300, 1e300, 1e-299).cumulative_fraction == 0  # q/p is beyond any float
    assert bass(1e-9, 1e-9, 1e-9).cumulative_fraction == close(1e-18)


rates = st.floats(1e-6, 5)


@given(rates, rates, st.floats(0, 50), st.floats(0.01, 10), st.floats(1.01, 5))
def test_adoption_rises_with_time_with_p_and_with_q_and_has_no_unit(p, q, t, more, factor):
    share = bass(p, q, t).cumulative_fraction
    assert 0 <= share <= 1
    assert bass(p, q, t + more).cumulative_fraction >= share - 1e-12
    assert bass(p * factor, q, t).cumulative_fraction >= share - 1e-12
    assert bass(p, q * factor, t).cumulative_fraction >= share - 1e-12
    assert bass(p * factor, q * factor, t / factor).cumulative_fraction == close(share, abs=1e-12)


# 14.10 Migration

@pytest.mark.parametrize("rate", ["0", "0.001", "0.05", "0.1", "0.5", "0.99", "1"])
@pytest.mark.parametrize("weeks", [0, 1, 6, 7, 52, 500])
def test_remaining_week_by_week(rate, weeks):
    left = Decimal(1)
    for _ in range(weeks):
        left -= left * Decimal(rate)
    result = remaining_customers(2_000, float(rate), weeks)
    assert result.remaining_fraction == close(left, abs=1e-300)
    assert result.remaining == close(2_000 * left, abs=1e-300)


@pytest.mark.parametrize("rate", ["0.001", "0.05", "0.1", "0.25", "0.5", "0.9", "0.999"])
@pytest.mark.parametrize("target", ["0.999", "0.5", "0.25", "0.125", "0.01", "0.001"])
def test_weeks_to_target_by_counting(rate, target):
    left, weeks = Decimal(1), 0
    while left > Decimal(target):
        left -= left * Decimal(rate)
        weeks += 1
    assert weeks_to_target(float(rate), float(target)).weeks == weeks


def test_migration_quiz_answers():
    assert f"{required_rate(0.99, 52).weekly_rate:.2%}" == "8.48%"
    assert round(remaining_customers(2_000, 0.05, 52).remaining) == 139
    assert weeks_to_target(0.1, 0.5).weeks == 7


def test_the_slow_fifth_owns_the_end_date():
    fast, slow = {"share": 0.8, "weekly_rate": 0.1}, {"share": 0.2, "weekly_rate": 0.01}
    left = segment_remaining([fast, slow], 52).remaining_fraction
    of_slow = 0.2 * float(Decimal("0.99") ** 52)
    assert left == close(0.8 * float(Decimal("0.9") ** 52) + of_slow)
    assert of_slow / left > 0.97


def test_migration_edges():
    assert weeks_to_target(0, 0.5).weeks is None
    assert weeks_to_target(TINIEST, 0.5).weeks is None
    assert weeks_to_target(1, 1e-300).weeks == 1
    assert weeks_to_target(0.9, 0.999999).weeks == 1 and weeks_to_target(0.9, 1 - 1e-12).weeks == 1
    assert weeks_to_target(0.5, 0.25).weeks == 2  # an exact division
    assert weeks_to_target(1e-200, 0.5).weeks == close(math.log(2) * 1e200)
    assert remaining_customers(7, 1, 0) == model.Remaining(7.0, 1.0)
    assert remaining_customers(7, 1, TINIEST) == model.Remaining(0.0, 0.0)
    assert remaining_customers(1, 1e-300, 1e300).remaining == close(math.exp(-1))
    assert required_rate(0, 3).weekly_rate == 0
    assert required_rate(1e-15, 1).weekly_rate == close(1e-15)
    assert required_rate(0.5, 1e-300).weekly_rate == 1
    assert segment_remaining([{"share": 0.1, "weekly_rate": 0}] * 10, 9).remaining_fraction == close(1)


open_shares = st.floats(1e-6, 0.999999)


@given(st.floats(0, 0.999999), st.floats(0.1, 1_000))
def test_required_rate_and_remaining_are_inverse(moved, weeks):
    rate = required_rate(moved, weeks).weekly_rate
    assert remaining_customers(1, rate, weeks).remaining == close(1 - moved, rel=1e-6)


@given(open_shares, open_shares)
def test_weeks_to_target_is_the_first_week_that_is_enough(rate, target):
    weeks = weeks_to_target(rate, target).weeks
    assert remaining_customers(1, rate, weeks).remaining_fraction <= target * (1 + 1e-6)
    assert weeks == 1 or remaining_customers(1, rate, weeks - 1).remaining_fraction > target * (1 - 1e-6)


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), min_size=1, max_size=5), st.floats(0, 200))
def test_segments_leave_more_than_their_mean_rate_would(parts, weeks):
    total = sum(part for part, _ in parts)
    segments = [{"share": part / total, "weekly_rate": rate} for part, rate in parts]
    left = segment_remaining(segments, weeks).remaining_fraction
    assert 0 <= left <= 1 + 1e-12
    if weeks >= 1:  # Jensen: a mean of powers is at least the power of the mean
        mean = sum(part * rate for part, rate in parts) / total
        assert left >= remaining_customers(1, min(1, mean), weeks).remaining_fraction * (1 - 1e-9) - 1e-15


# Results and bad input

HALF = {"share": 0.5, "weekly_rate": 0}
NO_SEGMENTS = NO_LIST + [[], [HALF], [HALF] * 3, [HALF, {"share": 0.5}], [HALF, {"weekly_rate": 0.5}],
                         [HALF, HALF | {"name": "x"}]] + [[HALF, value] for value in NO_TABLE + [{}]] + [
    [HALF, HALF | {key: value}] for key in ("share", "weekly_rate") for value in NO_FRACTION]

ILLEGAL = [
    (bass, {"p": 0, "q": 0, "t": 0}, {"p": NEGATIVE, "q": NEGATIVE, "t": NEGATIVE}),
    (required_rate, {"target_migrated": 0, "weeks": 0.5},
     {"target_migrated": NO_FRACTION + [1], "weeks": NOT_POSITIVE}),
    (remaining_customers, {"customers": 0, "weekly_rate": 1, "weeks": 0},
     {"customers": NEGATIVE, "weekly_rate": NO_FRACTION, "weeks": NEGATIVE}),
    (weeks_to_target, {"weekly_rate": 0, "target_remaining": 0.5},
     {"weekly_rate": NO_FRACTION, "target_remaining": NO_OPEN_FRACTION}),
    (segment_remaining, {"segments": [HALF, HALF], "weeks": 0}, {"segments": NO_SEGMENTS, "weeks": NEGATIVE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
