"""Why overload feeds on itself: retries, backoff, breakers, shedding, pools, cascades, and outages that stay.

========================================  ==================================================================
Retries                                   `retry_amplification`, `retry_outcome`
Backoff and jitter                        `backoff`, `backoff_schedule`, `retry_herd`
Circuit breaker                           `run_breaker`
Load shedding                             `mm1k`
Connection pools                          `pool_wait`, `min_pool`
Cascades                                  `cascade`, `safe_utilization`
Metastable outages                        `simulate_metastable`
========================================  ==================================================================

`utilization` is offered work over capacity: it may be above 1. Results beyond the largest float are infinite. Sources
in square brackets are keys of the bibliography.
"""
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infrapm.models._numeric import at_most, same
from infrapm.models._validate import between, choice, fraction, items, non_negative, number, positive, whole
from infrapm.models.capacity import MOST_OFFERED, MOST_SERVERS, min_servers_for_wait, mmc

__all__ = [
    "RetryAmplification", "RetryOutcome", "Backoff", "BackoffSchedule", "RetryHerd", "BreakerTrace", "Shedding",
    "PoolWait", "MinPool", "Cascade", "SafeUtilization", "Metastable",
    "retry_amplification", "retry_outcome", "backoff", "backoff_schedule", "retry_herd", "run_breaker", "mm1k",
    "pool_wait", "min_pool", "cascade", "safe_utilization", "simulate_metastable",
]

# Retries

@dataclass(frozen=True)
class RetryAmplification:
    """Attempts that one call of a user may become at the bottom of the stack; infinite beyond 1e308."""

    max_attempts: float


@dataclass(frozen=True)
class RetryOutcome:
    """Attempts on average, and the chance that one of them succeeds."""

    expected_attempts: float
    success: float


def retry_amplification(retries: int, layers: int, budget: float | None = None) -> RetryAmplification:
    """How many attempts one call may become when every layer of a stack retries.

    Rule: (retries + 1)^layers. A retry budget lets each layer add at most that share of its calls as retries: then
    the smaller of that and (1 + budget)^layers.
    Arguments: `retries` (of each layer, beyond the first attempt) and `layers` whole numbers, 0 or more; `budget`
    None or 0 or more: 0.1 is one retry for ten calls.
    Errors: ValueError outside these ranges.
    Source: [ulrich2016cascading], which counts 4^3 = 64; [brooker2019retries], 3^5 = 243.

    >>> retry_amplification(retries=3, layers=3)
    RetryAmplification(max_attempts=64)
    >>> round(retry_amplification(retries=3, layers=3, budget=0.1).max_attempts, 3)
    1.331
    """
    retries, layers = whole("retries", retries, 0), whole("layers", layers, 0)
    attempts = _power(retries + 1, layers)
    if budget is not None:
        attempts = min(attempts, _power(1 + non_negative("budget", budget), layers))
    return RetryAmplification(attempts)


def _power(base: float, exponent: int) -> float:
    try:
        rough = float(base) ** exponent
    except OverflowError:
        return math.inf
    # Of a whole number the exact power, which is short where the rough one is finite.
    return base**exponent if math.isfinite(rough) else math.inf


def retry_outcome(failure_p: float, retries: int) -> RetryOutcome:
    """What retries buy, and what they cost, when attempts fail independently of each other.

    Rule: expected_attempts = (1 - p^(r+1)) / (1 - p), which is r + 1 at p = 1; success = 1 - p^(r+1). In an overload
    attempts do not fail independently: there retries cost all of this and buy nothing.
    Arguments: `failure_p` from 0 to 1; `retries` a whole number, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [brooker2019retries]; the rule is a geometric series.

    >>> round(retry_outcome(failure_p=0.2, retries=2).expected_attempts, 2)
    1.24
    """
    p, tries = fraction("failure_p", failure_p), whole("retries", retries, 0) + 1
    if p == 1:
        return RetryOutcome(expected_attempts=float(tries), success=0.0)
    success = -math.expm1(tries * math.log(p)) if p else 1.0
    return RetryOutcome(expected_attempts=success / (1 - p), success=success)


# Backoff and jitter

