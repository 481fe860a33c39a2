"""Where the minutes of a pipeline go, what flaky tests cost, and how delivery is measured.

========================================  ==================================================================
Pipelines                                 `critical_path`, `runner_queue`
Flaky tests                               `build_pass`, `residual_flake`, `implied_correlation`, `max_flake`,
                                          `runs_per_build`
DORA metrics                              `dora_metrics`, `tiers_2024`, `dora_clusters_2024`
========================================  ==================================================================

A flake is a test that fails although nothing is wrong: `flake_p` is the chance of that in one run. Results beyond the
largest float are infinite. Sources in square brackets are keys of the bibliography.
"""
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from statistics import median
from typing import Any

from infrapm.models._numeric import at_most, same
from infrapm.models._validate import flag, fraction, items, non_negative, positive, table, whole
from infrapm.models.capacity import mmc

__all__ = [
    "CriticalPath", "RunnerQueue", "BuildPass", "Residual", "Correlation", "MaxFlake", "Runs", "Dora", "Tiers2024",
    "Clusters2024",
    "critical_path", "runner_queue", "build_pass", "residual_flake", "implied_correlation", "max_flake",
    "runs_per_build", "dora_metrics", "tiers_2024", "dora_clusters_2024",
]

# Pipelines


@dataclass(frozen=True)
class CriticalPath:
    """How long a pipeline takes, the tasks that decide it, first to last, and how long all tasks take in a row."""

    total_min: float
    path: tuple[str, ...]
    serial_min: float


@dataclass(frozen=True)
class RunnerQueue:
    """How busy build runners are, what share of runs waits for one, and how long all wait on average.

    Where more work comes than the runners can do, the queue is not stable and the wait infinite.
    """

    stable: bool
    utilization: float
    p_wait: float
    mean_wait_min: float


def critical_path(tasks_min: Mapping[str, Sequence[Any]]) -> CriticalPath:
    """How long a pipeline takes when all that can run at once does, and which tasks decide it.

    Rule: a task starts when the last task that it depends on is done. The path leads back from the task that is
    done last, always to the dependency that is done last. Of those done at the same time it takes the one listed
    first: in the task's list of dependencies, or, at the end, in the mapping.
    Arguments: `tasks_min` a mapping from each task to [minutes, 0 or more, and the list of the tasks that it
    depends on].
    Errors: ValueError outside these ranges, for no tasks, an unknown dependency and a cycle.
    Source: [kelley1959critical].

    >>> critical_path(tasks_min={"build": [6, []], "unit": [7, ["build"]], "lint": [2, []]})
    CriticalPath(total_min=13.0, path=('build', 'unit'), serial_min=15.0)
    """
    minutes, needs = {}, {}
    for task, entry in table("tasks_min", tasks_min).items():
        name = f"tasks_min[{task!r}]"
        parts = items(name, entry)
        if len(parts) != 2:
            raise ValueError(f"{name} must be [minutes, list of dependencies]; got {len(parts)} members")
        minutes[task] = non_negative(f"{name}[0]", parts[0])
        needs[task] = items(f"{name}[1]", parts[1], empty=True)
    for task, dependencies in needs.items():
        for i, dependency in enumerate(dependencies):
            if not isinstance(dependency, str) or dependency not in minutes:
                raise ValueError(f"tasks_min[{task!r}][1][{i}] must be one of {', '.join(minutes)}; got {dependency!r}")
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise ValueError(f"tasks_min must be without a cycle; got {' -> '.join(error.args[1])}") from None

    finish, before = {}, {}
    for task in order:
        before[task] = _last(needs[task], finish)
        finish[task] = minutes[task] + (0.0 if before[task] is None else finish[before[task]])
    path, task = [], _last(list(minutes), finish)
    total_min = finish[task]
    while task is not None:
        path.append(task)
        task = before[task]
    return CriticalPath(total_min, tuple(reversed(path)), sum(minutes.values()))


