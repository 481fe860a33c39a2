"""How hot a service may run, how much capacity it needs, and when more of it stops helping.

========================================  ==================================================================
Little's law                              `little_in_flight`, `little_time`, `little_arrival`
A queue with equal servers                `erlang_b`, `mmc`, `service_level`, `min_servers_for_level`,
                                          `min_servers_for_wait`
One whose times vary more, or less        `kingman`, `mg1`, `allen_cunneen`, `simulate_queue`
What each added unit brings               `fit_usl`, `usl_peak`, `usl_throughput`
Headroom                                  `servers_needed`, `region_capacity`, `region_failover`,
                                          `desired_replicas`
========================================  ==================================================================

`arrival_per_s` is a rate; `service_s` is the mean TIME that one request keeps a server busy, never a rate.
`utilization` is the offered work over the capacity. It may be 1 or more: such a queue has no steady state, so it is
not `stable`, everyone waits, and times and lengths are infinite. Results beyond the largest float are infinite.
Sources in square brackets are keys of the bibliography.
"""
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heapreplace
from operator import mul, sub
from random import Random
from typing import Any

from infrapm.models._numeric import RunningMean, at_most, nearest_rank, root, round_up
from infrapm.models._validate import between, bounded, choice, fraction, items, non_negative, number, positive, whole

__all__ = [
    "InFlight", "TimeInSystem", "Arrival", "Blocking", "Mmc", "ServiceLevel", "MinServers", "MeanWait",
    "SimulatedQueue", "UslFit", "UslPeak", "UslThroughput", "Servers", "RegionCapacity", "RegionFailover", "Replicas",
    "little_in_flight", "little_time", "little_arrival",
    "erlang_b", "mmc", "service_level", "min_servers_for_level", "min_servers_for_wait",
    "kingman", "mg1", "allen_cunneen", "simulate_queue", "fit_usl", "usl_peak", "usl_throughput",
    "servers_needed", "region_capacity", "region_failover", "desired_replicas",
]

# Little's law

@dataclass(frozen=True)
class InFlight:
    """The mean number of requests in a system."""

    in_flight: float


@dataclass(frozen=True)
class TimeInSystem:
    """The mean time that a request spends in a system, in seconds."""

    time_in_system_s: float


@dataclass(frozen=True)
class Arrival:
    """The requests that pass through a system, per second."""

    arrival_per_s: float


def little_in_flight(arrival_per_s: float, time_in_system_s: float) -> InFlight:
    """How many requests are in a system at once, on average.

    Rule: in_flight = arrival * time. It holds for any stable system, whatever its distributions.
    Arguments: `arrival_per_s` and `time_in_system_s` 0 or more.
    Errors: ValueError outside these ranges.
    Source: [little1961proof].

    >>> little_in_flight(arrival_per_s=200, time_in_system_s=0.05)
    InFlight(in_flight=10.0)
    """
    return InFlight(non_negative("arrival_per_s", arrival_per_s) * non_negative("time_in_system_s", time_in_system_s))


def little_time(in_flight: float, arrival_per_s: float) -> TimeInSystem:
    """How long a request stays in a system, on average, from what is in it and what arrives.

    Rule: time = in_flight / arrival.
    Arguments: `in_flight` 0 or more; `arrival_per_s` above 0.
    Errors: ValueError outside these ranges.
    Source: [little1961proof].

    >>> little_time(in_flight=64, arrival_per_s=800)
    TimeInSystem(time_in_system_s=0.08)
    """
    return TimeInSystem(non_negative("in_flight", in_flight) / positive("arrival_per_s", arrival_per_s))


def little_arrival(in_flight: float, time_in_system_s: float) -> Arrival:
    """The rate that passes through a system that holds a given number for a given time.

    Rule: arrival = in_flight / time.
    Arguments: `in_flight` 0 or more; `time_in_system_s` above 0.
    Errors: ValueError outside these ranges.
    Source: [little1961proof].

    >>> little_arrival(in_flight=20, time_in_system_s=0.05)
    Arrival(arrival_per_s=400.0)
    """
    return Arrival(non_negative("in_flight", in_flight) / positive("time_in_system_s", time_in_system_s))


# A queue with equal servers: M/M/c

# More than anyone has. They bound the time that one answer takes: a search asks for many numbers of servers.
MOST_SERVERS = 10**9
MOST_OFFERED = 10**8
SLOWEST = 0.01  # of all requests are above the P99


@dataclass(frozen=True)
class Blocking:
    """The share of arrivals that find every server busy where nobody can wait, and so are lost."""

    blocking: float


