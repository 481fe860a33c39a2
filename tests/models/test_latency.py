"""Models 4.1 to 4.4 against published tables, numpy, HdrHistogram, decimal arithmetic and Monte Carlo."""
import math
import random
import re
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import assume, given
from hypothesis import strategies as st

from infrapm.models import latency as model
from infrapm.models.latency import (
    any_slow,
    handshake,
    handshake_saving,
    hedge_exponential,
    hedge_published,
    hedge_two_point,
    leaf_table,
    leaf_target,
    log_bucket,
    max_fanout,
    merge_hosts,
    mesh_overhead,
    min_rtt,
    percentiles,
    slowest_of_n,
    stage_budget,
)
from tests.models.illegal import (
    ABOVE_1,
    BELOW_1,
    NEGATIVE,
    NO_COUNT,
    NO_COUNT_FROM_1,
    NO_FLAG,
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

getcontext().prec = 60


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


# 4.1 Percentiles

def test_percentile_answers():
    values = [15, 20, 35, 40, 50]
    assert percentiles(values, [0.4]).result == (20,)
    assert percentiles(values, [0.4], method="linear").result == (29,)
    assert percentiles(values, [0.05, 0.3, 0.4, 0.5, 1]).result == (15, 20, 20, 35, 50)
    assert merge_hosts([[[10, 990_000]], [[1000, 10_001]]], 0.99).mean_of_hosts == 505


data = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60)


@given(data, st.lists(st.integers(0, 10_000), min_size=1, max_size=4))
def test_percentiles_against_numpy(values, ten_thousandths):
    p = [share / 10_000 for share in ten_thousandths]
    # numpy takes the rank from a float product; where that is whole but for its last digit, so may be its rank.
    safe = [share for share in p if abs(share * len(values) - round(share * len(values))) > 1e-6 or share in (0, 1)]
    assume(safe)
    assert percentiles(values, safe).result == tuple(np.percentile(values, np.array(safe) * 100, method="inverted_cdf"))
    linear = percentiles(values, p, method="linear").result
    assert linear == pytest.approx(np.quantile(values, p, method="linear"), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("n", [1, 7, 10, 100, 1_000, 12_345])
@pytest.mark.parametrize("written", ["0", "0.001", "0.05", "0.1", "0.29", "0.5", "0.9", "0.95", "0.99", "0.999", "1"])
def test_nearest_rank_against_exact_fractions(n, written):
    rank = max(1, math.ceil(Fraction(written) * n))
    assert percentiles(range(1, n + 1), [float(written)]).result == (rank,)


def test_percentile_edges():
    assert percentiles([7], [0, 0.5, 1]).result == (7, 7, 7)
    assert percentiles([7], [0, 0.5, 1], method="linear").result == (7, 7, 7)
    assert percentiles(np.array([3, 1, 2]), (0.0, 1)).result == (1, 3)
    assert percentiles([-1e308, 1e308], [0.25, 0.5], method="linear").result == (close(-0.5e308), 0)
    assert percentiles(range(1, 1_001), [0.9]).result == (900,)  # 0.9 * 1000 is 900.0000000000001 or not
    assert percentiles(range(1, 11), [0.1 * 3]).result == (3,)


def test_mean_of_percentiles_is_not_the_percentile():
    hosts = merge_hosts([[[10, 990_000]], [[1000, 10_001]]], 0.99)
    assert hosts.per_host == (10, 1000) and hosts.merged == 1000
    hidden = merge_hosts([[[10, 99], [1000, 1]], [[10, 100]]], 0.99)
    assert (hidden.per_host, hidden.merged, hidden.merged_max) == ((10, 10), 10, 1000)


@given(st.lists(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 9)), min_size=1, max_size=9), min_size=1, max_size=5),
       st.integers(0, 100))
