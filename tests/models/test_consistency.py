"""Models 6.1 to 6.5 against enumeration, the published tables of PBS and etcd, exact integration and a second WARS."""
import functools
import itertools
import math
import random
import re
import tracemalloc
from dataclasses import asdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom

from infrapm.models import consistency as model
from infrapm.models.consistency import (
    Leg,
    async_loss,
    backup_rpo,
    commit_latency,
    majority,
    match_options,
    members_for,
    monotonic_reads,
    pacelc_labels,
    pbs_first_crossing,
    pbs_fit,
    pbs_front,
    quorum_availability,
    quorum_freshness,
    quorum_latency,
    quorum_partition,
    recovery_time,
    simulate_pbs,
    sync_replication,
)
from tests.models.illegal import (
    NEGATIVE,
    NO_COUNT,
    NO_COUNT_FROM_1,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
    NO_OPEN_FRACTION,
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


@st.composite
def quorums(draw, most=8):
    n = draw(st.integers(1, most))
    return n, draw(st.integers(1, n)), draw(st.integers(1, n))


# 6.1 Partition and latency

@given(quorums(7), st.data())
def test_sides_by_enumerating_quorums(nrw, data):
    n, r, w = nrw
    size = data.draw(st.integers(0, n))
    here, there = set(range(size)), set(range(size, n))
    found = quorum_partition(n, r, w, [size, n - size])
    subsets = {k: list(itertools.combinations(range(n), k)) for k in range(n + 1)}
    for side, members in zip(found.sides, (here, there)):
        assert side.read is any(set(quorum) <= members for quorum in subsets[r])
        assert side.write is any(set(quorum) <= members for quorum in subsets[w])
    assert found.overlap is all(set(a) & set(b) for a in subsets[r] for b in subsets[w])
    assert found.write_majority is all(set(a) & set(b) for a in subsets[w] for b in subsets[w])


def test_an_even_split_can_let_both_halves_read_and_neither_write():
    assert [asdict(side) for side in quorum_partition(4, 2, 3, [2, 2]).sides] == [{"read": True, "write": False}] * 2


def test_answers_of_the_quiz_on_partitions():
    assert quorum_partition(5, 3, 3, [3, 2]).sides[1].write is False
    assert quorum_latency([1, 40, 80], 1, 2).write_latency_ms == 40
    assert min(w for w in (1, 2, 3) if quorum_partition(3, 1, w, [3]).overlap) == 3


@given(quorums(6))
def test_no_two_sides_both_write_with_a_write_majority(nrw):
    n, r, w = nrw
    both = any(all(side.write for side in quorum_partition(n, r, w, [k, n - k]).sides) for k in range(n + 1))
    assert not (both and quorum_partition(n, r, w, [n]).write_majority)


def test_partition_must_sum_to_n():
    with pytest.raises(ValueError, match=re.escape("partition must be sizes that sum to N, 5; got [3, 1]")):
        quorum_partition(5, 3, 3, [3, 1])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=6), st.data())
def test_quorum_latency_is_the_best_of_all_quorums(rtts, data):
    r, w = data.draw(st.integers(1, len(rtts))), data.draw(st.integers(1, len(rtts)))
    found = quorum_latency(rtts, r, w)
    assert found.read_latency_ms == min(map(max, itertools.combinations(rtts, r)))
    assert found.write_latency_ms == min(map(max, itertools.combinations(rtts, w)))


def test_match_options():
    options = {
        "cache": {"p99_ms": 5, "stale_s": 30, "share": 0.999},
        "quorum": {"p99_ms": 50, "stale_s": 0, "share": 0.9},
        "both": {"p99_ms": 90, "stale_s": 60, "share": 1},
    }
    found = match_options(options, {"p99_ms": ["<=", 50], "stale_s": ("<=", 30), "share": [">=", 0.999]})
    assert found.feasible == ("cache",)
    assert found.violated == {"quorum": ("share",), "both": ("p99_ms", "stale_s")}


@pytest.mark.parametrize("sign, value, limit, meets", [
    ("<=", 0.1 + 0.2, 0.3, True), (">=", 0.3, 0.1 + 0.2, True), ("<=", 0.3000001, 0.3, False),
    (">=", 0.2999999, 0.3, False), ("<=", -5, -4, True), (">=", -5, -4, False), ("<=", 0, 0, True),
])
def test_a_limit_itself_meets_the_requirement(sign, value, limit, meets):
    assert bool(match_options({"x": {"c": value}}, {"c": [sign, limit]}).feasible) is meets


def test_an_option_without_a_required_column_is_named():
    with pytest.raises(ValueError, match=re.escape("options.b.y must be a finite number; got None")):
        match_options({"a": {"y": 1}, "b": {"x": 1}}, {"y": ["<=", 1]})


