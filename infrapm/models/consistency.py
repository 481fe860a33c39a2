"""What a reader may see of a replicated write, what that costs, and what is left after a partition or a loss.

==========================  ================================================================================
Partition and latency       `quorum_partition`, `quorum_latency`, `match_options`, `pacelc_labels`
Staleness in versions       `quorum_freshness`, `monotonic_reads`
Staleness in time (PBS)     `simulate_pbs`, `pbs_front`, `pbs_fit`, `pbs_first_crossing`
Majorities                  `majority`, `members_for`, `quorum_availability`, `commit_latency`
Copies and recovery         `async_loss`, `sync_replication`, `backup_rpo`, `recovery_time`
==========================  ================================================================================

`N` is the number of replicas. A read waits for the first `R` answers and a write for the first `W`, each from 1 to N.
R + W > N makes every read quorum meet every write quorum: **overlap**. It is not linearizability. While writes are
under way, with sloppy quorums, or after a write that failed halfway, a reader may still see old or undecided values.
Results beyond the largest float are infinite.
"""
import functools
import itertools
import math
import random
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, NamedTuple

from infrapm.models._numeric import at_most, binomial_tail, nearest_rank, round_down, share_error
from infrapm.models._validate import (
    between,
    bounded,
    choice,
    fraction,
    items,
    non_negative,
    number,
    positive,
    table,
    whole,
)
from infrapm.models.availability import composite_availability

__all__ = [
    "Side", "Partition", "QuorumLatency", "Match", "PacelcLabels", "Freshness", "MonotonicReads", "Leg", "PbsFit",
    "Pbs", "PbsChoice", "PbsFront", "PbsFirstCrossing", "Majority", "Members", "QuorumAvailability", "CommitLatency",
    "AsyncLoss", "SyncReplication", "BackupRpo", "RecoveryTime",
    "quorum_partition", "quorum_latency", "match_options", "pacelc_labels", "quorum_freshness", "monotonic_reads",
    "pbs_fit", "simulate_pbs", "pbs_front", "pbs_first_crossing", "majority", "members_for", "quorum_availability",
    "commit_latency", "async_loss", "sync_replication", "backup_rpo", "recovery_time",
]

# Partition and latency

@dataclass(frozen=True)
class Side:
    """Whether one side of a partition can complete a read and a write."""

    read: bool
    write: bool


@dataclass(frozen=True)
class Partition:
    """Whether quorums overlap, whether two writes always meet, and what each side of a partition still serves."""

    overlap: bool
    write_majority: bool
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class QuorumLatency:
    """How long a read and a write wait for their quorums, in ms."""

    read_latency_ms: float
    write_latency_ms: float


@dataclass(frozen=True)
class Match:
    """The options that meet every requirement, and for each other one the columns in which it does not."""

    feasible: tuple[str, ...]
    violated: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class PacelcLabels:
    """PACELC labels, one for each system asked about."""

    labels: tuple[str, ...]


def quorum_partition(N: int, R: int, W: int, partition: Sequence[int]) -> Partition:
    """Which side of a partition still serves reads and writes.

    Rule: a side reads if it has R replicas or more, and writes if it has W or more. overlap = R + W > N;
    write_majority = W > N / 2, so that no two sides can both write.
    Arguments: `N` whole, 1 or more; `R` and `W` from 1 to N; `partition` the number of replicas on each side, 0 or
    more, which sum to N.
    Errors: ValueError outside these ranges.
    Source: [gilbert2002brewer].

    >>> quorum_partition(N=4, R=2, W=3, partition=[2, 2]).sides
    (Side(read=True, write=False), Side(read=True, write=False))
    """
    N, R, W = _quorums(N, R, W)
    sizes = [whole(f"partition[{i}]", size, 0) for i, size in enumerate(items("partition", partition))]
    if sum(sizes) != N:
        raise ValueError(f"partition must be sizes that sum to N, {N}; got {sizes}, which sum to {sum(sizes)}")
    return Partition(
        overlap=R + W > N,
        write_majority=2 * W > N,
        sides=tuple(Side(read=size >= R, write=size >= W) for size in sizes),
    )


def quorum_latency(replica_rtt_ms: Sequence[float], R: int, W: int) -> QuorumLatency:
    """How long a read and a write wait when every replica answers after a fixed round trip.

    Rule: a read waits for the R-th fastest replica, a write for the W-th.
    Arguments: `replica_rtt_ms` one round trip a replica, 0 or more; `R` and `W` from 1 to the number of replicas.
    Errors: ValueError outside these ranges.
    Source: [abadi2012pacelc].

    >>> quorum_latency(replica_rtt_ms=[1, 40, 80], R=1, W=2)
    QuorumLatency(read_latency_ms=1.0, write_latency_ms=40.0)
    """
    rtts = sorted(_times("replica_rtt_ms", replica_rtt_ms))
    R, W = whole("R", R, 1, len(rtts)), whole("W", W, 1, len(rtts))
    return QuorumLatency(rtts[R - 1], rtts[W - 1])