def test_merged_hosts_are_their_values_written_out(hosts, percent):
    assume(all(any(count for _, count in host) for host in hosts))
    p = percent / 100
    result = merge_hosts(hosts, p)
    written = [[value for value, count in host for _ in range(count)] for host in hosts]
    assert result.per_host == tuple(percentiles(host, [p]).result[0] for host in written)
    together = [value for host in written for value in host]
    assert result.merged == percentiles(together, [p]).result[0]
    assert result.merged_max == max(together)
    assert result.mean_of_hosts == close(np.mean(result.per_host), abs=1e-300)
    assert min(result.per_host) <= result.merged <= max(result.per_host)
    assert merge_hosts(written, p) == result
    assert merge_hosts(hosts[::-1], p).merged == result.merged


def test_merge_edges():
    assert merge_hosts([[5]], 0).merged == 5
    assert merge_hosts([np.array([[10, 99], [1000, 1]]), (20, 30)], 1).merged == 1000
    assert merge_hosts([[1, [2, 3]]], 1).merged == 2
    assert merge_hosts([[1, [2, 1]]], 0.6).merged == 2  # a bare number counts once
    assert merge_hosts([[[1.7e308, 1]]] * 9, 1).mean_of_hosts == close(1.7e308)
    assert merge_hosts([[[1, 10**15], [2, 10**15]]] * 20, 0.5).merged == 1
    assert merge_hosts([[[1, 10**15], [2, 10**15]]] * 20, 1).merged == 2
    with pytest.raises(ValueError, match=re.escape("hosts[1] must be a list that counts at least one value")):
        merge_hosts([[1], [[5, 0]]], 0.5)


@pytest.mark.parametrize("accuracy", [0.001, 0.01, 0.05, 0.5, 0.99])
@pytest.mark.parametrize("value", [1e-300, 1e-9, 0.7, 1, 1000, 123456.789, 1e300])
def test_log_bucket_against_decimal(value, accuracy):
    a, exact = Decimal(accuracy), Decimal(value)
    gamma = (1 + a) / (1 - a)
    place = exact.ln() / gamma.ln()
    index = math.ceil(place)
    bucket = log_bucket(value, accuracy)
    assert bucket.bucket_index == index
    assert bucket.bucket_value == close(2 * gamma**index / (gamma + 1))


def test_edges_of_buckets_belong_to_the_bucket_below():
    gamma = 1.01 / 0.99
    for index in range(-500, 500, 7):
        assert log_bucket(gamma**index, 0.01).bucket_index == index
    assert log_bucket(1, 0.3).bucket_index == 0


@given(st.floats(1e-300, 1e300), st.floats(1e-6, 0.999))
def test_a_bucket_is_as_accurate_as_it_says(value, accuracy):
    bucket = log_bucket(value, accuracy)
    assert abs(bucket.bucket_value - value) <= accuracy * value * (1 + 1e-6)
    assert log_bucket(value * 1.01, accuracy).bucket_index >= bucket.bucket_index


def test_percentile_of_buckets_beside_hdrhistogram():
    """Both histograms hold the exact percentile within the error that each promises."""
    draws, hdr, ours = random.Random(4), HdrHistogram(1, 10_000_000, 2), {}
    values = [max(1, int(draws.lognormvariate(6, 1.2))) for _ in range(20_000)]
    for value in values:
        hdr.record_value(value)
        bucket = log_bucket(value, 0.01)
        ours[bucket.bucket_value] = ours.get(bucket.bucket_value, 0) + 1
    for p in (0.5, 0.9, 0.99, 0.999):
        exact = percentiles(values, [p]).result[0]
        assert merge_hosts([list(ours.items())], p).merged == close(exact, rel=0.0101)
        assert hdr.get_value_at_percentile(100 * p) == close(exact, rel=0.0101)


def test_log_bucket_edges():
    assert log_bucket(TINIEST, 0.5).bucket_value >= 0
    assert log_bucket(1.7e308, 0.01).bucket_value == close(1.7e308, rel=0.01)
    assert log_bucket(1e-300, BELOW_1).bucket_index < 0
    assert log_bucket(1000, 1e-300).bucket_value == close(1000)
    with pytest.raises(ValueError, match="relative_accuracy"):
        log_bucket(1000, TINIEST)


