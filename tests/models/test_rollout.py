"""Models 10.1 to 10.5 against statsmodels, exact binomials, an integral, published tables and a replay."""
import heapq
import inspect
import math
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom, multivariate_normal
from statsmodels.stats.proportion import power_proportions_2indep, samplesize_proportions_2indep_onetail

from infrapm.models import rollout as model
from infrapm.models.rollout import (
    bonferroni_alpha,
    canary_power,
    canary_time,
    false_positive_rate,
    minutes_at_risk,
    pocock_z,
    review_load,
    rolling_update,
    sample_size,
    staged_rollout,
    wave_plan,
    zero_failure_bound,
)
from tests.models.illegal import (
    BELOW_1,
    NEGATIVE,
    NO_COUNT,
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
    no_choice,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


# 10.1 Canary

SHARES = [(0.001, 0.002), (0.05, 0.06), (0.2, 0.1), (0.0, 0.01), (0.5, 0.51), (0.99, 0.97), (1.0, 0.9), (0.001, 0.3)]


@pytest.mark.parametrize("p1, p2", SHARES)
@pytest.mark.parametrize("alpha, sided", [(0.05, 2), (0.05, 1), (0.001, 2), (0.5, 1)])
@pytest.mark.parametrize("n", [1, 30, 900, 23_511, 10**7])
def test_power_against_statsmodels(p1, p2, alpha, sided, n):
    # One-sided at alpha / sided: the two-sided peer adds rejections in the wrong direction.
    peer = power_proportions_2indep(
        diff=p2 - p1, prop2=p1, nobs1=n, alpha=alpha / sided, alternative="larger" if p2 > p1 else "smaller"
    )
    assert canary_power(p1, p2, n, alpha, sided).power == close(peer.power, abs=1e-12)


@pytest.mark.parametrize("p1, p2", SHARES)
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_sample_size_is_the_fewest_with_that_power_by_statsmodels(p1, p2, power):
    n = sample_size(p1, p2, power=power).n_per_arm

    def peer(n):
        return power_proportions_2indep(
            diff=p2 - p1, prop2=p1, nobs1=n, alpha=0.025, alternative="larger" if p2 > p1 else "smaller"
        ).power

    assert peer(n) >= power - 1e-12
    assert n == 1 or peer(n - 1) < power


def test_sample_size_near_another_rule():
    # The peer's unpooled rule differs from the pooled one by less than a request in a thousand here.
    peer = samplesize_proportions_2indep_onetail(diff=0.001, prop2=0.001, power=0.8, alpha=0.05, alternative="two-sided")
    assert sample_size(0.001, 0.002).n_per_arm == close(peer, rel=1e-3)


def test_power_of_a_small_canary_by_counting_every_case():
    """The rule is an approximation; at 900 requests and 0.1% it flatters by half, at 23,511 it is within 0.015."""

    def exact(p1, p2, n, most):
        seen = np.arange(most + 1)
        one, two = binom.pmf(seen, n, p1)[:, None], binom.pmf(seen, n, p2)[None, :]
        a, b = seen[:, None] / n, seen[None, :] / n
        pooled = np.sqrt((a + b) / 2 * (1 - (a + b) / 2) * 2 / n)
        rejects = (b - a) > NormalDist().inv_cdf(0.975) * pooled
        return float((one * two * rejects).sum())

    assert round(exact(0.001, 0.002, 900, 40), 2) == 0.05
    assert round(canary_power(0.001, 0.002, 900).power, 2) == 0.08
    assert exact(0.001, 0.002, 23_511, 200) == close(canary_power(0.001, 0.002, 23_511).power, abs=0.015, rel=0)


def test_the_doubling_of_one_in_a_thousand():
    n = sample_size(0.001, 0.002).n_per_arm
    assert n == 23_511
    assert canary_time(n, rps=200, canary_fraction=0.01).minutes_to_decide == close(Fraction(23_511, 120))
    assert canary_time(n, rps=50, canary_fraction=0.01).minutes_to_decide / 60 == close(13.06, rel=1e-3)
    assert sample_size(0.05, 0.06).n_per_arm == 8_158
    # Read as a relative 0.1%, the same words ask for 15.7 billion requests: 250 years at 2 a second.
    relative = sample_size(0.001, 0.001 * 1.001).n_per_arm
    assert relative == close(15.69e9, rel=1e-3)
    assert canary_time(relative, 200, 0.01).minutes_to_decide / 525_600 == close(249, rel=0.002)


shares = st.floats(0.0001, 0.9999)


@given(shares, shares, st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_requests_see_more(p1, p2, one, other):
    assume(p1 != p2)
    few, many = sorted([one, other])
    assert canary_power(p1, p2, few).power <= canary_power(p1, p2, many).power
    assert 0 <= canary_power(p1, p2, many).power <= 1


@given(shares, st.floats(0.001, 0.5), st.floats(1.0, 2.0))
def test_a_larger_harm_needs_fewer_requests(p1, apart, factor):
    assume(p1 + apart * factor < 0.5)  # below a half, where variance grows more slowly than the square of the distance
    assert sample_size(p1, p1 + apart * factor).n_per_arm <= sample_size(p1, p1 + apart).n_per_arm


@given(shares, shares, st.floats(0.05, 0.95))
def test_sample_size_and_power_are_inverse(p1, p2, power):
    assume(abs(p1 - p2) > 1e-4)
    n = sample_size(p1, p2, power=power).n_per_arm
    assert canary_power(p1, p2, n).power >= power - 1e-9
    assert n == 1 or canary_power(p1, p2, n - 1).power < power + 1e-9


@given(st.integers(1, 9_999), st.integers(1, 9_999))
def test_good_and_bad_may_change_names(a, b):
    assume(a != b)
    mirrored = sample_size(1 - a / 10_000, 1 - b / 10_000).n_per_arm
    assert sample_size(a / 10_000, b / 10_000).n_per_arm == close(mirrored, rel=1e-9, abs=1)


def test_canary_edges():
    assert sample_size(0, 1).n_per_arm == sample_size(1, 0).n_per_arm == 2  # z^2 / 2 = 1.92
    assert sample_size(0.1, 0.2, alpha=0.5, power=0.01).n_per_arm == 1  # chance alone rejects more often
    assert sample_size(0, TINIEST).n_per_arm > 10**300
    assert sample_size(0.5, math.nextafter(0.5, 1), alpha=TINIEST, power=BELOW_1).n_per_arm > 10**30
    assert canary_power(0, 1, 1).power == 0.0 and canary_power(0, 1, 2).power == 1.0
    assert canary_power(0, TINIEST, 1).power < 0.05
    assert canary_power(0.001, 0.002, 10**300).power == 1
    assert canary_time(10**300, 1e-300, 1e-300).minutes_to_decide == math.inf
    assert canary_time(60, 1, 1).minutes_to_decide == 1


@pytest.mark.parametrize("n", [1, 2, 59, 3_000, 10**9])
@pytest.mark.parametrize("confidence", [0.05, 0.95, 0.999])
def test_zero_failures_against_the_binomial(n, confidence):
    bound = zero_failure_bound(n, confidence).upper_bound
    assert binom.pmf(0, n, bound) == close(1 - confidence, rel=1e-6)


def test_zero_failures():
    assert zero_failure_bound(59).upper_bound < 0.05 < zero_failure_bound(58).upper_bound  # 59 for 5% at 95%
    assert zero_failure_bound(3_000).rule_of_three == 0.001
    for n in (30, 300, 10**9):
        assert zero_failure_bound(n).upper_bound == close(3 / n, rel=0.05)
    assert zero_failure_bound(1, 0.9).upper_bound == close(0.9)
    assert 0 < zero_failure_bound(10**300, TINIEST).upper_bound + TINIEST
    assert zero_failure_bound(1, BELOW_1).upper_bound == BELOW_1


# 10.2 Looking more than once

# Armitage, McPherson and Rowe 1969: false alarms of the 5% test by the number of looks.
ARMITAGE = {1: 0.05, 2: 0.083, 3: 0.107, 5: 0.142, 10: 0.193}
# Pocock 1977: the constant boundary at 0.05.
POCOCK = {1: 1.960, 2: 2.178, 3: 2.289, 5: 2.413, 10: 2.555}


@pytest.mark.parametrize("looks, share", ARMITAGE.items())
@pytest.mark.parametrize("backend, trials", [("python", 20_000), ("numpy", 200_000)])
def test_peeking_against_armitage(looks, share, backend, trials):
    result = false_positive_rate(looks, trials=trials, backend=backend)
    assert result.false_positive_rate == close(share, rel=0, abs=4 * result.standard_error + 0.0005)
    assert result.standard_error == close(math.sqrt(result.false_positive_rate * (1 - result.false_positive_rate) / trials))
    assert result.trials == trials


@pytest.mark.parametrize("looks, z", POCOCK.items())
@pytest.mark.parametrize("backend, trials", [("python", 20_000), ("numpy", 200_000)])
def test_boundary_against_pocock(looks, z, backend, trials):
    result = pocock_z(looks, trials=trials, backend=backend)
    assert 0 < result.standard_error < 4 / math.sqrt(trials)
    assert result.z_critical == close(z, rel=0, abs=4 * result.standard_error + 0.0005)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_two_looks_against_an_integral(alpha):
    z = -NormalDist().inv_cdf(alpha / 2)
    normal = multivariate_normal(cov=[[1, math.sqrt(0.5)], [math.sqrt(0.5), 1]])
    inside = normal.cdf([z, z], lower_limit=[-z, -z])
    result = false_positive_rate(2, alpha=alpha, trials=400_000, backend="numpy")
    assert result.false_positive_rate == close(1 - inside, rel=0, abs=4 * result.standard_error)


@pytest.mark.parametrize("looks", [1, 4])
@pytest.mark.parametrize("alpha", [0.0004, 0.05, 0.25, 0.9999])
@pytest.mark.parametrize("backend", ["python", "numpy"])
def test_boundary_is_the_nearest_rank_of_the_largest_z(looks, alpha, backend):
    largest, trials = model._largest_z(looks, 1_000, 7, backend)
    ordered = sorted(largest)
    assert len(ordered) == trials == 1_000
    rank = math.ceil(round((1 - alpha) * 1_000, 6))
    assert pocock_z(looks, alpha, 1_000, seed=7, backend=backend).z_critical == ordered[max(rank, 1) - 1]


def test_standard_error_of_the_boundary_is_that_of_many_runs():
    many = [pocock_z(5, trials=2_000, seed=seed, backend="numpy") for seed in range(200)]
    spread = np.std([run.z_critical for run in many], ddof=1)
    assert np.mean([run.standard_error for run in many]) == close(spread, rel=0.15)


def test_same_seed_same_result_and_no_global_state():
    import random

    random.seed(5)
    before = random.getstate()
    for backend in ("python", "numpy"):
        one, two = (false_positive_rate(3, trials=500, seed=4, backend=backend) for _ in range(2))
        assert one == two != false_positive_rate(3, trials=500, seed=5, backend=backend)
        assert pocock_z(3, trials=500, seed=4, backend=backend) == pocock_z(3, trials=500, seed=4, backend=backend)
    assert random.getstate() == before


def test_defaults():
    for function in (false_positive_rate, pocock_z):
        given = {name: one.default for name, one in inspect.signature(function).parameters.items() if name != "looks"}
        assert given == {"alpha": 0.05, "trials": 100_000, "seed": 1, "backend": "python"}


def test_numpy_works_in_portions_without_a_seam():
    # A million draws a portion: 250,000 runs of ten looks are three portions.
    largest, _ = model._largest_z(10, 250_000, 1, "numpy")
    draws = np.random.default_rng(1).standard_normal((250_000, 10)).cumsum(axis=1) / np.sqrt(np.arange(1, 11))
    assert np.allclose(np.fromiter(largest, float), abs(draws).max(axis=1), rtol=1e-12, atol=0)


def test_memory_of_a_boundary_does_not_hold_every_run(monkeypatch):
    kept = []
    monkeypatch.setattr(heapq, "nlargest", lambda n, values: kept.append(n) or sorted(values, reverse=True)[:n])
    pocock_z(2, trials=10_000)
    assert kept[0] < 600


def test_looking_edges():
    assert false_positive_rate(1, alpha=TINIEST, trials=10).false_positive_rate == 0
    assert false_positive_rate(1, alpha=BELOW_1, trials=10).false_positive_rate == 1
    assert pocock_z(1, trials=1).z_critical == pocock_z(1, alpha=TINIEST, trials=1).z_critical >= 0
    assert bonferroni_alpha(10) == model.PerLookAlpha(0.005)
    assert bonferroni_alpha(1, 0.2).per_look_alpha == 0.2


@given(st.integers(2, 12), st.floats(0.01, 0.3))
def test_bonferroni_keeps_its_promise(looks, alpha):
    per_look = bonferroni_alpha(looks, alpha).per_look_alpha
    result = false_positive_rate(looks, per_look, trials=4_000, backend="numpy")
    assert result.false_positive_rate <= alpha + 4 * max(result.standard_error, 0.001)


# 10.3 Waves and exposure

def test_waves_of_ten_thousand_services():
    plan = wave_plan(10_000, 10, 3, bake_h=24)
    assert plan.waves == (10, 30, 90, 270, 810, 2_430, 6_360)
    assert (plan.count, plan.total_days) == (7, 7.0)
    assert plan.waves[-1] / 10_000 == close(0.636)  # "the last wave is 64% of the risk"
    assert wave_plan(2_000, 10, 3).waves[-1] == 790


@given(st.integers(1, 100_000), st.integers(1, 200_000), st.fractions(1, 5, max_denominator=8))
def test_waves_against_exact_fractions(services, first, growth):
    assume(growth > 1 or services / first < 500)
    plan = wave_plan(services, first, float(growth))
    left, waves = services, []
    while left:
        waves.append(min(left, math.floor(first * growth ** len(waves))))
        left -= waves[-1]
    assert plan.waves == tuple(waves)
    assert plan.count == len(waves) and sum(plan.waves) == services
    assert list(plan.waves[:-1]) == sorted(plan.waves[:-1])


def test_wave_edges():
    assert wave_plan(1, 1, 1) == model.WavePlan((1,), 1, 0.0)
    assert wave_plan(5, 10**300, 1e300).waves == (5,)
    assert wave_plan(10**300, 1, 1e200).waves == (1, int(1e200), 10**300 - int(1e200) - 1)
    assert wave_plan(10**308, 10**307, 1.5).count == 5
    assert wave_plan(7, 2, 1).waves == (2, 2, 2, 1)
    assert wave_plan(model.MAX_WAVES, 1, 1).count == model.MAX_WAVES
    with pytest.raises(ValueError, match="growth must be large enough for at most 100000 waves; got 1"):
        wave_plan(model.MAX_WAVES + 1, 1, 1)
    assert wave_plan(30, 10, 1, bake_h=1e308).total_days == close(1e308 / 8)


def test_user_minutes():
    assert minutes_at_risk(2_000_000, 0.01, 10, 5).user_minutes == close(300_000)
    # Everyone at once against a first wave of 1%, 25 minutes to see and undo.
    assert minutes_at_risk(2_000_000, 1, 20, 5).user_minutes == 50_000_000
    assert minutes_at_risk(2_000_000, 0.01, 20, 5).user_minutes == close(500_000)
    for zero in [(0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 0), (0, 1, 1.7e308, 1.7e308)]:
        assert minutes_at_risk(*zero).user_minutes == 0
    assert minutes_at_risk(10, 0.5, 0, 3).user_minutes == minutes_at_risk(10, 0.5, 3, 0).user_minutes == 15


def test_stages_against_simulation():
    draws = np.random.default_rng(3).random((200_000, 3))
    missed = (draws >= 0.4).all(axis=1).mean()
    result = staged_rollout([0.01, 0.1, 0.5, 1], [60, 60, 120, 0], 0.4)
    assert result.p_reaches_all == close(missed, rel=0, abs=4 * math.sqrt(missed * (1 - missed) / 200_000))
    assert result == model.StagedRollout(240.0, close(Fraction(216, 1000)))


def test_stage_edges():
    assert staged_rollout([1], [0], 0.9).p_reaches_all == 1
    assert staged_rollout([0.5, 1], [1, 2], 1).p_reaches_all == 0
    assert staged_rollout([0.5, 1], [1, 2], 0) == model.StagedRollout(3.0, 1.0)
    for stages, message in [
        ([0.5, 0.5, 1], r"stages\[1\] must be above the stage before it, 0.5; got 0.5"),
        ([0.5, 0.4, 1], r"stages\[1\] must be above the stage before it, 0.5; got 0.4"),
        ([0.1, 0.5, 0.9], r"stages\[2\] must be 1, as the last stage; got 0.9"),
    ]:
        with pytest.raises(ValueError, match=message):
            staged_rollout(stages, [1, 1, 1], 0.5)


# 10.4 Pods in a rolling update

def test_kubernetes_defaults():
    assert rolling_update(10) == model.RollingUpdate(3, 2, 13, 8)
    assert rolling_update(3) == model.RollingUpdate(1, 0, 4, 3)  # three replicas never lose one
    assert rolling_update(7) == model.RollingUpdate(2, 1, 9, 6)
    assert rolling_update(1_000) == model.RollingUpdate(250, 250, 1_250, 750)
    assert rolling_update(10, surge_fraction=0.25, unavailable_fraction=0.25) == rolling_update(10)


@given(st.integers(0, 1_000), st.integers(0, 100), st.integers(0, 100))
def test_percent_of_replicas_in_whole_numbers(replicas, surge, unavailable):
    """As Kubernetes counts: integers, up for the surge and down for the unavailable, and one where both are 0."""
    up, down = -(-replicas * surge // 100), replicas * unavailable // 100
    if up == down == 0:
        down = 1
    expected = model.RollingUpdate(up, down, replicas + up, max(0, replicas - down))
    assert rolling_update(replicas, surge / 100, unavailable / 100) == expected


def test_pods_and_fractions():
    assert rolling_update(10, surge_pods=1, unavailable_pods=0) == model.RollingUpdate(1, 0, 11, 10)
    assert rolling_update(10, surge_fraction=1.0, unavailable_fraction=0) == model.RollingUpdate(10, 0, 20, 10)
    assert rolling_update(10, surge_pods=1).unavailable_pods == 2
    assert rolling_update(10, surge_pods=0, unavailable_pods=0) == model.RollingUpdate(0, 1, 10, 9)
    assert rolling_update(0) == model.RollingUpdate(0, 1, 0, 0)
    assert rolling_update(3, unavailable_pods=5).min_available == 0
    for kind in ("surge", "unavailable"):
        with pytest.raises(ValueError, match=f"{kind}_fraction must be left out where {kind}_pods is given"):
            rolling_update(10, **{f"{kind}_fraction": 0.25, f"{kind}_pods": 3})


# 10.5 Review by risk

TIERS = [
    {"name": "low", "share": 0.6, "review_h": 0, "incident_p": 0.0005},
    {"name": "medium", "share": 0.3, "review_h": 8, "incident_p": 0.002},
    {"share": 0.1, "review_h": 48, "incident_p": 0.01},
]


def test_review_of_three_tiers():
    assert review_load(TIERS, 24) == model.ReviewLoad(close(7.2), close(0.7), close(1.9))
    assert review_load(TIERS, 0).reduction_vs_flat is None
    assert review_load(TIERS, 3.6).reduction_vs_flat == close(-1)  # slower than one review for all


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1e6), st.floats(0, 1)), min_size=1, max_size=6))
def test_review_against_a_replay_of_changes(tiers):
    total = sum(changes for changes, _, _ in tiers)
    hours = sum(Fraction(changes) * Fraction(h) for changes, h, _ in tiers) / total
    incidents = sum(Fraction(changes) * Fraction(p) for changes, _, p in tiers) / total * 1000
    result = review_load([{"share": c / total, "review_h": h, "incident_p": p} for c, h, p in tiers], 24)
    assert result.mean_review_h == close(hours, abs=1e-300)
    assert result.incidents_per_1000 == close(incidents, abs=1e-300)
    assert result.reduction_vs_flat == close(1 - hours / 24, abs=1e-9)