@dataclass(frozen=True)
class Mmc:
    """A queue in its steady state; times in seconds, lengths in requests.

    `p_wait` is the share that has to wait, `blocking` the share that would be lost if nobody could. The response is
    the wait and the service; `queue_length` counts those that wait, `in_system` also those in service.
    """

    stable: bool
    utilization: float
    p_wait: float
    blocking: float
    mean_wait_s: float
    mean_response_s: float
    queue_length: float
    in_system: float
    p99_wait_s: float
    p99_response_s: float


@dataclass(frozen=True)
class ServiceLevel:
    """The share of requests whose service begins within a time, and the share that waits longer."""

    service_level: float
    p_wait_longer: float


@dataclass(frozen=True)
class MinServers:
    """The smallest number of servers that reaches a target."""

    min_servers: int


def erlang_b(offered_erlangs: float, servers: int) -> Blocking:
    """The share of requests that are lost when all servers are busy and nobody waits (Erlang B).

    Rule: B = (a^c / c!) / (sum of a^i / i! for i = 0 to c), for an offered load of a erlangs and c servers.
    Arguments: `offered_erlangs` arrivals a second times mean service time in seconds, 0 or more; `servers` a whole
    number from 0 to 10^9. Without servers, everything is lost.
    Errors: ValueError outside these ranges.
    Source: [erlang1917solution].

    >>> round(erlang_b(offered_erlangs=12.03, servers=20).blocking, 4)
    0.01
    """
    offered = non_negative("offered_erlangs", offered_erlangs)
    return Blocking(1 / _arrivals_per_lost(offered, _servers(servers)))


def mmc(arrival_per_s: float, service_s: float, servers: int) -> Mmc:
    """How a first-come-first-served queue with equal servers performs: waits, lengths, and the slowest 1%.

    Rule: with a = arrival * service, c servers and B of `erlang_b`, p_wait = c B / (c - a + a B) (Erlang C). Waits
    longer than t have the chance p_wait * exp(-(c - a) t / service), so the mean wait is p_wait * service / (c - a).
    Little's law gives the lengths. Arrivals are Poisson and service times exponential (M/M/c).
    Arguments: `arrival_per_s` 0 or more; `service_s` the mean service time, above 0; `servers` a whole number from 0
    to 10^9. The utilization is a / c; 1 or more (within a relative 1e-9) is unstable, and so are 0 servers.
    Errors: ValueError outside these ranges.
    Source: [erlang1917solution, kleinrock1975queueing].

    >>> queue = mmc(arrival_per_s=0.9, service_s=1, servers=1)
    >>> round(queue.mean_response_s, 9), round(queue.p99_response_s, 2)
    (10.0, 46.05)
    >>> mmc(arrival_per_s=12, service_s=1, servers=10).mean_wait_s
    inf
    """
    arrival, service = non_negative("arrival_per_s", arrival_per_s), positive("service_s", service_s)
    servers = _servers(servers)
    offered = arrival * service
    blocking = 1 / _arrivals_per_lost(offered, servers)
    if _unstable(offered, servers):
        return Mmc(
            stable=False, utilization=offered / servers if servers else math.inf, p_wait=1.0, blocking=blocking,
            mean_wait_s=math.inf, mean_response_s=math.inf, queue_length=math.inf, in_system=math.inf,
            p99_wait_s=math.inf, p99_response_s=math.inf,
        )
    p_wait, spare = _p_wait(offered, servers), servers - offered
    wait = p_wait / spare  # in service times, as the two below
    p99_wait = _wait_quantile(p_wait, spare, SLOWEST)
    p99_response = _response_quantile(p_wait, spare, SLOWEST)
    return Mmc(
        stable=True,
        utilization=offered / servers,
        p_wait=p_wait,
        blocking=blocking,
        mean_wait_s=wait * service,
        mean_response_s=(wait + 1) * service,
        queue_length=wait * offered,
        in_system=(wait + 1) * offered,
        p99_wait_s=p99_wait * service,
        p99_response_s=p99_response * service,
    )


def service_level(arrival_per_s: float, service_s: float, servers: int, within_s: float) -> ServiceLevel:
    """The share of requests that wait at most a given time before service begins.

    Rule: 1 - p_wait * exp(-(c - a) within / service), with p_wait, a and c as in `mmc`. An unstable queue has a
    service level of 0.
    Arguments: as in `mmc`; `within_s` 0 or more.
    Errors: ValueError outside these ranges.
    Source: [erlang1917solution, kleinrock1975queueing].

    >>> round(service_level(arrival_per_s=0.2, service_s=240, servers=55, within_s=15).service_level, 4)
    0.8459
    """
    arrival, service = non_negative("arrival_per_s", arrival_per_s), positive("service_s", service_s)
    servers, within = _servers(servers), non_negative("within_s", within_s)
    longer = _p_wait_longer(arrival * service, servers, within / service)
    return ServiceLevel(service_level=1 - longer, p_wait_longer=longer)