def test_pacelc_labels_are_pairs_of_letters():
    systems = ["Dynamo", "Cassandra", "Riak", "BigTable/HBase", "MongoDB", "PNUTS"]
    labels = pacelc_labels(systems).labels
    assert labels == ("PA/EL", "PA/EL", "PA/EL", "PC/EC", "PA/EC", "PC/EL")
    assert pacelc_labels(systems[::-1]).labels == labels[::-1]


# 6.2 Staleness in versions

@given(quorums(8))
def test_stale_reads_by_enumerating_quorums(nrw):
    n, r, w = nrw
    reads = list(itertools.combinations(range(n), r))
    stale = Fraction(sum(not set(quorum) & set(range(w)) for quorum in reads), len(reads))
    for k in (1, 2, 3, 10):
        found = quorum_freshness(n, r, w, k)
        assert found.p_stale == close(stale)
        assert found.p_fresh_within_k == close(1 - stale**k)
        assert found.p_stale == 0 or r + w <= n


def test_values_of_the_paper_on_versions():
    # Section 3: N=3, R=W=1 within 2 versions 5/9 and within 3 .7037; R=1, W=2 within 1 version 2/3 and within 2 8/9.
    for r, w, k, printed in [(1, 1, 2, 5 / 9), (1, 1, 3, 0.7037), (1, 2, 1, 2 / 3), (1, 2, 2, 8 / 9)]:
        assert quorum_freshness(3, r, w, k).p_fresh_within_k == close(printed, rel=1e-4)


def test_answers_of_the_quiz_on_versions():
    assert round(quorum_freshness(3, 1, 1, 2).p_fresh_within_k, 3) == 0.556
    assert round(quorum_freshness(3, 1, 1, 3).p_fresh_within_k, 3) == 0.704
    assert round(quorum_freshness(5, 2, 2, 1).p_fresh_within_k, 3) == 0.7
    assert round(quorum_freshness(100, 30, 30).p_stale * 1e6, 1) == 1.9


@pytest.mark.parametrize("n, r, w", [(100, 30, 30), (1000, 1, 999), (10**6, 1, 1), (10**6, 2000, 3), (64, 32, 32)])
def test_large_n_keeps_its_digits(n, r, w):
    stale = Fraction(math.comb(n - w, r), math.comb(n, r))
    found = quorum_freshness(n, r, w, 2)
    assert found.p_stale == close(stale)
    assert found.p_fresh_within_k == close(1 - stale**2)


def test_freshness_edges():
    assert quorum_freshness(1, 1, 1) == model.Freshness(0.0, 1.0)
    assert quorum_freshness(3, 2, 2, 10**18) == model.Freshness(0.0, 1.0)
    assert quorum_freshness(10**6, 10**5, 10**5).p_stale == 0  # far below the smallest float
    assert quorum_freshness(3, 1, 1, 10**18).p_fresh_within_k == 1
    assert monotonic_reads(3, 1, 1, 1e308, 1e-308).p_monotonic == 1
    assert monotonic_reads(3, 2, 2, 0, 1).p_monotonic == 1


@given(quorums(8), st.floats(0, 100), st.floats(0.01, 100))
def test_monotonic_reads(nrw, write_per_s, read_per_s):
    stale = quorum_freshness(*nrw).p_stale
    found = monotonic_reads(*nrw, write_per_s, read_per_s).p_monotonic
    assert found == close(1 - stale ** (1 + write_per_s / read_per_s), abs=1e-15)
    assert found >= 1 - stale - 1e-15


# 6.3 Staleness in time

# The second WARS: numpy, each draw by the textbook's recipe, and "fresh" asked of each responder as the rule says.

def textbook_delays(rng, leg, shape):
    pareto = leg.xm * (1 + rng.pareto(leg.alpha, shape))
    return np.where(rng.random(shape) < leg.p, pareto, rng.exponential(1 / leg.rate, shape))


def second_wars(n, r, w, fit, t_ms, trials, seed):
    """Fresh shares for each t, read latencies and write latencies."""
    rng, profile, shape = np.random.default_rng(seed), pbs_fit(fit), (trials, n)
    write = textbook_delays(rng, profile.write_leg, shape)
    ack, request, response = (textbook_delays(rng, profile.other_legs, shape) for _ in range(3))
    for there, back in ((write, ack), (request, response)):
        remote = np.arange(n)[None, :] != rng.integers(0, n, trials)[:, None]
        there += profile.wan_ms * remote
        back += profile.wan_ms * remote
    committed = np.partition(write + ack, w - 1, axis=1)[:, w - 1]
    answered = request + response
    rank = answered.argsort(axis=1).argsort(axis=1)
    fresh = [
        np.any((rank < r) & (committed[:, None] + request + t >= write), axis=1).mean() for t in t_ms
    ]
    return fresh, np.sort(answered, axis=1)[:, r - 1], committed


