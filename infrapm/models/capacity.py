"""How hot a service may run, how much capacity it needs, and when more of it stops helping.

========================================  ==================================================================
Little's law                              `little_in_flight`, `little_time`, `little_arrival`
A queue with equal servers                `erlang_b`, `mmc`, `service_level`, `min_servers_for_level`,
                                          `min_servers_for_wait`
========================================  ==================================================================

`arrival_per_s` is a rate; `service_s` is the mean TIME that one request keeps a server busy, never a rate.
`utilization` is the offered work over the capacity. It may be 1 or more: such a queue has no steady state, so it is
not `stable`, everyone waits, and times and lengths are infinite. Sources in square brackets are keys of the
bibliography.
"""
import math
from collections.abc import Callable
from dataclasses import dataclass

from infrapm.models._numeric import at_most, root
from infrapm.models._validate import between, fraction, non_negative, positive, whole

__all__ = [
    "InFlight", "TimeInSystem", "Arrival", "Blocking", "Mmc", "ServiceLevel", "MinServers",
    "little_in_flight", "little_time", "little_arrival",
    "erlang_b", "mmc", "service_level", "min_servers_for_level", "min_servers_for_wait",
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

# More than anyone has. It bounds the time that one answer takes.
MOST_SERVERS = 10**9
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
    Arguments: as in `service_level`, with arrival * service at most 10^9; `target_level` above 0 and below 1.
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
    Arguments: as in `mmc`, with arrival * service at most 10^9; `target_p_wait` above 0 and below 1.
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
    return between("arrival_per_s * service_s", arrival * service, 0, MOST_SERVERS), service


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
    return _p_wait(offered, servers) * math.exp(-max(0.0, servers - offered) * services)


def _fewest(offered: float, enough: Callable[[int], bool]) -> int:
    """The smallest number of servers that is stable and enough. More servers are never less enough."""

    def fine(servers: int) -> bool:
        return not _unstable(offered, servers) and enough(servers)

    too_few, step = int(offered), 1
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