def min_servers_for_level(arrival_per_s: float, service_s: float, within_s: float, target_level: float) -> MinServers:
    """The fewest servers with which a target share of requests waits at most a given time.

    Rule: the smallest c whose `service_level` is the target or more, where equal within a relative 1e-9 counts.
    Arguments: as in `service_level`, with arrival * service at most 10^8; `target_level` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: [erlang1917solution, kleinrock1975queueing].

    >>> min_servers_for_level(arrival_per_s=0.2, service_s=240, within_s=15, target_level=0.8)
    MinServers(min_servers=55)
    """
    offered, service = _offered(arrival_per_s, service_s)
    within = non_negative("within_s", within_s) / service
    target = fraction("target_level", target_level, zero=False, one=False)
    return MinServers(_fewest(offered, lambda servers: at_most(target, 1 - _p_wait_longer(offered, servers, within))))


def min_servers_for_wait(arrival_per_s: float, service_s: float, target_p_wait: float) -> MinServers:
    """The fewest servers with which at most a target share of requests has to wait at all.

    Rule: the smallest c whose p_wait is the target or less, where equal within a relative 1e-9 counts.
    Arguments: as in `mmc`, with arrival * service at most 10^8; `target_p_wait` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: [erlang1917solution, kleinrock1975queueing].

    >>> min_servers_for_wait(arrival_per_s=8, service_s=1, target_p_wait=0.2)
    MinServers(min_servers=12)
    """
    offered, _ = _offered(arrival_per_s, service_s)
    target = fraction("target_p_wait", target_p_wait, zero=False, one=False)
    return MinServers(_fewest(offered, lambda servers: at_most(_p_wait(offered, servers), target)))


def _servers(servers: int) -> int:
    return whole("servers", servers, 0, MOST_SERVERS)


def _offered(arrival_per_s: float, service_s: float) -> tuple[float, float]:
    """The offered load in erlangs, and the service time."""
    arrival, service = non_negative("arrival_per_s", arrival_per_s), positive("service_s", service_s)
    return between("arrival_per_s * service_s", arrival * service, 0, MOST_OFFERED), service


def _unstable(offered: float, servers: int) -> bool:
    return servers == 0 or at_most(servers, offered)


def _arrivals_per_lost(offered: float, servers: int) -> float:
    """1 / B: 1 + c/a + c/a (c-1)/a + ... Its terms are positive and rise before they fall, so it can stop early."""
    if offered == 0:
        return math.inf if servers else 1.0
    total = term = 1.0
    for busy in range(servers, 0, -1):
        term *= busy / offered
        total += term
        if not total * 1e-17 <= term < math.inf:
            break
    return total


def _p_wait(offered: float, servers: int) -> float:
    """Erlang C: c B / (c - a + a B), written with 1 / B, which may be infinite but never 0."""
    if _unstable(offered, servers):
        return 1.0
    return servers / ((servers - offered) * _arrivals_per_lost(offered, servers) + offered)


def _p_wait_longer(offered: float, servers: int, services: float) -> float:
    """The share that waits longer than this many mean service times."""
    if _unstable(offered, servers):
        return 1.0
    return _p_wait(offered, servers) * math.exp(-(servers - offered) * services)


def _fewest(offered: float, enough: Callable[[int], bool]) -> int:
    """The smallest number of servers that is stable and enough. More servers are never less enough."""

    def fine(servers: int) -> bool:
        return not _unstable(offered, servers) and enough(servers)

    # About the root of the load is what any target asks for on top of it.
    too_few = int(offered)
    step = max(1, math.isqrt(too_few))
    while not fine(too_few + step):
        too_few, step = too_few + step, 2 * step
    most = too_few + step
    while most - too_few > 1:
        middle = (too_few + most) // 2
        if fine(middle):
            most = middle
        else:
            too_few = middle
    return most


# Below, time runs in mean service times. With `spare` = c - a, a wait is longer than t with the chance
# p_wait exp(-spare t), and a service time with the chance exp(-t).

def _wait_quantile(p_wait: float, spare: float, slowest: float) -> float:
    """The wait that this share of all requests exceeds."""
    return max(0.0, math.log(p_wait / slowest) / spare) if p_wait else 0.0