# 4.2 Fan-out

def test_fanout_answers():
    assert round(any_slow(0.01, 100).p_any_slow, 3) == 0.634  # published as 63%
    assert round(any_slow(0.0001, 2_000).p_any_slow, 3) == 0.181  # "almost one in five"
    assert round(leaf_target(0.01, 100).leaf_p, 7) == 0.0001005
    assert max_fanout(0.005, 0.1).max_n == 21


def test_published_table():
    table = leaf_table()
    assert (table.one_leaf_ms, table.p95_of_leaves_ms, table.all_leaves_ms) == ((1, 5, 10), (12, 32, 70), (40, 87, 140))
    assert (table.ratio_all_vs_one_p99, table.share_of_p99_from_slowest_5pct) == (14, 0.5)


PS = ["1e-300", "1e-17", "1e-9", "0.0001", "0.01", "0.3", "0.5", "0.999", "0.9999999999"]


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("n", [1, 2, 21, 100, 2_000, 10**6])
def test_fanout_against_decimal(p, n):
    share = Decimal(float(p))
    assert any_slow(float(p), n).p_any_slow == close(1 - (1 - share) ** n if share > Decimal("1e-50") else n * share)
    leaf = 1 - ((1 - share).ln() / n).exp() if share > Decimal("1e-50") else share / n
    assert leaf_target(float(p), n).leaf_p == close(leaf)


@given(st.floats(1e-6, 0.9), st.floats(1e-3, 0.999))
def test_max_fanout_is_the_last_that_fits(p, root_p):
    n = max_fanout(p, root_p).max_n
    assert any_slow(p, n).p_any_slow <= root_p * (1 + 1e-8)
    assert any_slow(p, n + 1).p_any_slow > root_p * (1 - 1e-8)


@given(st.floats(1e-9, 0.999), st.integers(1, 10**5))
def test_leaf_target_and_any_slow_are_inverse(root_p, n):
    leaf = leaf_target(root_p, n).leaf_p
    assert any_slow(leaf, n).p_any_slow == close(root_p, rel=1e-8)
    assert max_fanout(leaf, root_p).max_n == n


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 1_000))
def test_more_leaves_and_slower_leaves_are_slower(one, other, n):
    low, high = sorted([one, other])
    assert 0 <= any_slow(low, n).p_any_slow <= any_slow(high, n).p_any_slow <= 1
    assert any_slow(low, n).p_any_slow <= any_slow(low, n + 1).p_any_slow


def test_fanout_edges():
    assert any_slow(0.5, 0).p_any_slow == any_slow(1, 0).p_any_slow == any_slow(0, 9).p_any_slow == 0
    assert math.copysign(1, any_slow(0, 9).p_any_slow) == 1
    assert any_slow(1, 1).p_any_slow == any_slow(BELOW_1, 10**300).p_any_slow == 1
    assert leaf_target(BELOW_1, 1).leaf_p == close(BELOW_1)
    assert max_fanout(0.5, 0.5).max_n == 1 and max_fanout(0.5, 0.49).max_n == 0
    assert max_fanout(0.19, 1 - 0.81**3).max_n == 3
    assert max_fanout(1e-300, 0.5).max_n == close(math.log(2) * 1e300)
    with pytest.raises(ValueError, match=r"log\(1 - p\) must be a finite number"):
        max_fanout(TINIEST, 0.5)


@pytest.mark.parametrize("n", [1, 2, 100, 10**6, 10**12])
@pytest.mark.parametrize("q", ["1e-12", "0.01", "0.5", "0.95", "0.999", "0.999999999999"])
def test_slowest_of_n_against_decimal(n, q):
    exact = -(1 - (Decimal(float(q)).ln() / n).exp()).ln()
    assert slowest_of_n(10, n, float(q)).quantile_ms == close(10 * exact)