def same_share(one, other, trials, other_trials, sigmas=4.5):
    share = (one * trials + other * other_trials) / (trials + other_trials)
    error = math.sqrt(share * (1 - share) * (1 / trials + 1 / other_trials))
    assert abs(one - other) <= sigmas * error, (one, other, error)


TIMES = [0, 1, 5, 20, 60, 200, 1000]


@pytest.mark.parametrize("backend", ["python", "numpy"])
@pytest.mark.parametrize("n, r, w, fit", [
    (3, 1, 1, "LNKD-SSD"), (3, 1, 1, "LNKD-DISK"), (3, 1, 2, "YMMR"), (3, 2, 1, "YMMR"), (3, 1, 1, "WAN"),
    (5, 2, 2, "WAN"), (5, 2, 1, "YMMR-code"), (2, 1, 1, "LNKD-DISK"), (1, 1, 1, "YMMR"),
])
def test_against_a_second_wars(n, r, w, fit, backend):
    trials, peers = 20_000, 60_000
    fresh, reads, writes = second_wars(n, r, w, fit, TIMES, peers, seed=5)
    found = simulate_pbs(n, r, w, fit, t_ms=TIMES, trials=trials, seed=3, backend=backend)
    for one, other in zip(found.p_consistent, fresh):
        same_share(one, other, trials, peers)
    # The share of the peer's latencies up to our percentile is the percentile.
    for kind, peer in (("read", reads), ("write", writes)):
        for name, p in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
            share = np.mean(peer <= getattr(found, f"{kind}_{name}_ms"))
            same_share(p, share, trials, peers)


def leg_cdf(leg, x):
    if x <= 0:
        return 0.0
    pareto = 1 - (leg.xm / x) ** leg.alpha if x > leg.xm else 0.0
    return leg.p * pareto + (1 - leg.p) * -math.expm1(-leg.rate * x)


def leg_pdf(leg, x):
    pareto = leg.alpha * leg.xm**leg.alpha / x ** (leg.alpha + 1) if x > leg.xm else 0.0
    return leg.p * pareto + (1 - leg.p) * leg.rate * math.exp(-leg.rate * x)


def rank_cdf(n, rank, one, other, x):
    """The exact chance that the rank-th fastest of n round trips, each the sum of two legs, takes at most x."""
    places = sorted({p for p in (one.xm, x - other.xm) if 0 < p < x})
    edges = [0, *places, x]
    both = sum(
        quad(lambda u: leg_pdf(one, u) * leg_cdf(other, x - u), a, b, limit=200)[0] for a, b in zip(edges, edges[1:])
    )
    return binom.sf(rank - 1, n, both)


@pytest.mark.parametrize("fit, n, r, w", [("YMMR", 3, 2, 2), ("LNKD-DISK", 3, 1, 3), ("LNKD-SSD", 5, 3, 1)])
def test_latencies_against_exact_integration(fit, n, r, w):
    profile, trials = pbs_fit(fit), 20_000
    found = simulate_pbs(n, r, w, fit, trials=trials, seed=4)
    for kind, rank, one in (("read", r, profile.other_legs), ("write", w, profile.write_leg)):
        for name, p in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
            exact = rank_cdf(n, rank, one, profile.other_legs, getattr(found, f"{kind}_{name}_ms"))
            assert abs(exact - p) <= 4.5 * math.sqrt(p * (1 - p) / trials), (kind, name)


def test_the_read_tail_of_ymmr_is_33_ms():
    other = pbs_fit("YMMR").other_legs
    assert rank_cdf(3, 2, other, other, 32.96) == close(0.999, rel=2e-5)


# Table 4 as printed: P99.9 of reads and writes, and t-visibility at 99.9%, in ms; the sweep's step is the last digit.
TABLE_4 = {
    "LNKD-SSD": {(1, 1): (0.66, 0.66, 1.85), (1, 2): (0.66, 1.63, 1.79), (2, 1): (1.63, 0.65, 0),
                 (2, 2): (1.62, 1.64, 0), (3, 1): (4.14, 0.65, 0), (1, 3): (0.65, 4.09, 0)},
    "LNKD-DISK": {(1, 1): (0.66, 10.99, 45.5), (1, 2): (0.65, 20.97, 43.3), (2, 1): (1.63, 10.9, 13.6),
                  (2, 2): (1.64, 20.96, 0), (3, 1): (4.12, 10.89, 0), (1, 3): (0.65, 112.65, 0)},
    "YMMR": {(1, 1): (5.58, 10.83, 1364), (1, 2): (5.61, 427.12, 1352), (2, 1): (32.6, 10.73, 202),
             (2, 2): (33.18, 428.11, 0), (3, 1): (219.27, 10.79, 0), (1, 3): (5.63, 1870.86, 0)},
    "WAN": {(1, 1): (3.4, 55.12, 113.0), (1, 2): (3.4, 167.64, 0), (2, 1): (151.3, 56.36, 30.2),
            (2, 2): (151.31, 167.72, 0), (3, 1): (153.86, 55.19, 0), (1, 3): (3.44, 241.55, 0)},
}
STEP_MS = {"LNKD-SSD": 0.01, "LNKD-DISK": 0.1, "YMMR": 1, "WAN": 0.1}


