"""Models 5.1 to 5.7 against published tables, exact fractions, pyworkforce, scipy, SimPy and Ciw."""
import itertools
import math
import random
import statistics
from fractions import Fraction

import ciw
import numpy as np
import pytest
import simpy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyworkforce.queuing import ErlangC
from scipy.linalg import expm
from scipy.optimize import least_squares
from scipy.stats import poisson

from infrapm.models import capacity as model
from infrapm.models.capacity import (
    allen_cunneen,
    desired_replicas,
    erlang_b,
    fit_usl,
    kingman,
    little_arrival,
    little_in_flight,
    little_time,
    mg1,
    min_servers_for_level,
    min_servers_for_wait,
    mmc,
    region_capacity,
    region_failover,
    servers_needed,
    service_level,
    simulate_queue,
    usl_peak,
    usl_throughput,
)
from tests.models.illegal import (
    BELOW_1,
    NEGATIVE,
    NO_COUNT,
    NO_COUNT_FROM_1,
    NO_FRACTION,
    NO_LIST,
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


rates = st.floats(1e-3, 1e4)

# 5.1 Little's law

def test_little_answers():
    assert little_in_flight(200, 0.05).in_flight == close(10)
    assert little_arrival(20, 0.05).arrival_per_s == close(400)
    assert little_time(64, 800).time_in_system_s == close(0.08)
    assert little_in_flight(0, 5).in_flight == little_time(0, 5).time_in_system_s == 0


@given(rates, rates)
def test_the_three_forms_of_little_are_inverse(arrival, time_s):
    in_flight = little_in_flight(arrival, time_s).in_flight
    assert little_time(in_flight, arrival).time_in_system_s == close(time_s)
    assert little_arrival(in_flight, time_s).arrival_per_s == close(arrival)


# 5.2 A queue with equal servers

# Offered load in erlangs that loses 1%, as the tables of Erlang B print it.
ONE_PERCENT = [(1.361, 5), (4.461, 10), (12.03, 20), (84.06, 100)]


@pytest.mark.parametrize("offered, servers", ONE_PERCENT)
def test_table_of_erlang_b(offered, servers):
    assert round(erlang_b(offered, servers).blocking, 4) == 0.01


def exact_blocking(offered: Fraction, servers: int) -> Fraction:
    """Erlang B as its definition says, in exact fractions."""
    terms = [offered**i / math.factorial(i) for i in range(servers + 1)]
    return terms[-1] / sum(terms)


@pytest.mark.parametrize("offered", ["0", "1/1000000", "1/3", "1", "7/2", "48", "1000"])
@pytest.mark.parametrize("servers", [0, 1, 2, 5, 17, 55, 100])
def test_erlang_b_against_exact_fractions(offered, servers):
    exact = exact_blocking(Fraction(offered), servers)
    assert erlang_b(float(Fraction(offered)), servers).blocking == close(exact)


@pytest.mark.parametrize("offered, servers", [(1e5, 100_000), (9.9e4, 100_000), (1.1e5, 100_000), (1e6, 1_001_000)])
def test_erlang_b_of_large_systems_against_scipy(offered, servers):
    peer = poisson.pmf(servers, offered) / poisson.cdf(servers, offered)
    assert erlang_b(offered, servers).blocking == close(peer, rel=1e-7)  # scipy keeps about nine digits here


def test_erlang_b_edges():
    assert erlang_b(0, 0).blocking == erlang_b(5, 0).blocking == 1
    assert erlang_b(0, 1).blocking == erlang_b(TINIEST, 2).blocking == 0
    assert erlang_b(1e-300, 1).blocking == close(1e-300)
    assert erlang_b(1e-300, 10**9).blocking == 0
    assert erlang_b(1.7e308, 10**9).blocking == 1
    assert 0 < erlang_b(1e9, 10**9).blocking < 1e-4


CALLS = [(360, 4, 30, 55), (100, 3, 60, 6), (100, 3, 60, 9), (2_000, 5, 30, 340), (7, 1.5, 15, 1), (900, 0.5, 10, 46)]


@pytest.mark.parametrize("calls, minutes, interval, servers", CALLS)
@pytest.mark.parametrize("within_s", [1e-9, 15, 60])
def test_mmc_against_pyworkforce(calls, minutes, interval, servers, within_s):
    peer = ErlangC(transactions=calls, aht=minutes, asa=within_s / 60, interval=interval)
    arrival, service = calls / interval / 60, minutes * 60
    assert mmc(arrival, service, servers).p_wait == close(peer.waiting_probability(servers), rel=1e-12)
    assert mmc(arrival, service, servers).utilization == close(peer.achieved_occupancy(servers), rel=1e-12)
    level = service_level(arrival, service, servers, within_s)
    assert level.service_level == close(peer.service_level(servers), rel=1e-12)
    assert level.p_wait_longer == close(1 - peer.service_level(servers), abs=1e-15)


def balance(offered: float, servers: int) -> tuple[float, float, float]:
    """The share that waits and the mean numbers waiting and in the system, from the chances of every state."""
    chances, last = [1.0], 1.0
    for n in range(1, 40_000):
        last *= offered / min(n, servers)
        chances.append(last)
        if n > servers and last < 1e-15 * chances[servers]:
            break
    total = math.fsum(chances)
    return (
        math.fsum(chances[servers:]) / total,
        math.fsum((n - servers) * p for n, p in enumerate(chances) if n > servers) / total,
        math.fsum(n * p for n, p in enumerate(chances)) / total,
    )


@pytest.mark.parametrize("servers", [1, 2, 3, 10, 60])
@pytest.mark.parametrize("utilization", [0.01, 0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("service", [0.02, 1, 300])
def test_mmc_against_the_balance_equations(servers, utilization, service):
    offered = utilization * servers
    queue = mmc(offered / service, service, servers)
    p_wait, waiting, inside = balance(offered, servers)
    assert queue.stable
    assert queue.utilization == close(utilization)
    assert queue.p_wait == close(p_wait)
    assert queue.queue_length == close(waiting, rel=1e-8)
    assert queue.in_system == close(inside, rel=1e-8)
    assert queue.mean_wait_s == close(waiting / (offered / service), rel=1e-8)
    assert queue.mean_response_s == close(queue.mean_wait_s + service)
    assert queue.blocking == close(exact_blocking(Fraction(offered), servers))


def slower_by_phases(queue, service: float, spare: float, t: float) -> tuple[float, float]:
    """The chances of a wait and of a response longer than t, as a chain of phases: wait, then service."""
    rates_per_s = np.array([[-spare / service, spare / service], [0, -1 / service]])
    start = np.array([queue.p_wait, 1 - queue.p_wait])
    left = start @ expm(rates_per_s * t)
    return queue.p_wait * math.exp(-spare * t / service), left.sum()


@pytest.mark.parametrize("arrival, service, servers", [
    (0.9, 1, 1), (0.001, 1, 1), (8, 1, 10), (9, 1, 10), (9 + 1e-9, 1, 10), (9 - 1e-7, 1, 10), (9.5, 1, 10), (9.999, 1, 10),
    (0.2, 240, 55), (390, 0.05, 20), (1, 0.5, 3), (0.5, 1, 4),
])
def test_slowest_percent_against_a_chain_of_phases(arrival, service, servers):
    queue = mmc(arrival, service, servers)
    spare = servers - arrival * service
    _, response = slower_by_phases(queue, service, spare, queue.p99_response_s)
    assert response == close(0.01, rel=1e-8)
    if queue.p99_wait_s:
        wait, _ = slower_by_phases(queue, service, spare, queue.p99_wait_s)
        assert wait == close(0.01)
    else:
        assert queue.p_wait <= 0.01 * (1 + 1e-9)


@pytest.mark.parametrize("utilization", [0.001, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999999])
def test_one_server_in_closed_form(utilization):
    queue = mmc(utilization, 1, 1)
    assert queue.p_wait == close(utilization)
    assert queue.utilization == utilization
    assert queue.mean_response_s == close(1 / (1 - utilization))
    assert queue.p99_response_s == close(math.log(100) / (1 - utilization))
    assert queue.blocking == close(utilization / (1 + utilization))


def test_answers_of_the_knee():
    assert [round(mmc(rho, 1, 1).mean_response_s, 9) for rho in (0.5, 0.8, 0.9, 0.95, 0.99)] == [2, 5, 10, 20, 100]
    assert round(mmc(48, 1, 55).p_wait, 3) == 0.239
    small, large = mmc(8, 1, 10).mean_wait_s, mmc(80, 1, 100).mean_wait_s
    assert (round(small, 4), round(large, 6)) == (0.2046, 0.000982)
    assert round(small / large) == 208


def test_unstable_is_an_answer():
    for arrival, service, servers in [(10, 1, 10), (12, 1, 10), (0.1, 30, 3), (0.29, 100, 29), (1e300, 1e300, 5)]:
        queue = mmc(arrival, service, servers)
        assert not queue.stable and queue.p_wait == 1 and 0 < queue.blocking <= 1
        assert {queue.mean_wait_s, queue.mean_response_s, queue.queue_length, queue.in_system,
                queue.p99_wait_s, queue.p99_response_s} == {math.inf}
        assert service_level(arrival, service, servers, 1e9) == model.ServiceLevel(0.0, 1.0)
    assert mmc(12, 1, 10).utilization == close(1.2)
    assert mmc(12, 1, 10).blocking == close(exact_blocking(Fraction(12), 10))
    for arrival in (0, 5):
        queue = mmc(arrival, 1, 0)
        assert (queue.stable, queue.utilization, queue.p_wait, queue.blocking) == (False, math.inf, 1, 1)


def test_stable_edges():
    idle = mmc(0, 2, 3)
    assert (idle.stable, idle.utilization, idle.p_wait, idle.blocking) == (True, 0, 0, 0)
    assert (idle.mean_wait_s, idle.mean_response_s, idle.in_system, idle.p99_wait_s) == (0, 2, 0, 0)
    assert idle.p99_response_s == close(2 * math.log(100))
    assert mmc(1e-300, 1e-300, 1).mean_response_s == 1e-300
    assert mmc(1, 1, 10**9).mean_response_s == 1
    assert not mmc(1 - 1e-10, 1, 1).stable and mmc(1 - 1e-8, 1, 1).stable
    assert service_level(8, 1, 10, 1e300).p_wait_longer == 0
    assert service_level(8, 1e-300, 10, 1e300).service_level == 1


@pytest.mark.parametrize("offered", [0, 0.001, 0.7, 3, 8, 48, 100.5])
@pytest.mark.parametrize("target", [0.001, 0.05, 0.2, 0.5, 0.99])
def test_min_servers_against_trying_each(offered, target):
    def scan(enough):
        return next(servers for servers in itertools.count(1) if servers > offered and enough(servers))

    wait = scan(lambda servers: balance(offered, servers)[0] <= target)
    assert min_servers_for_wait(offered / 3, 3, target).min_servers == wait
    if offered:
        peer = ErlangC(transactions=offered, aht=1, asa=0.25, interval=1)
        level = scan(lambda servers: peer.service_level(servers) >= target)
        assert min_servers_for_level(offered / 60, 60, 15, target).min_servers == level


def test_min_servers_edges():
    assert min_servers_for_wait(8, 1, mmc(8, 1, 11).p_wait).min_servers == 11  # equality is enough
    assert min_servers_for_level(8, 1, 0.5, service_level(8, 1, 11, 0.5).service_level).min_servers == 11
    assert min_servers_for_wait(8, 1, BELOW_1).min_servers == 9
    assert min_servers_for_level(8, 1, 1e300, TINIEST).min_servers == 9
    assert 10**6 < min_servers_for_wait(1e6, 1, 0.01).min_servers < 10**6 + 5_000
    assert 1e8 < min_servers_for_wait(1e8, 1, 0.2).min_servers < 1.0002e8
    assert mmc(1e8, 1, min_servers_for_wait(1e8, 1, TINIEST).min_servers).stable  # no answer that `mmc` refuses
    for search in (lambda load: min_servers_for_wait(load, 1, 0.2), lambda load: min_servers_for_level(load, 1, 1, 0.8)):
        with pytest.raises(ValueError, match="arrival_per_s \\* service_s must be a number from 0 to 100000000; got"):
            search(1.01e8)
    assert min_servers_for_level(8, 1, 0, BELOW_1).min_servers == min_servers_for_wait(8, 1, 1e-9).min_servers


@given(st.floats(0, 200), st.floats(1e-3, 1e3), st.integers(1, 250), st.floats(0, 10))
def test_more_servers_never_hurt_and_more_load_never_helps(offered, service, servers, within):
    one, more = (mmc(offered / service, service, n) for n in (servers, servers + 1))
    slack = 1 + 1e-9
    for name in ("p_wait", "blocking", "mean_wait_s", "mean_response_s", "queue_length", "in_system", "p99_wait_s",
                 "p99_response_s", "utilization"):
        assert getattr(more, name) <= getattr(one, name) * slack, name
        busier = mmc(offered / service * 1.01, service, servers)
        assert getattr(busier, name) >= getattr(one, name) / slack, name
    assert 0 <= one.blocking <= one.p_wait * slack <= slack
    if one.stable:
        assert one.p99_response_s >= max(one.p99_wait_s, service * math.log(100) * (1 - 1e-12))
        assert one.in_system == close(one.queue_length + offered)
    level = service_level(offered / service, service, servers, within * service)
    assert level.service_level + level.p_wait_longer == close(1)
    assert level.p_wait_longer <= one.p_wait


@given(st.floats(0.1, 50), st.integers(1, 60), st.floats(1e-3, 1e3))
def test_time_has_no_unit(offered, servers, scale):
    one, other = mmc(offered, 1, servers), mmc(offered / scale, scale, servers)
    assume(one.stable and other.stable and offered < servers * 0.999)
    assert other.p_wait == close(one.p_wait, rel=1e-7)
    assert other.p99_response_s == close(one.p99_response_s * scale, rel=1e-7)


# 5.3 Times that vary more, or less

def test_variability_answers():
    assert mg1(0.8, 0, 1).mean_wait_s == close(2)
    assert mg1(0.8, 16, 1).mean_wait_s == close(34)
    assert kingman(0.8, 1, 1).mean_wait_s == close(4)
    assert allen_cunneen(8, 1, 10, cs2=0).mean_wait_s == close(mmc(8, 1, 10).mean_wait_s / 2)


@given(st.floats(0, 0.999), st.floats(1e-3, 1e3), st.integers(1, 50))
def test_with_exponential_times_all_agree_with_mmc(utilization, service, servers):
    one = mmc(utilization / service, service, 1).mean_wait_s
    assert kingman(utilization, 1, service).mean_wait_s == close(one, abs=1e-300)
    assert mg1(utilization, 1, service) == kingman(utilization, 1, service)
    many = mmc(utilization * servers / service, service, servers)
    assert allen_cunneen(utilization * servers / service, service, servers, 1).mean_wait_s == many.mean_wait_s


@given(st.floats(0.01, 0.99), st.floats(0, 50), st.floats(0, 50))
def test_variability_multiplies(utilization, cs2, ca2):
    wait = kingman(utilization, cs2, 1, ca2).mean_wait_s
    assert wait == close((cs2 + ca2) / 2 * kingman(utilization, 1, 1).mean_wait_s, abs=1e-300)
    assert kingman(utilization, ca2, 1, cs2).mean_wait_s == close(wait)
    assert kingman(utilization, cs2, 7, ca2).mean_wait_s == close(7 * wait)
    single = allen_cunneen(utilization, 1, 1, cs2, ca2)
    assert single.mean_wait_s == close(wait)


@pytest.mark.parametrize("sample, cs2", [
    (lambda r: 0.8, 0.0), (lambda r: r.uniform(0, 1.6), 1 / 3), (lambda r: r.gammavariate(0.5, 1.6), 2.0),
])
def test_mg1_against_lindley_s_recursion(sample, cs2):
    draws, wait, batches = random.Random(7), 0.0, []
    for _ in range(20):
        total = 0.0
        for _ in range(15_000):
            total += wait
            wait = max(0.0, wait + sample(draws) - draws.expovariate(1))
        batches.append(total / 15_000)
    error = statistics.stdev(batches) / math.sqrt(20)
    assert abs(statistics.mean(batches) - mg1(0.8, cs2, 0.8).mean_wait_s) < 4 * error


def test_variability_edges():
    for busy in (1, 1 - 1e-10, 1.5, 1e308):
        for queue in (kingman(busy, 0, 1, 0), mg1(busy, 0, 1), allen_cunneen(busy, 1, 1, 0, 0)):
            assert queue == model.MeanWait(stable=False, mean_wait_s=math.inf)
    assert allen_cunneen(1, 1, 0, 0, 0).stable is False
    assert kingman(0, 1e308, 1e308, 1e308).mean_wait_s == 0
    assert kingman(0.5, 0, 1, 0).mean_wait_s == 0


# 5.4 The Universal Scalability Law

SUN = {"load": [1, 18, 36, 72, 108, 144, 216],
       "throughput": [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2]}


def test_fit_that_the_r_package_prints():
    fit = fit_usl(**SUN)
    assert f"{fit.alpha:.7f} {fit.beta:.7f}" == "0.0277285 0.0001044"
    assert fit.gamma == close(89.9952330, rel=1e-8)
    assert (round(fit.peak_load, 5), round(fit.optimal_load, 5)) == (96.51956, 36.06401)
    assert (round(fit.peak_throughput, 3), round(fit.amdahl_limit, 3)) == (1883.899, 3245.589)
    assert [round(f(fit.efficiency), 4) for f in (min, max)] == [0.0876, 0.7211]
    residuals = sorted(x - f for x, f in zip(SUN["throughput"], fit.fitted))
    assert (round(residuals[0], 1), round(residuals[-1], 1)) == (-81.7, 111.1)


def test_usl_answers():
    assert round(usl_peak(0.001, 0.00001).peak_load) == 316
    assert usl_peak(0.02, 0, 90).amdahl_limit == close(4_500)
    before, after = usl_throughput(0.0277284753, 0.00010436548, 89.995233, [97, 98]).throughput
    assert after < before


def bounded_peer(load, measured) -> float:
    """The smallest sum of squares that scipy finds with alpha, beta >= 0, from several starts."""
    n, x = np.array(load, float), np.array(measured, float)

    def off(p):
        return p[2] * n / (1 + p[0] * (n - 1) + p[1] * n * (n - 1)) - x

    starts = [(0.01, 1e-4, x[0] / n[0]), (0.3, 0.01, x.max() / n[0]), (0, 0, 1)]
    return min(
        float(np.sum(least_squares(off, s, bounds=([0, 0, 1e-12], np.inf), x_scale=(0.1, 1e-3, 1), xtol=1e-14,
                                   ftol=1e-14, gtol=1e-14).fun ** 2))
        for s in starts
    )


@pytest.mark.parametrize("seed", range(30))
def test_fit_against_scipy(seed):
    draws = random.Random(seed)
    load = sorted(draws.sample(range(1, 129), draws.randint(3, 12)))
    alpha, beta, gamma = draws.choice([0, 0.02, 0.3]), draws.choice([0, 1e-4, 1e-3]), draws.choice([0.5, 90, 4e6])
    noise = draws.choice([0.001, 0.02, 0.1])
    measured = [x * draws.gauss(1, noise) for x in usl_throughput(alpha, beta, gamma, load).throughput]
    fit = fit_usl(load, measured)
    assert fit.sse == close(math.fsum((x - f) ** 2 for x, f in zip(measured, fit.fitted)), rel=1e-6, abs=1e-18)
    assert fit.sse <= bounded_peer(load, measured) * (1 + 1e-6) + 1e-9
    assert fit.fitted == usl_throughput(fit.alpha, fit.beta, fit.gamma, load).throughput
    assert min(fit.alpha, fit.beta) >= 0
    assert fit.efficiency == pytest.approx([x / (fit.gamma * n) for n, x in zip(load, measured)])


@given(st.floats(0, 0.9), st.floats(1e-6, 0.05), st.floats(1e-3, 1e6),
       st.sets(st.integers(4, 500), min_size=2, max_size=9))
@settings(max_examples=60)
def test_exact_data_give_the_law_back(alpha, beta, gamma, others):
    load = [1, *others]
    measured = usl_throughput(alpha, beta, gamma, load).throughput
    fit = fit_usl(load, measured)
    assert fit.gamma == close(gamma, rel=1e-5)
    assert fit.alpha == close(alpha, rel=1e-5, abs=1e-6)
    assert fit.beta == close(beta, rel=1e-4, abs=1e-7)


def test_fit_keeps_to_what_the_law_allows():
    perfect = fit_usl([1, 2, 3], [10, 20, 30])
    assert (perfect.alpha, perfect.beta, perfect.gamma) == (0, 0, close(10))
    better_than_perfect = fit_usl([1, 2, 3], [1, 2.5, 4])
    assert (better_than_perfect.alpha, better_than_perfect.beta) == (0, 0)
    assert better_than_perfect.gamma == close((1 + 5 + 12) / (1 + 4 + 9))  # least squares through the origin
    assert better_than_perfect.amdahl_limit == better_than_perfect.peak_load == math.inf
    no_beta = fit_usl([1, 2, 4, 8, 16], [10, 14, 19, 21, 25])
    assert no_beta.beta == 0 and no_beta.alpha > 0
    assert no_beta.peak_load == math.inf and no_beta.peak_throughput == no_beta.amdahl_limit
    no_alpha = fit_usl([1, 2, 4, 8, 16], [10, 20.5, 40.5, 72, 60])
    assert no_alpha.alpha == 0 and no_alpha.beta > 0 and no_alpha.optimal_load == math.inf
    flat = fit_usl([1, 2, 4], [10, 10, 10])
    assert (flat.alpha, flat.beta) == (close(1), close(0, abs=1e-12))


@pytest.mark.parametrize("scale_load, scale_x", [(1, 1e300), (1, 1e-300), (3, 1e150)])
def test_fit_of_extreme_units(scale_load, scale_x):
    fit = fit_usl([n * scale_load for n in SUN["load"]], [x * scale_x / 2_000 for x in SUN["throughput"]])
    assert min(fit.alpha, fit.beta) >= 0 and fit.gamma > 0
    assert all(math.isfinite(value) for value in fit.fitted + fit.efficiency)


def test_fit_with_no_finite_gamma_says_so():
    with pytest.raises(ValueError, match="throughput must be .* falls less .* got 100 at 10"):
        fit_usl([10, 20, 30], [100, 30, 10])


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(1e-3, 1e6)), min_size=3, max_size=8,
                unique_by=lambda pair: pair[0]))
