"""Models 1.3 and 15.2 to 15.5 against scipy, numpy, simulation, the calendar and exact arithmetic."""
import datetime
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import geom, norm

from infrapm.models import career as model
from infrapm.models.career import (
    STORIES,
    allocate_hours,
    applications_needed,
    apply_multiplier,
    lint_star,
    loop_noise,
    loop_score,
    offer_funnel,
    p_pass,
    review_dates,
    story_gaps,
    total_pay,
    vested_at,
    vesting_gap,
    vesting_years,
)
from tests.models.illegal import (
    ABOVE_1,
    BELOW_1,
    NEGATIVE,
    NO_COUNT_FROM_1,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
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


# 1.3 A story in four parts

A_NUMBER, A_WE = "A has no number", "A says we without I"
R_NUMBER, R_BASELINE = "R has no number", "R has a percentage without a baseline"


def flags(A="I moved 500 services", R="from 22 to 14 min"):
    return lint_star("x", "x", A, R).flags


@pytest.mark.parametrize("action, expected", [
    ("I moved 500 services", []),
    ("I led two teams", []),
    ("I led TWELVE engineers", []),
    ("I moved a hundred services", []),
    ("I led one team", [A_NUMBER]),  # "one" counts nothing
    ("I moved hundreds of services", [A_NUMBER]),
    ("I fixed it often", [A_NUMBER]),  # "ten" stands within a word
    ("We moved 500 services", [A_WE]),
    ("we moved 500 services", [A_WE]),
    ("WE'VE moved 500 services", [A_WE]),
    ("We moved 500 services; I wrote the plan", []),
    ("We moved 500 services; I'd written the plan", []),
    ("We moved 500 services in IT; i helped", [A_WE]),
    ("The web team moved 500 services", []),
    ("We fixed it", [A_NUMBER, A_WE]),
])
def test_flags_of_the_action(action, expected):
    assert flags(A=action) == expected


@pytest.mark.parametrize("result, expected", [
    ("improved performance", [R_NUMBER]),
    ("halved the build time", [R_NUMBER]),  # a word is no number here
    ("saved 8,000 h a year", []),
    ("latency down 25%", [R_BASELINE]),
    ("latency down 25 % in Q2", [R_BASELINE]),
    ("latency down 25% ($2.1M/year)", [R_BASELINE]),
    ("P99 from 400 ms to 300 ms (25%)", []),
    ("From about 400 ms\nto below 300 ms, 25%", []),
    ("25% of 500 services", []),
    ("30% of $2M", []),
    ("30% of about $2M", []),
    ("30% of the 2M", []),
    ("25% less, from slow to fast", [R_BASELINE]),
    ("25% less, from 400 ms", [R_BASELINE]),
    ("25% of the time that we had in 2024", [R_BASELINE]),
    ("25% of the cost", [R_BASELINE]),
    ("twenty percent", [R_NUMBER]),
])
def test_flags_of_the_result(result, expected):
    assert flags(R=result) == expected


def test_empty_parts_are_missing_and_get_no_flag():
    assert lint_star("", " ", "\n\t", "") == model.StarLint(["S", "T", "A", "R"], [])
    assert lint_star("x", "x", " ", "fast") == model.StarLint(["A"], [R_NUMBER])
    assert lint_star("x", "x", "We did", "") == model.StarLint(["R"], [A_NUMBER, A_WE])
    assert lint_star("", "x", "We did", "down 5%") == model.StarLint(["S"], [A_NUMBER, A_WE, R_BASELINE])


@given(*[st.text(max_size=60)] * 4)
def test_any_text_is_read(S, T, A, R):
    result = lint_star(S, T, A, R)
    assert result.missing == [letter for letter, part in zip("STAR", (S, T, A, R)) if not part.strip()]
    assert [flag for flag in (A_NUMBER, A_WE, R_NUMBER, R_BASELINE) if flag in result.flags] == result.flags
    assert not {R_NUMBER, R_BASELINE} <= set(result.flags)


def test_long_text_is_read_in_time():
    lint_star("x", "x", "we " * 50_000, "from 1 " * 20_000 + "5%")


@given(st.lists(st.sampled_from(STORIES), max_size=8))
def test_story_gaps(told):
    assert story_gaps(told).missing == [story for story in STORIES if story not in told]


def test_other_names_of_stories():
    assert STORIES == ("outage", "migration", "cost", "adoption", "stakeholder conflict", "launch")
    assert story_gaps([]).missing == list(STORIES)
    told = ["outage response", "cost reduction", "tool adoption"]
    assert story_gaps(told).missing == ["migration", "stakeholder conflict", "launch"]


# 15.2 The way to an offer

rates = st.one_of(st.floats(1e-6, 1), st.just(1.0))


@given(st.lists(rates, min_size=1, max_size=6))
def test_funnel_in_exact_arithmetic(passed):
    p = math.prod(map(Fraction, passed))
    result = offer_funnel({f"stage {i}": rate for i, rate in enumerate(passed)})
    assert result.p_offer == close(p) and result.expected_applications == close(1 / p)


@given(st.floats(1e-6, 0.999), st.floats(0.001, 0.999))
def test_applications_against_scipy(p, confidence):
    n = applications_needed(p, confidence).applications
    # scipy's quantile of the geometric distribution is the same number, but for a float at an exact step.
    assert n in (int(geom.ppf(confidence, p)), int(geom.ppf(confidence * (1 - 1e-9), p)))
    assert -math.expm1(n * math.log1p(-p)) >= confidence * (1 - 1e-6)
    assert n == 1 or -math.expm1((n - 1) * math.log1p(-p)) < confidence * (1 + 1e-6)


@given(st.floats(0, 0.999), st.floats(0.01, 1))
def test_multiplier_in_exact_arithmetic(p, part):
    # A multiplier up to the largest that the ratio can bear.
    multiplier = part / p if p else part
    assume(0 < multiplier < math.inf and p * multiplier <= 1)
    result = apply_multiplier(p, multiplier)
    chance, factor = Fraction(p), Fraction(multiplier)
    odds = factor * chance / (1 - chance)
    assert result.p_ratio == close(chance * factor) and result.p_odds == close(odds / (1 + odds))
    assert result.p_odds <= 1 and (multiplier < 1 or result.p_odds <= result.p_ratio + 1e-12)


def test_answers_of_the_funnel():
    result = offer_funnel({"screen": 0.5, "phone": 0.4, "onsite": 0.25})
    assert (result.p_offer, result.expected_applications) == (close(0.05), close(20))
    assert applications_needed(0.05, 0.9).applications == 45
    # "2.1 times as likely" cannot be a ratio for anyone above 47.6%.
    assert apply_multiplier(0.476, 2.1).p_ratio < 1
    with pytest.raises(ValueError, match="multiplier must be at most 1 / p = 2.09643605870; got 2.1"[:40]):
        apply_multiplier(0.477, 2.1)


def test_funnel_edges():
    assert offer_funnel({"a": 0.5, "b": 0}) == model.OfferFunnel(0.0, None)
    assert offer_funnel({"a": 1}) == model.OfferFunnel(1.0, 1.0)
    assert applications_needed(0, 0.5).applications is None
    assert applications_needed(1, BELOW_1).applications == 1
    assert applications_needed(0.5, 0.5).applications == 1  # exactly one, not two by a float
    assert applications_needed(0.5, 0.875).applications == 3
    for n in (1, 2, 4, 5, 7, 8, 9, 10):  # a float of the quotient is a little above n
        assert applications_needed(0.01, 1 - 0.99**n).applications == n
    assert applications_needed(0.9, 1e-12).applications == 1
    assert applications_needed(1e-300, 0.5).applications == close(math.log(2) * 1e300)
    assert applications_needed(TINIEST, 0.5).applications is None  # more than any float
    assert applications_needed(BELOW_1, BELOW_1).applications == 1
    assert apply_multiplier(0, 1e300) == model.Multiplied(0.0, 0.0)
    assert apply_multiplier(0.1, 10) == model.Multiplied(1.0, close(1 / (1 + 0.9)))
    assert 3 / 17 * (17 / 3) > 1 and apply_multiplier(3 / 17, 17 / 3).p_ratio == 1  # not refused for a float
    assert apply_multiplier(0.7, 1).p_odds == close(0.7)
    assert apply_multiplier(BELOW_1, 1).p_odds == close(1)


# 15.3 The loop and its noise

bands = st.lists(st.floats(1, 5), min_size=1, max_size=5)


@given(st.lists(st.tuples(bands, st.floats(0.01, 100)), min_size=1, max_size=6))
def test_loop_score_against_numpy(stages):
    scores = {f"s{i}": given for i, (given, _) in enumerate(stages)}
    weights = {f"s{i}": weight for i, (_, weight) in enumerate(stages)}
    expected = np.average([np.mean(given) for given, _ in stages], weights=list(weights.values()))
    assert loop_score(scores, weights).score == close(expected)
    backwards = dict(reversed(weights.items()))
    assert loop_score(scores, backwards).score == close(expected)


@given(st.floats(1e-3, 10), st.integers(1, 100))
def test_noise_in_exact_arithmetic(sd, interviews):
    error = loop_noise(sd, interviews).standard_error
    assert error**2 == close(Fraction(sd) ** 2 / interviews)


@given(st.floats(1, 5), st.floats(1, 5), st.floats(0.05, 3), st.integers(1, 20))
def test_pass_against_scipy(true_score, bar, sd, interviews):
    expected = norm.sf(bar, loc=true_score, scale=sd / math.sqrt(interviews))
    assert p_pass(true_score, bar, sd, interviews).p_pass == close(expected, rel=1e-7, abs=1e-300)


def test_pass_against_simulated_loops():
    loops = np.random.default_rng(3).normal(3.5, 0.8, size=(100_000, 5)).mean(axis=1)
    passed = (loops >= 3.2).mean()
    expected = p_pass(3.5, 3.2, 0.8, 5).p_pass
    assert expected == pytest.approx(passed, abs=4 * math.sqrt(expected * (1 - expected) / 100_000))
    error = loop_noise(0.8, 5).standard_error
    assert error == pytest.approx(loops.std(), rel=4 / math.sqrt(200_000))
    assert f"{1.96 * error:.1f}" == "0.7"  # five interviews leave about 0.7 bands either way, at 95%


def test_loop_edges():
    assert loop_score({"a": [1]}, {"a": 5}).score == 1
    assert loop_score({"a": [1], "b": [5]}, {"a": 1.7e308, "b": 1.7e308}).score == 3
    assert loop_score({"a": [1], "b": [5]}, {"a": TINIEST, "b": 1}).score == 5
    assert p_pass(3, 3, 0.5, 5).p_pass == 0.5
    assert p_pass(3, 3, TINIEST, 10**6).p_pass == 0.5
    assert p_pass(4, 3, TINIEST, 10**6).p_pass == 1 and p_pass(3, 4, TINIEST, 1).p_pass == 0
    assert p_pass(-1.7e308, 1.7e308, 1.7e308, 10**6).p_pass == 0
    assert 0 < p_pass(1, 5, 0.5, 5).p_pass < 1e-50
    assert loop_noise(2, 10**300).standard_error == close(2e-150)


# 15.4 Preparation

needs = st.dictionaries(st.text(max_size=5), st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=6)


@given(st.floats(0, 1_000), needs)
def test_hours_in_exact_arithmetic(hours, areas):
    need = {name: Fraction(weight) * Fraction(gap) for name, (weight, gap) in areas.items()}
    total = sum(need.values())
    result = allocate_hours(hours, {name: {"weight": weight, "gap": gap} for name, (weight, gap) in areas.items()})
    assume(total == 0 or total > 1e-290)
    for name, part in need.items():
        assert result.hours_by_area[name] == close(Fraction(hours) * part / total if total else 0, abs=1e-12)
    assert result.unallocated_h == (0 if total else hours)
    assert sum(result.hours_by_area.values()) + result.unallocated_h == close(hours, abs=1e-12)


def test_preparation_edges():
    none = {"a": {"weight": 1, "gap": 0}, "b": {"weight": 0, "gap": 1}}
    assert allocate_hours(8, none) == model.Hours({"a": 0.0, "b": 0.0}, 8.0)
    assert allocate_hours(8, {"a": {"gap": 1e300, "weight": 1e300}}) == model.Hours({"a": 8.0}, 0.0)
    assert allocate_hours(8, {"a": {"gap": TINIEST, "weight": TINIEST}}) == model.Hours({"a": 8.0}, 0.0)
    top = {"gap": 1.7e308, "weight": 1.7e308}
    assert allocate_hours(8, {"a": top, "b": top}) == model.Hours({"a": 4.0, "b": 4.0}, 0.0)
    assert allocate_hours(0, {"a": {"gap": 1, "weight": 1}}) == model.Hours({"a": 0.0}, 0.0)
    assert review_dates("9999-12-31", [0]).reviews == ["9999-12-31"]
    with pytest.raises(ValueError, match=r"offsets_days\[1\] must be a whole number from 0 to 1; got 2"):
        review_dates("9999-12-30", [1, 2])


@given(st.dates(max_value=datetime.date(2200, 1, 1)), st.lists(st.integers(0, 20_000), min_size=1, max_size=5))
def test_dates_against_numpy(start, offsets):
    expected = [str(np.datetime64(start) + np.timedelta64(offset, "D")) for offset in offsets]
    assert review_dates(start.isoformat(), offsets).reviews == expected


def test_dates_over_a_leap_day_and_a_year():
    assert review_dates("2028-02-27", [1, 2, 3]).reviews == ["2028-02-28", "2028-02-29", "2028-03-01"]
    assert review_dates("2026-12-30", [2]).reviews == ["2027-01-01"]
    assert review_dates("2026-11-23", [1, 3, 7, 14, 30]).reviews == [
        str((pd.Timestamp("2026-11-23") + pd.Timedelta(days=days)).date()) for days in (1, 3, 7, 14, 30)]


# 15.5 The offer

BACK_LOADED, EVEN = [0.05, 0.15, 0.40, 0.40], [0.25] * 4


@st.composite
def schedules(draw):
    parts = draw(st.lists(st.integers(0, 100), min_size=1, max_size=6))
    assume(sum(parts))
    return [part / sum(parts) for part in parts]


def test_answers_of_the_offer():
    assert vesting_years(400_000, BACK_LOADED).yearly_usd[0] == 20_000
    gap = vesting_gap(400_000, BACK_LOADED, EVEN).cumulative_gap_usd
    assert gap == [close(share * 400_000) for share in (-0.20, -0.30, -0.15, 0)]
    assert gap[1] == min(gap) == close(-120_000)


@given(st.floats(0, 1e7), schedules(), st.floats(-0.5, 1))
def test_vesting_in_exact_arithmetic(grant, schedule, growth):
    yearly = [
        Fraction(grant) * Fraction(share) * (1 + Fraction(growth)) ** (i + 1) for i, share in enumerate(schedule)
    ]
    result = vesting_years(grant, schedule, growth)
    assert result.yearly_usd == [close(value, abs=1e-300) for value in yearly]
    assert result.cumulative_usd == [close(sum(yearly[: i + 1]), abs=1e-300) for i in range(len(yearly))]
    assert vesting_years(grant, schedule).cumulative_usd[-1] == close(grant, abs=1e-300)


@given(st.floats(1, 1e7), schedules(), schedules())
def test_gap_is_the_difference_of_what_has_vested(grant, one, other):
    gap = vesting_gap(grant, one, other).cumulative_gap_usd
    assert len(gap) == max(len(one), len(other))
    for year, ahead in enumerate(gap, 1):
        expected = vested_at(grant, one, 12 * year).vested_usd - vested_at(grant, other, 12 * year).vested_usd
        assert ahead == close(expected, abs=1e-9 * grant)
    assert gap[-1] == close(0, abs=1e-9 * grant)
    assert vesting_gap(grant, other, one).cumulative_gap_usd == [-ahead for ahead in gap]


@given(st.floats(1, 1e7), schedules(), st.integers(0, 100), st.integers(0, 24))
def test_leaving_month_by_month(grant, schedule, months, cliff):
    # A month of a year vests a twelfth of that year.
    monthly = [Fraction(share) / 12 for share in schedule for _ in range(12)]
    expected = Fraction(grant) * sum(monthly[:months]) if months >= cliff else 0
    assert vested_at(grant, schedule, months, cliff).vested_usd == close(expected, abs=1e-9 * grant)


@given(st.floats(1, 1e7), schedules(), st.floats(0, 100), st.floats(0, 100))
def test_who_stays_longer_has_no_less(grant, schedule, one, other):
    low, high = sorted([one, other])
    assert vested_at(grant, schedule, low).vested_usd <= vested_at(grant, schedule, high).vested_usd * (1 + 1e-12)
    assert vested_at(grant, schedule, high).vested_usd <= grant * (1 + 1e-9)


@given(st.floats(0, 1e6), st.lists(st.floats(0, 1e6), max_size=6), st.floats(0, 1e7), schedules())
def test_total_pay_year_by_year(base, sign_on, grant, schedule):
    assume(len(sign_on) <= len(schedule))
    stock = vesting_years(grant, schedule).yearly_usd
    for year, paid in enumerate(total_pay(base, sign_on, grant, schedule).yearly_usd):
        assert paid == close(base + (sign_on[year] if year < len(sign_on) else 0) + stock[year])


def test_offer_edges():
    assert vested_at(100, EVEN, 11.999).vested_usd == 0 and vested_at(100, EVEN, 12).vested_usd == 25
    assert vested_at(100, EVEN, 12 * (1 - 1e-12)).vested_usd == 25  # the cliff itself, but for a float
    assert vested_at(100, EVEN, 6, cliff_months=0).vested_usd == 12.5
    assert vested_at(100, EVEN, 0, cliff_months=0).vested_usd == 0
    assert vested_at(100, EVEN, 48).vested_usd == 100 and vested_at(100, EVEN, 1e300).vested_usd == 100
    assert vested_at(100, EVEN, 40, cliff_months=60).vested_usd == 0
    assert vesting_years(100, [1]) == model.Vesting([100.0], [100.0])
    assert vesting_years(100, [0.5, 0.5 + 5e-10]).cumulative_usd[-1] == close(100)
    assert vesting_years(100, [0.0, 1.0, 0.0], growth=1e300) == model.Vesting([0.0, math.inf, 0.0], [0.0, math.inf, math.inf])
    assert vesting_years(100, [1], growth=-1 + 2**-53).yearly_usd == [close(100 * 2**-53)]
    assert "-0.0" not in repr(vesting_gap(0, EVEN, [1]))
    assert vesting_gap(100, [1], EVEN).cumulative_gap_usd == [75, 50, 25, 0]
    assert total_pay(5, [], 100, [0.5, 0.5]).yearly_usd == [55, 55]


# Bad input

NO_AREA = NO_TABLE + [{}, {"weight": 1}, {"weight": 1, "gap": 1, "more": 1}] + [
    {"weight": value, "gap": 1} for value in NEGATIVE] + [{"weight": 1, "gap": value} for value in NEGATIVE]
NO_SCHEDULE = NO_LIST + [[], [0.5], [0.5, 0.5000001], [0.6, 0.6, -0.2], [1, 1]] + [[0.5, v] for v in NO_FRACTION + [0.4]]
NO_BANDS = NO_LIST + [[]] + [[3, value] for value in NO_NUMBER + [0, 0.999, 5.001, 6, -1]]
NO_DATE = [None, True, 20261123, 10**5_000, "", "today", "2026-13-01", "2026-02-29", "2026-11-2", "20261123", "2026-W48-1",
           "2026-11-23T00:00", " 2026-11-23", "0000-01-01", "２026-11-23", datetime.date(2026, 11, 23), b"2026-11-23"]
NO_TEXT = [None, True, 1, 0.5, b"x", ["x"], {"x": 1}, math.nan]
NO_STORIES = NO_LIST + [["launch", name] for name in (None, 1, "", "Launch", "launches", "war story", ["launch"])]
TEXTS = {"S": "a", "T": "b", "A": "I did 2", "R": "3"}
OFFER = {"base_usd": 1, "sign_on_usd": [1], "grant_usd": 1, "schedule": [0.5, 0.5]}

ILLEGAL = [
    (lint_star, TEXTS, dict.fromkeys(TEXTS, NO_TEXT)),
    (story_gaps, {"stories": ["launch"]}, {"stories": NO_STORIES}),
    (offer_funnel, {"rates": {"a": 0.5}},
     {"rates": NO_TABLE + [{}, {1: 0.5}] + [{"a": 0.5, "b": value} for value in NO_FRACTION]}),
    (applications_needed, {"p_offer": 0.5, "confidence": 0.5},
     {"p_offer": NO_FRACTION, "confidence": NO_OPEN_FRACTION}),
    (apply_multiplier, {"p": 0.5, "multiplier": 2},
     {"p": NO_FRACTION + [1], "multiplier": NOT_POSITIVE + [2.000001, 3, 1e308]}),
    (loop_score, {"scores": {"a": [3], "b": [4]}, "weights": {"a": 1, "b": 2}},
     {"scores": NO_TABLE + [{}, {"a": [3]}, {"a": [3], "c": [3]}] + [{"a": [3], "b": value} for value in NO_BANDS],
      "weights": NO_TABLE + [{}, {"a": 1}, {"a": 1, "b": 1, "c": 1}] + [{"a": 1, "b": v} for v in NOT_POSITIVE]}),
    (loop_noise, {"sd": 1, "interviews": 2}, {"sd": NOT_POSITIVE, "interviews": NO_COUNT_FROM_1}),
    (p_pass, {"true_score": 3, "bar": 3, "sd": 1, "interviews": 2},
     {"true_score": NO_NUMBER, "bar": NO_NUMBER, "sd": NOT_POSITIVE, "interviews": NO_COUNT_FROM_1}),
    (allocate_hours, {"hours": 1, "areas": {"a": {"weight": 1, "gap": 1}}},
     {"hours": NEGATIVE, "areas": NO_TABLE + [{}, {1: {"weight": 1, "gap": 1}}] + [{"a": value} for value in NO_AREA]}),
    (review_dates, {"start_date": "2026-11-23", "offsets_days": [1]},
     {"start_date": NO_DATE, "offsets_days": NO_LIST + [[]] + [[1, value] for value in NEGATIVE + [0.5, 10**9]]}),
    (vesting_years, {"grant_usd": 1, "schedule": [1], "growth": 0.1},
     {"grant_usd": NEGATIVE, "schedule": NO_SCHEDULE, "growth": NO_NUMBER + [-1, -2]}),
    (vesting_gap, {"grant_usd": 1, "schedule_a": [1], "schedule_b": [1]},
     {"grant_usd": NEGATIVE, "schedule_a": NO_SCHEDULE, "schedule_b": NO_SCHEDULE}),
    (vested_at, {"grant_usd": 1, "schedule": [1], "months": 1, "cliff_months": 1},
     {"grant_usd": NEGATIVE, "schedule": NO_SCHEDULE, "months": NEGATIVE, "cliff_months": NEGATIVE}),
    (total_pay, OFFER,
     {"base_usd": NEGATIVE, "sign_on_usd": NO_LIST + [[1, 2, 3]] + [[value] for value in NEGATIVE],
      "grant_usd": NEGATIVE, "schedule": NO_SCHEDULE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)


def test_lists_may_be_arrays_or_tuples():
    assert vesting_years(100, np.array(EVEN)) == vesting_years(100, tuple(EVEN))
    assert apply_multiplier(np.float64(0.25), 2) == apply_multiplier(0.25, 2)
    assert ABOVE_1 not in vesting_years(1, EVEN).cumulative_usd
