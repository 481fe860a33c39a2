"""Models 8.1 to 8.7 against published counts, geometric sums, Markov chains, pyworkforce, Ciw and replays."""
import itertools
import math
import random
from decimal import Decimal, localcontext
from fractions import Fraction

import ciw
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyworkforce.queuing import ErlangC

from infrapm.models import failure as model
from infrapm.models.failure import (
    backoff,
    backoff_schedule,
    cascade,
    min_pool,
    mm1k,
    pool_wait,
    retry_amplification,
    retry_herd,
    retry_outcome,
    run_breaker,
    safe_utilization,
    simulate_metastable,
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


# 8.1 Retries

def test_published_counts():
    assert retry_amplification(3, 3).max_attempts == 64  # SRE book, chapter 22
    assert retry_amplification(2, 5).max_attempts == 243  # Builders' Library: three attempts at five layers
    assert retry_amplification(3, 3, budget=0.1).max_attempts == close(1.331)


@given(st.integers(0, 4), st.integers(0, 4))
def test_attempts_against_a_stack_that_always_fails(retries, layers):
    def attempts(layer):
        return 1 if layer == 0 else sum(attempts(layer - 1) for _ in range(retries + 1))

    assert retry_amplification(retries, layers).max_attempts == attempts(layers)


@given(st.integers(0, 10), st.integers(0, 10), st.floats(0, 20))
def test_a_budget_never_adds_attempts(retries, layers, budget):
    with_budget = retry_amplification(retries, layers, budget).max_attempts
    assert with_budget == close(min((retries + 1) ** layers, (1 + Fraction(budget)) ** layers))
    assert 1 <= with_budget <= retry_amplification(retries, layers).max_attempts


def test_amplification_edges():
    assert retry_amplification(0, 10**300).max_attempts == 1
    assert retry_amplification(10**300, 0).max_attempts == 1
    assert retry_amplification(1, 1_023).max_attempts == 2**1_023
    assert retry_amplification(1, 1_024).max_attempts == math.inf
    assert retry_amplification(10**300, 10**300).max_attempts == math.inf
    assert retry_amplification(10**300, 10**300, budget=0).max_attempts == 1
    assert retry_amplification(3, 3, budget=1e300).max_attempts == 64
    assert type(retry_amplification(3.0, 3).max_attempts) is int


@given(st.integers(0, 100), st.integers(0, 60))
def test_retries_against_the_sum_of_the_series(percent, retries):
    p = Fraction(percent, 100)
    result = retry_outcome(float(p), retries)
    assert result.expected_attempts == close(sum(p**k for k in range(retries + 1)))
    assert result.success == close(1 - p ** (retries + 1), abs=1e-300)


def test_retries_against_simulation():
    draws = random.Random(11)
    tries, good = [], 0
    for _ in range(40_000):
        failures = list(itertools.takewhile(lambda _: draws.random() < 0.6, range(3)))
        tries.append(min(3, len(failures) + 1))
        good += len(failures) < 3
    result = retry_outcome(0.6, 2)
    assert result.expected_attempts == close(np.mean(tries), rel=0, abs=4 * np.std(tries) / 200)
    assert result.success == close(good / 40_000, rel=0, abs=4 * 0.5 / 200)


def test_retry_edges():
    assert retry_outcome(0.2, 2).expected_attempts == close(1.24)
    assert retry_outcome(0, 5) == model.RetryOutcome(1, 1)
    assert retry_outcome(1, 5) == model.RetryOutcome(6, 0)
    assert retry_outcome(BELOW_1, 3).expected_attempts == close(4)
    assert retry_outcome(BELOW_1, 3).success == close(4 * 2**-53)
    assert retry_outcome(BELOW_1, 10**300) == model.RetryOutcome(2**53, 1)
    assert retry_outcome(TINIEST, 0) == model.RetryOutcome(1, 1)


# 8.2 Backoff and jitter

def test_ceilings_of_the_architecture_blog():
    assert backoff_schedule(100, 10_000, 8).ceilings_ms == (100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000)
    assert backoff(100, 1e9, 6).ceiling_ms == 6_400
    assert backoff(100, 10_000, 7).ceiling_ms == 10_000
    assert backoff(100, 10_000, 3).mean_ms == 400


@pytest.mark.parametrize("mode", model.MODES)
def test_waits_against_draws(mode):
    wait, draws = backoff(250, 5_000, 3, mode), random.Random(2)
    ceiling = 2_000
    drawn = [
        {"none": lambda: ceiling, "full": lambda: draws.uniform(0, ceiling),
         "equal": lambda: ceiling / 2 + draws.uniform(0, ceiling / 2)}[mode]()
        for _ in range(20_000)
    ]
    assert wait.ceiling_ms == ceiling
    assert wait.mean_ms == close(np.mean(drawn), rel=0, abs=4 * np.std(drawn) / math.sqrt(20_000) + 1e-9)
    assert wait.min_ms <= min(drawn) and wait.min_ms == close(min(drawn), rel=0, abs=2)
    assert wait.max_ms >= max(drawn) and wait.max_ms == close(max(drawn), rel=0, abs=2)


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.integers(0, 60), st.sampled_from(model.MODES))
def test_backoff_bounds(base, cap, attempt, mode):
    wait = backoff(base, cap, attempt, mode)
    assert wait.ceiling_ms == close(min(Fraction(cap), Fraction(base) * 2**attempt))
    assert 0 <= wait.min_ms <= wait.mean_ms <= wait.max_ms == wait.ceiling_ms <= cap
    assert backoff(base, cap, attempt + 1, mode).ceiling_ms >= wait.ceiling_ms


