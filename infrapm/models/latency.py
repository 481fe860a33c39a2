"""What percentiles may be combined, how fan-out makes the tail, what hedging buys, and where the time goes.

========================================  ==================================================================
Percentiles                               `percentiles`, `merge_hosts`, `log_bucket`
Fan-out                                   `any_slow`, `leaf_target`, `max_fanout`, `slowest_of_n`,
                                          `leaf_table`
Hedged requests                           `hedge_exponential`, `hedge_two_point`, `hedge_published`
Where the time goes                       `handshake`, `handshake_saving`, `min_rtt`, `mesh_overhead`,
                                          `stage_budget`
========================================  ==================================================================

A percentile is a fraction: 0.99 for the P99. "Slow" is slower than some limit; `p` is the share of requests that are.
Results beyond the largest float are infinite. Sources in square brackets are keys of the bibliography.
"""
import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from numbers import Real
from typing import Any

from infrapm.models._numeric import at_most, nearest_rank, round_down, round_up
from infrapm.models._validate import choice, flag, fraction, items, non_negative, number, positive, table, whole

__all__ = [
    "Percentiles", "MergedHosts", "LogBucket", "AnySlow", "LeafTarget", "MaxFanout", "Slowest", "LeafTable", "Hedge",
    "HedgePublished", "Handshake", "HandshakeSaving", "MinRtt", "MeshOverhead", "StageBudget",
    "percentiles", "merge_hosts", "log_bucket", "any_slow", "leaf_target", "max_fanout", "slowest_of_n", "leaf_table",
    "hedge_exponential", "hedge_two_point", "hedge_published",
    "handshake", "handshake_saving", "min_rtt", "mesh_overhead", "stage_budget",
]

# Percentiles

# A float counts to 9 * 10^15.
MOST_COUNTED = 10**15


@dataclass(frozen=True)
class Percentiles:
    """One percentile for each p, in the unit of the values."""

    result: tuple[float, ...]


@dataclass(frozen=True)
class MergedHosts:
    """A percentile of each host, their mean, that of all requests together, and the slowest of all requests."""

    per_host: tuple[float, ...]
    mean_of_hosts: float
    merged: float
    merged_max: float


@dataclass(frozen=True)
class LogBucket:
    """The bucket of a value, and the value that stands for all in the bucket."""

    bucket_index: int
    bucket_value: float


def percentiles(values: Sequence[float], p: Sequence[float], method: str = "nearest_rank") -> Percentiles:
    """The percentiles of measured values.

    Rule: of n sorted values, "nearest_rank" takes that of rank ceil(p n), the first for p = 0; "linear" goes to the
    place (n - 1) p, counted from 0, and interpolates between its neighbors (type 7 of Hyndman and Fan).
    Arguments: `values` a list of numbers, not empty; `p` a list of fractions from 0 to 1; `method` "nearest_rank" or
    "linear".
    Errors: ValueError outside these ranges.
    Source: [hyndman1996quantiles].

    >>> percentiles(values=[15, 20, 35, 40, 50], p=[0.4]).result
    (20.0,)
    >>> percentiles(values=[15, 20, 35, 40, 50], p=[0.4], method="linear").result
    (29.0,)
    """
    ordered = sorted(number(f"values[{i}]", value) for i, value in enumerate(items("values", values)))
    of = nearest_rank if choice("method", method, ("nearest_rank", "linear")) == "nearest_rank" else _linear
    return Percentiles(tuple(of(ordered, fraction(f"p[{i}]", share)) for i, share in enumerate(items("p", p))))


def _linear(ordered: list[float], p: float) -> float:
    place = (len(ordered) - 1) * p
    below = int(place)
    share = place - below
    if share == 0:
        return ordered[below]
    return (1 - share) * ordered[below] + share * ordered[below + 1]


def merge_hosts(hosts: Sequence[Sequence[Any]], p: float) -> MergedHosts:
    """The percentile of all hosts together, beside the mean of their percentiles, which is not it.

    Rule: nearest rank, as in `percentiles`. Histograms with the same buckets may be merged by adding their counts;
    percentiles may not be averaged.
    Arguments: `hosts` a list with a list for each host: of numbers, or of [value, count] with counts from 0 to
    10^15, and at least one value; `p` from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: [masson2019ddsketch].

    >>> merge_hosts(hosts=[[[10, 990_000]], [[1000, 10_001]]], p=0.99)
    MergedHosts(per_host=(10.0, 1000.0), mean_of_hosts=505.0, merged=1000.0, merged_max=1000.0)
    """
    p = fraction("p", p)
    counted = [_counted(f"hosts[{i}]", host) for i, host in enumerate(items("hosts", hosts))]
    everything = sorted(pair for host in counted for pair in host)
    per_host = tuple(_weighted_rank(sorted(host), p) for host in counted)
    return MergedHosts(
        per_host=per_host,
        mean_of_hosts=math.fsum(value / len(per_host) for value in per_host),
        merged=_weighted_rank(everything, p),
        merged_max=everything[-1][0],
    )