def _response_quantile(p_wait: float, spare: float, slowest: float) -> float:
    """The response time that this share of all requests exceeds."""
    apart = abs(spare - 1)
    slower = min(spare, 1.0)

    def longer(t: float) -> float:
        # The service alone, or a wait and a service that together last longer. As a sum of positive terms, it keeps
        # its digits where spare is near 1 and the textbook form is 0 / 0.
        both = -math.expm1(-apart * t) / apart if apart else t
        return math.exp(-t) + p_wait * math.exp(-slower * t) * both - slowest

    # A service alone gives the low end. If the response is longer than the sum of two times, its wait is longer than
    # the one or its service than the other: half of the share each gives the high end.
    low = -math.log(slowest)
    high = -math.log(slowest / 2) + _wait_quantile(p_wait, spare, slowest / 2)
    return root(longer, low, high) if p_wait else low


# A queue whose times vary more, or less

@dataclass(frozen=True)
class MeanWait:
    """The mean time that a request waits before its service, in seconds; infinite where the queue is not stable."""

    stable: bool
    mean_wait_s: float


def kingman(utilization: float, cs2: float, service_s: float, ca2: float = 1.0) -> MeanWait:
    """The mean wait for one server, whatever the distributions: load times variability times service time.

    Rule: wait = utilization / (1 - utilization) * (ca2 + cs2) / 2 * service, an approximation that is good under high
    load. With ca2 = cs2 = 1 it is exact (M/M/1).
    Arguments: `utilization` 0 or more, where 1 or more (within a relative 1e-9) is unstable; `ca2` and `cs2` the
    squared coefficients of variation (variance over squared mean) of the times between arrivals and of the service
    times, 0 or more: 0 for a fixed time, 1 for an exponential one; `service_s` the mean service time, above 0.
    Errors: ValueError outside these ranges.
    Source: [kingman1961single].

    >>> round(kingman(utilization=0.8, cs2=1, service_s=1).mean_wait_s, 9)
    4.0
    """
    utilization = non_negative("utilization", utilization)
    cs2, ca2 = non_negative("cs2", cs2), non_negative("ca2", ca2)
    service = positive("service_s", service_s)
    if at_most(1, utilization):
        return MeanWait(stable=False, mean_wait_s=math.inf)
    return MeanWait(True, utilization / (1 - utilization) * (ca2 / 2 + cs2 / 2) * service)


def mg1(utilization: float, cs2: float, service_s: float) -> MeanWait:
    """The mean wait for one server with Poisson arrivals and service times of any distribution.

    Rule: that of Pollaczek and Khinchine, wait = utilization / (1 - utilization) * (1 + cs2) / 2 * service. It is
    exact.
    Arguments: as in `kingman`.
    Errors: ValueError outside these ranges.
    Source: [kleinrock1975queueing].

    >>> round(mg1(utilization=0.8, cs2=16, service_s=10).mean_wait_s, 9)
    340.0
    """
    return kingman(utilization=utilization, cs2=cs2, service_s=service_s, ca2=1)


def allen_cunneen(arrival_per_s: float, service_s: float, servers: int, cs2: float, ca2: float = 1.0) -> MeanWait:
    """The mean wait for equal servers, whatever the distributions.

    Rule: wait = mean wait of `mmc` * (ca2 + cs2) / 2, an approximation.
    Arguments: as in `mmc`; `ca2` and `cs2` as in `kingman`.
    Errors: ValueError outside these ranges.
    Source: [allen1990probability].

    >>> round(allen_cunneen(arrival_per_s=8, service_s=1, servers=10, cs2=0).mean_wait_s, 4)
    0.1023
    """
    cs2, ca2 = non_negative("cs2", cs2), non_negative("ca2", ca2)
    queue = mmc(arrival_per_s, service_s, servers)
    return MeanWait(queue.stable, queue.mean_wait_s * (ca2 / 2 + cs2 / 2) if queue.stable else math.inf)


@dataclass(frozen=True)
class SimulatedQueue:
    """What the requests of one simulated run met; times in seconds. `trials` counts the requests.

    `standard_error_s` is that of the mean wait. Waits of neighbors are alike, so it comes from the means of 20
    batches of neighbors; it is None for fewer than 20 requests.
    """

    mean_wait_s: float
    p50_wait_s: float
    p99_wait_s: float
    utilization: float
    standard_error_s: float | None
    trials: int


BATCHES = 20