def test_backoff_edges():
    assert backoff(100, 10_000, 2_000).ceiling_ms == 10_000
    assert backoff(TINIEST, 1.7e308, 10**300).ceiling_ms == 1.7e308
    assert backoff(TINIEST, 1.7e308, 1_074).ceiling_ms == 1
    assert backoff(100, 1, 0).ceiling_ms == 1
    assert backoff(1.7e308, 1.7e308, 0, "equal").mean_ms == close(0.75 * 1.7e308)
    assert backoff_schedule(100, 1_000, 0) == model.BackoffSchedule((), 0)
    assert backoff_schedule(1.7e308, 1.7e308, 3).total_mean_ms == math.inf
    for mode, factor in [("none", 1), ("full", 0.5), ("equal", 0.75)]:
        assert backoff_schedule(100, 1_000, 5, mode).total_mean_ms == 2_500 * factor
        assert backoff_schedule(100, 1_000, 5, mode).ceilings_ms == (100, 200, 400, 800, 1_000)


@pytest.mark.parametrize("mode, clients, bucket, attempt", [("full", 4_000, 20, 3), ("equal", 4_000, 20, 3)])
def test_herd_against_draws(mode, clients, bucket, attempt):
    wait, draws = backoff(100, 10_000, attempt, mode), random.Random(3)
    buckets = [0] * math.ceil(wait.max_ms / bucket)
    for _ in range(clients):
        buckets[int(draws.uniform(wait.min_ms, wait.max_ms) / bucket)] += 1
    used = [count for count in buckets if count]
    herd = retry_herd(clients, 100, 10_000, attempt, bucket, mode)
    assert herd.mean_per_bucket == close(np.mean(used))
    assert herd.peak_without_jitter == clients


def test_herd_edges():
    assert retry_herd(1_000, 100, 10_000, 3, 10, "none") == model.RetryHerd(1_000, None)
    assert retry_herd(1_000, 100, 10_000, 3, 800).mean_per_bucket == 1_000
    assert retry_herd(1_000, 100, 10_000, 3, 1e308).mean_per_bucket == 1_000
    assert retry_herd(1_000, 100, 10_000, 3, 400, "equal").mean_per_bucket == 1_000
    assert retry_herd(1_000, 100, 10_000, 3, 200, "equal").mean_per_bucket == 500
    assert retry_herd(10**300, TINIEST, TINIEST, 0, TINIEST, "equal").mean_per_bucket == 1e300


