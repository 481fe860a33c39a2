"""What independent libraries and methods say of the rows of book/data/validation.yaml.

`python -m tests.peers` writes it to book/data/peers.json, from where the page on validation takes it, so that the
build needs none of them. tests/test_peers.py computes it again.
"""

import itertools
import json
import math
import random
from collections import Counter, OrderedDict
from collections.abc import Callable
from decimal import Decimal, getcontext
from fractions import Fraction
from importlib.metadata import version
from typing import Any

import ciw
import networkx as nx
import numpy as np
import numpy_financial
import simpy
import statsmodels.stats.proportion as proportion
from pyworkforce.queuing import ErlangC
from scipy import integrate, optimize, special, stats
from scipy.linalg import expm, null_space
from statsmodels.duration.survfunc import SurvfuncRight
from uhashring import HashRing

from infrapm.site.validation import PEERS, groups

getcontext().prec = 50

# Row id to the name of its peer and a function of the row's inputs: a value, or a value and its standard error.
Answer = Callable[..., Any]
ASKED: dict[str, tuple[str, Answer]] = {}


def peer(id: str, *libraries: str, method: str = "") -> Callable[[Answer], Answer]:
    """Register what answers for a row."""

    def register(answer: Answer) -> Answer:
        assert id not in ASKED, id
        ASKED[id] = ("; ".join([*(f"{name} {version(name)}" for name in libraries), *([method] if method else [])]), answer)
        return answer

    return register


EXACT = {"method": "exact fractions"}


def simulated_share(hits: Any) -> tuple[float, float]:
    """A share and its standard error."""
    share = float(np.mean(hits))
    return share, math.sqrt(share * (1 - share) / len(hits))


def simulated_mean(values: Any) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(len(values)))


# --- What a nine costs

SECONDS = {"day": 86_400, "month": 30 * 86_400, "year": 365 * 86_400}


@peer("nines-day", method="decimal arithmetic")
def _(availability, window):
    return float((1 - Decimal(str(availability))) * SECONDS[window])


@peer("nines-year", method="decimal arithmetic")
@peer("nines-month", method="decimal arithmetic")
def _(availability, window):
    return float((1 - Decimal(str(availability))) * SECONDS[window] / 60)


@peer("nines-back", method="decimal arithmetic")
def _(downtime_min, window):
    return float(1 - Decimal(str(downtime_min)) * 60 / SECONDS[window])


@peer("nines-of", method="decimal arithmetic")
def _(availability):
    return float(-(1 - Decimal(str(availability))).log10())


@peer("azure", **EXACT)
def _(series):
    return float(math.prod(Fraction(str(share)) for share in series))


@peer("two-of-three", "scipy", method="binomial tail")
def _(k, n, availability):
    return float(stats.binom.sf(k - 1, n, availability))


@peer("beta", "numpy", method="simulation of 20 million pairs")
def _(parallel, beta):
    rng, down = np.random.default_rng(1), 1 - parallel[0]
    common = rng.random(20_000_000) < beta * down
    alone = (rng.random((2, 20_000_000)) < (1 - beta) * down).all(axis=0)
    return simulated_share(common | alone)


def steady_state(rates: Any) -> Any:
    """The chances of the states of a Markov chain, from its rates."""
    found = null_space((np.array(rates) - np.diag(np.sum(rates, axis=1))).T)[:, 0]
    return found / found.sum()


@peer("pair", "scipy", method="balance of a Markov chain")
def _(mttf_h, mttr_h, units, crews):
    fail, repair = 1 / mttf_h, 1 / mttr_h
    return float(1 - steady_state([[0, 2 * fail, 0], [repair, 0, fail], [0, crews * repair, 0]])[2])


@peer("required-mttf", method="decimal arithmetic")
def _(availability, mttr_h):
    return float(Decimal(str(mttr_h)) * Decimal(str(availability)) / (1 - Decimal(str(availability))))


# --- SLOs and alerts

@peer("low-traffic", **EXACT)
def _(slo, total_events, bad_events):
    return float(bad_events / ((1 - Fraction(str(slo))) * total_events))


@peer("burn-page", **EXACT)
@peer("burn-six", **EXACT)
@peer("burn-ticket", **EXACT)
def _(budget_fraction, long_min):
    return float(Fraction(str(budget_fraction)) * 720 * 60 / long_min)


