"""Models 14.1-14.4 and `simulate_rice` against published rules, exact fractions, enumeration, closed forms and numpy."""
import itertools
import math
import random
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import triang

from infrapm.models import prioritization as model
from infrapm.models.prioritization import (
    best_order,
    flip_weight,
    ice,
    ice_effort,
    lead_under_effort,
    moscow,
    rank_probabilities,
    rank_rice,
    rank_under_effort,
    rice,
    simulate_rice,
    weighted_scores,
    wsjf,
)
from tests.models.illegal import (
    NEGATIVE,
    NO_COUNT,
    NO_COUNT_FROM_1,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
    NO_TABLE,
    NOT_POSITIVE,
    check_all_covered,
    check_frozen,
    check_refused,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


# 14.1 Scores

def test_rice_as_published():
    # Intercom: (reach x impact x confidence) / effort; impact 3, 2, 1, 0.5, 0.25; confidence 100%, 80%, 50%.
    assert rice(2000, 2, 0.8, 4).score == close(800)
    assert [rice(100, impact, 1, 1).warnings for impact in (3, 2, 1, 0.5, 0.25)] == [()] * 5
    assert rice(100, 1.5, 1, 1).warnings == ("impact 1.5 is none of the steps 3, 2, 1, 0.5, 0.25",)


def test_ice_multiplies_ease_and_divides_by_effort():
    assert ice(8, 7, 3).score == close(168)
    assert ice(8, 7, 4).score > ice(8, 7, 3).score
    assert ice_effort(8, 7, 4).score < ice_effort(8, 7, 3).score
    # The E taken as effort and multiplied turns the order of two items round.
    easy, hard = {"impact": 6, "confidence": 6}, {"impact": 6, "confidence": 6}
    assert ice(**easy, ease=9).score > ice(**hard, ease=2).score
    assert ice_effort(**easy, effort=2).score > ice_effort(**hard, effort=9).score


positive_numbers = st.floats(1e-3, 1e6)


@given(st.floats(0, 1e6), positive_numbers, st.floats(1e-3, 1), positive_numbers)
def test_rice_against_fractions(reach, impact, confidence, effort):
    exact = Fraction(reach) * Fraction(impact) * Fraction(confidence) / Fraction(effort)
    assert rice(reach, impact, confidence, effort).score == close(exact, rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 3), st.integers(1, 10), st.integers(1, 12)),
                min_size=1, max_size=8))
def test_ranking_is_by_score_and_equal_scores_as_listed(backlog):
    items = {f"item {i}": [r, i_, c / 10, e] for i, (r, i_, c, e) in enumerate(backlog)}
    exact = {name: Fraction(r) * i * Fraction(c).limit_denominator(10) / e for name, (r, i, c, e) in items.items()}
    result = rank_rice(items)
    assert list(result.ranking) == sorted(items, key=exact.__getitem__, reverse=True)  # sorted is stable
    assert result.scores == {name: close(score) for name, score in exact.items()}


def test_rank_rice_names_the_item_in_a_warning():
    result = rank_rice({"cache": [100, 2, 1, 1], "failover": [100, 10, 1, 1]})
    assert result.warnings == ("failover: impact 10 is none of the steps 3, 2, 1, 0.5, 0.25",)


def test_scores_of_every_size():
    assert rice(0, 3, 1, 1).score == 0
    assert rice(1e300, 1, 1, 1e-300).score == math.inf
    assert rice(1e-300, 1, 1, 1e300).score == 0
    assert ice(1, 1, 1).score == 1 and ice(10, 10, 10).score == 1000
    huge = weighted_scores({"a": 1e308, "b": 1e308}, {"A": {"a": 1e308, "b": 0}})
    assert huge.scores["A"] == close(5e307)
    # 0.7 * 1 + 0.3 * 2 is 1.2999999999999998 in floats
    assert weighted_scores({"a": 7, "b": 3}, {"A": {"a": 1, "b": 2}}).scores["A"] == 1.3


small = st.integers(-20, 20)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.data())
def test_weighted_scores_against_fractions(weights, data):
    assume(any(weights))
    names = [f"c{i}" for i in range(len(weights))]
    own = [data.draw(small) for _ in weights]
    exact = Fraction(sum(w * s for w, s in zip(weights, own)), sum(weights))
    result = weighted_scores(dict(zip(names, weights)), {"A": dict(reversed(list(zip(names, own))))})
    assert result.scores["A"] == close(exact, abs=1e-12)
    scaled = weighted_scores({name: w * 7.5 for name, w in zip(names, weights)}, {"A": dict(zip(names, own))})
    assert scaled.scores["A"] == close(exact, abs=1e-12)