# 8.3 Circuit breaker

def test_a_trace_by_hand():
    calls = [[0, "F"], [1, "F"], [2, "F"], [3, "S"], [32, "S"], [33, "F"], [34, "S"], [62, "S"], [63, "S"], [64, "F"],
             [65, "S"], [66, "F"], [67, "F"], [68, "F"]]
    trace = run_breaker(3, 30, calls)
    assert trace.outcome == ("fail", "fail", "fail", "rejected", "ok", "fail", "ok", "ok", "ok", "fail", "ok", "fail",
                             "fail", "fail")
    assert trace.state_after == ("closed", "closed", "open", "open", "closed", "closed", "closed", "closed", "closed",
                                 "closed", "closed", "closed", "closed", "open")


def test_a_trial_that_fails_starts_the_cooldown_again():
    calls = [[0, "F"], [10, "F"], [19, "S"], [20, "S"], [21, "S"], [30, "F"], [31, "S"], [40, "S"], [41, "S"]]
    trace = run_breaker(1, 10, calls, half_open_successes=2)
    assert trace.outcome == ("fail", "fail", "rejected", "ok", "ok", "fail", "rejected", "ok", "ok")
    assert trace.state_after == ("open", "open", "open", "half_open", "closed", "open", "open", "half_open", "closed")


def test_the_moment_of_the_cooldown_passes():
    assert run_breaker(1, 0.2, [[0.1, "F"], [0.3, "S"]]).outcome[1] == "ok"  # 0.1 + 0.2 is 0.30000000000000004
    assert run_breaker(1, 0.2, [[0.1, "F"], [0.2999, "S"]]).outcome[1] == "rejected"
    since_1970 = 1.7e9  # of which a relative 1e-9 is 1.7 s
    calls = [[since_1970, "F"], [since_1970 + 29, "S"], [since_1970 + 30, "S"]]
    assert run_breaker(1, 30, calls).outcome == ("fail", "rejected", "ok")
    assert run_breaker(1, 0, [[0, "F"], [0, "F"], [0, "S"]]).outcome == ("fail", "fail", "ok")
    assert run_breaker(1, 1e308, [[-1e308, "F"], [1e307, "S"]]).outcome[1] == "ok"


class Machine:
    """The breaker as a class with a method a state, written apart from the model."""

    def __init__(self, threshold, cooldown, successes):
        self.threshold, self.cooldown, self.needed = threshold, cooldown, successes
        self.close()

    def close(self):
        self.state, self.run = "closed", 0

    def trip(self, time):
        self.state, self.since = "open", time

    def call(self, time, good):
        if self.state == "open":
            if time < self.since + self.cooldown:
                return "rejected"
            self.state, self.run = "half_open", 0
        if self.state == "half_open":
            if not good:
                self.trip(time)
            else:
                self.run += 1
                if self.run == self.needed:
                    self.close()
        elif good:
            self.run = 0
        else:
            self.run += 1
            if self.run == self.threshold:
                self.trip(time)
        return "ok" if good else "fail"


@given(st.integers(1, 4), st.integers(0, 9), st.integers(1, 3),
       st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=60))
def test_breaker_against_a_state_machine(threshold, cooldown, successes, steps):
    machine, time, calls, outcomes, states = Machine(threshold, cooldown, successes), 0, [], [], []
    for gap, good in steps:
        time += gap
        calls.append((time, "S" if good else "F"))
        outcomes.append(machine.call(time, good))
        states.append(machine.state)
    trace = run_breaker(threshold, cooldown, calls, successes)
    assert trace == model.BreakerTrace(tuple(outcomes), tuple(states))