def match_options(
    options: Mapping[str, Mapping[str, float]], requirements: Mapping[str, tuple[str, float]]
) -> Match:
    """Which options meet every requirement of a matrix such as latency against staleness.

    Rule: an option meets [<=, limit] if its value in that column is at most the limit, and [>=, limit] if at least.
    Values within a relative 1e-9 of the limit meet it.
    Results: `feasible` in the order of the options; `violated` has only options that miss something.
    Arguments: `options` a mapping from names to mappings from columns to numbers; `requirements` a mapping from
    columns to a pair of `<=` or `>=` and a number. Every option has every required column.
    Errors: ValueError outside these ranges.
    Source: the latency-SLA matrix as practitioners use it; the comparison is arithmetic.

    >>> match_options({"cache": {"p99_ms": 5, "stale_s": 30}, "quorum": {"p99_ms": 50, "stale_s": 0}},
    ...               {"stale_s": ["<=", 0]})
    Match(feasible=('quorum',), violated={'cache': ('stale_s',)})
    """
    limits = {}
    for column, pair in table("requirements", requirements).items():
        where = f"requirements.{column}"
        members = items(where, pair)
        if len(members) != 2:
            raise ValueError(f"{where} must be a pair of <= or >= and a number; got {members}")
        limits[column] = choice(f"{where}[0]", members[0], ("<=", ">=")), number(f"{where}[1]", members[1])

    feasible, violated = [], {}
    for name, values in table("options", options).items():
        row = table(f"options.{name}", values)
        values = {column: number(f"options.{name}.{column}", row.get(column)) for column in {**row, **limits}}
        missed = [
            column for column, (sign, limit) in limits.items()
            if not (at_most(values[column], limit) if sign == "<=" else at_most(limit, values[column]))
        ]
        if missed:
            violated[name] = tuple(missed)
        else:
            feasible.append(name)
    return Match(tuple(feasible), violated)


_PACELC = {
    "Dynamo": "PA/EL", "Cassandra": "PA/EL", "Riak": "PA/EL",
    "BigTable/HBase": "PC/EC", "MongoDB": "PA/EC", "PNUTS": "PC/EL",
}


def pacelc_labels(systems: Sequence[str]) -> PacelcLabels:
    """How systems were labeled in 2012: what their defaults give up in a partition (P), and else (E).

    Rule: a table. PA keeps answering in a partition, PC keeps consistency; EL prefers latency otherwise, EC
    consistency. Labels are of systems and of their defaults in that year, not of a choice of R and W.
    Arguments: `systems` names of the table: Dynamo, Cassandra, Riak, BigTable/HBase, MongoDB, PNUTS.
    Errors: ValueError for other names.
    Source: [abadi2012pacelc].

    >>> pacelc_labels(systems=["Dynamo", "PNUTS"]).labels
    ('PA/EL', 'PC/EL')
    """
    names = [choice(f"systems[{i}]", name, _PACELC) for i, name in enumerate(items("systems", systems))]
    return PacelcLabels(tuple(_PACELC[name] for name in names))


def _quorums(N: int, R: int, W: int, most: int | None = None) -> tuple[int, int, int]:
    N = whole("N", N, 1, most)
    return N, whole("R", R, 1, N), whole("W", W, 1, N)


def _times(name: str, values: Sequence[float], empty: bool = False) -> list[float]:
    return [non_negative(f"{name}[{i}]", value) for i, value in enumerate(items(name, values, empty=empty))]


# Staleness in versions

@dataclass(frozen=True)
class Freshness:
    """The chance that one read misses the newest version, and that it returns one of the newest k."""

    p_stale: float
    p_fresh_within_k: float


@dataclass(frozen=True)
class MonotonicReads:
    """The chance that a client's next read is no older than its last."""

    p_monotonic: float


def quorum_freshness(N: int, R: int, W: int, k: int = 1) -> Freshness:
    """How often a read misses the newest write when no write spreads beyond its own quorum.

    Rule: p_stale = C(N-W, R) / C(N, R), 0 if R + W > N; within the newest k versions, 1 - p_stale^k. Replicas that
    catch up later make it better, so this is a bound.
    Arguments: `N` whole, 1 or more; `R` and `W` from 1 to N; `k` whole, 1 or more.
    Errors: ValueError outside these ranges.
    Source: [bailis2012pbs], section 3.

    >>> round(quorum_freshness(N=3, R=1, W=1, k=2).p_fresh_within_k, 3)
    0.556
    """
    log_stale = _log_stale(N, R, W)
    return Freshness(math.exp(log_stale), -math.expm1(whole("k", k, 1) * log_stale))


