"""Where a request goes: which shard, which cache, which server; and how a change reaches every one of them.

====================  ======================================================================
Sharding              `ring_balance`, `moved_keys`, `simulate_join`
Cache                 `cache_latency`, `backend_load`, `zipf_hit_ratio`
Stampede              `herd_size`, `early_refresh`, `ttl_jitter`
Load balancing        `supermarket`, `simulate_supermarket`, `simulate_balls`, `round_robin`, `least_connections`
Spreading a change    `simulate_gossip`, `gossip_curve`, `pittel_rounds`, `rumor_residue`, `ttl_polling`
====================  ======================================================================

Hit ratios and fractions are from 0 to 1. Load-balancing times are in mean service times, so 1 is the service alone.
Results beyond the largest float are infinite.
"""
import heapq
import math
import random
import statistics
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from infrapm.models._numeric import RunningMean, root, share_error
from infrapm.models._validate import bounded, choice, fraction, items, non_negative, positive, whole

__all__ = [
    "RingBalance", "MovedKeys", "Join", "CacheLatency", "BackendLoad", "HitRatio", "Herd", "EarlyRefresh", "TtlJitter",
    "Supermarket", "SupermarketRun", "Balls", "RoundRobin", "LeastConnections", "Gossip", "PittelRounds", "GossipCurve",
    "RumorResidue", "TtlPolling",
    "ring_balance", "moved_keys", "simulate_join", "cache_latency", "backend_load", "zipf_hit_ratio", "herd_size",
    "early_refresh", "ttl_jitter", "supermarket", "simulate_supermarket", "simulate_balls", "round_robin",
    "least_connections", "simulate_gossip", "pittel_rounds", "gossip_curve", "rumor_residue", "ttl_polling",
]

# Sharding

@dataclass(frozen=True)
class RingBalance:
    """How unequal the nodes' shares of a hash ring are: standard deviation over mean."""

    cv_of_share: float


@dataclass(frozen=True)
class MovedKeys:
    """The share of keys that change their node, from 0 to 1."""

    moved_fraction: float


@dataclass(frozen=True)
class Join:
    """What a join moved in one simulated ring: the share of keys, its standard error, and keys that went to another
    than the new node; `trials` is the number of keys."""

    moved_fraction: float
    standard_error: float
    misplaced_keys: int
    trials: int


def ring_balance(nodes: int, vnodes: int) -> RingBalance:
    """How evenly consistent hashing spreads keys when each node holds several points of the ring.

    Rule: the points cut the ring at random, so a node's share is Beta(V, (N - 1) V) and its coefficient of variation
    sqrt((N - 1) / (N V + 1)).
    Arguments: `nodes` (N) and `vnodes` (V) a node, whole, 1 or more.
    Errors: ValueError outside these ranges.
    Source: [karger1997consistent].

    >>> round(ring_balance(nodes=10, vnodes=100).cv_of_share, 4)
    0.0948
    """
    nodes, vnodes = whole("nodes", nodes, 1), whole("vnodes", vnodes, 1)
    return RingBalance(math.sqrt((nodes - 1) / (nodes * vnodes + 1)))


def moved_keys(nodes_from: int, nodes_to: int, scheme: str) -> MovedKeys:
    """The share of keys that move when the number of nodes changes.

    Rule: modulo, hash mod N, keeps min / lcm of the keys where they are; consistent hashing moves only the keys of
    the nodes that come or go, |from - to| / max.
    Arguments: `nodes_from` and `nodes_to` whole, 1 or more; `scheme` modulo or consistent.
    Errors: ValueError outside these ranges.
    Source: [karger1997consistent].

    >>> moved_keys(4, 5, "modulo").moved_fraction, moved_keys(4, 5, "consistent").moved_fraction
    (0.8, 0.2)
    """
    before, after = whole("nodes_from", nodes_from, 1), whole("nodes_to", nodes_to, 1)
    if choice("scheme", scheme, ("modulo", "consistent")) == "consistent":
        return MovedKeys(abs(before - after) / max(before, after))
    common = math.lcm(before, after)
    return MovedKeys((common - min(before, after)) / common)