@pytest.mark.parametrize("scores, words", [
    ({"A": {"rel": 4}}, r"scores\['A'\] must be one score for each of rel, new; got rel"),
    ({"A": {"rel": 4, "new": 1, "cost": 2}}, r"scores\['A'\] must be .*; got rel, new, cost"),
    ({"A": {"rel": 4, "new": 1}, "B": {"rel": 4, "new": "2"}}, r"scores\['B'\]\['new'\] must be a finite number"),
])
def test_a_score_that_is_missing_or_too_many_is_named(scores, words):
    with pytest.raises(ValueError, match=words):
        weighted_scores({"rel": 0.5, "new": 0.5}, scores)


# 14.2 MoSCoW

def test_must_limit_of_the_handbook():
    # DSDM: no more than 60% of the effort for Must; Could about 20%.
    assert moscow({"must": 60, "should": 20, "could": 20}) == model.Moscow(0.6, 0.2, True, 0.0)
    assert moscow({"must": 0.3 * 0.6, "should": 0.3 * 0.2, "could": 0.3 * 0.2}).ok  # floats at the limit
    over = moscow({"must": 60.001, "should": 20, "could": 19.999})
    assert not over.ok and over.move_out_effort == close(0.001, rel=1e-6)
    with_wont = moscow({"must": 75, "should": 15, "could": 10, "wont": 400})
    assert with_wont == moscow({"must": 75, "should": 15, "could": 10})
    assert moscow({"must": 1, "should": 0, "could": 0}) == model.Moscow(1.0, 0.0, False, 0.4)
    assert moscow({"must": 1e308, "should": 1e308, "could": 1e308}).must_share == close(Fraction(1, 3))


effort = st.integers(0, 1000)


@given(effort, effort, effort)
def test_moving_out_makes_must_60_percent(must, should, could):
    assume(must + should + could > 0)
    result = moscow({"must": must, "should": should, "could": could})
    total = must + should + could
    assert result.must_share == close(Fraction(must, total))
    assert result.could_share == close(Fraction(could, total))
    assert result.ok is (Fraction(must, total) <= Fraction(60, 100))
    assert result.move_out_effort == close(max(Fraction(0), must - Fraction(6, 10) * total), abs=1e-9)
    if result.move_out_effort:
        moved = moscow({"must": must - result.move_out_effort, "should": should + result.move_out_effort, "could": could})
        assert moved.ok and moved.must_share == close(0.6)


# 14.3 Cost of delay

def test_wsjf_as_published():
    assert wsjf(8, 5, 3, 4).wsjf == close(4)
    # The three parts count alike, and half the size is twice the priority.
    assert wsjf(5, 8, 3, 4) == wsjf(3, 5, 8, 4) == wsjf(8, 5, 3, 4)
    assert wsjf(8, 5, 3, 2).wsjf == close(8)


def order_cost(jobs, order):
    finish = cost = 0
    for i in order:
        finish += jobs[i][1]
        cost += jobs[i][0] * finish
    return cost


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12)), min_size=1, max_size=5))
def test_best_order_against_all_orders(jobs):
    costs = {order: order_cost(jobs, order) for order in itertools.permutations(range(len(jobs)))}
    result = best_order(jobs)
    assert order_cost(jobs, result.best_order) == min(costs.values()) == result.best_cost
    assert result.worst_cost == max(costs.values())
    assert result.fifo_cost == costs[tuple(range(len(jobs)))]
    assert result.tie is (list(costs.values()).count(min(costs.values())) > 1)
    # Of the orders that are as good, the one that keeps to the list: the first in dictionary order.
    assert result.best_order == min(order for order, cost in costs.items() if cost == min(costs.values()))


def test_equal_ratios_are_equal_in_spite_of_floats():
    result = best_order([[0.1 + 0.2, 1], [0.3, 1], [0.6, 2]])
    assert result.best_order == (0, 1, 2) and result.tie
    assert best_order([[0.3, 1], [0.1 + 0.2, 1], [0.1, 1], [0.1, 1]]).best_order == (0, 1, 2, 3)
    assert best_order([[1, 1]]) == model.Order((0,), 1.0, 1.0, 1.0, False)
    assert best_order([[0, 1e308], [0, 1e308]]).best_cost == 0
    assert best_order([[1e308, 1e308], [1e308, 1e308]]).best_cost == math.inf