def test_shares_must_sum_to_1():
    one = {"review_h": 1, "incident_p": 0}
    for shares in ([0.6], [0.6, 0.4 + 2e-9], [0.6, 0.4 - 2e-9]):
        with pytest.raises(ValueError, match="tiers must be a list whose shares sum to 1; got a sum of "):
            review_load([{"share": share} | one for share in shares], 1)
    review_load([{"share": share} | one for share in (0.6, 0.4 + 5e-10)], 1)
    review_load([{"share": 0.1} | one] * 10, 1)


# Results and bad input

GIVEN = [value for value in NO_FRACTION if value is not None]  # None stands for the default
GIVEN_PODS = [value for value in NO_COUNT if value is not None]
NO_BACKEND = no_choice("python", "numpy")
NO_STAGES = NO_LIST + [[], [0, 1], [0.5, 0.5], [0.5]] + [[value, 1] for value in NO_FRACTION]
NO_BAKES = NO_LIST + [[], [1], [1, 2, 3]] + [[1, value] for value in NEGATIVE]
NO_TIERS = NO_LIST + [[]] + [[tier] for tier in [*NO_TABLE, {}, {"share": 1}]] + [
    [{"share": 1, "review_h": 1, "incident_p": 0, "other": 1}],
    *([{"share": 1, "review_h": 1, "incident_p": 0} | {key: value}] for key, values in
      [("share", NO_FRACTION), ("review_h", NEGATIVE), ("incident_p", NO_FRACTION)] for value in values),
]
LOOKS = {"looks": NO_COUNT_FROM_1, "alpha": NO_OPEN_FRACTION, "trials": NO_COUNT_FROM_1, "seed": NO_COUNT,
         "backend": NO_BACKEND}