@settings(max_examples=60)
def test_fit_takes_any_data_that_is_legal(points):
    load, measured = zip(*points)
    try:
        fit = fit_usl(load, measured)
    except ValueError as refusal:
        assert "throughput must be" in str(refusal)
    else:
        straight = sum(n * x for n, x in points) / sum(n * n for n in load)
        assert fit.sse <= sum((x - straight * n) ** 2 for n, x in points) * (1 + 1e-6) + 1e-12


@given(st.floats(0, 1.5), st.floats(0, 0.5), st.floats(1e-3, 1e6))
def test_no_load_beats_the_peak(alpha, beta, gamma):
    peak = usl_peak(alpha, beta, gamma)
    at = [1.0, 2.0, 10.0, 1e4, 1e9]
    if 1 <= peak.peak_load < math.inf:
        at += [peak.peak_load * f for f in (0.999, 1, 1.001) if peak.peak_load * f >= 1]
    found = usl_throughput(alpha, beta, gamma, at).throughput
    assert max(found) <= peak.peak_throughput * (1 + 1e-9)
    if 1 <= peak.peak_load < 1e9:
        assert usl_throughput(alpha, beta, gamma, [peak.peak_load]).throughput[0] == close(peak.peak_throughput)


def test_usl_edges():
    assert usl_peak(0, 0) == model.UslPeak(math.inf, math.inf, math.inf, math.inf)
    assert usl_peak(0.5, 0, 10) == model.UslPeak(math.inf, 20.0, 20.0, 2.0)
    assert usl_peak(1, 0.1, 10) == model.UslPeak(0.0, 10.0, 10.0, 1.0)
    assert usl_peak(2, 0, 10) == model.UslPeak(0.0, 10.0, 5.0, 0.5)
    assert usl_peak(0, 4, 10) == model.UslPeak(0.5, 10.0, math.inf, math.inf)
    assert usl_peak(0, 1e-300).peak_throughput == close(5e149)
    assert usl_throughput(0, 0, 2, [1e300]).throughput == (close(2e300),)
    assert usl_throughput(0.1, 0.1, 2, [1e300]).throughput == (close(2e-299),)
    assert usl_throughput(0, 0, 2, [0.25]).throughput == (0.5,)
    with pytest.raises(ValueError, match=r"load\[1\] must be .* got 0.5"):
        usl_throughput(3, 0, 1, [1, 0.5])