MODES = ("none", "full", "equal")
MAX_ATTEMPTS = 1_000_000


@dataclass(frozen=True)
class Backoff:
    """The longest wait before an attempt without jitter, and the shortest, mean and longest with it."""

    ceiling_ms: float
    min_ms: float
    mean_ms: float
    max_ms: float


@dataclass(frozen=True)
class BackoffSchedule:
    """The ceiling of each wait in order, and the mean of all waits together."""

    ceilings_ms: tuple[float, ...]
    total_mean_ms: float


@dataclass(frozen=True)
class RetryHerd:
    """Clients that come back at the same moment without jitter, and the mean in a bucket of time with it."""

    peak_without_jitter: int
    mean_per_bucket: float | None


def backoff(base_ms: float, cap_ms: float, attempt: int, mode: str = "full") -> Backoff:
    """How long a client waits before it tries again.

    Rule: ceiling = min(cap, base * 2^attempt). With no jitter (`none`) the wait is the ceiling; with `full` jitter
    it is uniform from 0 to the ceiling; with `equal` jitter from half of the ceiling to the ceiling.
    Arguments: milliseconds above 0; `attempt` a whole number, 0 for the first retry; `mode` none, full or equal.
    Errors: ValueError outside these ranges.
    Source: [brooker2015jitter].

    >>> backoff(base_ms=100, cap_ms=10_000, attempt=3)
    Backoff(ceiling_ms=800.0, min_ms=0.0, mean_ms=400.0, max_ms=800.0)
    """
    base, cap = positive("base_ms", base_ms), positive("cap_ms", cap_ms)
    attempt = whole("attempt", attempt, 0)
    try:
        ceiling = min(cap, math.ldexp(base, min(attempt, 5_000)))  # 2^5,000 times any base is beyond any cap
    except OverflowError:
        ceiling = cap
    least = ceiling * {"none": 1.0, "full": 0.0, "equal": 0.5}[choice("mode", mode, MODES)]
    return Backoff(ceiling, least, mean_ms=least + (ceiling - least) / 2, max_ms=ceiling)


def backoff_schedule(base_ms: float, cap_ms: float, attempts: int, mode: str = "none") -> BackoffSchedule:
    """The waits of a client that keeps failing, one for each attempt from 0; see `backoff`.

    Rule: the ceilings in order; total_mean_ms is the sum of the mean waits.
    Arguments: as in `backoff`; `attempts` a whole number from 0 to 1,000,000.
    Errors: ValueError outside these ranges.
    Source: [brooker2015jitter].

    >>> backoff_schedule(base_ms=100, cap_ms=1000, attempts=5)
    BackoffSchedule(ceilings_ms=(100.0, 200.0, 400.0, 800.0, 1000.0), total_mean_ms=2500.0)
    """
    backoff(base_ms, cap_ms, 0, mode)  # for its checks, where there are no attempts
    waits = [backoff(base_ms, cap_ms, attempt, mode) for attempt in range(whole("attempts", attempts, 0, MAX_ATTEMPTS))]
    return BackoffSchedule(tuple(wait.ceiling_ms for wait in waits), float(sum(wait.mean_ms for wait in waits)))


def retry_herd(
    clients: int, base_ms: float, cap_ms: float, attempt: int, bucket_ms: float, mode: str = "full"
) -> RetryHerd:
    """How many clients that failed together come back together.

    Rule: without jitter all of them, at the ceiling of `backoff`. With jitter they spread evenly from the shortest
    wait to the longest: clients * bucket / (max - min) in a bucket, and all of them in a bucket that is wider.
    mean_per_bucket is None for the mode none.
    Arguments: `clients` a whole number, 1 or more; `bucket_ms` above 0; the others as in `backoff`.
    Errors: ValueError outside these ranges.
    Source: [brooker2015jitter].

    >>> retry_herd(clients=1000, base_ms=100, cap_ms=10_000, attempt=3, bucket_ms=10)
    RetryHerd(peak_without_jitter=1000, mean_per_bucket=12.5)
    """
    clients, bucket = whole("clients", clients, 1), positive("bucket_ms", bucket_ms)
    wait = backoff(base_ms, cap_ms, attempt, mode)
    if mode == "none":
        return RetryHerd(clients, None)
    spread = wait.max_ms - wait.min_ms
    return RetryHerd(clients, clients * (bucket / spread) if bucket < spread else float(clients))