@functools.lru_cache
def table_front(fit):
    return {(c.R, c.W): c for c in pbs_front(3, fit, trials=400_000, backend="numpy").choices}


@pytest.mark.parametrize("fit", TABLE_4)
def test_latencies_of_table_4(fit):
    for pair, (read_ms, write_ms, _) in TABLE_4[fit].items():
        found = table_front(fit)[pair]
        assert found.read_p999_ms == close(read_ms, rel=0.06), pair
        assert found.write_p999_ms == close(write_ms, rel=0.06), pair


@pytest.mark.parametrize("fit", TABLE_4)
def test_zeros_of_table_4(fit):
    for pair, (_, _, t) in TABLE_4[fit].items():
        if t == 0:
            # SSD at R=2, W=1 is above 99.9% at once by a hair only: 0 up to the sampling error.
            assert table_front(fit)[pair].t_visibility_p999_ms == close(0, abs=0.05), pair


@pytest.mark.parametrize("fit, pair, printed", [
    (fit, pair, t) for fit, table in TABLE_4.items() for pair, (_, _, t) in table.items() if t
])
def test_bias_of_table_4(fit, pair, printed):
    """The printed t is where the authors' stopping rule stops, and not the 99.9% quantile: that is always later."""
    found = pbs_first_crossing(3, *pair, fit, step_ms=STEP_MS[fit], trials=400_000, backend="numpy")
    assert abs(printed - found.mean_first_crossing_ms) <= 3 * found.sd_first_crossing_ms
    assert printed < found.t_visibility_ms
    assert found.p_early > 0.8


def test_values_of_the_text():
    # 57.5% and 43.9% fresh at once on disks with 2 and 3 replicas, 92.5% after 10 ms; 97.4% on flash, 99.9% after 2 ms.
    disk_2 = simulate_pbs(2, 1, 1, "LNKD-DISK", trials=400_000, backend="numpy")
    disk_3 = simulate_pbs(3, 1, 1, "LNKD-DISK", t_ms=[0, 10], trials=400_000, backend="numpy")
    flash = simulate_pbs(3, 1, 1, "LNKD-SSD", t_ms=[0, 2], trials=400_000, backend="numpy")
    assert disk_2.p_consistent[0] == close(0.575, abs=0.004)
    assert disk_3.p_consistent == (close(0.439, abs=0.004), close(0.925, abs=0.002))
    assert flash.p_consistent == (close(0.974, abs=0.001), close(0.999, abs=0.0003))
    code, table = (simulate_pbs(3, 1, 1, fit, trials=400_000, backend="numpy") for fit in ("YMMR-code", "YMMR"))
    assert code.p_consistent[0] == close(0.893, abs=0.002)
    assert table.p_consistent[0] == close(0.887, abs=0.002)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_stopping_rule_replayed(seed):
    """The mean of the rule, from its chances, against sweeps that draw every estimate anew."""
    arguments = dict(N=3, R=1, W=1, fit="LNKD-DISK", target=0.99, sweep_trials=2_000, trials=20_000, seed=seed)
    found = pbs_first_crossing(**arguments, step_ms=1)
    times = [float(t) for t in range(200)]
    stale = 1 - np.array(simulate_pbs(3, 1, 1, "LNKD-DISK", t_ms=times, trials=20_000, seed=seed).p_consistent)
    counts = np.random.default_rng(seed).binomial(2_000, stale, size=(4_000, len(times)))
    crossings = np.argmax(counts <= 20, axis=1)
    assert found.mean_first_crossing_ms == close(crossings.mean(), rel=0, abs=4.5 * crossings.std() / 4_000**0.5)
    assert found.sd_first_crossing_ms == close(crossings.std(), rel=0.05)
    early = (crossings < found.t_visibility_ms).mean()
    assert found.p_early == close(early, rel=0, abs=4.5 * math.sqrt(early * (1 - early) / 4_000))


@given(st.integers(1, 300), st.floats(0, 1), st.data())
def test_chance_of_at_most_k(n, p, data):
    k = data.draw(st.integers(0, n))
    assert model._at_most(k, n, p) == close(binom.cdf(k, n, p), abs=1e-12)


legs = st.builds(Leg, st.sampled_from([0, 0.3, 0.9122, 1]), st.floats(0.01, 10), st.floats(0.5, 12), st.floats(0.002, 5))