def simulate_join(nodes: int, vnodes: int = 100, keys: int = 10_000, seed: int = 1) -> Join:
    """What moves when one more node joins a simulated hash ring.

    Rule: points and keys fall on the ring at random; a key belongs to the next point clockwise. The standard error is
    that of counting keys on this one ring; how much rings differ is the coefficient of variation of `ring_balance`.
    Arguments: `nodes` before the join, `vnodes` a node and `keys` whole, 1 or more; `seed` whole, 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million nodes * vnodes or keys.
    Source: [karger1997consistent].

    >>> simulate_join(nodes=4, keys=1000).misplaced_keys
    0
    """
    nodes, vnodes, keys = whole("nodes", nodes, 1), whole("vnodes", vnodes, 1), whole("keys", keys, 1)
    bounded(nodes=nodes, vnodes=vnodes)
    bounded(keys=keys)
    source = random.Random(whole("seed", seed, 0))
    ring = sorted((source.random(), node) for node in range(nodes + 1) for _ in range(vnodes))
    old_ring = [(point, node) for point, node in ring if node < nodes]
    points, old_points = [point for point, _ in ring], [point for point, _ in old_ring]
    moved = misplaced = 0
    for _ in range(keys):
        key = source.random()
        before = old_ring[bisect_left(old_points, key) % len(old_ring)][1]
        after = ring[bisect_left(points, key) % len(ring)][1]
        moved += before != after
        misplaced += before != after and after != nodes
    return Join(moved / keys, share_error(moved / keys, keys), misplaced, keys)


# Cache

@dataclass(frozen=True)
class CacheLatency:
    """The mean latency of a request, in ms."""

    mean_ms: float


@dataclass(frozen=True)
class BackendLoad:
    """Requests a second that pass the cache before and after, and their ratio; None if there were none before."""

    backend_before_rps: float
    backend_after_rps: float
    backend_ratio: float | None


@dataclass(frozen=True)
class HitRatio:
    """The share of requests that a cache answers, from 0 to 1."""

    hit_ratio: float


def cache_latency(hit_ratio: float, hit_ms: float, miss_ms: float) -> CacheLatency:
    """The mean latency behind a cache.

    Rule: h hit + (1 - h) miss.
    Arguments: `hit_ratio` (h) from 0 to 1; `hit_ms` and `miss_ms` 0 or more, each the whole latency of such a request.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(cache_latency(hit_ratio=0.95, hit_ms=1, miss_ms=50).mean_ms, 2)
    3.45
    """
    hit = fraction("hit_ratio", hit_ratio)
    return CacheLatency(hit * non_negative("hit_ms", hit_ms) + (1 - hit) * non_negative("miss_ms", miss_ms))


def backend_load(hit_before: float, hit_after: float, rps: float) -> BackendLoad:
    """What a change of the hit ratio does to the load behind the cache. Five points fewer can double it.

    Rule: (1 - h) rps before and after; their ratio.
    Results: `backend_ratio` is None if nothing passed before.
    Arguments: `hit_before` and `hit_after` from 0 to 1; `rps` 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(backend_load(hit_before=0.95, hit_after=0.9, rps=10_000).backend_ratio, 6)
    2.0
    """
    before = 1 - fraction("hit_before", hit_before)
    after = 1 - fraction("hit_after", hit_after)
    rps = non_negative("rps", rps)
    return BackendLoad(before * rps, after * rps, after / before if before else None)