# 14.4 How sure a ranking is

def lead_is_right(lead: float, lo: float, hi: float) -> float:
    """The chance that the item with the higher score is first, when both efforts are uniform: P(a < lead * b)."""
    lead, lo, hi = Fraction(lead), Fraction(lo), Fraction(hi)
    x = max(lo, min(hi, hi / lead))  # for b beyond x, every a is small enough
    part = lead / 2 * (x**2 - lo**2) - lo * (x - lo) + (hi - lo) * (hi - x)
    return float(part / (hi - lo) ** 2)


@pytest.mark.parametrize("lead", [1, 1.05, 1.2, 1.5, 2, 2.5, 3, 4])
@pytest.mark.parametrize("span", [(0.5, 1.5), (0.8, 1.2), (0.25, 4)])
def test_rank_under_effort_against_the_integral(lead, span):
    exact = lead_is_right(lead, *span)
    result = rank_under_effort({"A": 100 * lead, "B": 100}, list(span), trials=20_000)
    assert result.p_first["A"] == close(exact, rel=0, abs=4 * math.sqrt(exact * (1 - exact) / 20_000) + 1e-12)
    assert lead_under_effort(lead, list(span)).p_right == close(exact, rel=1e-12)
    assert result.p_first["A"] + result.p_first["B"] == close(1)
    p = result.p_first["A"]
    assert result.standard_error == {name: close(math.sqrt(p * (1 - p) / 20_000), abs=1e-15) for name in "AB"}
    assert result.trials == 20_000


def test_a_lead_must_be_large():
    """The answer to "how big must a lead be?": with efforts known to +-50%, and with all four inputs so."""
    assert [round(lead_under_effort(lead, [0.5, 1.5]).p_right, 2) for lead in (1.05, 1.2, 1.5)] == [0.55, 0.66, 0.81]

    def loose(value):
        return [value / 2, value * 3 / 2]

    def p_right(lead):
        items = {name: [loose(reach), loose(1), loose(0.8), loose(1)] for name, reach in (("A", lead), ("B", 1))}
        return simulate_rice(items, trials=20_000).p_first["A"]

    assert p_right(2.0) < 0.8 < p_right(2.1)


@given(st.floats(1, 100), st.floats(0.01, 10), st.floats(1, 100))
def test_lead_against_the_integral_in_fractions(lead, lo, ratio):
    hi = lo * ratio
    if hi <= lo * (1 + 1e-6):
        return
    exact = lead_is_right(lead, lo, hi)
    p = lead_under_effort(lead, [lo, hi]).p_right
    assert p == close(exact, rel=1e-9)
    assert 0.5 <= p <= 1 and p <= lead_under_effort(lead * 1.1, [lo, hi]).p_right + 1e-12


def test_lead_edges():
    assert lead_under_effort(1, [0.5, 1.5]).p_right == 0.5
    assert lead_under_effort(1, [2, 2]).p_right == 0.5 and lead_under_effort(1.01, [2, 2]).p_right == 1
    assert lead_under_effort(2, [1, 1 + 1e-12]).p_right == 1
    assert lead_under_effort(1 + 1e-13, [1, 1 + 1e-12]).p_right == close(0.595, rel=0.02)
    assert lead_under_effort(1e300, [1e-300, 1e300]).p_right == close(1)
    assert lead_under_effort(2, [1e-300, 1e300]).p_right == close(0.75)


@pytest.mark.parametrize("ranges, exact", [
    ({"A": [8, 12], "B": [9, 11]}, Fraction(1, 2)),
    ({"A": [0, 3], "B": [0, 1]}, Fraction(5, 6)),
    ({"A": [-1, 1], "B": [0, 0]}, Fraction(1, 2)),
    ({"A": [0, 4], "B": [3, 3]}, Fraction(1, 4)),
    ({"A": [0, 1], "B": [0, 1], "C": [0, 1]}, Fraction(1, 3)),
    ({"A": [2, 3], "B": [0, 1]}, 1),
    ({"A": [0, 1], "B": [2, 3]}, 0),
    ({"A": [-1e308, 1e308], "B": [0, 0]}, Fraction(1, 2)),
    ({"A": [5, 5], "B": [5, 5]}, Fraction(1, 2)),
    ({"A": [0.3, 0.3], "B": [0.1 + 0.2, 0.1 + 0.2], "C": [0.3, 0.3]}, Fraction(1, 3)),
    ({"A": [1, 2]}, 1),
])
def test_rank_probabilities_against_closed_forms(ranges, exact):
    result = rank_probabilities(ranges, trials=20_000)
    assert result.p_first["A"] == close(exact, rel=0, abs=4 * math.sqrt(float(exact * (1 - exact)) / 20_000) + 1e-9)
    assert sum(result.p_first.values()) == close(1)


