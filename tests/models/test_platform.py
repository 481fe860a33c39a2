"""Models 14.8 and 14.9 against scipy, the bootstrap, statsmodels and exact arithmetic."""
import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight

from infrapm.models import platform as model
from infrapm.models.platform import kaplan_meier, nps, nps_change, nps_from_ratings, nps_sample_size
from tests.models.illegal import (
    BELOW_1,
    NO_COUNT,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
    NO_OPEN_FRACTION,
    NOT_POSITIVE,
    TINIEST,
    check_all_covered,
    check_frozen,
    check_refused,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


# 14.8 Net promoter score

def answers_of(promoters, passives, detractors):
    return np.repeat([1, 0, -1], [promoters, passives, detractors])


def test_answers_of_the_questions():
    assert f"{nps(50, 30, 20).margin_points:.1f}" == "15.3"
    # Below about 1,000 answers a move of 5 points is noise: the margin of 30 points is 5 there.
    assert nps(500, 300, 200).margin_points == close(4.84, rel=1e-2)
    assert nps_change(27, 19, 14, 30, 19, 11).margin_points == close(28, rel=1e-2)


def test_a_worked_example_of_the_variance():
    # Half promoters, a third passives, a sixth detractors: a score of 1/3, a variance of 5/9.
    result = nps(300, 200, 100, confidence=0.6826894921370859)  # one standard error
    assert result.nps_points == close(Fraction(100, 3))
    assert result.margin_points == close(100 * math.sqrt(Fraction(5, 9) / 600))


counts = st.integers(0, 5_000)
confidences = st.floats(0.01, 0.9999)


@given(counts, counts, counts, confidences)
def test_score_and_margin_against_numpy_and_scipy(promoters, passives, detractors, confidence):
    if promoters + passives + detractors == 0:
        return
    answers = answers_of(promoters, passives, detractors)
    result = nps(promoters, passives, detractors, confidence)
    assert result.nps_points == close(100 * answers.mean(), abs=1e-9)
    error = 100 * answers.std() / math.sqrt(len(answers))
    assert result.margin_points == close(norm.ppf((1 + confidence) / 2) * error, rel=1e-8, abs=1e-7)
    assert result.zero_variance is bool(answers.min() == answers.max())
    assert (result.margin_points == 0) is result.zero_variance


def test_margin_against_the_bootstrap():
    answers = answers_of(27, 19, 14)
    draws = np.random.default_rng(1).choice(answers, size=(40_000, len(answers))).mean(axis=1) * 100
    low, high = np.quantile(draws, [0.025, 0.975])
    # The bootstrap moves in steps of 100/60 points, so half its width is known to about one step.
    assert nps(27, 19, 14).margin_points == pytest.approx((high - low) / 2, abs=100 / 60)
    # Its standard error is known to 1/sqrt(2 * 40,000), here with four times that.
    assert nps(27, 19, 14).margin_points / norm.ppf(0.975) == close(draws.std(), rel=4 / math.sqrt(80_000))


def test_change_against_simulated_surveys():
    rng = np.random.default_rng(2)
    before = rng.multinomial(60, [27 / 60, 19 / 60, 14 / 60], size=40_000)
    after = rng.multinomial(60, [30 / 60, 19 / 60, 11 / 60], size=40_000)
    moves = 100 * ((after[:, 0] - after[:, 2]) - (before[:, 0] - before[:, 2])) / 60
    result = nps_change(27, 19, 14, 30, 19, 11)
    assert result.change_points == close(10)
    assert result.change_points == pytest.approx(moves.mean(), abs=4 * moves.std() / 200)
    assert result.margin_points / norm.ppf(0.975) == close(moves.std(), rel=4 / math.sqrt(80_000))


@given(counts, counts, counts, counts, counts, counts, confidences)
def test_change_is_the_difference_of_two_surveys(a, b, c, d, e, f, confidence):
    if a + b + c == 0 or d + e + f == 0:
        return
    one, other = nps(a, b, c, confidence), nps(d, e, f, confidence)
    result = nps_change(a, b, c, d, e, f, confidence)
    assert result.change_points == other.nps_points - one.nps_points
    assert result.margin_points == close(math.sqrt(one.margin_points**2 + other.margin_points**2))
    back = nps_change(d, e, f, a, b, c, confidence)
    assert (back.change_points, back.margin_points) == (-result.change_points, close(result.margin_points))
    assert back.clear is result.clear
    if abs(abs(result.change_points) - result.margin_points) > 1e-6:
        assert result.clear is (abs(result.change_points) > result.margin_points)


def test_a_clear_change_and_none():
    assert nps_change(100, 0, 100, 150, 0, 50).clear
    assert not nps_change(10, 0, 10, 11, 0, 9).clear
    assert not nps_change(10, 0, 0, 20, 0, 0).clear  # no change, no margin
    assert nps_change(10, 0, 0, 0, 0, 10) == model.NpsChange(-200.0, 0.0, True)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=200), confidences)
