"""What fits into a quarter, when it will be done, and what agreement costs.

========================================  ==================================================================
Roadmaps                                  `fit_tracks`, `forecast_weeks`
Who decides                               `check_raci`
Sign-offs                                 `approval_time`, `p_within`, `approval_rounds`
========================================  ==================================================================

Approvers answer independently, after times that are exponential with the same mean. Results beyond the largest float
are infinite. Sources in square brackets are keys of the bibliography.
"""
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from infrapm.models._numeric import at_most, round_up
from infrapm.models._validate import bounded, choice, fraction, non_negative, positive, table, whole
from infrapm.models._validate import items as listed

__all__ = [
    "Tracks", "Forecast", "Raci", "ApprovalTime", "Within", "Rounds",
    "fit_tracks", "forecast_weeks", "check_raci", "approval_time", "p_within", "approval_rounds",
]

# Roadmaps


@dataclass(frozen=True)
class Tracks:
    """What each track takes on, and the weeks that it has left."""

    taken: dict[str, tuple[float, ...]]
    spare_weeks: dict[str, float]


@dataclass(frozen=True)
class Forecast:
    """In how many weeks the work is done, with a chance of 50%, 85% and 95%."""

    weeks_p50: int
    weeks_p85: int
    weeks_p95: int
    trials: int


def fit_tracks(
    capacity_weeks: float, shares: Mapping[str, float], initiatives: Mapping[str, Sequence[float]]
) -> Tracks:
    """What each track of a roadmap can take on with its share of the capacity.

    Rule: a track has capacity * share. It takes its initiatives as listed until the first that does not fit; what
    stands behind that one waits, too.
    Arguments: `capacity_weeks` team-weeks, 0 or more; `shares` a mapping from each track to its share, 0 or more,
    together at most 1; `initiatives` a mapping from tracks of `shares` to a list of team-weeks, 0 or more.
    Errors: ValueError outside these ranges, and for a track without a share.
    Source: arithmetic.

    >>> fit_tracks(capacity_weeks=50, shares={"reliability": 0.4}, initiatives={"reliability": [15, 10, 2]})
    Tracks(taken={'reliability': (15.0,)}, spare_weeks={'reliability': 5.0})
    """
    capacity = non_negative("capacity_weeks", capacity_weeks)
    parts = {track: non_negative(f"shares[{track!r}]", share) for track, share in table("shares", shares).items()}
    if not at_most(sum(parts.values()), 1):
        raise ValueError(f"shares must be at most 1 together; got {sum(parts.values()):.12g}")
    listed_weeks = table("initiatives", initiatives, empty=True)
    if unknown := [track for track in listed_weeks if track not in parts]:
        raise ValueError(f"initiatives must be of the tracks {', '.join(parts)}; got {', '.join(unknown)}")

    taken, spare = {}, {}
    for track, share in parts.items():
        name = f"initiatives[{track!r}]"
        weeks = [non_negative(f"{name}[{i}]", value)
                 for i, value in enumerate(listed(name, listed_weeks.get(track, []), empty=True))]
        room = capacity * share
        fitting = sum(at_most(total, room) for total in accumulate(weeks))  # totals never fall
        taken[track] = tuple(weeks[:fitting])
        spare[track] = max(0.0, room - sum(taken[track]))
    return Tracks(taken, spare)


LONGEST_WEEKS = 1_000


def forecast_weeks(weekly_throughput: Sequence[float], items: int, trials: int = 10_000, seed: int = 1) -> Forecast:
    """In how many weeks a number of items will be done, if the weeks to come are like those that were.

    Rule: a trial draws weeks from the history, with replacement, until their throughput adds up to the items. The
    results are percentiles of the number of weeks, nearest rank.
    Arguments: `weekly_throughput` items done in each past week, 0 or more, not all 0; `items` a whole number, 0 or
    more, and at most what 1,000 weeks of the history's mean would do; `trials` 1 or more; `seed` 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million trials * weeks at the history's mean.
    Source: [efron1979bootstrap].

    >>> forecast_weeks(weekly_throughput=[4, 4, 4], items=10)
    Forecast(weeks_p50=3, weeks_p85=3, weeks_p95=3, trials=10000)
    """
    history = [non_negative(f"weekly_throughput[{i}]", done)
               for i, done in enumerate(listed("weekly_throughput", weekly_throughput))]
    if not any(history):
        raise ValueError("weekly_throughput must be above 0 in at least one week; got only 0")
    mean = sum(done / len(history) for done in history)
    wanted = whole("items", items, 0)
    if not at_most(wanted, LONGEST_WEEKS * mean):
        raise ValueError(f"items must be at most {LONGEST_WEEKS * mean:g}, what {LONGEST_WEEKS:,} weeks would do; got {items}")
    trials, uniform = whole("trials", trials, 1), Random(whole("seed", seed, 0)).random
    bounded(weeks=round_up(wanted / mean) if wanted > mean else 1, trials=trials)

    wanted *= 1 - 1e-9  # ten weeks of 0.1 do one item
    weeks_needed = Counter()
    for _ in range(trials):
        done, weeks = 0.0, 0
        while done < wanted:
            done += history[int(uniform() * len(history))]
            weeks += 1
        weeks_needed[weeks] += 1

    lengths = sorted(weeks_needed)
    done_by = list(accumulate(weeks_needed[weeks] for weeks in lengths))

    def percentile(p: float) -> int:
        return next(weeks for weeks, seen in zip(lengths, done_by) if seen >= round_up(p * trials))

    return Forecast(percentile(0.5), percentile(0.85), percentile(0.95), trials)