def monotonic_reads(N: int, R: int, W: int, write_per_s: float, read_per_s: float) -> MonotonicReads:
    """How often a client's next read is no older than its last, when no write spreads beyond its own quorum.

    Rule: 1 - p_stale^(1 + write_per_s / read_per_s), with p_stale as in `quorum_freshness`: the writes since the
    last read are as many versions of tolerance.
    Arguments: `N` whole, 1 or more; `R` and `W` from 1 to N; `write_per_s` to the item, 0 or more; `read_per_s` of
    this client, above 0.
    Errors: ValueError outside these ranges.
    Source: [bailis2012pbs], section 3.

    >>> round(monotonic_reads(N=3, R=1, W=1, write_per_s=1, read_per_s=1).p_monotonic, 3)
    0.556
    """
    log_stale = _log_stale(N, R, W)
    versions = 1 + non_negative("write_per_s", write_per_s) / positive("read_per_s", read_per_s)
    return MonotonicReads(-math.expm1(versions * log_stale))


def _log_stale(N: int, R: int, W: int) -> float:
    """The logarithm of C(N-W, R) / C(N, R): it keeps the digits of shares near 0 and near 1."""
    N, R, W = _quorums(N, R, W)
    if R + W > N:
        return -math.inf
    few, many = sorted((R, W))  # the ratio is the same for R and W exchanged
    total = 0.0
    for i in range(few):
        total += math.log1p(-many / (N - i))
        if total < -800:  # below the smallest float
            return -math.inf
    return total


# Staleness in time: probabilistically bounded staleness

@dataclass(frozen=True)
class Leg:
    """How long a message takes one way: with chance p Pareto from xm ms with shape alpha, else exponential."""

    p: float
    xm: float
    alpha: float
    rate: float


@dataclass(frozen=True)
class PbsFit:
    """A published latency profile: the leg of a write to a replica, that of all other messages, and the WAN delay."""

    write_leg: Leg
    other_legs: Leg
    wan_ms: float


@dataclass(frozen=True)
class Pbs:
    """What one choice of R and W gives: fresh reads over time, and the latency of reads and writes.

    `p_consistent` and its `standard_error` have one value for each t asked about. `t_visibility_p999_ms` is how long
    after a write 99.9% of reads are fresh.
    """

    p_consistent: tuple[float, ...]
    t_visibility_p999_ms: float
    read_p50_ms: float
    read_p99_ms: float
    read_p999_ms: float
    write_p50_ms: float
    write_p99_ms: float
    write_p999_ms: float
    standard_error: tuple[float, ...]
    trials: int


@dataclass(frozen=True)
class PbsChoice:
    """One R and W among all, with fields as in `Pbs`; `p_consistent` and its `standard_error` are for the t asked about."""

    R: int
    W: int
    overlap: bool
    p_consistent: float
    t_visibility_p999_ms: float
    read_p50_ms: float
    read_p99_ms: float
    read_p999_ms: float
    write_p50_ms: float
    write_p99_ms: float
    write_p999_ms: float
    standard_error: float


@dataclass(frozen=True)
class PbsFront:
    """Every choice of R and W for N replicas, in the order of R and then W, from one run; and the front.

    `front` has each (R, W) to which no other is as good in fresh reads, read P99.9 and write P99.9, and better in one
    of them.
    """

    choices: tuple[PbsChoice, ...]
    front: tuple[tuple[int, int], ...]
    trials: int


@dataclass(frozen=True)
class PbsFirstCrossing:
    """Where a sweep that stops at its first good estimate stops: mean and standard deviation; and where it ought to.

    `p_early` is the chance that it stops before `t_visibility_ms`. `trials` made the run that stands for the truth: the
    mean and the deviation follow from it exactly, so they have no other error than its own.
    """

    mean_first_crossing_ms: float
    sd_first_crossing_ms: float
    t_visibility_ms: float
    p_early: float
    trials: int


_SSD = Leg(p=0.9122, xm=0.235, alpha=10, rate=1.66)
_DISK_WRITE = Leg(p=0.38, xm=1.05, alpha=1.51, rate=0.183)
_YMMR_OTHER = Leg(p=0.982, xm=1.5, alpha=3.8, rate=0.0217)
_FITS = MappingProxyType({
    "LNKD-SSD": PbsFit(_SSD, _SSD, 0),
    "LNKD-DISK": PbsFit(_DISK_WRITE, _SSD, 0),
    "YMMR": PbsFit(Leg(p=0.939, xm=3, alpha=3.35, rate=0.0028), _YMMR_OTHER, 0),
    "YMMR-code": PbsFit(Leg(p=0.939, xm=3, alpha=3.5, rate=0.0028), _YMMR_OTHER, 0),
    "WAN": PbsFit(_DISK_WRITE, _SSD, 75),
})
_BACKENDS = ("python", "numpy")
_MOST_REPLICAS = 12
_LONGEST_MS = 1e300  # no message takes longer, so that sums and differences stay finite
_CHUNK = 1_000
_KEPT_TRIALS = 20_000  # the last runs up to this size are kept, so that another R, W or t asks for no new draws