def minutes_over(slo, burn_rate, error_ratio, long_min, short_min=None, incident_min=math.inf) -> tuple[float, float]:
    """When an alert fires and when it falls silent after the incident, in minutes: a replay in steps of 0.01 min."""
    step, limit = Fraction(1, 100), Fraction(str(burn_rate)) * (1 - Fraction(str(slo)))
    windows = [Fraction(long_min), *([Fraction(short_min)] if short_min else [])]
    share = Fraction(str(error_ratio))

    def fires(now: Fraction, until: Fraction) -> bool:
        bad = [max(Fraction(0), min(now, until) - max(now - window, Fraction(0))) * share / window for window in windows]
        return all(value >= limit for value in bad)

    now = Fraction(0)
    while not fires(now, now):
        now += step
    end = max(now, Fraction(incident_min)) if incident_min < math.inf else now + max(windows)
    silent = end
    while fires(silent, end):
        silent += step
    return float(now), float(silent - end)


@peer("detect-36h", method="replay in steps of 0.6 s")
@peer("detect-15", method="replay in steps of 0.6 s")
def _(**alert):
    return minutes_over(**alert)[0]


@peer("reset-36x", method="replay in steps of 0.6 s")
def _(**alert):
    return minutes_over(**alert)[1]


@peer("exhaust", **EXACT)
def _(slo, burn_rate):
    return float(Fraction(720 * 60) / burn_rate)


@peer("burn-low", **EXACT)
def _(slo, error_ratio, incident_min):
    return float(Fraction(str(error_ratio)) / (1 - Fraction(str(slo))))


@peer("series", method="counting combinations")
def _(label_cardinalities):
    return sum(1 for _ in itertools.product(*map(range, label_cardinalities.values())))


@peer("sampling", "scipy", method="binomial distribution")
def _(sample_rate, events):
    kept = stats.binom(events, sample_rate)
    return float(kept.std() / kept.mean())


@peer("rare", "scipy", method="binomial tail")
def _(sample_rate, rare_events):
    return float(stats.binom.sf(0, rare_events, sample_rate))


# --- Latency

@peer("rank-40", "numpy")
def _(values, p):
    return float(np.percentile(values, 100 * p[0], method="inverted_cdf"))


@peer("linear-40", "numpy")
def _(values, p, method):
    return float(np.quantile(values, p[0], method=method))


@peer("merged", "numpy", method="every value written out")
def _(hosts, p):
    values = np.concatenate([np.repeat(float(value), count) for host in hosts for value, count in host])
    return float(np.quantile(values, p, method="inverted_cdf"))


@peer("bucket", method="decimal arithmetic")
def _(value, relative_accuracy):
    a = Decimal(str(relative_accuracy))
    gamma = (1 + a) / (1 - a)
    index = math.ceil(Decimal(value).ln() / gamma.ln())
    return float(2 * gamma**index / (gamma + 1))


@peer("fan-100", "scipy", method="binomial tail")
@peer("fan-2000", "scipy", method="binomial tail")
def _(p, n):
    return float(stats.binom.sf(0, n, p))


@peer("leaf", "scipy", method="root of the binomial tail")
def _(root_p, n):
    return optimize.brentq(lambda p: stats.binom.sf(0, n, p) - root_p, 0, 1, xtol=1e-15, rtol=1e-14)


@peer("max-fan", method="trying each number")
def _(p, root_p):
    return next(n for n in itertools.count() if 1 - (1 - Fraction(str(p))) ** (n + 1) > Fraction(str(root_p)))


@peer("slowest", "scipy", method="quantile of an exponential")
def _(mean_ms, n, q):
    return float(stats.expon.ppf(q ** (1 / n), scale=mean_ms))


def hedged(first: Any, second: Any, delay: float) -> Any:
    return np.where(first > delay, np.minimum(first, delay + second), first)


@peer("hedge", "numpy", method="simulation of 20 million requests")
def _(mean_ms, hedge_after_ms, t_ms):
    rng = np.random.default_rng(1)
    first, second = rng.exponential(mean_ms, (2, 20_000_000))
    return simulated_share(hedged(first, second, hedge_after_ms) > t_ms)


@peer("hedge-root", "numpy", method="simulation of 200,000 requests")
def _(fast_ms, slow_ms, slow_p, hedge_after_ms, t_ms, fanout):
    rng = np.random.default_rng(1)
    slow = []
    for _ in range(20):
        first, second = np.where(rng.random((2, 10_000, fanout)) < slow_p, slow_ms, fast_ms)
        slow.append((hedged(first, second, hedge_after_ms) > t_ms).any(axis=1))
    return simulated_share(np.concatenate(slow))


@peer("fiber", "scipy", method="speed of light, glass of index 1.468")
def _(distance_km):
    from scipy.constants import c

    return 2 * distance_km * 1_000 / (c / 1.468) * 1_000


# --- Capacity