@pytest.mark.parametrize("lo, mode, hi", [(0, 2, 10), (0, 0, 10), (0, 10, 10), (-5, 1, 2), (4, 4, 4)])
@pytest.mark.parametrize("bar", [-1, 0.5, 1.5, 5, 9])
def test_triangular_ranges_against_scipy(lo, mode, hi, bar):
    exact = 1 - triang.cdf(bar, (mode - lo) / (hi - lo), lo, hi - lo) if hi > lo else float(lo > bar)
    result = rank_probabilities({"A": [lo, mode, hi], "bar": [bar, bar]}, trials=10_000)
    assert result.p_first["A"] == close(exact, rel=0, abs=4 * math.sqrt(exact * (1 - exact) / 10_000) + 1e-12)


def test_a_share_of_1_has_no_error_and_is_no_certainty():
    # B is above A in 0.1 * 0.1 / 2 = 0.5% of the trials: in 50 it is most likely never seen.
    ranges = {"A": [0, 1], "B": [-0.9, 0.1]}
    few, many = (rank_probabilities(ranges, trials=trials) for trials in (50, 20_000))
    assert few.p_first == {"A": 1, "B": 0} and few.standard_error == {"A": 0, "B": 0}
    assert many.p_first["B"] == close(0.005, abs=4 * many.standard_error["B"]) and many.p_first["B"] < 3 / 50


@pytest.mark.parametrize("run", [
    lambda trials: rank_probabilities({"A": [1, 1], "B": [1, 1]}, trials),
    lambda trials: rank_under_effort({"A": 1, "B": 1}, [1, 1], trials),
])
def test_items_count_as_trials_do(run):
    with pytest.raises(ValueError, match=r"^(ranges|scores) \* trials must be at most 10,000,000 together; got 10000002"):
        run(5_000_001)


def test_rank_intervals():
    apart = rank_probabilities({name: [10 * i, 10 * i + 5] for i, name in enumerate("ABC")}, trials=500)
    assert apart.rank_interval == {"A": (3, 3), "B": (2, 2), "C": (1, 1)}
    # Ten alike: every rank is taken in a tenth of the trials, so the 5th percentile is rank 1 and the 95th rank 10.
    alike = rank_probabilities({f"item {i}": [0, 1] for i in range(10)}, trials=4_000)
    assert set(alike.rank_interval.values()) == {(1, 10)}
    # B is above A in 2% of the trials, too few for the interval; C is above in 20%.
    below = rank_probabilities({"A": [1, 1], "B": [0.02, 1.02 + 1e-12]}, trials=20_000)
    assert below.rank_interval == {"A": (1, 1), "B": (2, 2)}
    often = rank_probabilities({"A": [1, 1], "C": [0.2, 1.2]}, trials=20_000)
    assert often.rank_interval == {"A": (1, 2), "C": (1, 2)}
    # Equal items have the better rank, and the next one comes after all of them.
    tied = rank_probabilities({"A": [5, 5], "B": [5, 5], "C": [1, 1]}, trials=10)
    assert tied.rank_interval == {"A": (1, 1), "B": (1, 1), "C": (3, 3)}


def test_simulations_leave_the_global_generator_alone_and_repeat_themselves():
    random.seed(5)
    before = random.getstate()
    runs = [
        [rank_probabilities({"A": [0, 2], "B": [0, 1, 3]}, 200, seed), rank_under_effort({"A": 3, "B": 2}, [1, 2], 200, seed),
         simulate_rice({"A": [[1, 3], 1, 0.5, [1, 2]], "B": [2, 1, 0.5, [1, 2]]}, 200, seed)]
        for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1] and all(one != other for one, other in zip(runs[0], runs[2]))
    assert random.getstate() == before
    defaults = [rank_probabilities({"A": [0, 2], "B": [0, 1, 3]}), rank_under_effort({"A": 3, "B": 2}, [1, 2])]
    assert defaults == [rank_probabilities({"A": [0, 2], "B": [0, 1, 3]}, 10_000, 1),
                        rank_under_effort({"A": 3, "B": 2}, [1, 2], 10_000, 1)]


# RICE with ranges