# 8.4 Load shedding

def shares_of_states(load: Fraction, limit: int) -> list[Fraction]:
    """The chances of 0 to `limit` requests in the system, from the balance of a birth and death chain."""
    weights = [load**n for n in range(limit + 1)]
    return [weight / sum(weights) for weight in weights]


@given(st.fractions(0, 20, max_denominator=50), st.integers(1, 25))
def test_shedding_against_the_balance_equations(load, limit):
    shares = shares_of_states(load, limit)
    result = mm1k(float(load), limit)
    assert result.shed_fraction == close(shares[-1], abs=1e-300)
    assert result.goodput_of_capacity == close(1 - shares[0], abs=1e-300)  # the share of time that it works


def test_shedding_by_simulation():
    ciw.seed(1)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(1.5)], service_distributions=[ciw.dists.Exponential(1.0)],
        number_of_servers=[1], queue_capacities=[4],
    )
    run = ciw.Simulation(network)
    run.simulate_until_max_time(4_000)
    kinds = [record.record_type for record in run.get_all_records(include_incomplete=False)]
    shed = kinds.count("rejection") / len(kinds)
    assert mm1k(1.5, 5).shed_fraction == close(shed, rel=0, abs=0.03)


def test_a_longer_queue_buys_delay_not_goodput():
    short, long = mm1k(1.5, 10, service_ms=10), mm1k(1.5, 1_000, service_ms=10)
    assert (round(short.shed_fraction, 3), round(long.shed_fraction, 3)) == (0.337, 0.333)
    assert (short.response_bound_ms, long.response_bound_ms) == (100, 10_000)
    assert mm1k(2, 10**6).shed_fraction == close(0.5)
    assert mm1k(1, 9) == model.Shedding(0.1, 0.9, None)


@pytest.mark.parametrize("limit", [1, 2, 10, 1_000, 10**6])
def test_shedding_is_smooth_at_1_and_at_its_ends(limit):
    at_1 = mm1k(1, limit)
    for load in (BELOW_1, math.nextafter(1, 2), 1 - 1e-12, 1 + 1e-12):
        assert mm1k(load, limit).shed_fraction == close(at_1.shed_fraction, rel=1e-5)
        assert mm1k(load, limit).goodput_of_capacity == close(at_1.goodput_of_capacity, rel=1e-5)
    assert mm1k(0, limit) == model.Shedding(0, 0, None)
    assert mm1k(1e308, limit).shed_fraction == 1
    assert mm1k(1e308, limit).goodput_of_capacity == 1
    assert mm1k(TINIEST, limit).goodput_of_capacity == TINIEST
    assert 0 <= mm1k(TINIEST, limit).shed_fraction <= TINIEST


@pytest.mark.parametrize("written", ["0.1", "0.999999", "0.999999999999", "1.000000000001", "1.5", "40", "1e12"])
@pytest.mark.parametrize("limit", [1, 3, 100, 10_000])
def test_shedding_against_decimal(written, limit):
    # 60 digits and exponents beyond a float's: the textbook form as it stands.
    with localcontext() as context:
        context.prec, context.Emax, context.Emin = 60, 10**9, -(10**9)
        load = Decimal(float(written))
        shed = (1 - load) * load**limit / (1 - load ** (limit + 1))
        assert mm1k(float(written), limit).shed_fraction == close(shed, abs=1e-300)
        assert mm1k(float(written), limit).goodput_of_capacity == close(load * (1 - shed))


@given(st.floats(0, 50), st.floats(0, 50), st.integers(1, 500), st.integers(1, 500))
def test_shedding_rises_with_load_and_falls_with_room(one, other, few, many):
    low, high = sorted([one, other])
    few, many = sorted([few, many])
    assert mm1k(low, few).shed_fraction <= mm1k(high, few).shed_fraction + 1e-15
    assert mm1k(low, many).shed_fraction <= mm1k(low, few).shed_fraction + 1e-15
    assert mm1k(low, few).goodput_of_capacity <= min(1, low) + 1e-15