def test_slowest_of_n_against_simulation():
    draws = np.random.default_rng(3).exponential(10, (40_000, 100)).max(axis=1)
    for q in (0.1, 0.5, 0.9, 0.99):
        share = (draws <= slowest_of_n(10, 100, q).quantile_ms).mean()
        assert abs(share - q) < 4 * math.sqrt(q * (1 - q) / 40_000)


def test_slowest_edges():
    assert slowest_of_n(10, 1, 0.5).quantile_ms == close(10 * math.log(2))
    assert slowest_of_n(10, 1, 1e-300).quantile_ms == close(1e-299)
    assert slowest_of_n(1, 10**300, BELOW_1).quantile_ms == close(math.log(10**300) + 53 * math.log(2))
    assert slowest_of_n(1, 10**308, 0.5).quantile_ms == close(308 * math.log(10) - math.log(math.log(2)))


# 4.3 Hedged requests

def test_hedge_answers():
    hedge = hedge_exponential(10, 30, 60)
    assert (round(hedge.p_slower, 6), round(hedge.p_slower_unhedged, 6)) == (0.000123, 0.002479)
    assert round(hedge.extra_load, 4) == 0.0498
    assert hedge_published() == model.HedgePublished(1_800, 74, 0.02, 10)


def simulated(draw, delay, t, fanout, independent, trials, seed=1):
    """The shares of leaves and of roots that are slower than t, and of leaves that are sent twice."""
    rng = np.random.default_rng(seed)
    first = draw(rng, (trials, fanout))
    second = draw(rng, (trials, fanout)) if independent else first
    times = np.where(first > delay, np.minimum(first, delay + second), first)
    return (times > t).mean(), (times > t).any(axis=1).mean(), (first > delay).mean()


def within(share, expected, trials):
    return abs(share - expected) <= 4 * math.sqrt(expected * (1 - expected) / trials) + 1e-12


@pytest.mark.parametrize("delay, t", [(30, 60), (0, 20), (30, 10), (30, 30), (5, 80)])
@pytest.mark.parametrize("independent", [True, False])
def test_exponential_hedge_against_simulation(delay, t, independent):
    leaf, root, twice = simulated(lambda rng, shape: rng.exponential(10, shape), delay, t, 20, independent, 10_000)
    hedge = hedge_exponential(10, delay, t, fanout=20, independent=independent)
    assert within(leaf, hedge.p_slower, 200_000)
    assert within(root, hedge.root_p_slower, 10_000)
    assert within(twice, hedge.extra_load, 200_000)


@pytest.mark.parametrize("delay, t", [(10, 20), (10, 14), (10, 600), (2, 3), (2, 7), (600, 700), (5, 5), (10, 500)])
@pytest.mark.parametrize("independent", [True, False])
def test_two_point_hedge_against_simulation(delay, t, independent):
    def draw(rng, shape):
        return np.where(rng.random(shape) < 0.05, 500.0, 5.0)

    leaf, root, twice = simulated(draw, delay, t, 20, independent, 10_000)
    hedge = hedge_two_point(5, 500, 0.05, delay, t, fanout=20, independent=independent)
    assert within(leaf, hedge.p_slower, 200_000)
    assert within(root, hedge.root_p_slower, 10_000)
    assert within(twice, hedge.extra_load, 200_000)


@given(st.floats(0.1, 1e3), st.floats(0, 1e4), st.floats(0, 1e4), st.integers(1, 500))
def test_a_hedge_never_slows_and_a_later_one_costs_less(mean, delay, t, fanout):
    hedge = hedge_exponential(mean, delay, t, fanout)
    later = hedge_exponential(mean, delay * 1.5, t, fanout)
    assert hedge.p_slower <= hedge.p_slower_unhedged
    assert hedge.p_slower <= later.p_slower * (1 + 1e-12) and hedge.extra_load >= later.extra_load
    assert hedge.root_p_slower == any_slow(hedge.p_slower, fanout).p_any_slow
    assert hedge.root_p_slower_unhedged == any_slow(hedge.p_slower_unhedged, fanout).p_any_slow
    useless = hedge_exponential(mean, delay, t, fanout, independent=False)
    assert useless.p_slower == useless.p_slower_unhedged == hedge.p_slower_unhedged
    assert useless.extra_load == hedge.extra_load