@settings(max_examples=60)
@given(quorums(6), legs, legs, st.sampled_from([0, 40]), st.integers(0, 5), st.sampled_from(["python", "numpy"]))
def test_what_always_holds(nrw, write_leg, other_legs, wan_ms, seed, backend):
    n, r, w = nrw
    found = simulate_pbs(n, r, w, None, write_leg, other_legs, wan_ms, [0, 1, 10, 100], 300, seed, backend)
    assert list(found.p_consistent) == sorted(found.p_consistent)
    assert 0 < found.read_p50_ms <= found.read_p99_ms <= found.read_p999_ms
    assert 0 < found.write_p50_ms <= found.write_p99_ms <= found.write_p999_ms
    if r + w > n:
        assert found.p_consistent == (1.0,) * 4 and found.t_visibility_p999_ms == 0
        assert found.standard_error == (0.0,) * 4
    for share, error in zip(found.p_consistent, found.standard_error):
        assert error == close(math.sqrt(share * (1 - share) / 300))
    after = simulate_pbs(
        n, r, w, None, write_leg, other_legs, wan_ms, [found.t_visibility_p999_ms], 300, seed, backend
    )
    assert after.p_consistent[0] >= 0.999


@pytest.mark.parametrize("backend", ["python", "numpy"])
@pytest.mark.parametrize("n", [3, 4])
def test_overlap_leaves_no_stale_trial(n, backend):
    for fit in ("LNKD-SSD", "LNKD-DISK", "YMMR", "WAN"):
        front = pbs_front(n, fit, trials=5_000, seed=9, backend=backend)
        for one in front.choices:
            assert (one.p_consistent == 1) or not one.overlap
            assert one.overlap == (one.R + one.W > n)


@pytest.mark.parametrize("backend", ["python", "numpy"])
def test_the_front_is_every_choice_of_one_run(backend):
    front = pbs_front(4, "YMMR", t_ms=7, trials=2_000, seed=6, backend=backend)
    assert [(c.R, c.W) for c in front.choices] == list(itertools.product(range(1, 5), repeat=2))
    for one in front.choices:
        alone = simulate_pbs(4, one.R, one.W, "YMMR", t_ms=[7], trials=2_000, seed=6, backend=backend)
        for name in ("t_visibility_p999_ms", "read_p50_ms", "read_p99_ms", "read_p999_ms", "write_p50_ms",
                     "write_p99_ms", "write_p999_ms"):
            assert getattr(one, name) == getattr(alone, name)
        assert (one.p_consistent,) == alone.p_consistent
    # Brute force: on the front is who is not worse or equal everywhere and worse somewhere.
    for one in front.choices:
        better = [
            other for other in front.choices
            if other.p_consistent >= one.p_consistent and other.read_p999_ms <= one.read_p999_ms
            and other.write_p999_ms <= one.write_p999_ms
            and (other.p_consistent, other.read_p999_ms, other.write_p999_ms)
            != (one.p_consistent, one.read_p999_ms, one.write_p999_ms)
        ]
        assert ((one.R, one.W) in front.front) is not bool(better), one
    assert front.front[0] == (1, 1)  # nothing is faster


def test_more_replicas_asked_is_fresher_and_slower():
    by_pair = {(c.R, c.W): c for c in pbs_front(5, "LNKD-DISK", trials=5_000).choices}
    for (r, w), one in by_pair.items():
        for pair in ((r + 1, w), (r, w + 1)):
            if pair in by_pair:
                other = by_pair[pair]
                assert other.p_consistent >= one.p_consistent
                assert other.read_p999_ms >= one.read_p999_ms and other.write_p999_ms >= one.write_p999_ms


def test_waiting_long_enough_makes_the_smallest_quorums_the_only_choice():
    front = pbs_front(3, "LNKD-SSD", t_ms=1e6, trials=5_000)
    assert front.front == ((1, 1),)


def test_a_run_is_the_same_whether_it_is_kept_or_not(monkeypatch):
    kept = simulate_pbs(3, 2, 1, "WAN", t_ms=[0, 10], trials=2_500, seed=8)
    kept_front = pbs_front(3, "WAN", trials=2_500, seed=8)
    monkeypatch.setattr(model, "_KEPT_TRIALS", 0)
    assert simulate_pbs(3, 2, 1, "WAN", t_ms=[0, 10], trials=2_500, seed=8) == kept
    assert pbs_front(3, "WAN", trials=2_500, seed=8) == kept_front


@pytest.mark.parametrize("backend", ["python", "numpy"])
def test_seeds(backend):
    random.seed(123)
    before = random.getstate(), np.random.get_state()[1].tolist()
    one, again, other = (
        simulate_pbs(3, 1, 1, "LNKD-DISK", trials=30_000, seed=seed, backend=backend) for seed in (1, 1, 2)
    )
    assert one == again != other
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert one.trials == 30_000