def simulate_queue(
    arrival_per_s: float,
    service_s: float,
    servers: int,
    customers: int,
    seed: int = 1,
    service_dist: str = "exponential",
) -> SimulatedQueue:
    """Request by request, how long each waits for the first free of equal servers, first come first served.

    Rule: each request takes the server that is free first. All start idle, and nothing is left out of the result, so
    short runs show shorter waits. Percentiles are of nearest rank. `utilization` is the work done over the capacity
    until the last request is out.
    Arguments: `arrival_per_s` of Poisson arrivals, above 0; `service_s` the mean service time, above 0; `servers` a
    whole number from 1 to 10^9; `customers` the number of requests, a whole number, 1 or more; `seed` a whole number,
    0 or more; `service_dist` "exponential" or "deterministic" (always `service_s`).
    Errors: ValueError outside these ranges, and for more than 10 million customers.
    Source: [kleinrock1975queueing].

    >>> queue = simulate_queue(arrival_per_s=8, service_s=1, servers=10, customers=20_000)
    >>> abs(queue.mean_wait_s - 0.2046) < 3 * queue.standard_error_s
    True
    """
    arrival, service = positive("arrival_per_s", arrival_per_s), positive("service_s", service_s)
    servers, customers = whole("servers", servers, 1, MOST_SERVERS), whole("customers", customers, 1)
    bounded(customers=customers)
    exponential = choice("service_dist", service_dist, ("exponential", "deterministic")) == "exponential"
    random = Random(whole("seed", seed, 0)).random
    gap = 1 / arrival
    # No draw of an exponential is above 37 times its mean, since random() has steps of 2^-53.
    number("the time of customers / arrival_per_s and customers * service_s", (gap + service) * 37 * customers)

    log = math.log
    free_at = [0.0] * min(servers, customers)  # a heap: the server that is free first is on top
    now = busy = 0.0
    waits = []
    for _ in range(customers):
        now -= gap * log(1 - random())
        took = -service * log(1 - random()) if exponential else service
        start = free_at[0] if free_at[0] > now else now
        heapreplace(free_at, start + took)
        busy += took
        waits.append(start - now)

    mean, error = math.fsum(waits) / customers, _error_of_batches(waits)
    waits.sort()
    return SimulatedQueue(
        mean_wait_s=mean,
        p50_wait_s=nearest_rank(waits, 0.5),
        p99_wait_s=nearest_rank(waits, 0.99),
        utilization=busy / (servers * max(free_at)),
        standard_error_s=error,
        trials=customers,
    )


def _error_of_batches(values: list[float]) -> float | None:
    size = len(values) // BATCHES
    if size == 0:
        return None
    means = RunningMean()
    for i in range(BATCHES):
        means.add(math.fsum(values[i * size : (i + 1) * size]) / size)
    return means.standard_error


# What each added unit brings: the Universal Scalability Law

@dataclass(frozen=True)
class UslPeak:
    """Where a scalability law peaks and what bounds it; loads and throughputs in the units of the data.

    Throughput is highest at `peak_load`. The law is about loads from 1 on, so a `peak_load` below 1 says that
    throughput falls from the first unit on, and `peak_throughput` is then that of one unit. Without coherency costs
    (beta = 0) throughput approaches `amdahl_limit` and never reaches it. At an `optimal_load` of
    many units contention takes almost half of what they would bring: (1 - alpha) / (2 - alpha) of it.
    """

    peak_load: float
    peak_throughput: float
    amdahl_limit: float
    optimal_load: float


@dataclass(frozen=True)
class UslFit:
    """The law that fits measured throughput best, the fit itself, and what `UslPeak` tells of the law.

    `sse` is the sum of the squared residuals; `fitted` the law's throughput at each load, and `efficiency` the
    measured throughput over that of perfect scaling, gamma * load.
    """

    alpha: float
    beta: float
    gamma: float
    sse: float
    fitted: tuple[float, ...]
    efficiency: tuple[float, ...]
    peak_load: float
    peak_throughput: float
    amdahl_limit: float
    optimal_load: float


@dataclass(frozen=True)
class UslThroughput:
    """The throughput at each load."""

    throughput: tuple[float, ...]


def usl_throughput(alpha: float, beta: float, gamma: float, load: Sequence[float]) -> UslThroughput:
    """The throughput that the Universal Scalability Law gives at each load.

    Rule: X(n) = gamma n / (1 + alpha (n - 1) + beta n (n - 1)). `gamma` is the throughput of one unit, `alpha` the
    share of the work that waits its turn (contention), `beta` the cost of keeping each pair of units in agreement
    (coherency).
    Arguments: `alpha` and `beta` 0 or more; `gamma` above 0; `load` a list of numbers above 0: units, users or
    threads. Loads below 1 must leave the denominator above 0.
    Errors: ValueError outside these ranges.
    Source: [gunther2007guerrilla].

    >>> usl_throughput(alpha=0.5, beta=0, gamma=10, load=[1, 2, 3]).throughput
    (10.0, 13.333333333333334, 15.0)
    """
    alpha, beta, gamma = non_negative("alpha", alpha), non_negative("beta", beta), positive("gamma", gamma)
    found = []
    for i, value in enumerate(items("load", load)):
        n = positive(f"load[{i}]", value)
        # Divided by n, so that no load is too large to be multiplied.
        cost = (1 - alpha) / n + alpha + beta * (n - 1)
        if cost <= 0:
            raise ValueError(f"load[{i}] must be a number with 1 + alpha (load - 1) + beta load (load - 1) above 0; "
                             f"got {n:g}")
        found.append(gamma / cost)
    return UslThroughput(tuple(found))