# Who decides

CODES = ("R", "A", "C", "I", "AR", "A/R")
MOST_TASKS = 7


@dataclass(frozen=True)
class Raci:
    """Whether a responsibility matrix is sound, what is wrong with it, and who is accountable for too much."""

    valid: bool
    issues: tuple[str, ...]
    overload: dict[str, int]


def check_raci(matrix: Mapping[str, Mapping[str, str]]) -> Raci:
    """Whether every task has one who is accountable and somebody who does it.

    Rule: a task needs exactly one A and at least one R; one role may hold both, as AR or A/R. `issues` names, in
    the order of the tasks, each that has not. `overload` counts the tasks of each role that is accountable for more
    than 7; such a matrix is still valid.
    Arguments: `matrix` a mapping from each task to a mapping from roles to R, A, C, I, AR, A/R or a blank, which
    does not count.
    Errors: ValueError for any other code.
    Source: common practice; that two who decide are none: [rogers2006who].

    >>> check_raci(matrix={"deploy": {"engineering": "R", "product": "A", "security": "A"}})
    Raci(valid=False, issues=('deploy: 2 Accountable',), overload={})
    """
    issues, accountable = [], Counter()
    for task, roles in table("matrix", matrix).items():
        codes = {}
        for role, code in table(f"matrix[{task!r}]", roles, empty=True).items():
            if not isinstance(code, str) or code.strip():
                codes[role] = choice(f"matrix[{task!r}][{role!r}]", code, CODES)
        deciding = [role for role, code in codes.items() if "A" in code]
        accountable.update(deciding)
        if len(deciding) != 1:
            issues.append(f"{task}: {len(deciding)} Accountable")
        if not any("R" in code for code in codes.values()):
            issues.append(f"{task}: no Responsible")
    overload = {role: tasks for role, tasks in accountable.items() if tasks > MOST_TASKS}
    return Raci(not issues, tuple(issues), overload)


# Sign-offs


@dataclass(frozen=True)
class ApprovalTime:
    """How long it takes on average until all have approved, in days."""

    expected_days: float


@dataclass(frozen=True)
class Within:
    """The chance that all have answered within a time."""

    p_within: float


@dataclass(frozen=True)
class Rounds:
    """The chance that all approve at once, and how many rounds it takes on average until they do."""

    p_all_approve: float
    expected_rounds: float


def approval_time(approvers: int, mean_days: float, mode: str = "parallel") -> ApprovalTime:
    """How long a sign-off takes on average if all are asked at once, or one after the other.

    Rule: one after the other, mean * n. At once, the slowest counts: mean * (1 + 1/2 + ... + 1/n).
    Arguments: `approvers` a whole number n, 0 or more; `mean_days` the mean time of one, above 0; `mode` parallel
    or sequential.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability], the largest of n exponential times.

    >>> approval_time(approvers=3, mean_days=6).expected_days
    11.0
    """
    n, mean = whole("approvers", approvers, 0), positive("mean_days", mean_days)
    parallel = choice("mode", mode, ("parallel", "sequential")) == "parallel"
    return ApprovalTime(mean * (_harmonic(n) if parallel else n))


def p_within(approvers: int, mean_days: float, within_days: float) -> Within:
    """The chance that all have answered within a time, if they are asked at once.

    Rule: (1 - exp(-within / mean)) ** n.
    Arguments: `approvers` a whole number n, 0 or more; `mean_days` the mean time of one, above 0; `within_days` 0
    or more.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability], the largest of n exponential times.

    >>> round(p_within(approvers=15, mean_days=2, within_days=10).p_within, 3)
    0.904
    """
    n, mean = whole("approvers", approvers, 0), positive("mean_days", mean_days)
    spans = non_negative("within_days", within_days) / mean
    if n == 0 or spans == 0:
        return Within(0.0 if n else 1.0)
    # The logarithm of 1 - exp(-spans), from whichever form keeps its digits.
    log_one = math.log1p(-math.exp(-spans)) if spans > 1 else math.log(-math.expm1(-spans))
    return Within(math.exp(n * log_one))


def approval_rounds(approvers: int, reject_p: float) -> Rounds:
    """How often all approve at once, and how many rounds it takes if one rejection sends the proposal back to all.

    Rule: all approve with the chance (1 - reject_p) ** n; the mean number of rounds is 1 over it.
    Arguments: `approvers` a whole number n, 0 or more; `reject_p` the chance that one rejects, from 0 to below 1.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability], the geometric distribution.

    >>> rounds = approval_rounds(approvers=15, reject_p=0.05)
    >>> round(rounds.p_all_approve, 3), round(rounds.expected_rounds, 2)
    (0.463, 2.16)
    """
    n, reject = whole("approvers", approvers, 0), fraction("reject_p", reject_p, one=False)
    p = math.exp(n * math.log1p(-reject))
    return Rounds(p, 1 / p if p else math.inf)


EULER_GAMMA = 0.5772156649015329


def _harmonic(n: int) -> float:
    """1 + 1/2 + ... + 1/n."""
    if n <= 100:
        return math.fsum(1 / i for i in range(1, n + 1))
    # Euler and Maclaurin; what is left out is below 1e-14 of it.
    return math.log(n) + EULER_GAMMA + 1 / (2 * n) - 1 / (12 * n**2) + 1 / (120 * n**4)