def test_with_efforts_alone_it_is_rank_under_effort():
    lead, span = 1.3, [0.5, 1.5]
    result = simulate_rice({"A": [100 * lead, 1, 1, span], "B": [100, 1, 1, span]}, trials=20_000)
    assert result.p_first["A"] == close(lead_is_right(lead, *span), rel=0, abs=0.014)


def test_with_reaches_alone_it_is_rank_probabilities():
    ranges = {"A": [3, 9], "B": [1, 4, 10], "C": [5, 5]}
    result = simulate_rice({name: [span, 1, 1, 1] for name, span in ranges.items()}, trials=20_000)
    other = rank_probabilities(ranges, trials=20_000, seed=9)
    assert result.p_first == {name: close(p, rel=0, abs=0.02) for name, p in other.p_first.items()}


# What an input is worth, by brute force: for each of its values, new trials.

def drawn(span, u):
    if not isinstance(span, list):
        return np.full_like(u, span)
    if len(span) == 2:
        return span[0] + (span[1] - span[0]) * u
    lo, mode, hi = span
    rising = lo + np.sqrt(u * (hi - lo) * (mode - lo))
    return np.where(rising < mode, rising, hi - np.sqrt((1 - u) * (hi - lo) * (hi - mode)))


def brute_force_drop(items, name, part, bet, values=60, trials=8_000):
    rng = np.random.default_rng(3)
    names = list(items)

    def first_shares(known=None):
        scores = []
        for other in names:
            r, i, c, e = (
                np.full(trials, known) if known is not None and (other, at) == (name, part)
                else drawn(span, rng.random(trials)) for at, span in enumerate(items[other])
            )
            scores.append(r * i * np.minimum(c, 1) / e)
        return np.bincount(np.argmax(scores, axis=0), minlength=len(names)) / trials

    known = [float(drawn(items[name][part], np.array([(k + 0.5) / values]))[0]) for k in range(values)]
    shares = [first_shares(value) for value in known]
    return np.mean([share.max() - share[names.index(bet)] for share in shares])


BACKLOG = {
    "A": [[200, 400], [1, 2], [0.4, 1.2], [1, 2, 4]],
    "B": [300, [0.5, 1, 3], 0.8, [1, 3]],
    "C": [[100, 500], 2, [0.3, 0.6], 2],
}


@cache
def simulated_backlog():
    return simulate_rice(BACKLOG, trials=20_000)


@pytest.mark.parametrize("name, part", [("A", 0), ("A", 1), ("A", 2), ("A", 3), ("B", 1), ("B", 3), ("C", 0), ("C", 2)])
def test_drops_against_brute_force(name, part):
    result = simulated_backlog()
    drop = result.drop_if_known[name][model.RICE_INPUTS[part]]
    assert drop == close(brute_force_drop(BACKLOG, name, part, result.first), rel=0, abs=0.006)


def test_standard_errors_of_drops_against_repeated_runs():
    runs = [simulate_rice(BACKLOG, trials=500, seed=seed) for seed in range(50)]
    for name, key in [("A", "effort"), ("B", "impact"), ("B", "effort")]:
        spread = np.std([run.drop_if_known[name][key] for run in runs], ddof=1)
        told = np.mean([run.drop_standard_error[name][key] for run in runs])
        # Bets that change with the sample add a little to the spread.
        assert 0.65 < told / spread < 1.35, (name, key, told, spread)


def test_a_drop_that_is_the_same_in_every_trial_has_no_error():
    result = simulate_rice({"A": [1000, 1, 1, 1], "B": [[500, 2000], 1, 1, 1]}, trials=100)
    assert result.drop_if_known["B"]["reach"] == close(1 / 3, rel=0, abs=1 / 400)
    assert result.drop_standard_error["B"]["reach"] == close(0, abs=1e-8)


numbers = st.floats(0.1, 10)
spans = st.one_of(numbers, st.lists(numbers, min_size=2, max_size=3).map(sorted))
confidences = st.one_of(st.floats(0.1, 1), st.tuples(st.floats(0.1, 1), st.floats(0.1, 2)).filter(lambda c: c[0] <= c[1]))
backlogs = st.dictionaries(st.sampled_from("ABCD"), st.tuples(spans, spans, confidences, spans), min_size=1)