def test_ratings_are_counted(ratings, confidence):
    result = nps_from_ratings(ratings, confidence)
    groups = np.digitize(ratings, [6.5, 8.5])
    assert (result.detractors, result.passives, result.promoters) == tuple(int((groups == i).sum()) for i in range(3))
    assert vars(nps(result.promoters, result.passives, result.detractors, confidence)).items() <= vars(result).items()


@pytest.mark.parametrize("rating, group", [
    (0, "detractors"), (6, "detractors"), (7, "passives"), (8, "passives"), (9, "promoters"), (10, "promoters"),
])
def test_limits_of_the_groups(rating, group):
    assert getattr(nps_from_ratings([rating]), group) == 1


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 100), confidences)
def test_sample_size_is_the_smallest_that_reaches_the_margin(one, other, margin, confidence):
    p, d = one, other * (1 - one)
    n = nps_sample_size(p, d, margin, confidence).n
    z = norm.ppf((1 + confidence) / 2)

    def margin_of(n):
        return 100 * z * math.sqrt(max(0, p + d - (p - d) ** 2) / n)

    assert margin_of(n) <= margin * (1 + 1e-6) + 1e-6
    assert n == 1 or margin_of(n - 1) > margin * (1 - 1e-6)


@given(st.integers(1, 500), counts, counts, confidences)
def test_sample_size_and_margin_are_inverse(promoters, passives, detractors, confidence):
    n = promoters + passives + detractors
    margin = nps(promoters, passives, detractors, confidence).margin_points
    if margin > 1e-6:
        assert abs(nps_sample_size(promoters / n, detractors / n, margin, confidence).n - n) <= 1


def test_nps_edges():
    assert nps(1, 0, 0) == model.Nps(100.0, 0.0, True)
    assert nps(0, 5, 0) == model.Nps(0.0, 0.0, True)
    assert nps(0, 0, 7) == model.Nps(-100.0, 0.0, True)
    assert nps(10, 0, 10).margin_points == close(100 * norm.ppf(0.975) / math.sqrt(20))
    assert nps(10, 0, 10, confidence=BELOW_1).margin_points == close(100 * norm.isf(2**-54) / math.sqrt(20))
    assert nps(10, 0, 10, confidence=TINIEST).margin_points == 0
    for size in (10**15, 10**300, 17 * 10**307):
        big = nps(size, size, size)
        assert big.nps_points == 0 and 0 < big.margin_points < 1e-5 and not big.zero_variance
    assert nps(10**15, 0, 1).margin_points == close(200 * norm.ppf(0.975) * 1e-15, rel=1e-6)
    assert nps_sample_size(1, 0, 5).n == 1  # all agree, and one answer shows it
    assert nps_sample_size(0, 0, TINIEST).n == 1
    assert nps_sample_size(0.5, 0.5, 1e300).n == 1
    assert nps_sample_size(0.7, 0.3, 10).n == nps_sample_size(0.3, 0.7, 10).n  # 0.7 + 0.3 is 1 but for a float
    assert nps_sample_size(0.5, 0.5, 1e-9).n == close((100 * norm.ppf(0.975) / 1e-9) ** 2)
    for margin in (TINIEST, 1e-200):
        with pytest.raises(ValueError, match="margin_points must be a number that a finite sample can reach; got"):
            nps_sample_size(0.5, 0.5, margin)


@given(counts, counts, st.integers(1, 5_000), st.integers(2, 9))
def test_more_answers_of_the_same_kind_narrow_the_margin(promoters, passives, detractors, times):
    one = nps(promoters, passives, detractors)
    more = nps(times * promoters, times * passives, times * detractors)
    assert more.nps_points == close(one.nps_points, abs=1e-12)
    assert more.margin_points == close(one.margin_points / math.sqrt(times))
    assert nps(detractors, passives, promoters).nps_points == -one.nps_points


# 14.9 Time to first deployment

@st.composite
def cohorts(draw):
    size = draw(st.integers(1, 60))
    day = st.one_of(st.integers(0, 12), st.floats(0, 30).map(lambda value: round(value, 1)))
    return [draw(day) for _ in range(size)], [draw(st.integers(0, 1)) for _ in range(size)]