def test_hedge_edges():
    assert hedge_exponential(10, 30, 29.999).p_slower == hedge_exponential(10, 30, 29.999).p_slower_unhedged
    at_once = hedge_exponential(10, 0, 10)
    assert at_once.extra_load == 1 and at_once.p_slower == close(math.exp(-2))
    assert hedge_exponential(10, 30, 0).p_slower == 1
    assert hedge_exponential(1e-300, 1e300, 1e300) == model.Hedge(0.0, 0.0, 0.0, 0.0, 0.0)
    # answered at exactly t is not slower than t, whatever the last digit of a sum says
    assert hedge_two_point(0.2, 9, 0.5, 0.1, 0.1 + 0.2).p_slower == close(0.25)
    assert hedge_two_point(5, 5, 0.5, 5, 5).extra_load == 0
    assert hedge_two_point(0, 9, 0.5, 1, 1).p_slower == close(0.25)  # the second is answered as it is sent
    for alone in (hedge_exponential(10, 30, 60), hedge_two_point(5, 500, 0.1, 10, 12)):
        assert alone.root_p_slower == close(alone.p_slower)
        assert alone.root_p_slower_unhedged == close(alone.p_slower_unhedged)
    assert hedge_two_point(0, 0, 1, 0, 0).p_slower == 0


# 4.4 Where the time goes

def test_handshake_answers():
    assert handshake(80, "tls1.3").first_byte_ms == 240
    assert round(min_rtt(5_570).min_rtt_ms, 9) == 55.7
    assert handshake_saving(60, "tls1.2", "tls1.3") == model.HandshakeSaving(120, 60, 60)


# Round trips before the server works: RFC 5246 section 7.3, RFC 8446 sections 2 and 2.3, and one each for TCP and
# the request.
@pytest.mark.parametrize("version, tcp, tls, first_byte", [
    ("tls1.2", True, 2, 4), ("tls1.3", True, 1, 3), ("0rtt", True, 0, 2),
    ("tls1.3", False, 1, 2), ("0rtt", False, 0, 1),
])
def test_round_trips(version, tcp, tls, first_byte):
    assert handshake(50, version, tcp) == model.Handshake(tls * 50, first_byte * 50)
    assert handshake_saving(50, version, "0rtt").saved_ms == tls * 50
    assert handshake_saving(50, "0rtt", version).saved_ms == -tls * 50


@given(st.dictionaries(st.text("abc", max_size=2), st.floats(0, 1e6), min_size=1), st.floats(0, 1e7))
def test_stages_against_exact_fractions(stages, budget):
    total = sum(map(Fraction, stages.values()))
    result = stage_budget(stages, budget)
    assert result.total_ms == close(total)
    assert result.slack_ms == close(Fraction(budget) - total, rel=1e-6, abs=1e-6)
    assert result.over_budget is (total > Fraction(budget) * (1 + Fraction(1, 10**9)))


def test_stage_edges():
    assert stage_budget({"a": 0.1, "b": 0.2}, 0.3) == model.StageBudget(close(0.3), close(0, abs=1e-15), False)
    assert stage_budget({"a": 200.001}, 200).over_budget
    assert stage_budget({"a": 0}, 0) == model.StageBudget(0, 0, False)
    assert mesh_overhead(5, 2, 1.5).mesh_ms == 15
    assert mesh_overhead(0, 2, 1.5).mesh_ms == mesh_overhead(5, 0, 1.5).mesh_ms == mesh_overhead(5, 2, 0).mesh_ms == 0
    assert mesh_overhead(10**300, 10**300, 1e-300).mesh_ms == close(1e300)
    assert handshake(0, "tls1.2") == model.Handshake(0, 0)
    assert min_rtt(0).min_rtt_ms == 0 and min_rtt(1e300).min_rtt_ms == close(1e298)