def usl_peak(alpha: float, beta: float, gamma: float = 1.0) -> UslPeak:
    """The load beyond which more lowers throughput, and the limits of a scalability law.

    Rule: peak_load = sqrt((1 - alpha) / beta), or 0 for alpha of 1 or more; amdahl_limit = gamma / alpha;
    optimal_load = 1 / alpha, where the lines of perfect scaling and of the limit meet. With beta = 0 and alpha at
    most 1 the peak is at infinity and its throughput the limit; with alpha = 0 there is no limit.
    Arguments: `alpha` and `beta` 0 or more; `gamma` above 0; see `usl_throughput`.
    Errors: ValueError outside these ranges.
    Source: [gunther2007guerrilla, moeding_usl].

    >>> round(usl_peak(alpha=0.001, beta=0.00001).peak_load)
    316
    >>> usl_peak(alpha=0.02, beta=0, gamma=90).amdahl_limit
    4500.0
    """
    alpha, beta, gamma = non_negative("alpha", alpha), non_negative("beta", beta), positive("gamma", gamma)
    limit = gamma / alpha if alpha else math.inf
    parallel = max(0.0, 1 - alpha)
    if beta == 0 and alpha <= 1:
        peak_load, peak_throughput = math.inf, limit
    elif beta >= parallel:  # at a load of 1 or less
        peak_load, peak_throughput = math.sqrt(parallel / beta) if beta else 0.0, gamma
    else:
        # X at the peak, simplified, so that large loads are not squared.
        peak_load, peak_throughput = math.sqrt(parallel / beta), gamma / (alpha - beta + 2 * math.sqrt(beta * parallel))
    return UslPeak(peak_load, peak_throughput, amdahl_limit=limit, optimal_load=1 / alpha if alpha else math.inf)


def fit_usl(load: Sequence[float], throughput: Sequence[float]) -> UslFit:
    """Will more nodes help? The scalability law that fits measured throughput best.

    Rule: alpha, beta >= 0 and gamma > 0 that make the sum of the squared differences between measured and fitted
    throughput smallest (nonlinear least squares on throughput, not Gunther's fit of a transformed parabola). The
    other results are those of `usl_throughput` and `usl_peak`.
    Arguments: `load` and `throughput` lists of equal length, numbers above 0, with three or more distinct loads.
    Errors: ValueError outside these ranges, and for throughput that falls so fast from the smallest load on that no
    finite gamma fits best.
    Source: [gunther2007guerrilla, moeding_usl].

    >>> sun = fit_usl(load=[1, 18, 36, 72, 108, 144, 216],
    ...               throughput=[64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2])
    >>> round(sun.alpha, 7), round(sun.peak_load, 2)
    (0.0277285, 96.52)
    """
    loads = [positive(f"load[{i}]", value) for i, value in enumerate(items("load", load))]
    measured = [positive(f"throughput[{i}]", value) for i, value in enumerate(items("throughput", throughput))]
    if len(set(loads)) < 3:
        raise ValueError(f"load must be a list with at least 3 distinct numbers; got {len(set(loads))} distinct")
    if len(measured) != len(loads):
        raise ValueError(f"throughput must be a list with one number for each load; got {len(measured)} "
                         f"for {len(loads)}")
    alpha, beta, gamma, sse = _best_usl(loads, measured)
    fitted = usl_throughput(alpha, beta, gamma, loads).throughput
    peak = usl_peak(alpha, beta, gamma)
    return UslFit(
        alpha=alpha,
        beta=beta,
        gamma=gamma,
        sse=sse,
        fitted=fitted,
        efficiency=tuple(x / gamma / n for n, x in zip(loads, measured)),
        peak_load=peak.peak_load,
        peak_throughput=peak.peak_throughput,
        amdahl_limit=peak.amdahl_limit,
        optimal_load=peak.optimal_load,
    )