@peer("little", "simpy", method="10,000 requests of 50 ms, one each 5 ms")
def _(arrival_per_s, time_in_system_s):
    env = simpy.Environment()
    inside, area, last = 0, 0.0, 0.0

    def request():
        nonlocal inside, area, last
        for step in (1, -1):
            area, last, inside = area + inside * (env.now - last), env.now, inside + step
            if step == 1:
                yield env.timeout(time_in_system_s)

    def source():
        for _ in range(10_000):
            env.process(request())
            yield env.timeout(1 / arrival_per_s)

    env.process(source())
    env.run()
    return round(area / (10_000 / arrival_per_s), 9)


@peer("erlang-5", "scipy", method="Poisson distribution")
@peer("erlang-20", "scipy", method="Poisson distribution")
@peer("erlang-100", "scipy", method="Poisson distribution")
def _(offered_erlangs, servers):
    return float(stats.poisson.pmf(servers, offered_erlangs) / stats.poisson.cdf(servers, offered_erlangs))


def erlang_c(arrival_per_s, service_s, within_s=1.0) -> ErlangC:
    return ErlangC(transactions=arrival_per_s, aht=service_s, asa=within_s, interval=1)


@peer("wait-55", "pyworkforce")
def _(arrival_per_s, service_s, servers):
    return erlang_c(arrival_per_s, service_s).waiting_probability(servers)


@peer("level-55", "pyworkforce")
def _(arrival_per_s, service_s, servers, within_s):
    return erlang_c(arrival_per_s, service_s, within_s).service_level(servers)


@peer("staff-80", "pyworkforce")
def _(arrival_per_s, service_s, within_s, target_level):
    return erlang_c(arrival_per_s, service_s, within_s).required_positions(target_level)["raw_positions"]


@peer("staff-wait", "pyworkforce", method="trying each number")
def _(arrival_per_s, service_s, target_p_wait):
    queue = erlang_c(arrival_per_s, service_s)
    return next(n for n in itertools.count(9) if queue.waiting_probability(n) <= target_p_wait)


@peer("p99-response", "scipy", "pyworkforce", method="a chain of two phases")
def _(arrival_per_s, service_s, servers):
    wait = erlang_c(arrival_per_s, service_s).waiting_probability(servers)
    spare = servers / service_s - arrival_per_s
    phases = np.array([[-spare, spare], [0, -1 / service_s]])
    return optimize.brentq(lambda t: (np.array([wait, 1 - wait]) @ expm(phases * t)).sum() - 0.01, 0, 100, xtol=1e-13)


def lindley(draws: Any, gaps: Any) -> tuple[float, float]:
    """The mean wait of one server, from service times and gaps, with its error from 20 batches."""
    wait, waits = 0.0, []
    for took, gap in zip(draws, gaps):
        waits.append(wait)
        wait = max(0.0, wait + took - gap)
    return simulated_mean(np.array(waits).reshape(20, -1).mean(axis=1))


@peer("md1", "numpy", method="Lindley's recursion, 1 million requests")
def _(utilization, cs2, service_s):
    rng = np.random.default_rng(1)
    return lindley(np.full(1_000_000, service_s).tolist(), rng.exponential(service_s / utilization, 1_000_000).tolist())


@peer("gg1", "numpy", method="Lindley's recursion, 1 million requests")
def _(utilization, cs2, service_s):
    rng = np.random.default_rng(2)
    return lindley(rng.exponential(service_s, 1_000_000).tolist(), rng.exponential(service_s / utilization, 1_000_000).tolist())


def queue_draws(arrival_per_s, service_s, customers, exponential=True) -> tuple[list[float], list[float]]:
    """The draws of our own simulation with seed 1: another simulator with the same draws must find the same waits."""
    source, gaps, services = random.Random(1), [], []
    for _ in range(customers):
        gaps.append(-math.log(1 - source.random()) / arrival_per_s)
        services.append(-math.log(1 - source.random()) * service_s if exponential else service_s)
    return gaps, services


def simpy_waits(gaps, services, servers) -> list[float]:
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
    return waits


@peer("allen", "simpy", method="simulation of 100,000 requests")
def _(arrival_per_s, service_s, servers, cs2):
    return float(np.mean(simpy_waits(*queue_draws(arrival_per_s, service_s, 100_000, exponential=False), servers)))


@peer("queue", "simpy", method="the same draws")
def _(arrival_per_s, service_s, servers, customers):
    return float(np.mean(simpy_waits(*queue_draws(arrival_per_s, service_s, customers), servers)))


@peer("queue-ciw", "Ciw", method="the same draws")
def _(arrival_per_s, service_s, servers, customers):
    gaps, services = queue_draws(arrival_per_s, service_s, customers)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, math.inf])],
        service_distributions=[ciw.dists.Sequential(services)], number_of_servers=[servers],
    )
    run = ciw.Simulation(network)
    run.simulate_until_max_customers(customers)
    return float(np.mean([record.waiting_time for record in run.get_all_records()]))