def test_a_fit_and_its_legs_are_the_same():
    for name in ("LNKD-SSD", "LNKD-DISK", "YMMR", "YMMR-code", "WAN"):
        fit = pbs_fit(name)
        by_name = simulate_pbs(3, 2, 1, name, trials=500)
        assert simulate_pbs(3, 2, 1, None, fit.write_leg, asdict(fit.other_legs), fit.wan_ms, trials=500) == by_name
    far = simulate_pbs(3, 2, 1, "LNKD-DISK", wan_ms=75, trials=500)
    assert far == simulate_pbs(3, 2, 1, "WAN", trials=500)


def test_printed_and_coded_shape_of_ymmr():
    printed, coded = pbs_fit("YMMR"), pbs_fit("YMMR-code")
    assert (printed.write_leg.alpha, coded.write_leg.alpha) == (3.35, 3.5)
    assert printed.other_legs == coded.other_legs


@pytest.mark.parametrize("backend", ["python", "numpy"])
@pytest.mark.parametrize("leg", [
    Leg(1e-300, 1e300, 1e-300, 1e-300), Leg(1, 1e-300, 1e300, 1e300), Leg(0, 5e-324, 5e-324, 1.7e308),
    Leg(0.5, 1.7e308, 1.7e308, 5e-324), Leg(1 - 2**-53, 1, 0.001, 1), Leg(5e-324, 5e-324, 1e-3, 1),
])
@pytest.mark.parametrize("wan_ms", [0, 1.7e308])
def test_extreme_delays_stay_finite(leg, wan_ms, backend):
    for r, w in ((1, 1), (2, 2)):
        found = simulate_pbs(3, r, w, None, leg, leg, wan_ms, [0, 1.7e308], trials=200, backend=backend)
        numbers = [value for value in asdict(found).values() if isinstance(value, float)]
        assert all(math.isfinite(value) and value >= 0 for value in numbers), found
        assert r + w < 4 or found.p_consistent == (1.0, 1.0)
        assert found.p_consistent[1] == 1.0


def test_a_trial_keeps_three_floats_and_no_more():
    plan = model._plan(3, "LNKD-SSD", None, None, 0, 4_000, 1, "python")
    tracemalloc.start()
    try:
        drawn = model._python_trials(plan, [1], [1])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(drawn.read_ms[1]) == 4_000
    assert kept < 4_000 * 3 * 8 * 1.3


def test_a_front_says_how_sure_it_is():
    for found in pbs_front(3, "LNKD-DISK", t_ms=5, trials=2_000).choices:
        alone = simulate_pbs(3, found.R, found.W, "LNKD-DISK", t_ms=[5], trials=2_000)
        assert (found.standard_error,) == alone.standard_error
        assert found.overlap or found.standard_error > 0


def test_one_replica_is_always_fresh():
    assert simulate_pbs(1, 1, 1, "YMMR", trials=500).p_consistent == (1.0,)
    assert pbs_front(1, "YMMR", trials=500).front == ((1, 1),)
    with pytest.raises(ValueError, match=r"^choices \* trials must be at most 10,000,000 together; got 10080000"):
        pbs_front(12, "YMMR", trials=70_000)
    crossing = pbs_first_crossing(1, 1, 1, "YMMR", trials=500)
    assert crossing == model.PbsFirstCrossing(0.0, 0.0, 0.0, 0.0, 500)
    assert pbs_first_crossing(1, 1, 1, "YMMR", step_ms=1e100, trials=500) == crossing
    with pytest.raises(ValueError, match="step_ms must be a number from 0 to 1e[+]100; got"):
        pbs_first_crossing(1, 1, 1, "YMMR", step_ms=1.1e100, trials=500)


def test_answers_of_the_quiz_on_pbs():
    disk = simulate_pbs(3, 1, 1, "LNKD-DISK", trials=50_000)
    assert disk.p_consistent[0] == close(0.437, rel=0, abs=4 * disk.standard_error[0])
    assert simulate_pbs(3, 2, 1, "LNKD-SSD", trials=100_000).t_visibility_p999_ms < 0.05
    two = simulate_pbs(2, 1, 1, "LNKD-DISK", trials=50_000)
    assert two.p_consistent[0] == close(0.575, rel=0, abs=4 * two.standard_error[0])


# 6.4 Majorities

# etcd's FAQ: members, majority, failure tolerance.
ETCD = [(1, 1, 0), (2, 2, 0), (3, 2, 1), (4, 3, 1), (5, 3, 2), (6, 4, 2), (7, 4, 3), (8, 5, 3), (9, 5, 4)]