def _counted(name: str, host: Any) -> list[tuple[float, int]]:
    """The values of a host with their counts, without those that occur 0 times."""
    found = []
    for i, member in enumerate(items(name, host)):
        if isinstance(member, Real):
            found.append((number(f"{name}[{i}]", member), 1))
            continue
        pair = items(f"{name}[{i}]", member)
        if len(pair) != 2:
            raise ValueError(f"{name}[{i}] must be a number, or a value and a count; got {len(pair)} members")
        found.append((number(f"{name}[{i}][0]", pair[0]), whole(f"{name}[{i}][1]", pair[1], 0, MOST_COUNTED)))
    found = [pair for pair in found if pair[1]]
    if not found:
        raise ValueError(f"{name} must be a list that counts at least one value; got counts of 0")
    return found


def _weighted_rank(ordered: list[tuple[float, int]], p: float) -> float:
    """As `nearest_rank`, for sorted values that occur more than once."""
    up_to = list(accumulate(count for _, count in ordered))
    rank = min(max(1, round_up(p * up_to[-1])), up_to[-1])
    return ordered[bisect_left(up_to, rank)][0]


def log_bucket(value: float, relative_accuracy: float) -> LogBucket:
    """The bucket in which a logarithmic histogram counts a value, and what it later reports for it.

    Rule: gamma = (1 + a) / (1 - a) for the relative accuracy a; the bucket ceil(log_gamma(value)), whose values are
    reported as 2 gamma^i / (gamma + 1), at most a share a off. Histograms with equal gamma merge by adding counts.
    Arguments: `value` above 0; `relative_accuracy` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: [masson2019ddsketch].

    >>> bucket = log_bucket(value=1000, relative_accuracy=0.01)
    >>> bucket.bucket_index, round(bucket.bucket_value, 2)
    (346, 1002.43)
    """
    value, accuracy = positive("value", value), fraction("relative_accuracy", relative_accuracy, zero=False, one=False)
    log_gamma = math.log1p(accuracy) - math.log1p(-accuracy)
    place = number("log(value) / log(gamma), which relative_accuracy makes large,", math.log(value) / log_gamma)
    index = round_up(place)
    # 2 / (gamma + 1) is 1 - a. As a factor of the value, the power is never beyond a float.
    return LogBucket(index, value * math.exp(index * log_gamma - math.log(value) + math.log1p(-accuracy)))


# Fan-out

@dataclass(frozen=True)
class AnySlow:
    """The chance that a request that waits for all its leaves is slow."""

    p_any_slow: float


@dataclass(frozen=True)
class LeafTarget:
    """The share of slow answers that each leaf may have."""

    leaf_p: float


@dataclass(frozen=True)
class MaxFanout:
    """The largest number of leaves that a request may wait for."""

    max_n: int


@dataclass(frozen=True)
class Slowest:
    """A quantile of the time of the slowest leaf, in milliseconds."""

    quantile_ms: float


@dataclass(frozen=True)
class LeafTable:
    """A measured service: P50, P95 and P99 of one leaf, of the fastest 95% of the leaves, and of all of them."""

    one_leaf_ms: tuple[int, ...]
    p95_of_leaves_ms: tuple[int, ...]
    all_leaves_ms: tuple[int, ...]
    ratio_all_vs_one_p99: float
    share_of_p99_from_slowest_5pct: float


def any_slow(p: float, n: int) -> AnySlow:
    """The chance that at least one of n leaves is slow, and with it the request that waits for all of them.

    Rule: 1 - (1 - p)^n, for leaves that are slow independently.
    Arguments: `p` the share of slow answers of a leaf, from 0 to 1; `n` a whole number, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [dean2013tail].

    >>> round(any_slow(p=0.01, n=100).p_any_slow, 3)
    0.634
    """
    p, n = fraction("p", p), whole("n", n, 0)
    return AnySlow(_any_of(p, n))


def _any_of(p: float, n: int) -> float:
    """1 - (1 - p)^n, with all its digits for small p."""
    if p == 1:
        return 1.0 if n else 0.0
    return -math.expm1(n * math.log1p(-p))