@settings(max_examples=40)
@given(backlogs)
def test_what_always_holds_of_a_simulated_backlog(items):
    result = simulate_rice(items, trials=200)
    assert sum(result.p_first.values()) == close(1)
    assert result.p_first[result.first] == max(result.p_first.values())
    assert result.p_wrong == close(1 - result.p_first[result.first], abs=1e-12)
    for name, inputs in items.items():
        low, high = result.rank_interval[name]
        assert 1 <= low <= high <= len(items)
        p5, p50, p95 = result.score_interval[name]
        assert p5 <= p50 <= p95
        for key, span in zip(model.RICE_INPUTS, inputs):
            drop, noise = result.drop_if_known[name][key], result.drop_standard_error[name][key]
            assert 0 <= drop <= result.p_wrong + 4 * (noise + result.standard_error[result.first]) + 1 / 400
            known = not isinstance(span, (list, tuple)) or span[0] == span[-1]
            assert not known or drop == noise == 0


@settings(max_examples=30)
@given(backlogs, st.floats(0.1, 10))
def test_a_common_factor_changes_no_rank(items, factor):
    def times(span):
        return [end * factor for end in span] if isinstance(span, (list, tuple)) else span * factor

    scaled = {name: [times(r), i, c, e] for name, (r, i, c, e) in items.items()}
    one, other = simulate_rice(items, trials=100), simulate_rice(scaled, trials=100)
    assert one.p_first == {name: close(p, abs=0.011) for name, p in other.p_first.items()}
    assert one.score_interval == {name: tuple(close(score / factor, abs=1e-12) for score in scores)
                                  for name, scores in other.score_interval.items()}


def test_simulated_rice_edges():
    alone = simulate_rice({"A": [[0, 10], 1, 1, 1]}, trials=100)
    assert (alone.first, alone.p_wrong, alone.rank_interval) == ("A", 0, {"A": (1, 1)})
    assert set(alone.drop_if_known["A"].values()) == {0}
    nothing = simulate_rice({"A": [0, 1, 1, [1, 2]], "B": [0, 1, 1, [1, 2]]}, trials=100)
    assert nothing.p_first == {"A": 0.5, "B": 0.5}
    far = simulate_rice({"A": [[1e300, 2e300], 1, 1, 1e-300], "B": [1e-300, 1, 1, 1e300]}, trials=10)
    assert far.p_first == {"A": 1, "B": 0}
    # C is level with two known equals for half of its range; the bet on either is then right in half of the cases.
    shared = simulate_rice({"A": [10, 1, 1, 1], "B": [10, 1, 1, 1], "C": [[5, 15], 1, 1, 1]}, trials=10_000)
    assert shared.drop_if_known["C"]["reach"] == close(0.25, abs=0.003)
    # A is level with B whenever its confidence is capped; B is the better bet whatever that confidence is.
    level = simulate_rice({"A": [10, 1, [0.5, 1.5], 1], "B": [10, 1, 1, 1], "C": [[8, 11], 1, 1, 1]}, trials=10_000)
    assert level.first == "B" and level.drop_if_known["A"]["confidence"] == 0
    capped = simulate_rice({"A": [1, 1, [1, 2], 1], "B": [1, 1, 1, 1]}, trials=10)
    assert capped.p_first == {"A": 0.5, "B": 0.5}


# Flip weight

@given(st.lists(st.tuples(small, small, st.integers(0, 9)), min_size=1, max_size=5), st.data())
def test_flip_weight_against_fractions(criteria, data):
    vary = data.draw(st.integers(0, len(criteria) - 1))
    weights = [w for _, _, w in criteria]
    assume(any(weights))
    gaps = [a - b for a, b, _ in criteria]
    result = flip_weight({"A": [a for a, _, _ in criteria], "B": [b for _, b, _ in criteria]}, weights, vary)
    others = [i for i in range(len(criteria)) if i != vary]
    total = sum(weights[i] for i in others)
    expected = None
    if total:
        rest = Fraction(sum(weights[i] * gaps[i] for i in others), total)
        if gaps[vary] != rest and 0 <= -rest / (gaps[vary] - rest) <= 1:
            expected = -rest / (gaps[vary] - rest)
    if expected is None:
        assert result.flip_weight is None
        return
    assert result.flip_weight == close(expected, abs=1e-12)

    def scores(share):
        changed = {str(i): share if i == vary else (1 - share) * weights[i] / total for i in range(len(criteria))}
        own = {"A": {str(i): a for i, (a, _, _) in enumerate(criteria)},
               "B": {str(i): b for i, (_, b, _) in enumerate(criteria)}}
        return weighted_scores(changed, own).scores

    level = scores(result.flip_weight)
    assert level["A"] == close(level["B"], abs=1e-9)
    ends = [scores(share) for share in (0, 1)]
    assert (ends[0]["A"] - ends[0]["B"]) * (ends[1]["A"] - ends[1]["B"]) <= 1e-12