def runner_queue(runners: int, runs_per_h: float, run_min: float) -> RunnerQueue:
    """How long builds wait for a runner.

    Rule: an M/M/c queue, `mmc` of the chapter on capacity: runs come at random, their lengths vary as exponential
    times do, and all runners serve one queue.
    Arguments: `runners` a whole number from 1 to 10^9; `runs_per_h` 0 or more; `run_min` the mean length of a run,
    above 0.
    Errors: ValueError outside these ranges.
    Source: [erlang1917solution, kleinrock1975queueing].

    >>> queue = runner_queue(runners=1, runs_per_h=4, run_min=12)
    >>> round(queue.utilization, 9), round(queue.mean_wait_min, 9)
    (0.8, 48.0)
    """
    queue = mmc(
        arrival_per_s=non_negative("runs_per_h", runs_per_h) / 3600,
        service_s=positive("run_min * 60", positive("run_min", run_min) * 60),
        servers=whole("runners", runners, 1, 10**9),
    )
    return RunnerQueue(queue.stable, queue.utilization, queue.p_wait, queue.mean_wait_s / 60)


def _last(tasks: Sequence[str], finish: Mapping[str, float]) -> str | None:
    """The task that is done last; of those done at the same time, the one listed first."""
    if not tasks:
        return None
    latest = max(finish[task] for task in tasks)
    return next(task for task in tasks if same(finish[task], latest))


# Flaky tests


@dataclass(frozen=True)
class BuildPass:
    """The chance that a build without a fault passes, and that one of its tests still fails after the retries."""

    build_pass: float
    residual_p: float


@dataclass(frozen=True)
class Residual:
    """The chance that a test without a fault still fails after the retries."""

    residual_p: float


@dataclass(frozen=True)
class Correlation:
    """The share of flakes that fail again however often they are run; None where no share explains the figures."""

    correlated_share: float | None


@dataclass(frozen=True)
class MaxFlake:
    """The largest chance of a flake in one run that meets a target."""

    max_flake_p: float


@dataclass(frozen=True)
class Runs:
    """How often a test runs on average."""

    expected_runs: float


def build_pass(flake_p: float, tests: int, retries: int = 0, correlated_share: float = 0.0) -> BuildPass:
    """How often a build passes in which nothing is wrong but that its tests are flaky.

    Rule: (1 - residual) ** tests, with the residual of `residual_flake`. Tests flake independently.
    Arguments: `flake_p` from 0 to 1; `tests` and `retries` (of each test that fails) whole numbers, 0 or more;
    `correlated_share` from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic; that flakes are often not independent: [luo2014flaky].

    >>> round(build_pass(flake_p=0.001, tests=500).build_pass, 3)
    0.606
    >>> round(build_pass(flake_p=0.001, tests=500, retries=1).build_pass, 4)
    0.9995
    """
    tests = whole("tests", tests, 0)
    residual = residual_flake(flake_p, retries, correlated_share).residual_p
    if residual == 1:
        return BuildPass(0.0 if tests else 1.0, residual)
    return BuildPass(math.exp(tests * math.log1p(-residual)), residual)


def residual_flake(flake_p: float, retries: int, correlated_share: float = 0.0) -> Residual:
    """How often a flaky test still fails after its retries.

    Rule: c f + (1 - c) f ** (retries + 1): of the flakes f, a share c fails every time (a shared resource, a slow
    machine), the rest by new chance.
    Arguments: `flake_p` from 0 to 1; `retries` a whole number, 0 or more; `correlated_share` from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic; on causes [luo2014flaky].

    >>> residual_flake(flake_p=0.5, retries=1, correlated_share=0.5).residual_p
    0.375
    """
    flake, retries = fraction("flake_p", flake_p), whole("retries", retries, 0)
    stuck = fraction("correlated_share", correlated_share)
    return Residual(stuck * flake + (1 - stuck) * flake ** (retries + 1))