# Circuit breaker

@dataclass(frozen=True)
class BreakerTrace:
    """What became of each call (ok, fail, rejected), and the breaker's state after it (closed, open, half_open)."""

    outcome: tuple[str, ...]
    state_after: tuple[str, ...]


def run_breaker(
    failure_threshold: int, cooldown_s: float, calls: Sequence[Sequence[Any]], half_open_successes: int = 1
) -> BreakerTrace:
    """What a circuit breaker does with a series of calls.

    Rule: closed, it opens at `failure_threshold` failures in a row. Open, it rejects every call until `cooldown_s`
    after it opened; the call at that moment or later passes as a trial, half open. Half open, one failure opens it
    again, and `half_open_successes` successes close it. A success while closed, and closing, reset the count.
    Arguments: `failure_threshold` and `half_open_successes` whole numbers, 1 or more; `cooldown_s` 0 or more;
    `calls` a list of pairs: the time in seconds, not before the one earlier, and S or F for what the service would
    answer.
    Errors: ValueError outside these ranges.
    Source: [nygard2018release].

    >>> run_breaker(failure_threshold=2, cooldown_s=30, calls=[[0, "F"], [1, "F"], [2, "S"], [31, "S"]])
    BreakerTrace(outcome=('fail', 'fail', 'rejected', 'ok'), state_after=('closed', 'open', 'open', 'closed'))
    """
    threshold = whole("failure_threshold", failure_threshold, 1)
    cooldown = non_negative("cooldown_s", cooldown_s)
    needed = whole("half_open_successes", half_open_successes, 1)
    state, failures, successes, opened_at = "closed", 0, 0, 0.0
    outcomes, states = [], []
    for time, answer in _calls(calls):
        # The times that have passed are compared: a clock's own size, such as 1.7e9 s since 1970, is no measure.
        if state == "open" and at_most(cooldown, time - opened_at):
            state, successes = "half_open", 0
        if state == "open":
            outcomes.append("rejected")
        elif answer == "S":
            outcomes.append("ok")
            failures, successes = 0, successes + 1
            if state == "half_open" and successes >= needed:
                state = "closed"
        else:
            outcomes.append("fail")
            failures += 1
            if state == "half_open" or failures >= threshold:
                state, opened_at, failures = "open", time, 0
        states.append(state)
    return BreakerTrace(tuple(outcomes), tuple(states))


def _calls(calls: Sequence[Sequence[Any]]) -> list[tuple[float, str]]:
    checked: list[tuple[float, str]] = []
    for i, call in enumerate(items("calls", calls)):
        pair = items(f"calls[{i}]", call)
        if len(pair) != 2:
            raise ValueError(f"calls[{i}] must be a pair of a time and S or F; got {len(pair)} values")
        time, answer = number(f"calls[{i}][0]", pair[0]), choice(f"calls[{i}][1]", pair[1], ["S", "F"])
        if checked and time < checked[-1][0]:
            raise ValueError(f"calls[{i}][0] must be {checked[-1][0]:.12g} s or later; got {time:.12g}")
        checked.append((time, answer))
    return checked


# Load shedding

@dataclass(frozen=True)
class Shedding:
    """The share of requests turned away, useful work over capacity, and about the longest response of one let in."""

    shed_fraction: float
    goodput_of_capacity: float
    response_bound_ms: float | None