def pbs_fit(fit: str) -> PbsFit:
    """The published latency profile of a store: one-way delays in ms.

    Rule: a table. LNKD-SSD and LNKD-DISK are LinkedIn's store on flash and on spinning disks, YMMR is Yammer's,
    WAN is LNKD-DISK with every replica at another site, 75 ms one way. The table prints the shape 3.35 for YMMR's
    writes; the authors' code has 3.5, which alone reproduces the 89.3% of their text: `YMMR-code`.
    Arguments: `fit` one of LNKD-SSD, LNKD-DISK, YMMR, YMMR-code, WAN.
    Errors: ValueError for other names.
    Source: [bailis2012pbs], Table 3.

    >>> pbs_fit(fit="WAN").wan_ms
    75
    """
    return _FITS[choice("fit", fit, _FITS)]


def simulate_pbs(
    N: int,
    R: int,
    W: int,
    fit: str | None = None,
    write_leg: Leg | Mapping[str, float] | None = None,
    other_legs: Leg | Mapping[str, float] | None = None,
    wan_ms: float = 0,
    t_ms: Sequence[float] = (0,),
    trials: int = 10_000,
    seed: int = 1,
    backend: str = "python",
) -> Pbs:
    """How likely a read sees the last write t ms after it was acknowledged, and how long reads and writes take.

    Rule: a trial draws for each replica the delays W of the write, A of its acknowledgment, R of the read request and
    S of the response. The write commits at w_t, the W-th smallest W + A. The read takes the R smallest R + S. It is
    fresh if one of those replicas had the write when the request came: w_t + t + R >= W. With `wan_ms`, each replica
    is at a site of its own; write and read start at sites drawn at random, and every message to or from another site
    takes `wan_ms` longer. R + W > N leaves no stale trial. Percentiles are by nearest rank.
    Arguments: `N` whole, 1 to 12; `R` and `W` from 1 to N; `fit` a name of `pbs_fit`, or else both `write_leg` and
    `other_legs`, each with p from 0 to 1, xm above 0 (ms), alpha above 0, and rate above 0 (per ms); `wan_ms` 0 or
    more, added to that of the fit; `t_ms` a list, 0 or more; `trials` and `seed` whole, 1 or more and 0 or more;
    `backend` python or numpy, which draws other numbers faster.
    Errors: ValueError outside these ranges, and for more than 10 million trials.
    Source: [bailis2012pbs], section 4 (WARS) and Tables 3 and 4.

    >>> now, later = simulate_pbs(N=3, R=1, W=1, fit="LNKD-SSD", t_ms=[0, 2]).p_consistent
    >>> round(now, 2), round(later, 3)
    (0.97, 0.999)
    """
    N, R, W = _quorums(N, R, W, _MOST_REPLICAS)
    t_ms = _times("t_ms", t_ms)
    plan = _plan(N, fit, write_leg, other_legs, wan_ms, trials, seed, backend)
    run = _run(plan, [R], [W])
    shares = [bisect_right(run.waits(R, W), t) / plan.trials for t in t_ms]
    return Pbs(
        p_consistent=tuple(shares),
        t_visibility_p999_ms=run.visible_after(R, W, 0.999),
        **run.latencies(R, W),
        standard_error=tuple(share_error(share, plan.trials) for share in shares),
        trials=plan.trials,
    )


def pbs_front(
    N: int,
    fit: str | None = None,
    write_leg: Leg | Mapping[str, float] | None = None,
    other_legs: Leg | Mapping[str, float] | None = None,
    wan_ms: float = 0,
    t_ms: float = 0,
    trials: int = 10_000,
    seed: int = 1,
    backend: str = "python",
) -> PbsFront:
    """Every choice of R and W for N replicas, and which of them no other choice beats.

    Rule: each choice as in `simulate_pbs`, all from the same draws. Choices are compared in three things: fresh reads
    t ms after the write (more is better), read P99.9 and write P99.9 (less is better).
    Arguments: as in `simulate_pbs`; `t_ms` is one number, 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million trials * N^2 choices.
    Source: [bailis2012pbs], section 4 and Table 4; the front is that of Pareto.

    >>> pbs_front(N=2, fit="LNKD-DISK").front
    ((1, 1), (1, 2), (2, 1))
    """
    N, t_ms = whole("N", N, 1, _MOST_REPLICAS), non_negative("t_ms", t_ms)
    plan = _plan(N, fit, write_leg, other_legs, wan_ms, trials, seed, backend)
    bounded(choices=N * N, trials=plan.trials)
    ranks = range(1, N + 1)
    run = _run(plan, ranks, ranks)
    fresh = {(R, W): bisect_right(run.waits(R, W), t_ms) / plan.trials for R, W in itertools.product(ranks, ranks)}
    found = [
        PbsChoice(
            R, W, overlap=R + W > N,
            p_consistent=share,
            standard_error=share_error(share, plan.trials),
            t_visibility_p999_ms=run.visible_after(R, W, 0.999),
            **run.latencies(R, W),
        )
        for (R, W), share in fresh.items()
    ]
    costs = {(c.R, c.W): (-c.p_consistent, c.read_p999_ms, c.write_p999_ms) for c in found}
    front = [pair for pair, cost in costs.items() if not any(_beats(other, cost) for other in costs.values())]
    return PbsFront(tuple(found), tuple(front), plan.trials)