# 8.5 Connection pools

@pytest.mark.parametrize("arrival, hold, pool", [(390, 50, 20), (390, 50, 22), (10, 100, 2), (1, 900, 1), (500, 20, 12)])
def test_pool_against_pyworkforce(arrival, hold, pool):
    peer = ErlangC(transactions=arrival * 60, aht=hold / 60_000, interval=1, asa=0.001, shrinkage=0.0)
    result = pool_wait(arrival, hold, pool)
    assert result.p_wait == close(peer.waiting_probability(positions=pool))
    assert result.mean_wait_ms == close(Decimal(result.p_wait) * Decimal(hold) / (pool - Decimal(arrival * hold) / 1000))


def test_the_pool_of_twenty():
    pool = pool_wait(390, 50, 20)
    assert (pool.stable, round(pool.utilization, 6), round(pool.mean_wait_ms, 1)) == (True, 0.975, 87.3)
    assert pool.mean_in_use == close(19.5)
    assert pool.p99_wait_ms == close(math.log(pool.p_wait / 0.01) / (20 / 50 - 0.390))
    # One and two percent more hold time: no bug is needed for a wait that explodes.
    assert [round(pool_wait(390, hold, 20).p99_wait_ms / 1000, 2) for hold in (50, 50.5, 51)] == [0.45, 0.75, 2.12]
    assert round(pool_wait(390, 50, 22).mean_wait_ms, 2) == 9.65


def test_pool_edges():
    over = pool_wait(400, 50, 20)
    assert over == model.PoolWait(False, 1, 1, math.inf, math.inf, 20)
    assert pool_wait(1_000, 50, 20).utilization == 2.5
    assert pool_wait(0, 50, 1) == model.PoolWait(True, 0, 0, 0, 0, 0)
    assert pool_wait(10, 1, 5).p99_wait_ms == 0
    assert pool_wait(1e300, TINIEST, 1).stable


@pytest.mark.parametrize("arrival, hold, target", [(390, 50, 0.1), (390, 50, 0.5), (8, 1_000, 0.2), (0, 5, 0.5), (3, 1, 1e-9)])
def test_smallest_pool_by_trying_each(arrival, hold, target):
    tried = next(pool for pool in itertools.count(1) if pool_wait(arrival, hold, pool).p_wait <= target)
    assert min_pool(arrival, hold, target).min_pool == tried


def test_smallest_pool_names_its_own_arguments():
    with pytest.raises(ValueError, match="^arrival_per_s \\* hold_ms / 1000 must be a number from 0 to 100000000; got"):
        min_pool(1e9, 101, 0.5)


# 8.6 Cascades

def one_by_one(servers, total_load, capacity_each, lost):
    alive = servers - lost
    while alive and Fraction(total_load, alive) > capacity_each:
        alive -= 1
    return alive


@given(st.integers(1, 60), st.integers(0, 6_000), st.integers(1, 200), st.data())
def test_cascade_one_server_at_a_time(servers, load, capacity, data):
    lost = data.draw(st.integers(0, servers))
    assert cascade(servers, load, capacity, lost).surviving == one_by_one(servers, load, capacity, lost)


def test_cascade_edges():
    assert cascade(10, 850, 100, 1).surviving == 9
    assert cascade(10, 950, 100, 1).surviving == 0  # one loss at 95% takes all ten
    assert cascade(10, 900, 100, 1).surviving == 9  # equal is carried
    assert cascade(3, 0.1 + 0.2, 0.1, 0).surviving == 3  # 0.30000000000000004 / 3
    assert cascade(10, 0, 100, 10).surviving == 0
    assert cascade(10, 1_001, 100, 0).surviving == 0
    assert cascade(10**15, 1, 1, 10**15 - 1).surviving == 1
    assert safe_utilization(12, 3).safe_utilization == 0.75
    assert safe_utilization(1, 1).safe_utilization == 0
    assert safe_utilization(10**300, 0).safe_utilization == 1