def mm1k(utilization: float, system_limit: int, service_ms: float | None = None) -> Shedding:
    """What a queue with a limit sheds, and what it still does, when more work comes than it can do.

    Rule: an M/M/1/K queue. With load r and limit K, shed = (1 - r) r^K / (1 - r^(K+1)), and 1 / (K + 1) at r = 1;
    goodput = r (1 - shed). A request that is let in finds at most K - 1 before it, so it is out after about K mean
    service times: response_bound_ms = K * service_ms, None without `service_ms`.
    Arguments: `utilization` 0 or more; `system_limit` requests in the system, the one in service included, a whole
    number, 1 or more; `service_ms` above 0.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability].

    >>> mm1k(utilization=1, system_limit=9, service_ms=10)
    Shedding(shed_fraction=0.1, goodput_of_capacity=0.9, response_bound_ms=90.0)
    """
    load, limit = non_negative("utilization", utilization), whole("system_limit", system_limit, 1)
    bound = None if service_ms is None else limit * positive("service_ms", service_ms)
    if load == 0:
        shed, goodput = 0.0, 0.0
    elif load == 1:
        shed, goodput = 1 / (limit + 1), limit / (limit + 1)
    else:  # in powers that fall, so that none overflows: of r below 1, and of 1 / r above it
        log = math.log(load)
        fall = -abs(log)
        rest = -math.expm1((limit + 1) * fall)
        if load < 1:
            shed, goodput = (1 - load) * math.exp(limit * log) / rest, load * -math.expm1(limit * log) / rest
        else:
            shed, goodput = (load - 1) / load / rest, -math.expm1(limit * fall) / rest
    return Shedding(shed, goodput, bound)


# Connection pools

@dataclass(frozen=True)
class PoolWait:
    """What a caller of a connection pool meets; times are infinite where more is asked than the pool can do."""

    stable: bool
    utilization: float
    p_wait: float
    mean_wait_ms: float
    p99_wait_ms: float
    mean_in_use: float


@dataclass(frozen=True)
class MinPool:
    """The smallest pool that keeps waiting rare enough."""

    min_pool: int


def pool_wait(arrival_per_s: float, hold_ms: float, pool: int) -> PoolWait:
    """How long callers wait for a connection of a pool.

    Rule: an M/M/c queue with the pool's connections as servers, as in `mmc` of the capacity models. mean_in_use is
    arrival * hold, and the whole pool where that is more.
    Arguments: `arrival_per_s` calls a second, 0 or more; `hold_ms` mean milliseconds that a call holds its
    connection, above 0; `pool` a whole number from 1 to 10^9.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability], chapter 8.

    >>> round(pool_wait(arrival_per_s=390, hold_ms=50, pool=20).mean_wait_ms, 1)
    87.3
    """
    arrival_per_ms, hold_ms, pool = _calls_per_ms(arrival_per_s), positive("hold_ms", hold_ms), whole("pool", pool, 1, MOST_SERVERS)
    queue = mmc(arrival_per_ms, hold_ms, pool)  # with milliseconds for its seconds
    return PoolWait(
        stable=queue.stable,
        utilization=queue.utilization,
        p_wait=queue.p_wait,
        mean_wait_ms=queue.mean_wait_s,
        p99_wait_ms=queue.p99_wait_s,
        mean_in_use=arrival_per_ms * hold_ms if queue.stable else float(pool),
    )


def min_pool(arrival_per_s: float, hold_ms: float, target_p_wait: float) -> MinPool:
    """The smallest pool in which at most a given share of callers waits.

    Rule: the smallest pool whose p_wait in `pool_wait` is `target_p_wait` or less.
    Arguments: as in `pool_wait`, with at most 10^8 connections in use on average; `target_p_wait` above 0 and below
    1.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability], chapter 8.

    >>> min_pool(arrival_per_s=390, hold_ms=50, target_p_wait=0.1)
    MinPool(min_pool=27)
    """
    arrival_per_ms, hold_ms = _calls_per_ms(arrival_per_s), positive("hold_ms", hold_ms)
    between("arrival_per_s * hold_ms / 1000", arrival_per_ms * hold_ms, 0, MOST_OFFERED)
    target = fraction("target_p_wait", target_p_wait, zero=False, one=False)
    return MinPool(min_servers_for_wait(arrival_per_ms, hold_ms, target).min_servers)


def _calls_per_ms(arrival_per_s: float) -> float:
    return non_negative("arrival_per_s", arrival_per_s) / 1000


# Cascades

@dataclass(frozen=True)
class Cascade:
    """Servers that are still up when the load has moved on."""

    surviving: int


@dataclass(frozen=True)
class SafeUtilization:
    """The utilization up to which the loss of some servers does not overload the others."""

    safe_utilization: float