def usl(load, throughput) -> Any:
    found, _ = optimize.curve_fit(
        lambda n, a, b, g: g * n / (1 + a * (n - 1) + b * n * (n - 1)), load, throughput, p0=(0.01, 1e-4, 50)
    )
    return found


@peer("usl-alpha", "scipy", method="nonlinear least squares")
def _(load, throughput):
    return float(usl(load, throughput)[0])


@peer("usl-peak", "scipy", method="nonlinear least squares")
def _(load, throughput):
    alpha, beta, _ = usl(load, throughput)
    return float(math.sqrt((1 - alpha) / beta))


@peer("servers", **EXACT)
def _(peak_rps, growth, per_server_rps, target_utilization):
    return math.ceil(peak_rps * (1 + Fraction(str(growth))) / per_server_rps / Fraction(str(target_utilization)))


@peer("regions", **EXACT)
def _(regions, lost, total_load):
    return float(Fraction(regions, regions - lost))


# --- Consistency

@peer("overlap", method="counting who is left")
def _(N, R, W, partition):
    return partition[1] >= W


def stale_share(N: int, R: int, W: int) -> Fraction:
    """The share of pairs of a read and a write quorum that do not meet."""
    written = set(range(W))
    reads = list(itertools.combinations(range(N), R))
    return Fraction(sum(not written & set(read) for read in reads), len(reads))


@peer("fresh-2", method="all pairs of quorums")
@peer("fresh-3", method="all pairs of quorums")
def _(N, R, W, k):
    return float(1 - stale_share(N, R, W) ** k)


@peer("stale-100", "scipy", method="hypergeometric distribution")
def _(N, R, W):
    return float(stats.hypergeom.pmf(0, N, W, R))