@given(st.integers(2, 50), st.data())
def test_up_to_the_safe_utilization_a_loss_is_carried(servers, data):
    lost = data.draw(st.integers(1, servers - 1))
    load = 100 * servers * safe_utilization(servers, lost).safe_utilization
    assert cascade(servers, load, 100, lost).surviving == servers - lost
    assert cascade(servers, load * 1.001, 100, lost).surviving == 0


# 8.7 Metastable outages

SPIKE = [80] * 5 + [130] * 3 + [80] * 22
FLAT = [100] * 30


def replay(load, capacity, retries, waste):
    """Each tick's arrivals as a cohort that keeps its birth, in exact fractions, written apart from the model."""
    waiting, series = [], []  # (attempts made, requests)
    for new, limit in zip(load, capacity):
        waiting = [(0, Fraction(new)), *waiting]
        offered = sum(count for _, count in waiting)
        if offered <= limit:
            served, waiting = offered, []
        else:
            served = max(Fraction(0), limit - Fraction(waste) * (offered - limit))
            waiting = [(made + 1, count * (1 - served / offered)) for made, count in waiting if made < retries]
        series.append((offered, served))
    return series


def test_the_spike_by_hand():
    result = simulate_metastable(SPIKE[:10], FLAT[:10], 3, 0.5)
    hand = [(80, 80)] * 5 + [(130, 85), (175, 62.5), (242.5, 28.75), (293.75, 3.125), (345.397369, 0)]
    assert [pair == close_pair(expected) for pair, expected in zip(result.series, hand)] == [True] * 10


def close_pair(expected):
    return pytest.approx(expected, rel=1e-6)


def test_the_same_spike_stays_or_heals():
    for retries, waste, load, recovers, offered in [
        (3, 0.5, SPIKE, False, 320), (1, 0.5, SPIKE, True, 80), (3, 0, SPIKE, True, 80), (0, 0.5, SPIKE, True, 80),
        (3, 0.5, [60 if new == 80 else new for new in SPIKE], True, 60),
    ]:
        result = simulate_metastable(load, FLAT, retries, waste)
        assert result.final[0] == close(offered, rel=1e-3), (retries, waste)
        assert result.recovers is recovers
    assert simulate_metastable(SPIKE, FLAT, 3, 0.5).final == (close(320), 0)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 200)), min_size=1, max_size=12),
       st.integers(0, 4), st.sampled_from([0, 0.25, 0.5, 1, 3]))
def test_ticks_against_a_replay(ticks, retries, waste):
    load, capacity = zip(*ticks)
    result = simulate_metastable(load, capacity, retries, waste)
    expected = replay(load, capacity, retries, waste)
    for pair, exact in zip(result.series, expected):
        assert pair == (close(exact[0], abs=1e-9), close(exact[1], abs=1e-9))
    assert len(result.series) == len(ticks) and result.final == result.series[-1]


@given(st.lists(st.integers(0, 300), min_size=1, max_size=12), st.integers(0, 3))
def test_without_overload_nothing_is_retried(load, retries):
    result = simulate_metastable(load, [max(load) + 1] * len(load), retries, 0.5)
    assert result.series == tuple((new, new) for new in load)
    assert result.recovers


def test_metastable_edges():
    assert simulate_metastable([0], [1], 0, 0) == model.Metastable(((0, 0),), (0, 0), True)
    assert simulate_metastable([100 * (1 + 1e-12)], [100], 3, 0.5).recovers  # equal but for a last digit
    assert simulate_metastable([200], [100], 3, 1).series == ((200, 0),)
    assert simulate_metastable([200], [100], 0, 0).series == ((200, 100),)
    assert not simulate_metastable([1e308] * 4, [1] * 4, 10**300, 1e308).recovers
    # The last tick serves as many as are new, but retries crowd out a third of these.
    crowded = simulate_metastable([100, 150, 100], [100] * 3, 1, 0)
    assert crowded.final == (150, 100) and not crowded.recovers
    # With waste 0 the backlog drains: every failed request is served at last.
    drained = simulate_metastable([150] + [0] * 3, [100] * 4, 3, 0)
    assert sum(served for _, served in drained.series) == close(150)