def pbs_first_crossing(
    N: int,
    R: int,
    W: int,
    fit: str | None = None,
    write_leg: Leg | Mapping[str, float] | None = None,
    other_legs: Leg | Mapping[str, float] | None = None,
    wan_ms: float = 0,
    step_ms: float = 1,
    target: float = 0.999,
    sweep_trials: int = 50_000,
    trials: int = 100_000,
    seed: int = 1,
    backend: str = "python",
) -> PbsFirstCrossing:
    """Where a sweep over t stops that makes a fresh estimate at each t and takes the first that reaches a target.

    Rule: at t = 0, step_ms, 2 step_ms, ... the sweep counts the stale among `sweep_trials` new trials and stops when
    they are at most (1 - target) sweep_trials. Their number is binomial, with the stale share that this run finds at
    t; so the chance to stop at each t, and with it the mean, needs no replay. Each t before the right one is another
    chance to stop by luck, so the sweep stops early. The t-visibility of the published Table 4 was found in this way.
    Arguments: as in `simulate_pbs`; `step_ms` above 0, from 1/100,000 of the t-visibility to 10^100 or the
    t-visibility, whichever is more; `target` above 0 and below 1; `sweep_trials` whole, from 1 to 10^9.
    Errors: ValueError outside these ranges, and for more than 10 million trials.
    Source: [bailis2012pbs], Table 4 and the authors' simulator.

    >>> found = pbs_first_crossing(N=3, R=1, W=1, fit="LNKD-SSD", step_ms=0.01, trials=20_000)
    >>> found.mean_first_crossing_ms < found.t_visibility_ms
    True
    """
    N, R, W = _quorums(N, R, W, _MOST_REPLICAS)
    target = fraction("target", target, zero=False, one=False)
    sweep_trials = whole("sweep_trials", sweep_trials, 1, 10**9)
    plan = _plan(N, fit, write_leg, other_legs, wan_ms, trials, seed, backend)
    run = _run(plan, [R], [W])
    waits, visible_ms = run.waits(R, W), run.visible_after(R, W, target)
    step_ms = between("step_ms", positive("step_ms", step_ms), visible_ms / 100_000, max(1e100, visible_ms))
    allowed = min(round_down(sweep_trials * (1 - target)), sweep_trials)
    stops, going = [], 1.0  # each t with the chance to stop there, and the chance to be still going
    for step in itertools.count():
        t = step * step_ms
        stop = going * _at_most(allowed, sweep_trials, (plan.trials - bisect_right(waits, t)) / plan.trials)
        stops.append((t, stop))
        going -= stop
        if going <= 1e-12:
            break
    mean_ms = math.fsum(t * stop for t, stop in stops)
    sd_ms = math.sqrt(math.fsum((t - mean_ms) ** 2 * stop for t, stop in stops))
    p_early = math.fsum(stop for t, stop in stops if t < visible_ms)
    return PbsFirstCrossing(mean_ms, sd_ms, visible_ms, p_early, plan.trials)


class _Plan(NamedTuple):
    """What a run depends on."""

    N: int
    write_leg: Leg
    other_legs: Leg
    wan_ms: float
    trials: int
    seed: int
    backend: str


class _Draws(NamedTuple):
    """What every trial found, by rank: latencies of reads and of writes, and when after its start the write had come
    to one of the read's replicas, less the delay of that request. Arrays of floats, which take a quarter of a list's
    memory, or those of numpy."""

    read_ms: dict[int, Any]
    write_ms: dict[int, Any]
    reached_ms: dict[int, Any]