def _best_usl(loads: list[float], measured: list[float]) -> tuple[float, float, float, float]:
    """alpha, beta and gamma, none below 0, and the sum of squares.

    The law is 1/X = A/n + B (n - 1)/n + C (n - 1) with A = 1/gamma, B = alpha/gamma, C = beta/gamma. Where the best
    fit has one of them below 0, the best that is allowed has one or more at 0: all such fits are tried.
    """
    widest, top = max(loads), max(measured)
    columns = [[1 / n for n in loads], [(n - 1) / n for n in loads], [(n - 1) / widest for n in loads]]
    scaled = [x / top for x in measured]
    best, best_sse = [0.0, 0.0, 0.0], math.inf
    for size in (3, 2, 1):
        for chosen in itertools.combinations(range(3), size):
            found, sse = _fit_reciprocal([columns[j] for j in chosen], scaled)
            for place, j in enumerate(chosen):  # what is only rounding is nothing: perfect scaling has no limit
                if all(abs(found[place] * value) * x <= 1e-12 for value, x in zip(columns[j], scaled)):
                    found[place] = 0.0
            if sse < best_sse and min(found) >= 0:
                best, best_sse = [0.0, 0.0, 0.0], sse
                for j, coefficient in zip(chosen, found):
                    best[j] = coefficient
        if size == 3 and best_sse < math.inf:
            break
    a, b, c = best
    if a == 0:
        raise ValueError("throughput must be a list that falls less from the smallest load on: no finite gamma fits "
                         f"best; got {measured[loads.index(min(loads))]:g} at {min(loads):g}")
    return b / a, c / widest / a, top / a, best_sse * top * top


def _fit_reciprocal(columns: list[list[float]], measured: list[float]) -> tuple[list[float], float]:
    """The coefficients with which 1 / (their sum of the columns) is closest to what was measured, and the sum of
    squares; infinite where there are none. By the method of Gauss and Newton."""

    rows = list(zip(*columns))

    def fit(coefficients: list[float]) -> tuple[list[float], float]:
        sums = [_dot(coefficients, row) for row in rows]
        if not all(total > 0 for total in sums):
            return [], math.inf
        fitted = [1 / total for total in sums]
        off = list(map(sub, measured, fitted))
        return fitted, _dot(off, off)

    def solve(fitted: list[float], target: list[float]) -> list[float]:
        # 1/X changes by d where X changes by -X^2 d.
        return _least_squares([[f * f * value for f, value in zip(fitted, column)] for column in columns], target)

    coefficients = solve(measured, measured)
    fitted, sse = fit(coefficients)
    if not fitted:  # a start that is legal, if not near
        coefficients = [1.0] * len(columns)
        fitted, sse = fit(coefficients)
    for _ in range(200):
        if not fitted:
            break
        step = solve(fitted, list(map(sub, fitted, measured)))
        if all(abs(s) <= 1e-12 * abs(c) for c, s in zip(coefficients, step)):
            break
        share = 1.0
        while share > 1e-6:
            tried = [c + share * s for c, s in zip(coefficients, step)]
            tried_fit, tried_sse = fit(tried)
            if tried_sse < sse:
                break
            share /= 2
        else:
            break
        coefficients, fitted, sse = tried, tried_fit, tried_sse
    return coefficients, sse


def _least_squares(columns: list[list[float]], target: list[float]) -> list[float]:
    """The coefficients whose sum of the columns is closest to the target (Gram and Schmidt's orthogonal columns)."""
    directions: list[list[float]] = []
    shares: list[list[float]] = []
    for vector in [*columns, target]:
        length = math.hypot(*vector)
        share = []
        for direction in directions:
            share.append(_dot(vector, direction))
            vector = [v - share[-1] * d for v, d in zip(vector, direction)]
        rest = math.hypot(*vector)
        shares.append([*share, rest])
        # A column that the others make up, but for rounding, adds nothing.
        directions.append([v / rest for v in vector] if rest > 1e-14 * length else [0.0] * len(vector))
    found = [0.0] * len(columns)
    for j in reversed(range(len(columns))):
        if any(directions[j]):
            left = shares[-1][j] - sum(shares[i][j] * found[i] for i in range(j + 1, len(columns)))
            found[j] = left / shares[j][j]
    return found


def _dot(one: Iterable[float], other: Iterable[float]) -> float:
    return sum(map(mul, one, other))


# Headroom

@dataclass(frozen=True)
class Servers:
    """The number of servers to run."""

    servers: int


@dataclass(frozen=True)
class RegionCapacity:
    """What each region must be able to carry so that others may be lost; capacity in the unit of the load.

    `overprovision` is all capacity over the load; `safe_utilization` how busy each region may be while none is lost.
    """

    per_region_capacity: float
    overprovision: float
    safe_utilization: float


@dataclass(frozen=True)
class RegionFailover:
    """How busy the regions that are left will be, and whether they can carry it."""

    utilization_after: float
    survives: bool


@dataclass(frozen=True)
class Replicas:
    """The number of replicas that the autoscaler asks for."""

    desired: int