def cascade(servers: int, total_load: float, capacity_each: float, lost: int) -> Cascade:
    """How many servers survive the loss of some, when the rest share the load and one that is overloaded fails.

    Rule: while the load of each server left is above its capacity, one more fails. Each failure raises the load of
    the others, so all survive or none.
    Arguments: `servers` a whole number, 1 or more; `total_load` 0 or more and `capacity_each` above 0, in one unit;
    `lost` a whole number from 0 to `servers`. A load equal to the capacity is carried.
    Errors: ValueError outside these ranges.
    Source: [ulrich2016cascading].

    >>> cascade(servers=10, total_load=850, capacity_each=100, lost=1)
    Cascade(surviving=9)
    >>> cascade(servers=10, total_load=950, capacity_each=100, lost=1)
    Cascade(surviving=0)
    """
    servers = whole("servers", servers, 1)
    load, capacity = non_negative("total_load", total_load), positive("capacity_each", capacity_each)
    alive = servers - whole("lost", lost, 0, servers)
    return Cascade(alive if alive and at_most(load / alive, capacity) else 0)


def safe_utilization(servers: int, lost: int) -> SafeUtilization:
    """How busy servers may be so that the others carry the load of those that are lost.

    Rule: (servers - lost) / servers.
    Arguments: `servers` a whole number, 1 or more; `lost` a whole number from 0 to `servers`.
    Errors: ValueError outside these ranges.
    Source: [ulrich2016cascading].

    >>> safe_utilization(servers=12, lost=3)
    SafeUtilization(safe_utilization=0.75)
    """
    servers = whole("servers", servers, 1)
    return SafeUtilization((servers - whole("lost", lost, 0, servers)) / servers)


# Metastable outages

@dataclass(frozen=True)
class Metastable:
    """Requests offered and served in each tick, those of the last, and whether the service is itself again."""

    series: tuple[tuple[float, float], ...]
    final: tuple[float, float]
    recovers: bool


def simulate_metastable(
    load: Sequence[float], capacity: Sequence[float], retries: int, waste: float
) -> Metastable:
    """Whether a service comes back after a spike, when those who failed try again.

    Rule: in each tick the service is offered the new load and, for each retry left, those who failed in the tick
    before. Up to its capacity all succeed. Above it, capacity - waste * (offered - capacity) of them do, at least 0,
    the same share of new and old. `recovers` says whether the last tick is offered its new load alone, no retries,
    and serves all of it.
    Arguments: `load` (0 or more) and `capacity` (above 0) requests a tick, lists of one length; `retries` a whole
    number, 0 or more; `waste`, the capacity lost to each request too many, 0 or more.
    Errors: ValueError outside these ranges.
    Source: the recursion is this book's; the phenomenon [bronson2021metastable, huang2022metastable].

    >>> simulate_metastable(load=[80, 130, 80], capacity=[100, 100, 100], retries=1, waste=0.5)
    Metastable(series=((80.0, 80.0), (130.0, 85.0), (125.0, 87.5)), final=(125.0, 87.5), recovers=False)
    """
    loads = [non_negative(f"load[{i}]", new) for i, new in enumerate(items("load", load))]
    limits = [positive(f"capacity[{i}]", limit) for i, limit in enumerate(items("capacity", capacity))]
    if len(limits) != len(loads):
        raise ValueError(f"capacity must be a list with a value for each of {len(loads)} ticks; got {len(limits)}")
    retries, waste = whole("retries", retries, 0), non_negative("waste", waste)
    series: list[tuple[float, float]] = []
    failed: list[float] = []  # those who failed in the tick before, by the attempts they have made
    for new, limit in zip(loads, limits):
        groups = [new, *failed[:retries]]
        offered = sum(groups)
        served = offered if at_most(offered, limit) else max(0.0, limit - waste * (offered - limit))
        lost = 1 - served / offered if offered else 0.0
        failed = [group * lost for group in groups]
        series.append((offered, served))
    offered, served = series[-1]
    return Metastable(tuple(series), series[-1], recovers=same(offered, loads[-1]) and same(served, loads[-1]))