@pytest.mark.parametrize("load, measured, words", [
    ([1, 1, 2], [10, 10, 19], "load must be a list with at least 3 distinct numbers; got 2 distinct"),
    ([1, 2, 3], [10, 19], "throughput must be a list with one number for each load; got 2 for 3"),
])
def test_wrong_data_are_named(load, measured, words):
    with pytest.raises(ValueError, match=words):
        fit_usl(load, measured)


# 5.5 Headroom

def test_headroom_answers():
    assert servers_needed(12_000, 250, 0.6, 0.5).servers == 120
    assert region_capacity(3, 1, 1).overprovision == close(1.5)
    assert region_capacity(4, 1, 1).safe_utilization == close(0.75)
    assert [round(region_capacity(n, 1, 1).overprovision, 3) for n in (2, 3, 4, 5)] == [2.0, 1.5, 1.333, 1.25]


@given(st.integers(0, 10**7), st.integers(1, 10**4), st.integers(1, 100), st.integers(0, 300))
def test_servers_needed_against_exact_fractions(peak, each, percent, growth):
    exact = math.ceil(Fraction(peak) * (100 + growth) / 100 / each / Fraction(percent, 100))
    assert servers_needed(peak, each, percent / 100, growth / 100).servers == exact


@given(st.integers(1, 100), st.data(), st.floats(0, 1e6))
def test_regions_that_are_left_carry_the_load(regions, data, load):
    lost = data.draw(st.integers(0, regions - 1))
    plan = region_capacity(regions, lost, load)
    assert plan.per_region_capacity * (regions - lost) == close(load, abs=1e-300)
    assert plan.overprovision * plan.safe_utilization == close(1)
    after = region_failover(regions, lost, plan.safe_utilization)
    assert after.utilization_after == close(1) and after.survives
    assert not region_failover(regions, lost, plan.safe_utilization * 1.0001).survives