def zipf_hit_ratio(items: int, zipf_s: float, cache_items: int, policy: str = "lru") -> HitRatio:
    """How often a cache answers when some items are far more popular than others.

    Rule: item i is asked for with chance proportional to i^-s. LFU keeps the most popular. LRU by Che's
    approximation: with T from sum(1 - e^(-p T)) = cache size, an item is found with chance 1 - e^(-p T).
    Arguments: `items` whole, 1 or more, all of one size; `zipf_s` 0 (all alike) or more; `cache_items` whole, from 0
    to items; `policy` lru or lfu. About 1,000 items take 5 ms, 10,000 take 60 ms.
    Errors: ValueError outside these ranges, and for more than 10 million items.
    Source: [che2002hierarchical]; [fricker2012versatile]; popularity by rank: [breslau1999zipf].

    >>> round(zipf_hit_ratio(items=1000, zipf_s=1, cache_items=200).hit_ratio, 3)
    0.697
    """
    count = whole("items", items, 1)
    bounded(items=count)
    zipf_s, size = non_negative("zipf_s", zipf_s), whole("cache_items", cache_items, 0, count)
    policy = choice("policy", policy, ("lru", "lfu"))
    if size in (0, count):
        return HitRatio(float(size == count))
    weights = [math.exp(-zipf_s * math.log(i)) for i in range(1, count + 1)]
    total = math.fsum(weights)
    asked = [weight / total for weight in weights if weight > 1e-290]  # the others are never asked for
    if policy == "lfu" or size >= len(asked):
        return HitRatio(min(1.0, math.fsum(asked[:size])))

    def found(log_t: float) -> float:
        t = math.exp(log_t)
        return math.fsum(-math.expm1(-p * t) for p in asked) - size

    # At T = size at most `size` items are in the cache on average; at 800 / (smallest p), all are.
    t = math.exp(root(found, math.log(size), math.log(800) - math.log(asked[-1])))
    return HitRatio(math.fsum(p * -math.expm1(-p * t) for p in asked))


# Stampede

@dataclass(frozen=True)
class Herd:
    """How many recomputations of one key run at once, without and with a single flight."""

    concurrent_recomputes: float
    with_single_flight: int


@dataclass(frozen=True)
class EarlyRefresh:
    """The chance that a request refreshes a key before it expires."""

    p_early: float


@dataclass(frozen=True)
class TtlJitter:
    """Keys that expire at once without jitter, and expiries a second with it; None without jitter."""

    peak_without_jitter: int
    mean_expiries_per_s: float | None


def herd_size(rps: float, recompute_s: float) -> Herd:
    """How many requests recompute one hot key at the same time once it has expired.

    Rule: until the first recomputation is done, every request misses: rps * recompute_s. A single flight lets one
    recompute and the others wait.
    Arguments: `rps` for this key and `recompute_s`, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [vattani2015stampede].

    >>> herd_size(rps=800, recompute_s=2.5)
    Herd(concurrent_recomputes=2000.0, with_single_flight=1)
    """
    return Herd(non_negative("rps", rps) * non_negative("recompute_s", recompute_s), 1)


def early_refresh(delta_s: float, beta: float, gap_s: float) -> EarlyRefresh:
    """How likely one request refreshes a key ahead of its expiry, so that not all do at once (XFetch).

    Rule: refresh if now - delta beta ln(U) >= expiry, with U uniform: exp(-gap / (delta beta)).
    Arguments: `delta_s` how long a recomputation takes, above 0; `beta` above 0, 1 as published, more is earlier;
    `gap_s` from now to the expiry, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [vattani2015stampede].

    >>> round(early_refresh(delta_s=1, beta=1, gap_s=2).p_early, 3)
    0.135
    """
    gap = non_negative("gap_s", gap_s)
    return EarlyRefresh(math.exp(-(gap / positive("delta_s", delta_s) / positive("beta", beta))))


def ttl_jitter(keys: int, ttl_s: float, jitter_fraction: float) -> TtlJitter:
    """How far jitter spreads the expiries of keys that were filled together.

    Rule: without jitter all expire at once; with it, evenly over ttl * jitter seconds.
    Results: `mean_expiries_per_s` is None without jitter.
    Arguments: `keys` whole, 1 or more; `ttl_s` above 0; `jitter_fraction` of the TTL, from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic; [vattani2015stampede] for the problem.

    >>> round(ttl_jitter(keys=500, ttl_s=600, jitter_fraction=0.2).mean_expiries_per_s, 2)
    4.17
    """
    keys, ttl_s = whole("keys", keys, 1), positive("ttl_s", ttl_s)
    jitter = fraction("jitter_fraction", jitter_fraction)
    return TtlJitter(keys, keys / ttl_s / jitter if jitter else None)


# Load balancing

@dataclass(frozen=True)
class Supermarket:
    """Whether many queues keep up, and the mean response in mean service times; infinite if they do not."""

    stable: bool
    mean_response_services: float