@settings(max_examples=200)
@given(cohorts())
def test_survival_against_statsmodels(cohort):
    days, deployed = cohort
    peer = SurvfuncRight(np.array(days, float), np.array(deployed))
    expected = [
        [day, share] for day, share, events in zip(peer.surv_times, peer.surv_prob, peer.n_events) if events
    ] if any(deployed) else []
    result = kaplan_meier(days, deployed)
    assert np.array(result.survival) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)
    reached = [day for day, share in expected if share <= 0.5 + 1e-9]
    assert result.median_days == (reached[0] if reached else None)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_without_the_unfinished_it_is_the_plain_share(days):
    result = kaplan_meier(days, [1] * len(days))
    for day, share in result.survival:
        assert share == close(Fraction(sum(when > day for when in days), len(days)), abs=1e-12)
    ordered = sorted(days)
    assert result.median_days == ordered[math.ceil(len(days) / 2) - 1]


@given(cohorts(), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_shares_fall(cohort, order):
    days, deployed = cohort
    pairs = list(zip(days, deployed))
    order.shuffle(pairs)
    result = kaplan_meier(days, deployed)
    assert kaplan_meier(*map(list, zip(*pairs))) == result
    left = [1.0] + [share for _, share in result.survival]
    assert all(0 <= after < before for before, after in zip(left, left[1:]))


def test_leaving_out_the_unfinished_makes_onboarding_look_fast():
    # The flaw of the second design document: 100 teams began, 60 finished, 30 by day 2, 50 by day 6, the rest later.
    days = [2] * 30 + [6] * 20 + [9] * 10 + [30] * 40
    deployed = [1] * 60 + [0] * 40
    assert kaplan_meier(days[:60], deployed[:60]).median_days == 2
    assert kaplan_meier(days, deployed).median_days == 6


def test_survival_edges():
    assert kaplan_meier([0], [1]) == model.KaplanMeier([[0.0, 0.0]], 0.0)
    assert kaplan_meier([0], [0]) == model.KaplanMeier([], None)
    assert kaplan_meier([5, 5], [1, 0]) == model.KaplanMeier([[5.0, 0.5]], 5.0)  # a tie: both still waiting that day
    assert kaplan_meier([5, 6], [0, 1]) == model.KaplanMeier([[6.0, 0.0]], 6.0)
    assert kaplan_meier([5, 5 + 1e-12], [1, 1]).survival == [[5.0, 0.5], [5 + 1e-12, 0.0]]
    # Exactly a half, but for a float: (6/7) (5/6) (4/5) (3.5/4) would not be, so by three steps to 3/6.
    assert kaplan_meier([1, 2, 3, 9, 9, 9], [1, 1, 1, 0, 0, 0]).median_days == 3
    assert kaplan_meier([1e300, 1e-300], [1, 1]).median_days == 1e-300
    random.seed(1)
    many = [random.randrange(1, 500) for _ in range(200_000)]
    result = kaplan_meier(many, [1] * len(many))
    assert result.survival[-1] == [499.0, 0.0]


def test_lists_may_be_arrays():
    expected = kaplan_meier([1, 2, 3], [1, 0, 1])
    assert kaplan_meier(np.array([1, 2, 3]), np.array([1, 0, 1])) == expected
    assert nps_from_ratings(np.array([9, 3])) == nps_from_ratings((9, 3))


# Bad input

NO_RATING = NO_NUMBER + [-1, 11, 0.5, 9.5]
SURVEYS = {f"{group}_{when}": 5 for when in ("before", "after") for group in ("promoters", "passives", "detractors")}

ILLEGAL = [
    (nps, {"promoters": 5, "passives": 3, "detractors": 2, "confidence": 0.9},
     {"promoters": NO_COUNT, "passives": NO_COUNT, "detractors": NO_COUNT, "confidence": NO_OPEN_FRACTION}),
    (nps, {"promoters": 1, "passives": 0, "detractors": 0}, {"promoters": [0]}),
    (nps_from_ratings, {"ratings": [9], "confidence": 0.9},
     {"ratings": NO_LIST + [[]] + [[9, value] for value in NO_RATING], "confidence": NO_OPEN_FRACTION}),
    (nps_sample_size, {"promoter_share": 0.5, "detractor_share": 0.2, "margin_points": 5, "confidence": 0.9},
     {"promoter_share": NO_FRACTION + [0.9], "detractor_share": NO_FRACTION + [0.500001],
      "margin_points": NOT_POSITIVE, "confidence": NO_OPEN_FRACTION}),
    (nps_change, SURVEYS | {"confidence": 0.9},
     {name: NO_COUNT for name in SURVEYS} | {"confidence": NO_OPEN_FRACTION}),
    (nps_change, SURVEYS | {"passives_after": 0, "detractors_after": 0}, {"promoters_after": [0]}),
    (kaplan_meier, {"days": [1, 2], "deployed": [1, 0]},
     {"days": NO_LIST + [[], [1], [1, 2, 3]] + [[1, value] for value in NO_NUMBER + [-TINIEST, -1]],
      "deployed": NO_LIST + [[], [1], [1, 0, 1]] + [[1, value] for value in NO_NUMBER + [-1, 2, 0.5]]}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