@peer("monotonic", method="all pairs of quorums")
def _(N, R, W, write_per_s, read_per_s):
    return float(1 - stale_share(N, R, W) ** (1 + write_per_s // read_per_s))


def disk(rng: Any, shape: tuple[int, ...]) -> Any:
    """One-way delays of LNKD-DISK writes, then of its other legs, in ms, as the paper's Table 3 gives them."""
    def mixture(p, xm, alpha, rate):
        return np.where(rng.random(shape) < p, xm * (1 + rng.pareto(alpha, shape)), rng.exponential(1 / rate, shape))

    return mixture(0.38, 1.05, 1.51, 0.183), *(mixture(0.9122, 0.235, 10, 1.66) for _ in range(3))


@peer("disk-3", "numpy", method="1 million reads, replica by replica")
@peer("disk-3-later", "numpy", method="1 million reads, replica by replica")
@peer("disk-2", "numpy", method="1 million reads, replica by replica")
def _(N, R, W, fit, t_ms, trials, backend):
    assert R == W == 1
    write, ack, request, response = disk(np.random.default_rng(7), (1_000_000, N))
    committed = (write + ack).min(axis=1)
    first = (request + response).argmin(axis=1)[:, None]
    arrived = np.take_along_axis(write, first, axis=1)[:, 0]
    asked = np.take_along_axis(request, first, axis=1)[:, 0]
    return simulated_share(committed + t_ms[0] + asked >= arrived)


@peer("majority", method="trying each number")
@peer("majority-4", method="trying each number")
def _(members):
    return max(lost for lost in range(members) if 2 * (members - lost) > members)


@peer("quorum-up", "scipy", method="binomial tail")
def _(members, availability):
    return float(stats.binom.sf(members // 2, members, availability))


@peer("commit", "numpy", method="partition")
def _(follower_rtt_ms):
    members = len(follower_rtt_ms) + 1
    needed = members // 2  # beside the leader
    return float(np.partition(follower_rtt_ms, needed - 1)[needed - 1])


@peer("rpo", "numpy", method="a loss at each of 100,000 moments")
def _(backup_interval_h, backup_duration_h):
    # The last whole backup shows the state at its start, and is there when it has ended.
    lost_at = (np.arange(100_000) + 0.5) * backup_interval_h / 100_000 + backup_interval_h + backup_duration_h
    started = np.floor((lost_at - backup_duration_h) / backup_interval_h) * backup_interval_h
    return float(np.mean(lost_at - started))


@peer("restore", **EXACT)
def _(restore_gb, throughput_mb_per_s):
    return float(Fraction(restore_gb * 1_000, throughput_mb_per_s * 3_600))


# --- Shards, caches and who is asked

@peer("ring-100", "scipy", method="beta distribution")
@peer("ring-200", "scipy", method="beta distribution")
def _(nodes, vnodes):
    share = stats.beta(vnodes, (nodes - 1) * vnodes)
    return float(share.std() / share.mean())


@peer("ring-real", "uhashring", method="100,000 keys")
def _(nodes, vnodes):
    ring = HashRing([f"node-{i}" for i in range(nodes)], vnodes=vnodes)
    held = Counter(ring.get_node(f"key-{i}") for i in range(100_000))
    return float(np.std(list(held.values())) / np.mean(list(held.values())))


@peer("modulo", method="counting keys")
def _(nodes_from, nodes_to, scheme):
    keys = range(nodes_from * nodes_to)
    return sum(key % nodes_from != key % nodes_to for key in keys) / len(keys)


def zipf(items: int, zipf_s: float) -> Any:
    weights = np.arange(1, items + 1) ** -float(zipf_s)
    return weights / weights.sum()


@peer("lru", "numpy", method="400,000 requests to a real cache")
def _(items, zipf_s, cache_items):
    kept: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for place, item in enumerate(np.random.default_rng(1).choice(items, 400_000, p=zipf(items, zipf_s)).tolist()):
        if item in kept:
            kept.move_to_end(item)
            hits += place >= 20_000
        else:
            kept[item] = None
            if len(kept) > cache_items:
                kept.popitem(last=False)
    return hits / 380_000


@peer("lfu", "numpy", method="sum of the most popular")
def _(items, zipf_s, cache_items, policy):
    return float(zipf(items, zipf_s)[:cache_items].sum())


@peer("backend", **EXACT)
def _(hit_before, hit_after, rps):
    return float((1 - Fraction(str(hit_after))) / (1 - Fraction(str(hit_before))))


@peer("early", "scipy", method="exponential distribution")
def _(delta_s, beta, gap_s):
    return float(stats.expon.sf(gap_s, scale=delta_s * beta))


@peer("two-choices", "scipy", method="differential equations of many queues")
@peer("three-choices", "scipy", method="differential equations of many queues")
def _(utilization, choices):
    def change(_, longer):  # the shares of queues with at least 1, 2, ... customers
        before = np.concatenate([[1.0], longer[:-1]])
        after = np.concatenate([longer[1:], [0.0]])
        return utilization * (before**choices - longer**choices) - (longer - after)

    settled = integrate.solve_ivp(change, (0, 2_000), np.zeros(40), method="LSODA", rtol=1e-10, atol=1e-12)
    return float(settled.y[:, -1].sum() / utilization)


@peer("balls", "numpy", method="200 throws")
def _(balls, bins, choices):
    rng = np.random.default_rng(1)
    return int(np.median([np.bincount(rng.integers(bins, size=balls)).max() for _ in range(200)]))


@peer("gossip", "numpy", method="400 runs")
def _(nodes, mode):
    rng, runs = np.random.default_rng(1), []
    for _ in range(400):
        knows, rounds = np.arange(nodes) == 0, 0
        while not knows.all():
            tellers = np.flatnonzero(knows)
            asked = rng.integers(nodes - 1, size=len(tellers))
            knows[asked + (asked >= tellers)] = True
            rounds += 1
        runs.append(rounds)
    return simulated_mean(runs)


@peer("residue", "scipy", method="Lambert's function")
def _(k):
    return float(-special.lambertw(-(k + 1) * math.exp(-(k + 1))).real / (k + 1))


# --- Failure

@peer("retry-64", method="counting calls")
@peer("retry-243", method="counting calls")
def _(retries, layers):
    def calls(layer: int) -> int:
        return 1 if layer == 0 else sum(calls(layer - 1) for _ in range(retries + 1))

    return calls(layers)


@peer("attempts", **EXACT)
def _(failure_p, retries):
    p = Fraction(str(failure_p))
    ends = [(tries, p ** (tries - 1) * (1 - p)) for tries in range(1, retries + 1)] + [(retries + 1, p**retries)]
    return float(sum(tries * chance for tries, chance in ends))


@peer("backoff", method="doubling six times")
def _(base_ms, cap_ms, attempts):
    wait = base_ms
    for _ in range(6):
        wait = min(cap_ms, wait + wait)
    return wait


@peer("jitter", "numpy", method="simulation of 2,000 herds")
def _(clients, base_ms, cap_ms, attempt, bucket_ms):
    rng = np.random.default_rng(1)
    return simulated_mean([(rng.uniform(0, base_ms, clients) < bucket_ms).sum() for _ in range(2_000)])


def mm1k_blocked(utilization, system_limit) -> float:
    """Lost where all places are taken, from the balance of the states."""
    size = system_limit + 1
    rates = np.zeros((size, size))
    for n in range(system_limit):
        rates[n, n + 1], rates[n + 1, n] = utilization, 1
    return float(steady_state(rates)[-1])


@peer("breaker", method="a second trace")
def _(failure_threshold, cooldown_s, calls):
    told, failed, open_until = [], 0, None
    for at_s, outcome in calls:
        if open_until is not None and at_s < open_until:
            told.append("rejected")
            continue
        told.append("ok" if outcome == "S" else "fail")
        failed = 0 if outcome == "S" else failed + 1
        tried_again, open_until = open_until is not None, None
        if outcome == "F" and (tried_again or failed >= failure_threshold):
            failed, open_until = 0, at_s + cooldown_s
    return told


@peer("shed", "scipy", method="balance of a Markov chain")
@peer("shed-one", "scipy", method="balance of a Markov chain")
def _(utilization, system_limit):
    return mm1k_blocked(utilization, system_limit)


@peer("pool", "pyworkforce")
def _(arrival_per_s, hold_ms, pool):
    return erlang_c(arrival_per_s, hold_ms / 1_000).waiting_probability(pool)


@peer("cascade", method="one server at a time")
def _(servers, total_load, capacity_each, lost):
    left = servers - lost
    while left and total_load > left * capacity_each:
        left -= 1
    return left


@peer("metastable", "numpy", method="the same rule for cohorts as a vector")
def _(load, capacity, retries, waste):
    cohorts = np.zeros(retries + 1)
    for arriving, able in zip(load, capacity):
        cohorts = np.concatenate([[arriving], cohorts[:-1]])
        offered = cohorts.sum()
        share = 1.0 if offered <= able else max(0.0, able - waste * (offered - able)) / offered
        cohorts = cohorts * (1 - share)
    return float(offered)


# --- Rollouts and experiments

def proportion_power(n: float, p1: float, p2: float) -> float:
    return float(proportion.power_proportions_2indep(p2 - p1, p1, n, alpha=0.025, alternative="larger").power)


@peer("sample", "statsmodels", method="root of its power")
@peer("sample-5", "statsmodels", method="root of its power")
def _(p1, p2):
    return math.ceil(optimize.brentq(lambda n: proportion_power(n, p1, p2) - 0.8, 10, 1e6, xtol=1e-6))


@peer("power", "statsmodels")
def _(p1, p2, n_per_arm):
    return proportion_power(n_per_arm, p1, p2)


@peer("zero-failures", "scipy", method="bound of Clopper and Pearson")
def _(n):
    return float(stats.beta.ppf(0.95, 1, n))


def inside(z: float, looks: int) -> float:
    """The chance that no |z| of equally spaced looks is above a boundary, from the joint normal distribution."""
    times = np.arange(1, looks + 1)
    covariance = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    normal = stats.multivariate_normal(cov=covariance, maxpts=400_000, abseps=1e-6, releps=1e-6, seed=1)
    return float(normal.cdf(np.full(looks, z), lower_limit=np.full(looks, -z)))


@peer("peeking", "scipy", method="joint normal distribution")
def _(looks, backend):
    return round(1 - inside(stats.norm.ppf(0.975), looks), 5)


@peer("pocock", "scipy", method="root of the joint normal distribution")
def _(looks, trials, backend):
    return round(optimize.brentq(lambda z: inside(z, looks) - 0.95, 2, 3, xtol=1e-5), 4)


@peer("waves", method="wave by wave")
def _(services, first_wave, growth):
    done, wave = 0, first_wave
    while done + wave < services:
        done, wave = done + wave, wave * growth
    return services - done


@peer("rolling", **EXACT)
def _(replicas):
    return replicas + math.ceil(Fraction(1, 4) * replicas)


@peer("reach", "numpy", method="simulation of 1 million defects")
def _(stages, bake_min, detect_p):
    found = np.random.default_rng(1).random((1_000_000, len(stages) - 1)) < detect_p
    return simulated_share(~found.any(axis=1))


@peer("tiers", **EXACT)
def _(tiers, flat_review_h):
    return float(sum(Fraction(str(tier["share"])) * tier["review_h"] for tier in tiers))


# --- Incidents and delivery

@peer("restore-p90", "numpy")
def _(restore_min):
    return float(np.percentile(restore_min, 90, method="inverted_cdf"))


@peer("gartner", **EXACT)
def _(minutes, usd_per_min):
    return float(Fraction(minutes) * usd_per_min)


@peer("critical-path", "networkx")
def _(tasks_min):
    graph = nx.DiGraph()
    for name, (_, needs) in tasks_min.items():
        graph.add_edges_from(((need, name) for need in needs or ["start"]), weight=tasks_min[name][0])
    return float(nx.dag_longest_path_length(graph))


@peer("runners", "pyworkforce")
def _(runners, runs_per_h, run_min):
    return erlang_c(runs_per_h / 60, run_min).waiting_probability(runners)


@peer("flaky", "scipy", method="binomial distribution")
def _(flake_p, tests):
    return float(stats.binom.pmf(0, tests, flake_p))


@peer("flaky-share", "scipy", method="root")
def _(flake_before, flake_after):
    return float(optimize.brentq(lambda c: c * flake_before + (1 - c) * flake_before**2 - flake_after, 0, 1, xtol=1e-15))


# --- Money

@peer("tco", **EXACT)
def _(compute_usd, storage_usd, egress_usd, support_rate, people_usd):
    return float((compute_usd + storage_usd + egress_usd) * (1 + Fraction(str(support_rate))) + people_usd)


@peer("egress", method="decimal arithmetic, GB by GB")
def _(quantity, cumulative_tiers):
    prices = [(bound or quantity, Decimal(str(price))) for bound, price in cumulative_tiers]
    return float(sum(next(price for bound, price in prices if gb <= bound) for gb in range(1, quantity + 1)))


@peer("commitment", method="trying each level")
def _(demand_units, on_demand_usd_per_h, committed_usd_per_h):
    return min(
        sum(committed_usd_per_h * level + on_demand_usd_per_h * max(0, need - level) for need in demand_units)
        for level in range(0, max(demand_units) + 1)
    )


def job_hours(rng: Any, pieces: int, piece_h: float, rate: float) -> float:
    """How long a job of equal pieces takes that loses the piece it is in at each interruption."""
    took = 0.0
    for _ in range(pieces):
        while (until := rng.expovariate(rate)) < piece_h:
            took += until
        took += piece_h
    return took


@peer("restart", method="simulation of 100,000 jobs")
def _(job_h, interruptions_per_h):
    rng = random.Random(1)
    return simulated_mean([job_hours(rng, 1, job_h, interruptions_per_h) for _ in range(100_000)])


@peer("checkpoint", method="simulation of 20,000 jobs")
def _(job_h, interruptions_per_h, checkpoint_every_h, checkpoint_cost_h):
    rng = random.Random(1)
    pieces = job_h // checkpoint_every_h
    return simulated_mean(
        [job_hours(rng, pieces, checkpoint_every_h + checkpoint_cost_h, interruptions_per_h) for _ in range(20_000)]
    )


@peer("rightsize", method="trying each size")
def _(p95_vcpu, target_utilization, sizes, current):
    return next(name for name, vcpu, _ in sizes if Fraction(str(p95_vcpu)) <= vcpu * Fraction(str(target_utilization)))


@peer("cold", "scipy", method="root of the two costs")
def _(hot_usd_per_gb, cold_usd_per_gb, retrieval_usd_per_gb):
    return float(optimize.brentq(lambda share: cold_usd_per_gb + share * retrieval_usd_per_gb - hot_usd_per_gb, 0, 5, xtol=1e-15))


@peer("serverless", method="decimal arithmetic")
def _(request_usd, usd_per_gb_s, memory_gb, duration_s, vm_usd_per_month):
    price, memory, seconds = (Decimal(str(value)) for value in (usd_per_gb_s, memory_gb, duration_s))
    return float(vm_usd_per_month / (Decimal(str(request_usd)) + price * memory * seconds))


@peer("npv", "numpy-financial")
def _(discount_rate, cashflows_usd):
    return float(numpy_financial.npv(discount_rate, cashflows_usd))


@peer("irr", "numpy-financial")
def _(discount_rate, cashflows_usd):
    return float(numpy_financial.irr(cashflows_usd))


@peer("build-buy", "numpy-financial")
def _(build, buy, years, discount_rate):
    return float(numpy_financial.npv(discount_rate, [build["upfront_usd"], *[build["annual_usd"]] * years]))


@peer("retention", **EXACT)
def _(start_usd, expansion_usd, contraction_usd, churn_usd):
    return float(Fraction(start_usd + expansion_usd - contraction_usd - churn_usd, start_usd))


@peer("viral", method="cycle by cycle")
def _(seed_users, viral_k, cycles):
    total = new = seed_users
    for _ in range(cycles):
        new *= viral_k
        total += new
    return float(total)


@peer("bass", "scipy", method="differential equation")
def _(p, q, t):
    solved = integrate.solve_ivp(lambda _, f: (p + q * f) * (1 - f), (0, t), [0.0], rtol=1e-10, atol=1e-12)
    return float(solved.y[0, -1])


# --- Choosing and agreeing

@peer("rice", **EXACT)
def _(reach, impact, confidence, effort):
    return float(reach * impact * Fraction(str(confidence)) / effort)


@peer("order", method="all orders")
def _(jobs):
    def cost(order):
        finished, total = 0, 0
        for delay_cost, duration in order:
            finished += duration
            total += delay_cost * finished
        return total

    return float(min(map(cost, itertools.permutations(jobs))))


@peer("rank-first", "numpy", method="simulation of 1 million scores")
def _(ranges):
    rng = np.random.default_rng(1)
    return simulated_share(rng.uniform(*ranges["A"], 1_000_000) > rng.uniform(*ranges["B"], 1_000_000))


@peer("effort-first", "numpy", method="simulation of 1 million efforts")
def _(scores, effort_range):
    effort = np.random.default_rng(1).uniform(*effort_range, (2, 1_000_000))
    return simulated_share(scores["A"] / effort[0] > scores["B"] / effort[1])


@peer("effort-lead", "scipy", method="integral over both efforts")
def _(lead, effort_range):
    effort = stats.uniform(effort_range[0], effort_range[1] - effort_range[0])
    ends = sorted({*effort_range, *(end / lead for end in effort_range if effort_range[0] < end / lead)})
    right = (integrate.quad(lambda other: effort.cdf(lead * other) * effort.pdf(other), *span)[0]
             for span in itertools.pairwise(ends))
    return float(sum(right))


@peer("rice-first", "numpy", method="simulation of 1 million scores")
def _(items):
    rng = np.random.default_rng(1)

    def draw(value):
        match value:
            case [lo, hi]:
                return rng.uniform(lo, hi, 1_000_000)
            case [lo, mode, hi]:
                return rng.triangular(lo, mode, hi, 1_000_000)
        return value

    scores = {name: math.prod(map(draw, inputs[:3])) / draw(inputs[3]) for name, inputs in items.items()}
    return simulated_share(scores["A"] > scores["B"])


@peer("rice-known", **EXACT)
def _(items):
    (lo, hi), rival = items["A"][0], items["B"][0]
    return float(min(Fraction(rival - lo, hi - lo), Fraction(hi - rival, hi - lo)))


@peer("flip", "scipy", method="root of the two scores")
def _(scores, weights, vary_index):
    def lead(weight: float) -> float:
        others = [w for i, w in enumerate(weights) if i != vary_index]
        rest = iter(w * (1 - weight) / sum(others) for w in others)
        all_weights = [weight if i == vary_index else next(rest) for i in range(len(weights))]
        return sum(w * (a - b) for w, a, b in zip(all_weights, scores["A"], scores["B"]))

    return float(optimize.brentq(lead, 0, 1, xtol=1e-15))


@peer("forecast", "numpy", method="40,000 futures")
def _(weekly_throughput, items):
    done = np.random.default_rng(1).choice(weekly_throughput, (40_000, 60)).cumsum(axis=1)
    return int(np.percentile((done < items).sum(axis=1) + 1, 85, method="inverted_cdf"))


@peer("approvals", "numpy", method="simulation of 500,000 rounds")
def _(approvers, mean_days):
    return simulated_mean(np.random.default_rng(1).exponential(mean_days, (500_000, approvers)).max(axis=1))


@peer("nps", "numpy", method="40,000 bootstrap samples")
def _(promoters, passives, detractors):
    n = promoters + passives + detractors
    counts = np.random.default_rng(1).multinomial(n, [promoters / n, passives / n, detractors / n], 40_000)
    return float(stats.norm.ppf(0.975) * (100 * (counts[:, 0] - counts[:, 2]) / n).std())


@peer("survival", "statsmodels")
def _(days, deployed):
    curve = SurvfuncRight(days, deployed)
    return float(curve.surv_prob[list(curve.surv_times).index(5)])


@peer("migration", method="week by week")
def _(customers, weekly_rate, weeks):
    left = Fraction(customers)
    for _ in range(weeks):
        left -= left * Fraction(str(weekly_rate))
    return float(left)


@peer("applications", "scipy", method="geometric distribution")
def _(p_offer, confidence):
    return int(stats.geom.ppf(confidence, p_offer))


@peer("loop-noise", method="variances added")
def _(sd, interviews):
    total_sd = math.sqrt(sum(sd**2 for _ in range(interviews)))
    return total_sd / interviews


@peer("loop-pass", "scipy", method="normal distribution")
def _(true_score, bar, sd, interviews):
    return float(stats.norm.sf(bar, true_score, sd / math.sqrt(interviews)))


@peer("vesting", **EXACT)
def _(grant_usd, schedule):
    return float(grant_usd * sum(Fraction(str(share)) for share in schedule[:2]))


def ask(row: dict[str, Any]) -> dict[str, Any]:
    """What the peer of a row says."""
    name, answer = ASKED[row["id"]]
    found = answer(**row["inputs"])
    value, error = found if isinstance(found, tuple) else (found, None)
    return {"peer": name, "value": value} | ({"standard_error": error} if error else {})


def rows() -> list[dict[str, Any]]:
    """The rows that have a peer."""
    return [row for group in groups() for row in group["rows"] if row["id"] in ASKED]


def main() -> None:
    told = {row["id"]: ask(row) for row in rows()}
    lines = (f"  {json.dumps(id)}: {json.dumps(answer)}" for id, answer in told.items())
    PEERS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