class _Run:
    """The draws of a run, put in order where somebody asks, once."""

    def __init__(self, plan: _Plan, reads: Sequence[int], writes: Sequence[int]) -> None:
        draw = _numpy_trials if plan.backend == "numpy" else _python_trials
        self._drawn = draw(plan, reads, writes)
        self._known: dict[tuple[Any, ...], Any] = {}

    def waits(self, R: int, W: int) -> Sequence[float]:
        """How long after the acknowledgment each read must start to be fresh; below 0 for those fresh anyway."""
        if (R, W) not in self._known:
            reached, written = self._drawn.reached_ms[R], self._drawn.write_ms[W]
            plain = isinstance(reached, array)
            late = array("d", map(float.__sub__, reached, written)) if plain else reached - written
            self._known[R, W] = _ordered(late)
        return self._known[R, W]

    def visible_after(self, R: int, W: int, share: float) -> float:
        """How long after the acknowledgment this share of reads is fresh."""
        return max(0.0, float(nearest_rank(self.waits(R, W), share)))

    def latencies(self, R: int, W: int) -> dict[str, float]:
        """The percentiles of reads and writes, by the names of the results' fields."""
        return self._percentiles("read", R) | self._percentiles("write", W)

    def _percentiles(self, kind: str, rank: int) -> dict[str, float]:
        if (kind, rank) not in self._known:
            ordered = _ordered(getattr(self._drawn, f"{kind}_ms")[rank])
            self._known[kind, rank] = {
                f"{kind}_{name}_ms": float(nearest_rank(ordered, p))
                for name, p in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))
            }
        return self._known[kind, rank]


def _plan(N, fit, write_leg, other_legs, wan_ms, trials, seed, backend) -> _Plan:
    wan_ms, trials = non_negative("wan_ms", wan_ms), whole("trials", trials, 1)
    bounded(trials=trials)
    if fit is not None:
        if write_leg is not None or other_legs is not None:
            raise ValueError(f"fit must be None where write_leg or other_legs is given; got {fit!r}")
        profile = pbs_fit(fit)
        write_leg, other_legs, wan_ms = profile.write_leg, profile.other_legs, profile.wan_ms + wan_ms
    else:
        write_leg, other_legs = _leg("write_leg", write_leg), _leg("other_legs", other_legs)
    return _Plan(
        N, write_leg, other_legs, min(wan_ms, _LONGEST_MS), trials, whole("seed", seed, 0),
        choice("backend", backend, _BACKENDS),
    )


def _leg(name: str, leg: Any) -> Leg:
    given = asdict(leg) if isinstance(leg, Leg) else leg
    if not isinstance(given, Mapping) or set(given) != {field.name for field in fields(Leg)}:
        got = ", ".join(map(str, given)) if isinstance(given, Mapping) else repr(given)
        raise ValueError(f"{name} must be a mapping with p, xm, alpha and rate, unless fit is given; got {got}")
    return Leg(
        fraction(f"{name}.p", given["p"]),
        *(positive(f"{name}.{key}", given[key]) for key in ("xm", "alpha", "rate")),
    )


def _run(plan: _Plan, reads: Sequence[int], writes: Sequence[int]) -> _Run:
    """A run with at least these ranks."""
    return _kept_run(plan) if plan.trials <= _KEPT_TRIALS else _Run(plan, reads, writes)


@functools.lru_cache(maxsize=5)  # the four published stores and one more
def _kept_run(plan: _Plan) -> _Run:
    ranks = range(1, plan.N + 1)
    return _Run(plan, ranks, ranks)


def _python_trials(plan: _Plan, reads: Sequence[int], writes: Sequence[int]) -> _Draws:
    source = random.Random(plan.seed)
    replicas = range(plan.N)
    read_ms, write_ms, reached_ms = ({rank: array("d") for rank in ranks} for ranks in (reads, writes, reads))
    for start in range(0, plan.trials, _CHUNK):
        count = min(_CHUNK, plan.trials - start)
        legs = [_delays(source, plan.write_leg, count) for _ in replicas]
        acks, requests, responses = ([_delays(source, plan.other_legs, count) for _ in replicas] for _ in range(3))
        if plan.wan_ms:
            for there, back in ((legs, acks), (requests, responses)):
                origins = [source.randrange(plan.N) for _ in range(count)]
                for replica in replicas:
                    far = [plan.wan_ms if origin != replica else 0.0 for origin in origins]
                    there[replica] = list(map(float.__add__, there[replica], far))
                    back[replica] = list(map(float.__add__, back[replica], far))
        commits = zip(*(map(float.__add__, leg, ack) for leg, ack in zip(legs, acks)))
        for ordered in map(sorted, commits):
            for rank in writes:
                write_ms[rank].append(ordered[rank - 1])
        # A response and, beside it, when the write had to have started for this replica to have it.
        answers = zip(*(
            zip(map(float.__add__, request, response), map(float.__sub__, leg, request))
            for leg, request, response in zip(legs, requests, responses)
        ))
        for ordered in map(sorted, answers):
            reached, done = _LONGEST_MS, 0
            for rank in reads:
                while done < rank:
                    reached = min(reached, ordered[done][1])
                    done += 1
                read_ms[rank].append(ordered[rank - 1][0])
                reached_ms[rank].append(reached)
    return _Draws(read_ms, write_ms, reached_ms)