def implied_correlation(flake_before: float, flake_after: float) -> Correlation:
    """What share of flakes must fail again, for one retry to have helped as little as it did.

    Rule: c = (after - before^2) / (before - before^2), the inverse of `residual_flake` for one retry. None below 0,
    where the retry helped more than chance, and above 1, where it did harm: then the rule does not hold.
    Arguments: `flake_before` the share of runs that fail without a retry, above 0 and below 1; `flake_after` with
    one, from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: arithmetic; on causes [luo2014flaky].

    >>> round(implied_correlation(flake_before=0.12, flake_after=0.03).correlated_share, 3)
    0.148
    """
    before = fraction("flake_before", flake_before, zero=False, one=False)
    after = fraction("flake_after", flake_after)
    # The same as in the rule, but with no difference of near-equal numbers where before is near 0 or 1.
    share = (after / before - before) / (1 - before)
    if same(after, before**2):
        share = 0.0
    if same(after, before):
        share = 1.0
    return Correlation(share if 0 <= share <= 1 else None)


def max_flake(target_build_pass: float, tests: int, retries: int = 0) -> MaxFlake:
    """How flaky a test may be for builds to pass as often as wanted, if flakes are independent.

    Rule: (1 - target ** (1 / tests)) ** (1 / (retries + 1)), the inverse of `build_pass`.
    Arguments: `target_build_pass` above 0 and below 1; `tests` a whole number, 1 or more; `retries` a whole number,
    0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> round(max_flake(target_build_pass=0.95, tests=500).max_flake_p, 6)
    0.000103
    """
    target = fraction("target_build_pass", target_build_pass, zero=False, one=False)
    tests, retries = whole("tests", tests, 1), whole("retries", retries, 0)
    return MaxFlake((-math.expm1(math.log(target) / tests)) ** (1 / (retries + 1)))


def runs_per_build(flake_p: float, retries: int = 1) -> Runs:
    """How often a test runs in a build on average, when it is run again after each flake.

    Rule: 1 + f + f^2 + ... + f^retries.
    Arguments: `flake_p` from 0 to 1; `retries` a whole number, 0 or more.
    Errors: ValueError outside these ranges.
    Source: arithmetic.

    >>> runs_per_build(flake_p=0.5, retries=2).expected_runs
    1.75
    """
    flake, retries = fraction("flake_p", flake_p), whole("retries", retries, 0)
    if flake == 1:
        return Runs(retries + 1.0)
    all_fail_log = (retries + 1) * math.log(flake) if flake else -math.inf
    return Runs(-math.expm1(all_fail_log) / (1 - flake))


# DORA metrics


@dataclass(frozen=True)
class Dora:
    """How often a team deploys, how fast, how often that fails, and how fast it recovers.

    Medians are in hours. What has no data is None: the lead and the failures without deployments, the recovery
    without one. `open_failures` are failed deployments that have not recovered.
    """

    deploys_per_day: float
    median_lead_h: float | None
    change_fail_rate: float | None
    median_recovery_h: float | None
    open_failures: int


@dataclass(frozen=True)
class Tiers2024:
    """The cluster of the 2024 report that each metric falls into; None for a metric that is not given."""

    lead_tier: str | None
    frequency_tier: str | None
    recovery_tier: str | None


@dataclass(frozen=True)
class Clusters2024:
    """The clusters of the 2024 report as printed.

    Of each: change lead time, deployment frequency, change failure rate, failed deployment recovery time, and the
    share of respondents.
    """

    elite: tuple[str, ...]
    high: tuple[str, ...]
    medium: tuple[str, ...]
    low: tuple[str, ...]