def test_headroom_edges():
    assert servers_needed(0, 1, 1).servers == 0
    assert servers_needed(TINIEST, 1, 1).servers == 0  # less than a hair of one server
    assert servers_needed(30, 10, 0.1 * 3).servers == 10
    assert servers_needed(1e300, 1e300, 1e-3).servers == 1_000
    with pytest.raises(ValueError, match="peak_rps .* must be a finite number; got inf"):
        servers_needed(1e300, 1e-300, 0.5)
    assert region_failover(3, 1, 0).survives
    assert region_capacity(1, 0, 0) == model.RegionCapacity(0.0, 1.0, 1.0)


# 5.6 The autoscaler

@pytest.mark.parametrize("current, value, target, desired", [
    (4, 90, 60, 6), (2, 70, 60, 3), (6, 80, 50, 10), (5, 75, 50, 8), (8, 54, 50, 8), (10, 55, 50, 10), (10, 45, 50, 10),
    (10, 55.001, 50, 12), (10, 44.99, 50, 9), (50, 90, 75, 60), (3, 100, 50, 6), (4, 25, 50, 2), (7, 0, 50, 1),
    (1, 200, 100, 2), (100, 29, 100, 29),
])
def test_table_of_the_autoscaler(current, value, target, desired):
    assert desired_replicas(current, [[value, target]]).desired == desired