def leaf_target(root_p: float, n: int) -> LeafTarget:
    """How rarely each of n leaves may be slow so that the request is slow at most with a given chance.

    Rule: leaf_p = 1 - (1 - root_p)^(1/n), the inverse of `any_slow`.
    Arguments: `root_p` above 0 and below 1; `n` a whole number, 1 or more.
    Errors: ValueError outside these ranges.
    Source: [dean2013tail].

    >>> round(leaf_target(root_p=0.01, n=100).leaf_p, 7)
    0.0001005
    """
    root_p, n = fraction("root_p", root_p, zero=False, one=False), whole("n", n, 1)
    return LeafTarget(-math.expm1(math.log1p(-root_p) / n))


def max_fanout(p: float, root_p: float) -> MaxFanout:
    """How many leaves a request may wait for before it is slow more often than it may be.

    Rule: log(1 - root_p) / log(1 - p), rounded down.
    Arguments: `p` of a leaf and `root_p` of the request, above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: [dean2013tail].

    >>> max_fanout(p=0.005, root_p=0.1)
    MaxFanout(max_n=21)
    """
    p, root_p = (fraction(name, share, zero=False, one=False) for name, share in (("p", p), ("root_p", root_p)))
    return MaxFanout(round_down(number("log(1 - root_p) / log(1 - p)", math.log1p(-root_p) / math.log1p(-p))))


def slowest_of_n(mean_ms: float, n: int, q: float) -> Slowest:
    """A quantile of the slowest of n leaves whose times are exponential.

    Rule: the slowest is within t where all are, so its q-quantile is the q^(1/n)-quantile of one leaf:
    -mean * log(1 - q^(1/n)).
    Arguments: `mean_ms` of one leaf, above 0; `n` a whole number, 1 or more; `q` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: [dean2013tail] for the idea; the quantile of a maximum is arithmetic.

    >>> round(slowest_of_n(mean_ms=10, n=100, q=0.5).quantile_ms, 1)
    49.8
    """
    mean, n = positive("mean_ms", mean_ms), whole("n", n, 1)
    log_q = math.log(fraction("q", q, zero=False, one=False))
    log_share = log_q / n
    if log_share < -math.log(2):
        in_means = -math.log1p(-math.exp(log_share))
    else:
        # log(1 - e^x) = log(-x) + log((e^x - 1) / x), which keeps its digits for x next to 0.
        in_means = math.log(n) - math.log(-log_q) - math.log(math.expm1(log_share) / log_share if log_share else 1)
    return Slowest(mean * in_means)


def leaf_table() -> LeafTable:
    """What waiting for all leaves cost a real service: its measured percentiles, in milliseconds, as published.

    Rule: the last two fields are computed from the table: P99 of all leaves over that of one, and the share of it
    that the slowest 5% of the leaves add.
    Source: [dean2013tail], Table 1.

    >>> table = leaf_table()
    >>> table.all_leaves_ms, table.share_of_p99_from_slowest_5pct
    ((40, 87, 140), 0.5)
    """
    one, most, everything = (1, 5, 10), (12, 32, 70), (40, 87, 140)
    return LeafTable(one, most, everything, ratio_all_vs_one_p99=everything[-1] / one[-1],
                     share_of_p99_from_slowest_5pct=(everything[-1] - most[-1]) / everything[-1])


# Hedged requests

@dataclass(frozen=True)
class Hedge:
    """What a second, late request does to the tail, and the share of requests that send one."""

    p_slower: float
    p_slower_unhedged: float
    extra_load: float
    root_p_slower: float
    root_p_slower_unhedged: float


@dataclass(frozen=True)
class HedgePublished:
    """A published measurement; times in milliseconds, extra requests as a share."""

    p999_before_ms: int
    p999_after_ms: int
    extra_requests: float
    hedge_delay_ms: int