def dora_metrics(days: float, deployments: Sequence[Mapping[str, Any]]) -> Dora:
    """The four metrics of delivery that the DORA reports have long used, from a list of deployments.

    Rule: deployments a day; the median lead time from commit to production; failed over all deployments; the median
    time to recover of those failures that have.
    Arguments: `days` the length of the period, above 0; `deployments` a list, which may be empty, of mappings with
    `lead_h` (hours, 0 or more), `failed` (true or false) and, for a failure that is over, `recovery_h` (hours, 0 or
    more; else None or left out).
    Errors: ValueError outside these ranges, and for a recovery without a failure.
    Source: [dora2024].

    >>> dora_metrics(days=2, deployments=[{"lead_h": 4, "failed": False}, {"lead_h": 8, "failed": True}])
    Dora(deploys_per_day=1.0, median_lead_h=6.0, change_fail_rate=0.5, median_recovery_h=None, open_failures=1)
    """
    days = positive("days", days)
    leads, recoveries, failed = [], [], 0
    for i, deployment in enumerate(items("deployments", deployments, empty=True)):
        name = f"deployments[{i}]"
        keys = table(name, deployment)
        if not {"lead_h", "failed"} <= keys.keys() <= {"lead_h", "failed", "recovery_h"}:
            raise ValueError(f"{name} must be a mapping of lead_h, failed and maybe recovery_h; got {', '.join(keys)}")
        leads.append(non_negative(f"{name}.lead_h", keys["lead_h"]))
        has_failed = flag(f"{name}.failed", keys["failed"])
        failed += has_failed
        if keys.get("recovery_h") is not None:
            if not has_failed:
                raise ValueError(f"{name}.recovery_h must be None without a failure; got {keys['recovery_h']!r}")
            recoveries.append(non_negative(f"{name}.recovery_h", keys["recovery_h"]))
    return Dora(
        deploys_per_day=len(leads) / days,
        median_lead_h=median(leads) if leads else None,
        change_fail_rate=failed / len(leads) if leads else None,
        median_recovery_h=median(recoveries) if recoveries else None,
        open_failures=failed - len(recoveries),
    )


def tiers_2024(
    lead_h: float | None = None, deploys_per_day: float | None = None, recovery_h: float | None = None
) -> Tiers2024:
    """Into which cluster of DORA's 2024 report each metric falls. The report of 2025 has no such clusters.

    Rule: lead below 24 h elite, to 168 h high, to 720 h medium. More than 1 deployment a day elite, 1 a week or
    more high, 1 in 30 days or more medium. Recovery below 1 h elite, below 24 h high, below 168 h medium. All else
    is low. There is no tier over all metrics, and none for the change failure rate: in the report, that of the high
    cluster (20%) is above that of the medium one (10%).
    Arguments: `lead_h` and `recovery_h` hours, 0 or more; `deploys_per_day` 0 or more; each may be None.
    Errors: ValueError outside these ranges.
    Source: [dora2024]. It prints ranges with gaps; where the tiers meet is our reading.

    >>> tiers_2024(lead_h=30, deploys_per_day=2)
    Tiers2024(lead_tier='high', frequency_tier='elite', recovery_tier=None)
    """
    lead = frequency = recovery = None
    if lead_h is not None:
        hours = non_negative("lead_h", lead_h)
        lead = _tier(not at_most(24, hours), at_most(hours, 168), at_most(hours, 720))
    if deploys_per_day is not None:
        per_day = non_negative("deploys_per_day", deploys_per_day)
        frequency = _tier(not at_most(per_day, 1), at_most(1 / 7, per_day), at_most(1 / 30, per_day))
    if recovery_h is not None:
        hours = non_negative("recovery_h", recovery_h)
        recovery = _tier(not at_most(1, hours), not at_most(24, hours), not at_most(168, hours))
    return Tiers2024(lead, frequency, recovery)


def dora_clusters_2024() -> Clusters2024:
    """The four clusters of DORA's 2024 report, as printed. The report of 2025 has none.

    Rule: a table; change lead time, deployment frequency, change failure rate, recovery time, share of respondents.
    Source: [dora2024], page 13.

    >>> dora_clusters_2024().elite
    ('<1 day', 'on demand', '5%', '<1 hour', '19%')
    """
    return Clusters2024(
        elite=("<1 day", "on demand", "5%", "<1 hour", "19%"),
        high=("1 day-1 week", "daily-weekly", "20%", "<1 day", "22%"),
        medium=("1 week-1 month", "weekly-monthly", "10%", "<1 day", "35%"),
        low=("1-6 months", "monthly-6 monthly", "40%", "1 week-1 month", "25%"),
    )


def _tier(elite: bool, high: bool, medium: bool) -> str:
    return "elite" if elite else "high" if high else "medium" if medium else "low"