def test_the_largest_metric_wins_and_limits_bind():
    metrics = [[90, 60], [10, 100], [52, 50]]
    assert desired_replicas(4, metrics).desired == 6
    assert desired_replicas(4, metrics[::-1]).desired == 6
    assert desired_replicas(4, metrics[1:]).desired == 4  # 52 of 50 keeps four, which is more than one
    assert desired_replicas(4, metrics, max_replicas=5).desired == 5
    assert desired_replicas(4, metrics, min_replicas=9).desired == 9
    assert desired_replicas(4, metrics, min_replicas=6, max_replicas=6).desired == 6
    assert desired_replicas(40, [[50, 50]], max_replicas=12).desired == 12
    assert desired_replicas(0, metrics).desired == 1
    assert desired_replicas(0, metrics, min_replicas=0).desired == 0
    assert desired_replicas(4, [(np.int64(90), 60)]).desired == 6
    assert desired_replicas(2, [[1e300, 1e-300]], max_replicas=9).desired == 9
    with pytest.raises(ValueError, match="metrics must be a finite number; got inf"):
        desired_replicas(2, [[1e300, 1e-300]])


# 5.7 Simulated queues

def draws_of(arrival, service, customers, seed, exponential=True):
    """The times between arrivals and the service times that the model draws, in its order."""
    source, gaps, services = random.Random(seed), [], []
    for _ in range(customers):
        gaps.append(-math.log(1 - source.random()) / arrival)
        services.append(-math.log(1 - source.random()) * service if exponential else service)
    return gaps, services