def hedge_exponential(
    mean_ms: float, hedge_after_ms: float, t_ms: float, fanout: int = 1, independent: bool = True
) -> Hedge:
    """What hedging does where the times of a leaf are exponential: a bad case, since its tail is light.

    Rule: with S(t) the chance that a leaf is slower than t and d the delay, a hedged leaf is slower with S(t) for
    t < d and S(t) S(t - d) from d on; a share S(d) of requests is sent twice. A request that waits for `fanout`
    leaves is slower with 1 - (1 - S)^fanout. Here S(t) = exp(-t / mean).
    Arguments: `mean_ms` above 0; `hedge_after_ms` and `t_ms` 0 or more; `fanout` a whole number, 1 or more;
    `independent` False if slowness follows the request to the other replica, where a hedge only adds load.
    Errors: ValueError outside these ranges.
    Source: [dean2013tail] for the method.

    >>> hedge = hedge_exponential(mean_ms=10, hedge_after_ms=30, t_ms=60)
    >>> f"{hedge.p_slower:.6f} for {hedge.p_slower_unhedged:.6f}, extra load {hedge.extra_load:.2%}"
    '0.000123 for 0.002479, extra load 4.98%'
    """
    mean = positive("mean_ms", mean_ms)
    return _hedge(lambda t: math.exp(-t / mean), hedge_after_ms, t_ms, fanout, independent)


def hedge_two_point(
    fast_ms: float,
    slow_ms: float,
    slow_p: float,
    hedge_after_ms: float,
    t_ms: float,
    fanout: int = 1,
    independent: bool = True,
) -> Hedge:
    """What hedging does where a leaf is either fast or, now and then, slow: a pause, a busy neighbor.

    Rule: that of `hedge_exponential`, with S(t) = 1 before `fast_ms`, `slow_p` from there to `slow_ms`, and then 0.
    Arguments: `fast_ms` 0 or more; `slow_ms` at least `fast_ms`; `slow_p` from 0 to 1; the others as in
    `hedge_exponential`.
    Errors: ValueError outside these ranges.
    Source: [dean2013tail] for the method.

    >>> hedge = hedge_two_point(fast_ms=5, slow_ms=500, slow_p=0.01, hedge_after_ms=10, t_ms=20, fanout=100)
    >>> f"{hedge.root_p_slower_unhedged:.1%} to {hedge.root_p_slower:.1%}"
    '63.4% to 1.0%'
    """
    fast, slow, slow_p = non_negative("fast_ms", fast_ms), non_negative("slow_ms", slow_ms), fraction("slow_p", slow_p)
    if slow < fast:
        raise ValueError(f"slow_ms must be a number, fast_ms or more; got {slow:g} with {fast:g}")

    def slower(t: float) -> float:
        return 0.0 if at_most(slow, t) else slow_p if at_most(fast, t) else 1.0

    return _hedge(slower, hedge_after_ms, t_ms, fanout, independent)


def _hedge(
    slower: Callable[[float], float], hedge_after_ms: float, t_ms: float, fanout: int, independent: bool
) -> Hedge:
    delay, t = non_negative("hedge_after_ms", hedge_after_ms), non_negative("t_ms", t_ms)
    fanout = whole("fanout", fanout, 1)
    unhedged = hedged = slower(t)
    if flag("independent", independent) and t >= delay:
        hedged *= slower(t - delay)
    return Hedge(
        p_slower=hedged,
        p_slower_unhedged=unhedged,
        extra_load=slower(delay),
        root_p_slower=_any_of(hedged, fanout),
        root_p_slower_unhedged=_any_of(unhedged, fanout),
    )


def hedge_published() -> HedgePublished:
    """What hedging did to a real store: reading 1,000 keys from 100 servers, with a hedge after 10 ms, as published.

    Source: [dean2013tail].

    >>> hedge_published()
    HedgePublished(p999_before_ms=1800, p999_after_ms=74, extra_requests=0.02, hedge_delay_ms=10)
    """
    return HedgePublished(p999_before_ms=1_800, p999_after_ms=74, extra_requests=0.02, hedge_delay_ms=10)


# Where the time goes

@dataclass(frozen=True)
class Handshake:
    """The round trips of TLS, and the time to the first byte without the server's own; in milliseconds."""

    handshake_ms: float
    first_byte_ms: float


@dataclass(frozen=True)
class HandshakeSaving:
    """The handshakes of two versions of TLS and what the second saves, in milliseconds; below 0 if it is slower."""

    before_ms: float
    after_ms: float
    saved_ms: float


@dataclass(frozen=True)
class MinRtt:
    """The shortest possible round trip, in milliseconds."""

    min_rtt_ms: float


@dataclass(frozen=True)
class MeshOverhead:
    """The time that a request spends in the proxies of a service mesh, in milliseconds."""

    mesh_ms: float


@dataclass(frozen=True)
class StageBudget:
    """The time of all stages, what the budget leaves (below 0 if nothing), and whether it is exceeded."""

    total_ms: float
    slack_ms: float
    over_budget: bool


ROUND_TRIPS = {"tls1.2": 2, "tls1.3": 1, "0rtt": 0}
# Light in glass fiber: two thirds of its speed in vacuum.
FIBER_KM_PER_S = 200_000