# Results and bad input

NO_VALUES = NO_LIST + [[]] + [[1, value] for value in NO_NUMBER]
NO_SHARES = NO_LIST + [[]] + [[0.5, value] for value in NO_FRACTION]
NO_HOSTS = (NO_LIST + [[], [5], [[]], [[[1]]], [[[1, 2, 3]]], [["12"]], [[1], []], [[[1, 0]]], [[[1, 10**15 + 1]]]]
            + [[[value]] for value in NO_NUMBER] + [[[[value, 1]]] for value in NO_NUMBER]
            + [[[[1, value]]] for value in NO_COUNT])
NO_VERSION = no_choice("tls1.2") + ["tls1.1"]
HEDGE = {"hedge_after_ms": 1, "t_ms": 1}
NO_HEDGE = {"hedge_after_ms": NEGATIVE, "t_ms": NEGATIVE, "fanout": NO_COUNT_FROM_1, "independent": NO_FLAG}

ILLEGAL = [
    (percentiles, {"values": [1], "p": [0.5]},
     {"values": NO_VALUES, "p": NO_SHARES, "method": no_choice("nearest_rank", "linear")}),
    (merge_hosts, {"hosts": [[1]], "p": 0.5}, {"hosts": NO_HOSTS, "p": NO_FRACTION}),
    (log_bucket, {"value": 1, "relative_accuracy": 0.01},
     {"value": NOT_POSITIVE, "relative_accuracy": NO_OPEN_FRACTION}),
    (any_slow, {"p": 0.1, "n": 1}, {"p": NO_FRACTION, "n": NO_COUNT}),
    (leaf_target, {"root_p": 0.1, "n": 1}, {"root_p": NO_OPEN_FRACTION, "n": NO_COUNT_FROM_1}),
    (max_fanout, {"p": 0.1, "root_p": 0.1}, {"p": NO_OPEN_FRACTION, "root_p": NO_OPEN_FRACTION}),
    (slowest_of_n, {"mean_ms": 1, "n": 1, "q": 0.5},
     {"mean_ms": NOT_POSITIVE, "n": NO_COUNT_FROM_1, "q": NO_OPEN_FRACTION}),
    (leaf_table, {}, {}),
    (hedge_exponential, {"mean_ms": 1, **HEDGE}, {"mean_ms": NOT_POSITIVE, **NO_HEDGE}),
    (hedge_two_point, {"fast_ms": 1, "slow_ms": 1, "slow_p": 0.1, **HEDGE},
     {"fast_ms": NEGATIVE + [ABOVE_1], "slow_ms": NEGATIVE + [BELOW_1], "slow_p": NO_FRACTION, **NO_HEDGE}),
    (hedge_published, {}, {}),
    (handshake, {"rtt_ms": 1, "version": "tls1.3"}, {"rtt_ms": NEGATIVE, "version": NO_VERSION, "tcp": NO_FLAG}),
    (handshake, {"rtt_ms": 1, "version": "0rtt", "tcp": False}, {"version": ["tls1.2"]}),
    (handshake_saving, {"rtt_ms": 1, "version_from": "tls1.2", "version_to": "tls1.3"},
     {"rtt_ms": NEGATIVE, "version_from": NO_VERSION, "version_to": NO_VERSION}),
    (min_rtt, {"distance_km": 1}, {"distance_km": NEGATIVE}),
    (mesh_overhead, {"hops": 1, "proxies_per_hop": 1, "proxy_ms": 1},
     {"hops": NO_COUNT, "proxies_per_hop": NO_COUNT, "proxy_ms": NEGATIVE}),
    (stage_budget, {"stages_ms": {"a": 1}, "budget_ms": 1},
     {"stages_ms": NO_TABLE + [{}, {1: 2}] + [{"a": value} for value in NEGATIVE], "budget_ms": NEGATIVE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