def waits_by_simpy(gaps, services, servers):
    env, waits = simpy.Environment(), []
    desk = simpy.Resource(env, servers)

    def customer(service):
        came = env.now
        with desk.request() as turn:
            yield turn
            waits.append(env.now - came)
            yield env.timeout(service)

    def source():
        for gap, service in zip(gaps, services):
            yield env.timeout(gap)
            env.process(customer(service))

    env.process(source())
    env.run()
    return waits, env.now


def waits_by_ciw(gaps, services, servers):
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, math.inf])],
        service_distributions=[ciw.dists.Sequential(services)], number_of_servers=[servers],
    )
    run = ciw.Simulation(network)
    run.simulate_until_max_customers(len(gaps))
    return [record.waiting_time for record in sorted(run.get_all_records(), key=lambda record: record.arrival_date)]


@pytest.mark.parametrize("servers, arrival", [(1, 0.7), (3, 2.9), (10, 8)])
@pytest.mark.parametrize("dist", ["exponential", "deterministic"])
def test_simulation_against_simpy_and_ciw_with_the_same_draws(servers, arrival, dist):
    customers = 1_500
    ours = simulate_queue(arrival, 1, servers, customers, seed=5, service_dist=dist)
    gaps, services = draws_of(arrival, 1, customers, 5, dist == "exponential")
    waits, end = waits_by_simpy(gaps, services, servers)
    for peer in (waits, waits_by_ciw(gaps, services, servers)):
        assert ours.mean_wait_s == close(statistics.mean(peer))
        assert ours.p50_wait_s == close(sorted(peer)[749], abs=1e-9)
        assert ours.p99_wait_s == close(sorted(peer)[1484])
    assert ours.utilization == close(sum(services) / servers / end)
    batches = [statistics.mean(waits[i * 75 : (i + 1) * 75]) for i in range(20)]
    assert ours.standard_error_s == close(statistics.stdev(batches) / math.sqrt(20), rel=1e-6)
    assert ours.trials == customers