def test_flip_weight_edges():
    assert flip_weight({"A": [4], "B": [2]}, [1], 0).flip_weight is None  # no other criterion
    assert flip_weight({"A": [4, 3], "B": [2, 1]}, [1, 1], 0).flip_weight is None  # A is better at both
    assert flip_weight({"A": [4, 3], "B": [4, 3]}, [1, 1], 0).flip_weight is None  # level at every weight
    assert flip_weight({"A": [4, 3], "B": [2, 3]}, [1, 1], 0).flip_weight == 0  # level without the criterion
    assert flip_weight({"A": [4, 3], "B": [4, 1]}, [1, 1], 0).flip_weight == 1  # level with it alone
    assert flip_weight({"A": [1, 0.3], "B": [0, 0.1 + 0.2]}, [1, 1], 0).flip_weight == 0  # in spite of floats
    assert flip_weight({"A": [1, 0.1, 0.2], "B": [0, 0, 0.3]}, [1, 1, 1], 0).flip_weight == 0
    huge = flip_weight({"A": [1.7e308, -1.7e308], "B": [-1.7e308, 1.7e308]}, [1e308, 1e308], 0)
    assert huge.flip_weight == close(0.5)
    reverse = flip_weight({"B": [2, 5, 3], "A": [4, 2, 3]}, [0.5, 0.3, 0.2], 0)
    assert reverse.flip_weight == close(1.8 / 3.8)


# Results and bad input

NOT_1_TO_10 = NO_NUMBER + [0.999, 10.001, 0, -1, 80]
NO_CONFIDENCE = NO_FRACTION + [0]
RIGHT = [100, 1, 0.5, 2]


def in_item(place, values):
    return [{"A": [*RIGHT[:place], value, *RIGHT[place + 1:]]} for value in values]


NO_RICE_ITEMS = NO_TABLE + [{}] + [{"A": value} for value in NO_LIST] + [
    {"A": []}, {"A": [1, 1, 1]}, {"A": [1, 1, 1, 1, 1]}, {"A": RIGHT, "B": [1, 1, 1]},
]
NO_ITEMS = NO_RICE_ITEMS + in_item(0, NEGATIVE) + in_item(1, NOT_POSITIVE) + in_item(2, NO_CONFIDENCE) + in_item(
    3, NOT_POSITIVE)
NO_RANGE = [[], [1], [1, 2, 3, 4], [2, 1], [1, 3, 2], [2, 1, 3], [1, math.nan], [1, math.inf], [None, 1], ["1", 2]]
NOT_A_NUMBER_OR_LIST = [value for value in NO_NUMBER if not isinstance(value, list)]
NO_RANGED_ITEMS = NO_RICE_ITEMS + [
    bad
    for place, low in [(0, -1), (1, 0), (2, 0), (3, 0)]
    for bad in in_item(place, NOT_A_NUMBER_OR_LIST + NO_RANGE + [[low, 1]])
] + in_item(2, [1.5, 80, [1.1, 1.2], [0.5, 2.1], [50, 80], [0.5, 1, 80]])
NO_RANGES = NO_TABLE + [{}] + [{"A": value} for value in NO_LIST + NO_RANGE] + [{"A": [1, 2], "B": [2, 1]}]
NO_SCORES = NO_TABLE + [{}] + [{"A": 1, "B": value} for value in NOT_POSITIVE]
NO_EFFORT = NO_LIST + [[], [1], [1, 2, 3], [2, 1], [0, 1], [-1, 1], [1, math.inf], ["1", 2]]
NO_MOSCOW = NO_TABLE + [{}, {"must": 1}, {"must": 1, "should": 1}, {"must": 0, "should": 0, "could": 0},
                        {"must": 0, "should": 0, "could": 0, "wont": 5},
                        {"must": 1, "should": 1, "could": 1, "won't": 1}] + [
    {"must": 1, "should": 1, "could": 1, key: value} for key in ("must", "should", "could", "wont") for value in NEGATIVE]
NO_JOBS = NO_LIST + [[]] + [[[1, 1], value] for value in NO_LIST + [[], [1], [1, 1, 1]]] + [
    [[value, 1]] for value in NEGATIVE] + [[[1, value]] for value in NOT_POSITIVE]