def _delays(source: random.Random, leg: Leg, count: int) -> list[float]:
    """One-way delays by inversion. One uniform number u in (0, 1] chooses the part of the mixture and its value."""
    p, alpha, rate = leg.p, leg.alpha, leg.rate
    # xm (u/p)^(-1/alpha) for u <= p, as a power of e that cannot overflow, and -log((u-p)/(1-p))/rate above it.
    log, exp, draw = math.log, math.exp, source.random
    log_xm, log_p, log_rest, most = log(leg.xm), log(p) if p else 0.0, log(1 - p) if p < 1 else 0.0, log(_LONGEST_MS)
    delays = []
    for _ in range(count):
        u = 1.0 - draw()
        if u <= p:
            exponent = log_xm + (log_p - log(u)) / alpha
            delays.append(exp(exponent) if exponent < most else _LONGEST_MS)
        else:
            delays.append(min((log_rest - log(u - p)) / rate, _LONGEST_MS))
    return delays


def _numpy_trials(plan: _Plan, reads: Sequence[int], writes: Sequence[int]) -> _Draws:
    import numpy as np

    source = np.random.default_rng(plan.seed)
    columns = np.arange(plan.N)
    parts = []
    for start in range(0, plan.trials, 100_000):
        shape = (min(100_000, plan.trials - start), plan.N)

        def delays(leg: Leg):
            u = 1 - source.random(shape)
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                pareto = leg.xm * (u / leg.p) ** (-1 / leg.alpha) if leg.p else u
                exponential = -np.log(np.maximum(u - leg.p, 0) / (1 - leg.p)) / leg.rate if leg.p < 1 else u
            return np.minimum(np.where(u <= leg.p, pareto, exponential), _LONGEST_MS)

        leg, ack, request, response = delays(plan.write_leg), *(delays(plan.other_legs) for _ in range(3))
        if plan.wan_ms:
            for there, back in ((leg, ack), (request, response)):
                far = plan.wan_ms * (columns != source.integers(plan.N, size=(shape[0], 1)))
                there += far
                back += far
        answers = request + response
        order = np.argsort(answers, axis=1)
        parts.append([
            np.take_along_axis(answers, order, axis=1),
            np.sort(leg + ack, axis=1),
            np.minimum.accumulate(np.take_along_axis(leg - request, order, axis=1), axis=1),
        ])
    read, write, reached = (np.concatenate(kind) for kind in zip(*parts))
    return _Draws(*(
        {rank: values[:, rank - 1] for rank in ranks}
        for values, ranks in ((read, reads), (write, writes), (reached, reads))
    ))


def _ordered(values: Any) -> Any:
    if isinstance(values, array):
        return array("d", sorted(values))
    ordered = values.copy()
    ordered.sort()
    return ordered


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other))


def _at_most(k: int, n: int, p: float) -> float:
    """The chance of k or fewer successes in n."""
    if k >= n or p == 0:
        return 1.0
    if k + 1 > n * p:
        return 1 - binomial_tail(k + 1, n, p, 1 - p)
    return binomial_tail(n - k, n, 1 - p, p)


# Majorities

@dataclass(frozen=True)
class Majority:
    """How many members agree to decide, and how many may fail before none can."""

    majority: int
    failure_tolerance: int


@dataclass(frozen=True)
class Members:
    """How many members a group needs."""

    members: int


@dataclass(frozen=True)
class QuorumAvailability:
    """The share of time that a majority is up, from 0 to 1."""

    quorum_availability: float


@dataclass(frozen=True)
class CommitLatency:
    """How long a leader waits until a majority holds an entry, in ms."""

    commit_latency_ms: float