TEST = {"p1": NO_FRACTION + [0.2], "p2": NO_FRACTION + [0.1], "alpha": NO_OPEN_FRACTION,
        "sided": NO_NUMBER + [0, 3, 1.5]}

ILLEGAL = [
    (sample_size, {"p1": 0.1, "p2": 0.2}, TEST | {"power": NO_OPEN_FRACTION}),
    (canary_power, {"p1": 0.1, "p2": 0.2, "n_per_arm": 10}, TEST | {"n_per_arm": NO_COUNT_FROM_1}),
    (canary_time, {"n_per_arm": 1, "rps": 1, "canary_fraction": 1},
     {"n_per_arm": NO_COUNT_FROM_1, "rps": NOT_POSITIVE, "canary_fraction": NO_FRACTION + [0]}),
    (zero_failure_bound, {"n": 1}, {"n": NO_COUNT_FROM_1, "confidence": NO_OPEN_FRACTION}),
    (false_positive_rate, {"looks": 1, "trials": 1}, LOOKS),
    (pocock_z, {"looks": 1, "trials": 1}, LOOKS),
    (bonferroni_alpha, {"looks": 1}, {"looks": NO_COUNT_FROM_1, "alpha": NO_OPEN_FRACTION}),
    (wave_plan, {"services": 10, "first_wave": 1, "growth": 2},
     {"services": NO_COUNT_FROM_1, "first_wave": NO_COUNT_FROM_1, "bake_h": NEGATIVE,
      "growth": NO_NUMBER + [BELOW_1, 0, -1]}),
    (minutes_at_risk, {"users": 1, "exposed_fraction": 1, "detect_min": 1, "rollback_min": 1},
     {"users": NEGATIVE, "exposed_fraction": NO_FRACTION, "detect_min": NEGATIVE, "rollback_min": NEGATIVE}),
    (staged_rollout, {"stages": [0.1, 1], "bake_min": [1, 1], "detect_p": 0.5},
     {"stages": NO_STAGES, "bake_min": NO_BAKES, "detect_p": NO_FRACTION}),
    (rolling_update, {"replicas": 10},
     {"replicas": NO_COUNT, "surge_fraction": GIVEN, "unavailable_fraction": GIVEN, "surge_pods": GIVEN_PODS,
      "unavailable_pods": GIVEN_PODS}),
    (review_load, {"tiers": [{"share": 1, "review_h": 1, "incident_p": 0}], "flat_review_h": 1},
     {"tiers": NO_TIERS, "flat_review_h": NEGATIVE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_is_checked():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)


def test_numpy_is_imported_on_demand_alone():
    module = inspect.getsource(model)
    assert "\nimport numpy" not in module and "\n    import numpy" in module