def handshake(rtt_ms: float, version: str, tcp: bool = True) -> Handshake:
    """How long a client waits before the server has done any work.

    Rule: a full handshake takes 2 round trips with TLS 1.2, 1 with TLS 1.3, and none for early data of a resumed TLS
    1.3 session ("0rtt"). The first byte takes 1 round trip more for TCP (if any) and 1 for the request.
    Arguments: `rtt_ms` 0 or more; `version` "tls1.2", "tls1.3" or "0rtt"; `tcp` False for QUIC, which needs no round
    trip of its own and has no TLS older than 1.3.
    Errors: ValueError outside these ranges, and for TLS 1.2 without TCP.
    Source: [rfc5246, rfc8446]; of QUIC [rfc9001], section 4.2.

    >>> handshake(rtt_ms=80, version="tls1.3")
    Handshake(handshake_ms=80.0, first_byte_ms=240.0)
    """
    rtt = non_negative("rtt_ms", rtt_ms)
    trips = ROUND_TRIPS[choice("version", version, ROUND_TRIPS)]
    if not flag("tcp", tcp) and version == "tls1.2":
        raise ValueError(f"version must be tls1.3 or 0rtt where tcp is False, as QUIC has it; got {version}")
    return Handshake(handshake_ms=trips * rtt, first_byte_ms=(tcp + trips + 1) * rtt)


def handshake_saving(rtt_ms: float, version_from: str, version_to: str) -> HandshakeSaving:
    """What another version of TLS saves on each new connection.

    Rule: the difference of the handshakes of `handshake`.
    Arguments: `rtt_ms` 0 or more; `version_from` and `version_to` "tls1.2", "tls1.3" or "0rtt".
    Errors: ValueError outside these ranges.
    Source: [rfc5246, rfc8446].

    >>> handshake_saving(rtt_ms=60, version_from="tls1.2", version_to="tls1.3").saved_ms
    60.0
    """
    rtt = non_negative("rtt_ms", rtt_ms)
    before, after = (
        ROUND_TRIPS[choice(name, version, ROUND_TRIPS)] * rtt
        for name, version in (("version_from", version_from), ("version_to", version_to))
    )
    return HandshakeSaving(before, after, saved_ms=before - after)


def min_rtt(distance_km: float) -> MinRtt:
    """The round trip that the speed of light in fiber allows; real cables are longer than the distance.

    Rule: 2 * distance / 200,000 km/s.
    Arguments: `distance_km` 0 or more.
    Errors: ValueError outside this range.
    Source: arithmetic; the speed is that of light in vacuum over a refractive index of about 1.5.

    >>> min_rtt(distance_km=5_570)
    MinRtt(min_rtt_ms=55.7)
    """
    return MinRtt(non_negative("distance_km", distance_km) / (FIBER_KM_PER_S / 2_000))


def mesh_overhead(hops: int, proxies_per_hop: int, proxy_ms: float) -> MeshOverhead:
    """What the proxies of a service mesh add to a request that crosses several services in turn.

    Rule: hops * proxies_per_hop * proxy_ms.
    Arguments: `hops` and `proxies_per_hop` whole numbers, 0 or more; `proxy_ms` for one pass, 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> mesh_overhead(hops=5, proxies_per_hop=2, proxy_ms=1.5)
    MeshOverhead(mesh_ms=15.0)
    """
    hops, proxies = whole("hops", hops, 0), whole("proxies_per_hop", proxies_per_hop, 0)
    return MeshOverhead(non_negative("proxy_ms", proxy_ms) * hops * proxies)


def stage_budget(stages_ms: Mapping[str, float], budget_ms: float) -> StageBudget:
    """Whether the stages of a request, one after the other, fit a latency budget.

    Rule: total = sum of the stages; slack = budget - total; over budget if the total is above it, where equal within
    a relative 1e-9 is not above.
    Arguments: `stages_ms` a mapping from names to milliseconds, each 0 or more, not empty; `budget_ms` 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> stage_budget(stages_ms={"network": 60, "service": 90, "store": 70}, budget_ms=200)
    StageBudget(total_ms=220.0, slack_ms=-20.0, over_budget=True)
    """
    budget = non_negative("budget_ms", budget_ms)
    stages = table("stages_ms", stages_ms)
    total = math.fsum(non_negative(f"stages_ms.{name}", time) for name, time in stages.items())
    return StageBudget(total, slack_ms=budget - total, over_budget=not at_most(total, budget))