@dataclass(frozen=True)
class SupermarketRun:
    """The mean response of simulated customers, in mean service times, and its standard error; infinite if unstable.

    `trials` is the number of customers.
    """

    mean_response_services: float
    standard_error_services: float
    trials: int


@dataclass(frozen=True)
class Balls:
    """The load of the fullest bin, the median of several trials, and its standard error."""

    median_max_load: float
    standard_error: float
    trials: int


@dataclass(frozen=True)
class RoundRobin:
    """Requests a server."""

    counts: tuple[int, ...]


@dataclass(frozen=True)
class LeastConnections:
    """The server that gets the next request, counted from 0."""

    chosen: int


def supermarket(utilization: float, choices: int) -> Supermarket:
    """The mean response when each customer looks at a few random queues of very many and joins the shortest.

    Rule: sum over i >= 1 of lambda^((d^i - d) / (d - 1)); for d = 1, 1 / (1 - lambda). Poisson arrivals, exponential
    service.
    Results: from a utilization of 1 on, `stable` is False and the mean infinite.
    Arguments: `utilization` (lambda) 0 or more; `choices` (d) whole, 1 or more.
    Errors: ValueError outside these ranges.
    Source: [mitzenmacher2001power].

    >>> round(supermarket(utilization=0.9, choices=2).mean_response_services, 3)
    2.614
    """
    load, choices = non_negative("utilization", utilization), whole("choices", choices, 1)
    if load >= 1:
        return Supermarket(False, math.inf)
    if choices == 1:
        return Supermarket(True, 1 / (1 - load))
    terms, exponent, power = [1.0], 0.0, 1.0
    while terms[-1] > 1e-18:
        power *= choices
        exponent += power
        terms.append(load**exponent)
    return Supermarket(True, math.fsum(terms))


def simulate_supermarket(
    utilization: float, choices: int, queues: int = 100, customers: int = 200_000, seed: int = 1
) -> SupermarketRun:
    """The same by simulation, for a given number of queues.

    Rule: each customer draws `choices` queues at random, a queue perhaps twice, and joins the one with the fewest
    customers, the first drawn among equals. The first fifth of the customers, who find the queues still filling, do
    not count. The standard error is that of 20 batches, since customers next to each other fare alike.
    Results: from a utilization of 1 on both are infinite; at 0 the mean is 1, the service alone.
    Arguments: `utilization` 0 or more; `choices` and `queues` whole, 1 or more; `customers` whole, 100 or more;
    `seed` whole, 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million queues or customers * choices.
    Source: [mitzenmacher2001power].

    >>> simulate_supermarket(utilization=0.9, choices=2, customers=20_000).mean_response_services < 4
    True
    """
    load, choices = non_negative("utilization", utilization), whole("choices", choices, 1)
    queues, customers = whole("queues", queues, 1), whole("customers", customers, 100)
    bounded(queues=queues)
    bounded(customers=customers, choices=choices)
    source = random.Random(whole("seed", seed, 0))
    if load >= 1:
        return SupermarketRun(math.inf, math.inf, customers)
    if load == 0:
        return SupermarketRun(1.0, 0.0, customers)
    draw, log = source.random, math.log
    lengths, free_at = [0] * queues, [0.0] * queues
    departures: list[tuple[float, int]] = []
    warm = customers // 5
    batch = (customers - warm) / 20
    sums, counts = [0.0] * 20, [0] * 20
    now, between = 0.0, min(1 / load / queues, 1e300 / customers)  # mean service times from one arrival to the next
    for customer in range(customers):
        now -= log(1.0 - draw()) * between
        while departures and departures[0][0] <= now:
            lengths[heapq.heappop(departures)[1]] -= 1
        chosen = int(draw() * queues)
        for _ in range(choices - 1):
            other = int(draw() * queues)
            if lengths[other] < lengths[chosen]:
                chosen = other
        lengths[chosen] += 1
        response = max(0.0, free_at[chosen] - now) - log(1.0 - draw())
        free_at[chosen] = now + response
        heapq.heappush(departures, (now + response, chosen))
        if customer >= warm:
            place = int((customer - warm) / batch)
            sums[place] += response
            counts[place] += 1
    means = RunningMean()
    for total, count in zip(sums, counts):
        means.add(total / count)
    return SupermarketRun(math.fsum(sums) / sum(counts), means.standard_error, customers)