NO_WEIGHTS = NO_TABLE + [{}, {"a": 0}] + [{"a": value} for value in NEGATIVE]
NO_WEIGHTED = NO_TABLE + [{}] + [{"A": value} for value in NO_TABLE + [{}, {"b": 1}, {"a": 1, "b": 1}]] + [
    {"A": {"a": value}} for value in NO_NUMBER]
NO_PAIR = NO_TABLE + [{}, {"A": [1, 2]}, {"A": [1, 2], "B": [1]}, {"A": [1, 2], "B": [1, 2, 3]},
                      {"A": [1, 2], "B": [1, 2], "C": [1, 2]}] + [{"A": [1, 2], "B": value} for value in NO_LIST] + [
    {"A": [1, 2], "B": [1, value]} for value in NO_NUMBER]
MONTE_CARLO = {"trials": NO_COUNT_FROM_1, "seed": NO_COUNT}

ILLEGAL = [
    (rice, {"reach": 1, "impact": 1, "confidence": 1, "effort": 1},
     {"reach": NEGATIVE, "impact": NOT_POSITIVE, "confidence": NO_CONFIDENCE, "effort": NOT_POSITIVE}),
    (rank_rice, {"items": {"A": RIGHT}}, {"items": NO_ITEMS}),
    (ice, {"impact": 1, "confidence": 5.5, "ease": 10}, dict.fromkeys(["impact", "confidence", "ease"], NOT_1_TO_10)),
    (ice_effort, {"impact": 1, "confidence": 10, "effort": 12},
     {"impact": NOT_1_TO_10, "confidence": NOT_1_TO_10, "effort": NOT_POSITIVE}),
    (weighted_scores, {"weights": {"a": 1}, "scores": {"A": {"a": -1}}}, {"weights": NO_WEIGHTS, "scores": NO_WEIGHTED}),
    (moscow, {"effort": {"must": 1, "should": 0, "could": 0}}, {"effort": NO_MOSCOW}),
    (wsjf, {"business_value": 0, "time_criticality": 0, "risk_reduction": 0, "job_size": 1},
     {"business_value": NEGATIVE, "time_criticality": NEGATIVE, "risk_reduction": NEGATIVE, "job_size": NOT_POSITIVE}),
    (best_order, {"jobs": [[0, 1]]}, {"jobs": NO_JOBS}),
    (rank_probabilities, {"ranges": {"A": [1, 1], "B": (0, 1, 2)}, "trials": 1, "seed": 0},
     {"ranges": NO_RANGES, **MONTE_CARLO}),
    (rank_under_effort, {"scores": {"A": 1}, "effort_range": (1, 1), "trials": 1, "seed": 0},
     {"scores": NO_SCORES, "effort_range": NO_EFFORT, **MONTE_CARLO}),
    (lead_under_effort, {"lead": 1, "effort_range": (1, 1)},
     {"lead": NOT_POSITIVE + [0.999], "effort_range": NO_EFFORT}),
    (simulate_rice, {"items": {"A": RIGHT, "B": [[0, 1], (1, 2, 3), [0.5, 2], 1]}, "trials": 1, "seed": 0},
     {"items": NO_RANGED_ITEMS, **MONTE_CARLO}),
    (flip_weight, {"scores": {"A": [1, 2], "B": (2, 1)}, "weights": [1, 1], "vary_index": 1},
     {"scores": NO_PAIR, "weights": NO_LIST + [[]] + [[1, value] for value in NEGATIVE],
      "vary_index": NO_COUNT + [2]}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)


@pytest.mark.parametrize("item, words", [
    ([100, 1, 80, 2], r"items\['A'\].confidence must be a number above 0 and at most 1; got 80 \(did you mean 0.8\?\)"),
    ([100, 1, [50, 80], 2], r"items\['A'\].confidence\[0\] must be a number from 0 to 2; got 50"),
    ([100, 1, [1.2, 1.5], 2], r"items\['A'\].confidence\[0\] must be a number from 0 to 1; got 1.2"),
    ([100, 1, 0.8, [3, 2]], r"items\['A'\].effort must be in rising order; got 3, 2"),
    ([100, [1], 0.8, 2], r"items\['A'\].impact must be \[lo, hi\] or \[lo, mode, hi\]; got 1 members"),
    ([100, 1, 0.8], r"items\['A'\] must be a list of reach, impact, confidence, effort; got 3 members"),
])
def test_a_wrong_input_of_an_item_is_named(item, words):
    with pytest.raises(ValueError, match=words):
        simulate_rice({"A": item})