@pytest.mark.parametrize("arrival, servers, dist, exact", [
    (8, 10, "exponential", mmc(8, 1, 10).mean_wait_s),
    (0.8, 1, "exponential", 4.0),
    (0.8, 1, "deterministic", 2.0),
    (0.5, 1, "deterministic", 0.5),
])
def test_simulation_against_theory(arrival, servers, dist, exact):
    run = simulate_queue(arrival, 1, servers, 200_000, service_dist=dist)
    assert abs(run.mean_wait_s - exact) < 4 * run.standard_error_s
    assert run.standard_error_s < 0.1 * exact
    assert run.utilization == close(arrival / servers, rel=0.02)


def test_simulated_percentiles_against_theory():
    run, theory = simulate_queue(9, 1, 10, 300_000, seed=3), mmc(9, 1, 10)
    assert run.p99_wait_s == close(theory.p99_wait_s, rel=0.15)
    assert run.p50_wait_s == close(math.log(theory.p_wait / 0.5), rel=0.15)


def test_a_short_load_test_proves_little():
    means = [simulate_queue(9, 1, 10, 20_000, seed=seed).mean_wait_s for seed in range(40)]
    assert statistics.stdev(means) / statistics.mean(means) == close(0.19, rel=0.35)


def test_same_seed_same_run_and_the_global_generator_is_left_alone():
    random.seed(11)
    before = random.getstate()
    one, again, other = (simulate_queue(8, 1, 10, 500, seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert random.getstate() == before
    assert simulate_queue(8, 1, 10, 500) == one


def test_simulation_edges():
    first = simulate_queue(2, 3, 1, 1, service_dist="deterministic")
    gap = draws_of(2, 3, 1, 1)[0][0]
    assert (first.mean_wait_s, first.p50_wait_s, first.standard_error_s, first.trials) == (0, 0, None, 1)
    assert first.utilization == close(3 / (gap + 3))
    assert simulate_queue(1, 1, 1, 19).standard_error_s is None
    assert simulate_queue(1, 1, 1, 20).standard_error_s > 0
    assert simulate_queue(1, 1, 10**9, 50).mean_wait_s == 0
    overloaded = simulate_queue(20, 1, 10, 2_000)
    assert overloaded.utilization > 0.9 and overloaded.mean_wait_s > 10
    assert simulate_queue(1e300, 1e-300, 1, 100).mean_wait_s >= 0
    assert math.isfinite(simulate_queue(1e-300, 1e300, 1, 100).mean_wait_s)
    with pytest.raises(ValueError, match="arrival_per_s .* must be a finite number; got inf"):
        simulate_queue(TINIEST, 1, 1, 10)


# Results and bad input

NO_SERVERS = NO_COUNT + [10**9 + 1]
TOO_MUCH = [1e10, 1e308]
NO_LOADS = NO_LIST + [[], [1, 2], [1, 1, 2]] + [[value, 2, 3, 4] for value in NOT_POSITIVE]
NO_MEASURED = NO_LIST + [[], [1, 2], [1, 2, 3, 4]] + [[1, value, 3] for value in NOT_POSITIVE]
NO_LOAD_LIST = NO_LIST + [[]] + [[1, value] for value in NOT_POSITIVE]
NO_METRICS = (NO_LIST + [[], [5], [[]], [[1]], [[1, 2, 3]], ["12"], [{1, 2}]]
              + [[[value, 1]] for value in NEGATIVE] + [[[1, value]] for value in NOT_POSITIVE])
QUEUE = {"arrival_per_s": 1, "service_s": 1, "servers": 2}
NO_QUEUE = {"arrival_per_s": NEGATIVE, "service_s": NOT_POSITIVE, "servers": NO_SERVERS}
VARIED = {"utilization": NEGATIVE, "cs2": NEGATIVE, "service_s": NOT_POSITIVE}
NO_SEED = NO_COUNT

ILLEGAL = [
    (little_in_flight, {"arrival_per_s": 1, "time_in_system_s": 1},
     {"arrival_per_s": NEGATIVE, "time_in_system_s": NEGATIVE}),
    (little_time, {"in_flight": 1, "arrival_per_s": 1}, {"in_flight": NEGATIVE, "arrival_per_s": NOT_POSITIVE}),
    (little_arrival, {"in_flight": 1, "time_in_system_s": 1},
     {"in_flight": NEGATIVE, "time_in_system_s": NOT_POSITIVE}),
    (erlang_b, {"offered_erlangs": 1, "servers": 2}, {"offered_erlangs": NEGATIVE, "servers": NO_SERVERS}),
    (mmc, QUEUE, NO_QUEUE),
    (service_level, {**QUEUE, "within_s": 1}, {**NO_QUEUE, "within_s": NEGATIVE}),
    (min_servers_for_level, {"arrival_per_s": 1, "service_s": 1, "within_s": 1, "target_level": 0.9},
     {"arrival_per_s": NEGATIVE + TOO_MUCH, "service_s": NOT_POSITIVE + TOO_MUCH, "within_s": NEGATIVE,
      "target_level": NO_OPEN_FRACTION}),
    (min_servers_for_wait, {"arrival_per_s": 1, "service_s": 1, "target_p_wait": 0.9},
     {"arrival_per_s": NEGATIVE + TOO_MUCH, "service_s": NOT_POSITIVE + TOO_MUCH, "target_p_wait": NO_OPEN_FRACTION}),
    (kingman, {"utilization": 0.5, "cs2": 1, "service_s": 1}, {**VARIED, "ca2": NEGATIVE}),
    (mg1, {"utilization": 0.5, "cs2": 1, "service_s": 1}, VARIED),
    (allen_cunneen, {**QUEUE, "cs2": 1}, {**NO_QUEUE, "cs2": NEGATIVE, "ca2": NEGATIVE}),
    (fit_usl, {"load": [1, 2, 3], "throughput": [1, 2, 3]}, {"load": NO_LOADS, "throughput": NO_MEASURED}),
    (usl_peak, {"alpha": 0.1, "beta": 0.1}, {"alpha": NEGATIVE, "beta": NEGATIVE, "gamma": NOT_POSITIVE}),
    (usl_throughput, {"alpha": 0.1, "beta": 0.1, "gamma": 1, "load": [1]},
     {"alpha": NEGATIVE, "beta": NEGATIVE, "gamma": NOT_POSITIVE, "load": NO_LOAD_LIST}),
    (servers_needed, {"peak_rps": 1, "per_server_rps": 1, "target_utilization": 0.5},
     {"peak_rps": NEGATIVE, "per_server_rps": NOT_POSITIVE, "target_utilization": NO_FRACTION + [0],
      "growth": NEGATIVE}),
    (region_capacity, {"regions": 3, "lost": 1, "total_load": 1},
     {"regions": NO_COUNT_FROM_1, "lost": NO_COUNT + [3], "total_load": NEGATIVE}),
    (region_failover, {"regions": 3, "lost": 1, "utilization": 1},
     {"regions": NO_COUNT_FROM_1, "lost": NO_COUNT + [3], "utilization": NEGATIVE}),
    (desired_replicas, {"current": 1, "metrics": [[1, 1]], "min_replicas": 2},
     {"current": NO_COUNT, "metrics": NO_METRICS, "min_replicas": NO_COUNT,
      "max_replicas": [value for value in NO_COUNT_FROM_1 if value is not None] + [1]}),
    (simulate_queue, {**QUEUE, "customers": 10},
     {"arrival_per_s": NOT_POSITIVE, "service_s": NOT_POSITIVE, "servers": NO_COUNT_FROM_1 + [10**9 + 1],
      "customers": NO_COUNT_FROM_1, "seed": NO_SEED, "service_dist": no_choice("exponential")}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