def simulate_balls(balls: int, bins: int, choices: int, trials: int = 25, seed: int = 1) -> Balls:
    """How full the fullest of many bins gets when each ball goes to the emptiest of a few random ones.

    Rule: each ball draws `choices` bins at random, a bin perhaps twice; the median over trials of the largest load.
    The standard error is half the distance between the loads one standard error of their rank, sqrt(trials) / 2, below
    and above the median; loads are whole, so it is often 0.
    Arguments: `balls` whole, 0 or more; `bins`, `choices` and `trials` whole, 1 or more; `seed` whole, 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million bins * trials or draws of a bin.
    Source: [azar1999balanced].

    >>> simulate_balls(balls=1000, bins=1000, choices=2, trials=5).median_max_load
    3
    """
    balls, bins, choices = whole("balls", balls, 0), whole("bins", bins, 1), whole("choices", choices, 1)
    trials, source = whole("trials", trials, 1), random.Random(whole("seed", seed, 0))
    bounded(bins=bins, trials=trials)
    bounded(balls=balls, choices=choices, trials=trials)
    draw, fullest = source.random, []
    for _ in range(trials):
        loads = [0] * bins
        for _ in range(balls):
            chosen = int(draw() * bins)
            for _ in range(choices - 1):
                other = int(draw() * bins)
                if loads[other] < loads[chosen]:
                    chosen = other
            loads[chosen] += 1
        fullest.append(max(loads))
    fullest.sort()
    off = math.ceil(math.sqrt(trials) / 2)
    low, high = fullest[max(0, (trials - 1) // 2 - off)], fullest[min(trials // 2 + off, trials - 1)]
    return Balls(statistics.median(fullest), (high - low) / 2, trials)


def round_robin(servers: int, requests: int) -> RoundRobin:
    """How many requests each server gets in turn.

    Rule: request i goes to server i mod n.
    Arguments: `servers` whole, 1 or more; `requests` whole, 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million servers.
    Source: definition.

    >>> round_robin(servers=3, requests=8).counts
    (3, 3, 2)
    """
    servers = whole("servers", servers, 1)
    bounded(servers=servers)
    each, more = divmod(whole("requests", requests, 0), servers)
    return RoundRobin(tuple(each + (server < more) for server in range(servers)))


def least_connections(active: Sequence[int]) -> LeastConnections:
    """Which server gets the next request when the least busy one does.

    Rule: the fewest active connections; among equals the first.
    Arguments: `active` connections a server, whole, 0 or more.
    Errors: ValueError outside these ranges.
    Source: definition.

    >>> least_connections(active=[4, 2, 2]).chosen
    1
    """
    counts = [whole(f"active[{i}]", count, 0) for i, count in enumerate(items("active", active))]
    return LeastConnections(counts.index(min(counts)))


# Spreading a change

@dataclass(frozen=True)
class Gossip:
    """Rounds until every node knows, the mean of several trials, and its standard error; None of one trial."""

    mean_rounds: float
    standard_error: float | None
    trials: int


@dataclass(frozen=True)
class PittelRounds:
    """Rounds of push gossip for large n, but for a constant."""

    pittel_rounds: float


@dataclass(frozen=True)
class GossipCurve:
    """The expected share of nodes that know after some rounds, from 0 to 1."""

    infected_fraction: float


@dataclass(frozen=True)
class RumorResidue:
    """The share of nodes that a rumor never reaches."""

    residue: float


@dataclass(frozen=True)
class TtlPolling:
    """How old a polled value is on average and at most, and the share of clients that have a change by now."""

    mean_staleness_s: float
    max_staleness_s: float
    fraction_updated: float


def simulate_gossip(nodes: int, mode: str, trials: int = 60, seed: int = 1) -> Gossip:
    """How many rounds gossip takes to reach every node.

    Rule: in a round each node picks one other at random, and all act on what was known as the round began. push: who
    knows tells the other. pull: who does not know asks the other. push-pull: both.
    Arguments: `nodes` whole, 1 or more; `mode` push, pull or push-pull; `trials` whole, 1 or more; `seed` whole, 0 or
    more.
    Errors: ValueError outside these ranges, and for more than 10 million nodes * trials.
    Source: [demers1987epidemic].

    >>> simulate_gossip(nodes=2, mode="push").mean_rounds
    1.0
    """
    nodes, trials = whole("nodes", nodes, 1), whole("trials", trials, 1)
    bounded(nodes=nodes, trials=trials)
    push = choice("mode", mode, ("push", "pull", "push-pull")) != "pull"
    pull = mode != "push"
    source = random.Random(whole("seed", seed, 0))
    draw, rounds_seen = source.random, RunningMean()
    for _ in range(trials):
        knows = [True] + [False] * (nodes - 1)
        known, rounds = 1, 0
        while known < nodes:
            told = set()
            for node, informed in enumerate(knows):
                if push if informed else pull:
                    other = int(draw() * (nodes - 1))
                    other += other >= node
                    if knows[other] is not informed:
                        told.add(other if informed else node)
            for node in told:
                knows[node] = True
            known += len(told)
            rounds += 1
        rounds_seen.add(rounds)
    return Gossip(rounds_seen.mean, rounds_seen.standard_error, trials)


def pittel_rounds(nodes: int) -> PittelRounds:
    """About how many rounds push gossip takes among many nodes.

    Rule: log2 n + ln n, up to a constant.
    Arguments: `nodes` whole, 2 or more.
    Errors: ValueError outside this range.
    Source: [pittel1987rumor].

    >>> round(pittel_rounds(nodes=1000).pittel_rounds, 1)
    16.9
    """
    nodes = whole("nodes", nodes, 2)
    return PittelRounds(math.log2(nodes) + math.log(nodes))


def gossip_curve(nodes: int, rounds: int) -> GossipCurve:
    """The share of nodes that push gossip has reached after some rounds, on average and for many nodes.

    Rule: from s = 1/n, each round s' = 1 - (1 - s) (1 - 1/n)^(n s).
    Arguments: `nodes` whole, 1 or more; `rounds` whole, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [demers1987epidemic].

    >>> round(gossip_curve(nodes=1000, rounds=10).infected_fraction, 2)
    0.56
    """
    nodes, rounds = whole("nodes", nodes, 1), whole("rounds", rounds, 0)
    missed = math.log1p(-1 / nodes) * nodes if nodes > 1 else -math.inf
    aware, unaware = 1 / nodes, (nodes - 1) / nodes  # both, so that neither loses its digits
    for _ in range(rounds):
        if not unaware:
            break
        aware, unaware = aware + unaware * -math.expm1(missed * aware), unaware * math.exp(missed * aware)
    return GossipCurve(min(1.0, aware))


def rumor_residue(k: int) -> RumorResidue:
    """The share of nodes that a rumor misses when tellers tire.

    Rule: a teller stops with chance 1/k when it meets someone who knows. The residue s is the root below 1 of
    s = e^(-(k + 1) (1 - s)).
    Arguments: `k` whole, 1 or more.
    Errors: ValueError outside this range.
    Source: [demers1987epidemic].

    >>> round(rumor_residue(k=2).residue, 3)
    0.06
    """
    rate = whole("k", k, 1) + 1
    # s - e^(-rate (1 - s)) is below 0 at 0 and highest, above 0, at 1 - ln(rate) / rate: the root lies between.
    return RumorResidue(root(lambda s: s - math.exp(-rate * (1 - s)), 0.0, 1 - math.log(rate) / rate))


def ttl_polling(ttl_s: float, t_s: float) -> TtlPolling:
    """How stale clients are that fetch a value again when its TTL has passed, and how many have a change by now.

    Rule: clients refresh at moments spread evenly over the TTL: mean age TTL / 2, at most TTL; after t seconds
    t / TTL of them have fetched, at most all. A rollback takes as long.
    Arguments: `ttl_s` above 0; `t_s` since the change, 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> ttl_polling(ttl_s=300, t_s=60)
    TtlPolling(mean_staleness_s=150.0, max_staleness_s=300.0, fraction_updated=0.2)
    """
    ttl, t = positive("ttl_s", ttl_s), non_negative("t_s", t_s)
    return TtlPolling(ttl / 2, ttl, min(1.0, t / ttl))