@pytest.mark.parametrize("members, needed, tolerance", ETCD)
def test_table_of_etcd(members, needed, tolerance):
    assert majority(members) == model.Majority(needed, tolerance)


@given(st.integers(0, 10**12))
def test_members_for_is_the_smallest_group(tolerate):
    members = members_for(tolerate).members
    assert majority(members).failure_tolerance == tolerate
    assert members == 1 or majority(members - 1).failure_tolerance < tolerate


@pytest.mark.parametrize("members", [1, 2, 3, 4, 5, 7, 9, 101])
@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.99, 0.999, 1])
def test_quorum_availability_against_scipy(members, share):
    found = quorum_availability(members, share).quorum_availability
    assert found == close(binom.sf(members // 2, members, share), abs=1e-300)


def test_the_fourth_member_lowers_availability():
    three, four, five = (quorum_availability(n, 0.99).quorum_availability for n in (3, 4, 5))
    assert four < three < five
    assert (round(three, 6), round(five, 7)) == (0.999702, 0.9999901)


@given(st.lists(st.floats(0, 1e6), max_size=8))
def test_commit_latency_is_the_write_quorum_with_a_free_vote(rtts):
    found = commit_latency(rtts).commit_latency_ms
    assert found == quorum_latency([0, *rtts], 1, majority(len(rtts) + 1).majority).write_latency_ms


# 6.5 Copies and recovery

def test_answers_of_the_quiz_on_recovery():
    assert async_loss(2_000, 5).writes_lost == 10_000
    assert backup_rpo(24, 2).rpo_worst_h == 26
    assert round(recovery_time(1_000, 200).rto_min, 1) == 83.3


@given(st.floats(0.1, 1e3), st.floats(0, 1e3), st.floats(0, 1))
def test_backup_rpo_by_the_moment_of_the_loss(interval, duration, part):
    # Backups start at 0, interval, ...; one counts when it has ended. Lose everything at `now`.
    now = duration + interval * (3 + part)
    last = math.floor((now - duration) / interval + 1e-9) * interval
    found = backup_rpo(interval, duration)
    assert duration - 1e-6 <= now - last <= found.rpo_worst_h + 1e-6
    assert now - last == close(duration + interval * part, abs=1e-6 * interval + 1e-6) or part > 1 - 1e-6
    assert found.rpo_mean_h == close((found.rpo_worst_h + duration) / 2)


@given(st.floats(0, 1e6), st.floats(0.01, 1e5), st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4))
def test_recovery_time_is_a_sum(gb, speed, detect, decide, verify):
    found = recovery_time(gb, speed, detect, decide, verify)
    exact = Fraction(gb) * 1000 / Fraction(speed)
    assert found.restore_h == close(exact / 3600)
    assert found.rto_min == close(exact / 60 + Fraction(detect) + Fraction(decide) + Fraction(verify))


@given(st.floats(0, 1e9), st.floats(0, 1e5))
def test_replication(rate, lag):
    assert async_loss(rate, lag).writes_lost == close(Fraction(rate) * Fraction(lag), abs=1e-300)
    assert sync_replication(lag) == model.SyncReplication(0, lag)


# Results and bad input

RIGHT_LEG = {"p": 0.9, "xm": 1, "alpha": 2, "rate": 1}
NO_QUORUM = NO_COUNT_FROM_1 + [4]
NO_LEG = NO_TABLE + [{}, {**RIGHT_LEG, "more": 1}, {k: v for k, v in RIGHT_LEG.items() if k != "rate"}] + [
    {**RIGHT_LEG, "p": value} for value in NO_FRACTION
] + [{**RIGHT_LEG, key: value} for key in ("xm", "alpha", "rate") for value in NOT_POSITIVE]
NO_ROUND_TRIPS = NO_LIST + [[0, value] for value in NEGATIVE]
NO_TIMES = NO_ROUND_TRIPS + [[]]
NO_FIT = no_choice("YMMR")[1:]
FIT = {"N": 3, "R": 1, "W": 1, "fit": "YMMR", "trials": 10}
FRONT = {key: value for key, value in FIT.items() if key not in ("R", "W")}
OWN = {"fit": None, "write_leg": RIGHT_LEG, "other_legs": RIGHT_LEG, "trials": 10}
RUN = {"N": NO_COUNT_FROM_1 + [13], "fit": NO_FIT, "wan_ms": NEGATIVE, "trials": NO_COUNT_FROM_1, "seed": NO_COUNT,
       "backend": no_choice("python")}
PAIR = {"R": NO_QUORUM, "W": NO_QUORUM}
OPTIONS = {"a": {"x": 1, "y": 2}}

ILLEGAL = [
    (quorum_partition, {"N": 3, "R": 1, "W": 1, "partition": [2, 1]},
     {"N": NO_COUNT_FROM_1, **PAIR, "partition": NO_LIST + [[], [2], [2, 2], [4, -1], [1.5, 1.5], [None, 3]]}),
    (quorum_latency, {"replica_rtt_ms": [1, 2, 3], "R": 1, "W": 1}, {"replica_rtt_ms": NO_TIMES, **PAIR}),
    (match_options, {"options": OPTIONS, "requirements": {"x": ["<=", 1]}}, {
        "options": NO_TABLE + [{}, {1: {"x": 1}}, {"a": {}}, {"a": {"y": 1}}, {"a": 3}]
        + [{"a": {"x": value}} for value in NO_NUMBER] + [{"a": {"x": 1, "y": value}} for value in NO_NUMBER],
        "requirements": NO_TABLE + [{}, {"x": []}, {"x": ["<="]}, {"x": ["<=", 1, 2]}, {"x": ["<", 1]}, {"x": "<="},
                                    {"x": [1, "<="]}] + [{"x": ["<=", value]} for value in NO_NUMBER],
    }),
    (pacelc_labels, {"systems": ["Riak"]}, {"systems": NO_LIST + [[], ["riak"], ["Riak", None]]}),
    (quorum_freshness, {"N": 3, "R": 1, "W": 1}, {"N": NO_COUNT_FROM_1, **PAIR, "k": NO_COUNT_FROM_1}),
    (monotonic_reads, {"N": 3, "R": 1, "W": 1, "write_per_s": 1, "read_per_s": 1},
     {"N": NO_COUNT_FROM_1, **PAIR, "write_per_s": NEGATIVE, "read_per_s": NOT_POSITIVE}),
    (pbs_fit, {"fit": "WAN"}, {"fit": no_choice("YMMR")}),
    (simulate_pbs, FIT, {**RUN, **PAIR, "t_ms": NO_TIMES, "write_leg": [RIGHT_LEG], "other_legs": [RIGHT_LEG]}),
    (simulate_pbs, {"N": 3, "R": 1, "W": 1, **OWN}, {"fit": ["YMMR"], "write_leg": NO_LEG, "other_legs": NO_LEG}),
    (pbs_front, FRONT, {**RUN, "t_ms": NEGATIVE, "write_leg": [RIGHT_LEG], "other_legs": [RIGHT_LEG]}),
    (pbs_front, {"N": 3, **OWN}, {"fit": ["YMMR"], "write_leg": NO_LEG, "other_legs": NO_LEG}),
    (pbs_first_crossing, {**FIT, "step_ms": 10, "trials": 1_000}, {
        **RUN, **PAIR, "write_leg": [RIGHT_LEG], "other_legs": [RIGHT_LEG], "step_ms": NOT_POSITIVE + [1e-9],
        "target": NO_OPEN_FRACTION, "sweep_trials": NO_COUNT_FROM_1,
    }),
    (majority, {"members": 3}, {"members": NO_COUNT_FROM_1}),
    (members_for, {"tolerate": 1}, {"tolerate": NO_COUNT}),
    (quorum_availability, {"members": 3, "availability": 0.9},
     {"members": NO_COUNT_FROM_1, "availability": NO_FRACTION}),
    (commit_latency, {"follower_rtt_ms": [1, 2]}, {"follower_rtt_ms": NO_ROUND_TRIPS}),
    (async_loss, {"writes_per_s": 1, "replication_lag_s": 1}, {"writes_per_s": NEGATIVE, "replication_lag_s": NEGATIVE}),
    (sync_replication, {"rtt_ms": 1}, {"rtt_ms": NEGATIVE}),
    (backup_rpo, {"backup_interval_h": 1, "backup_duration_h": 1},
     {"backup_interval_h": NEGATIVE, "backup_duration_h": NEGATIVE}),
    (recovery_time, {"restore_gb": 1, "throughput_mb_per_s": 1}, {
        "restore_gb": NEGATIVE, "throughput_mb_per_s": NOT_POSITIVE, "detect_min": NEGATIVE, "decide_min": NEGATIVE,
        "verify_min": NEGATIVE,
    }),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)


@pytest.mark.parametrize("change, words", [
    ({"fit": None}, "write_leg must be a mapping with p, xm, alpha and rate, unless fit is given; got None"),
    ({"fit": None, "write_leg": RIGHT_LEG}, "other_legs must be a mapping"),
    ({"other_legs": RIGHT_LEG}, "fit must be None where write_leg or other_legs is given; got 'YMMR'"),
    ({"fit": None, "write_leg": {**RIGHT_LEG, "p": 99}, "other_legs": RIGHT_LEG}, "write_leg.p must be a number from 0"),
    ({"N": 13}, "N must be a whole number from 1 to 12; got 13"),
])
def test_a_wrong_profile_is_named(change, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        simulate_pbs(**{**FIT, **change})