def majority(members: int) -> Majority:
    """How many members must agree, and how many failures a group survives. An even member adds no tolerance.

    Rule: majority = floor(n/2) + 1; tolerance = floor((n-1)/2).
    Arguments: `members` whole, 1 or more.
    Errors: ValueError outside this range.
    Source: [ongaro2014raft].

    >>> majority(members=4)
    Majority(majority=3, failure_tolerance=1)
    """
    n = whole("members", members, 1)
    return Majority(n // 2 + 1, (n - 1) // 2)


def members_for(tolerate: int) -> Members:
    """The smallest group that survives a number of failures.

    Rule: 2 f + 1.
    Arguments: `tolerate` whole, 0 or more.
    Errors: ValueError outside this range.
    Source: [ongaro2014raft].

    >>> members_for(tolerate=2)
    Members(members=5)
    """
    return Members(2 * whole("tolerate", tolerate, 0) + 1)


def quorum_availability(members: int, availability: float) -> QuorumAvailability:
    """How often a majority is up, when members fail independently.

    Rule: the chance that at least floor(n/2) + 1 of n are up (`composite_availability`).
    Arguments: `members` whole, from 1 to 10^9; `availability` of each, from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability]; [ongaro2014raft].

    >>> round(quorum_availability(members=3, availability=0.99).quorum_availability, 6)
    0.999702
    """
    n = whole("members", members, 1, 10**9)
    group = composite_availability(k=majority(n).majority, n=n, availability=availability)
    return QuorumAvailability(group.availability)


def commit_latency(follower_rtt_ms: Sequence[float]) -> CommitLatency:
    """How long a leader waits for a majority, itself included.

    Rule: with n members, the (majority - 1)-th smallest round trip to a follower; the leader's own vote is free.
    Arguments: `follower_rtt_ms` one round trip a follower, 0 or more; empty for a group of one.
    Errors: ValueError outside this range.
    Source: [ongaro2014raft].

    >>> commit_latency(follower_rtt_ms=[3, 20, 60, 90])
    CommitLatency(commit_latency_ms=20.0)
    """
    rtts = sorted(_times("follower_rtt_ms", follower_rtt_ms, empty=True))
    others = majority(len(rtts) + 1).majority - 1
    return CommitLatency(rtts[others - 1] if others else 0.0)


# Copies and recovery

@dataclass(frozen=True)
class AsyncLoss:
    """Acknowledged writes that are lost with the primary."""

    writes_lost: float


@dataclass(frozen=True)
class SyncReplication:
    """Acknowledged writes that are lost with the primary, and what that safety adds to each write, in ms."""

    writes_lost: float
    added_write_latency_ms: float


@dataclass(frozen=True)
class BackupRpo:
    """How much work a restore from the last backup loses, at worst and on average, in hours."""

    rpo_worst_h: float
    rpo_mean_h: float


@dataclass(frozen=True)
class RecoveryTime:
    """How long the copy back takes, in hours, and the whole recovery, in minutes."""

    restore_h: float
    rto_min: float


def async_loss(writes_per_s: float, replication_lag_s: float) -> AsyncLoss:
    """Acknowledged writes that a failover loses when the replica lags.

    Rule: writes a second times lag.
    Arguments: `writes_per_s` and `replication_lag_s` 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic of asynchronous replication; [kleppmann2017ddia], chapter 5.

    >>> async_loss(writes_per_s=2000, replication_lag_s=5)
    AsyncLoss(writes_lost=10000.0)
    """
    return AsyncLoss(non_negative("writes_per_s", writes_per_s) * non_negative("replication_lag_s", replication_lag_s))


def sync_replication(rtt_ms: float) -> SyncReplication:
    """What a synchronous replica costs: no acknowledged write is lost, and each write waits for it.

    Rule: one round trip more a write.
    Arguments: `rtt_ms` to the replica, 0 or more.
    Errors: ValueError outside this range.
    Source: arithmetic of synchronous replication; [kleppmann2017ddia], chapter 5.

    >>> sync_replication(rtt_ms=70)
    SyncReplication(writes_lost=0, added_write_latency_ms=70.0)
    """
    return SyncReplication(0, non_negative("rtt_ms", rtt_ms))


def backup_rpo(backup_interval_h: float, backup_duration_h: float) -> BackupRpo:
    """How much work is lost when only the last finished backup is left.

    Rule: a backup holds the state at its start. Worst, just before the next one ends: interval + duration.
    Mean over the moment of the loss: interval / 2 + duration.
    Arguments: `backup_interval_h` from start to start and `backup_duration_h`, 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic of periodic backups.

    >>> backup_rpo(backup_interval_h=24, backup_duration_h=2)
    BackupRpo(rpo_worst_h=26.0, rpo_mean_h=14.0)
    """
    interval = non_negative("backup_interval_h", backup_interval_h)
    duration = non_negative("backup_duration_h", backup_duration_h)
    return BackupRpo(interval + duration, interval / 2 + duration)


def recovery_time(
    restore_gb: float, throughput_mb_per_s: float, detect_min: float = 0, decide_min: float = 0, verify_min: float = 0
) -> RecoveryTime:
    """How long a restore takes, from the loss to a checked service.

    Rule: restore = GB * 1,000 / (MB/s); RTO = detect + decide + restore + verify.
    Arguments: `restore_gb` decimal gigabytes, 0 or more; `throughput_mb_per_s` above 0; the others in minutes,
    0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(recovery_time(restore_gb=1000, throughput_mb_per_s=200).rto_min, 1)
    83.3
    """
    seconds = non_negative("restore_gb", restore_gb) / positive("throughput_mb_per_s", throughput_mb_per_s) * 1_000
    waits = [
        non_negative(name, value)
        for name, value in (("detect_min", detect_min), ("decide_min", decide_min), ("verify_min", verify_min))
    ]
    return RecoveryTime(restore_h=seconds / 3_600, rto_min=seconds / 60 + sum(waits))