def servers_needed(peak_rps: float, per_server_rps: float, target_utilization: float, growth: float = 0.0) -> Servers:
    """How many servers carry the peak, after growth, without running hotter than a target.

    Rule: peak * (1 + growth) / (per_server * target_utilization), rounded up.
    Arguments: `peak_rps` 0 or more; `per_server_rps` what one server carries at most, above 0; `target_utilization`
    above 0 and at most 1; `growth` 0 or more, 0.5 for half as much again.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> servers_needed(peak_rps=12_000, growth=0.5, per_server_rps=250, target_utilization=0.6)
    Servers(servers=120)
    """
    peak, growth = non_negative("peak_rps", peak_rps), non_negative("growth", growth)
    each = positive("per_server_rps", per_server_rps)
    target = fraction("target_utilization", target_utilization, zero=False)
    needed = peak * (1 + growth) / each / target
    return Servers(round_up(number("peak_rps * (1 + growth) / (per_server_rps * target_utilization)", needed)))


def region_capacity(regions: int, lost: int, total_load: float) -> RegionCapacity:
    """How much capacity each region needs so that the rest carry the whole load when some are lost.

    Rule: per_region_capacity = load / (regions - lost); overprovision = regions / (regions - lost), and
    safe_utilization is its inverse.
    Arguments: `regions` a whole number, 1 or more; `lost` a whole number from 0 to regions - 1; `total_load` 0 or
    more, in any unit.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> region_capacity(regions=3, lost=1, total_load=100)
    RegionCapacity(per_region_capacity=50.0, overprovision=1.5, safe_utilization=0.6666666666666666)
    """
    regions, left = _left(regions, lost)
    load = non_negative("total_load", total_load)
    return RegionCapacity(load / left, overprovision=regions / left, safe_utilization=left / regions)


def region_failover(regions: int, lost: int, utilization: float) -> RegionFailover:
    """How busy the remaining regions are after some are lost, and whether they survive it.

    Rule: utilization_after = utilization * regions / (regions - lost). They survive up to 1 (equal within a relative
    1e-9 counts).
    Arguments: `regions` and `lost` as in `region_capacity`; `utilization` of each region before, 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> region_failover(regions=4, lost=1, utilization=0.75)
    RegionFailover(utilization_after=1.0, survives=True)
    """
    regions, left = _left(regions, lost)
    after = non_negative("utilization", utilization) * (regions / left)
    return RegionFailover(after, survives=at_most(after, 1))


def _left(regions: int, lost: int) -> tuple[int, int]:
    """The regions, and those that are left."""
    regions = whole("regions", regions, 1)
    return regions, regions - whole("lost", lost, 0, regions - 1)


TOLERANCE = 0.1


def desired_replicas(
    current: int, metrics: Sequence[Any], min_replicas: int = 1, max_replicas: int | None = None
) -> Replicas:
    """How many replicas the Kubernetes HorizontalPodAutoscaler asks for.

    Rule: for each metric, current * value / target, rounded up; but current, where value / target is within 0.1 of 1
    (equal within a relative 1e-9 counts). The largest of them, then at least `min_replicas` and at most
    `max_replicas`.
    Arguments: `current` a whole number, 0 or more; `metrics` a list of [value, target] with values 0 or more and
    targets above 0; `min_replicas` a whole number, 0 or more; `max_replicas` a whole number, `min_replicas` and 1 or
    more, or None for no limit.
    Errors: ValueError outside these ranges.
    Source: [k8s_hpa], without its rules for starting pods, missing metrics and stabilization.

    >>> desired_replicas(current=4, metrics=[[90, 60]])
    Replicas(desired=6)
    >>> desired_replicas(current=10, metrics=[[55, 50]])
    Replicas(desired=10)
    """
    current, low = whole("current", current, 0), whole("min_replicas", min_replicas, 0)
    high = math.inf if max_replicas is None else whole("max_replicas", max_replicas, max(1, low))
    wanted = 0.0
    for i, pair in enumerate(items("metrics", metrics)):
        parts = items(f"metrics[{i}]", pair)
        if len(parts) != 2:
            raise ValueError(f"metrics[{i}] must be a value and a target; got {len(parts)} members")
        ratio = non_negative(f"metrics[{i}][0]", parts[0]) / positive(f"metrics[{i}][1]", parts[1])
        keeps = at_most(1 - TOLERANCE, ratio) and at_most(ratio, 1 + TOLERANCE)
        wanted = max(wanted, current if keeps or current == 0 else current * ratio)
    clamped = min(max(wanted, low), high)
    return Replicas(round_up(number("the largest of current * value / target in metrics", clamped)))