# Results and bad input

NO_MODE = no_choice("full", "none", "equal")
NO_CALLS = NO_LIST + [[], [[0]], [[0, "S", 1]], [[0, "s"]], [[0, True]], ["S"], [[1, "S"], [0, "S"]]] + [
    [[value, "S"]] for value in NO_NUMBER
]
NO_LOADS = NO_LIST + [[]] + [[1, value] for value in NEGATIVE]
NO_CAPACITY = NO_LIST + [[], [1], [1, 2, 3]] + [[1, value] for value in NOT_POSITIVE]
WAITS = {"base_ms": NOT_POSITIVE, "cap_ms": NOT_POSITIVE, "mode": NO_MODE}
PAST_POOL = NO_COUNT_FROM_1 + [10**9 + 1]

ILLEGAL = [
    (retry_amplification, {"retries": 1, "layers": 1},
     {"retries": NO_COUNT, "layers": NO_COUNT, "budget": [value for value in NEGATIVE if value is not None]}),
    (retry_outcome, {"failure_p": 0.5, "retries": 1}, {"failure_p": NO_FRACTION, "retries": NO_COUNT}),
    (backoff, {"base_ms": 1, "cap_ms": 1, "attempt": 1}, WAITS | {"attempt": NO_COUNT}),
    (backoff_schedule, {"base_ms": 1, "cap_ms": 1, "attempts": 0}, WAITS | {"attempts": NO_COUNT + [1_000_001]}),
    (retry_herd, {"clients": 1, "base_ms": 1, "cap_ms": 1, "attempt": 1, "bucket_ms": 1},
     WAITS | {"clients": NO_COUNT_FROM_1, "attempt": NO_COUNT, "bucket_ms": NOT_POSITIVE}),
    (run_breaker, {"failure_threshold": 1, "cooldown_s": 1, "calls": [[0, "S"]]},
     {"failure_threshold": NO_COUNT_FROM_1, "cooldown_s": NEGATIVE, "calls": NO_CALLS,
      "half_open_successes": NO_COUNT_FROM_1}),
    (mm1k, {"utilization": 1, "system_limit": 1},
     {"utilization": NEGATIVE, "system_limit": NO_COUNT_FROM_1,
      "service_ms": [value for value in NOT_POSITIVE if value is not None]}),
    (pool_wait, {"arrival_per_s": 1, "hold_ms": 1, "pool": 1},
     {"arrival_per_s": NEGATIVE, "hold_ms": NOT_POSITIVE, "pool": PAST_POOL}),
    (min_pool, {"arrival_per_s": 1, "hold_ms": 1, "target_p_wait": 0.5},
     {"arrival_per_s": NEGATIVE, "hold_ms": NOT_POSITIVE, "target_p_wait": NO_OPEN_FRACTION}),
    (cascade, {"servers": 3, "total_load": 1, "capacity_each": 1, "lost": 0},
     {"servers": NO_COUNT_FROM_1, "total_load": NEGATIVE, "capacity_each": NOT_POSITIVE, "lost": NO_COUNT + [4]}),
    (safe_utilization, {"servers": 3, "lost": 0}, {"servers": NO_COUNT_FROM_1, "lost": NO_COUNT + [4]}),
    (simulate_metastable, {"load": [1, 1], "capacity": [1, 1], "retries": 1, "waste": 1},
     {"load": NO_LOADS, "capacity": NO_CAPACITY, "retries": NO_COUNT, "waste": NEGATIVE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_is_checked():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
