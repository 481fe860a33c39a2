"""How long a canary must bake, what peeking costs, how far a bad change gets, and what review costs.

========================================  ==================================================================
Canary                                    `sample_size`, `canary_power`, `canary_time`, `zero_failure_bound`
Looking more than once                    `false_positive_rate`, `pocock_z`, `bonferroni_alpha`
Waves and exposure                        `wave_plan`, `minutes_at_risk`, `staged_rollout`
Pods in a rolling update                  `rolling_update`
Review by risk                            `review_load`
========================================  ==================================================================

An arm of a test is one of the two groups of requests that are compared: the canary, and a control group of the same
size. Results beyond the largest float are infinite. Sources in square brackets are keys of the bibliography.
"""
import heapq
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from infrapm.models._numeric import product, round_down, round_up, share_error
from infrapm.models._validate import bounded, choice, fraction, items, non_negative, number, positive, table, whole

__all__ = [
    "SampleSize", "CanaryPower", "CanaryTime", "ZeroFailures", "FalsePositives", "PocockZ", "PerLookAlpha",
    "WavePlan", "Exposure", "StagedRollout", "RollingUpdate", "ReviewLoad",
    "sample_size", "canary_power", "canary_time", "zero_failure_bound",
    "false_positive_rate", "pocock_z", "bonferroni_alpha",
    "wave_plan", "minutes_at_risk", "staged_rollout", "rolling_update", "review_load",
]

# Canary

NORMAL = NormalDist()


@dataclass(frozen=True)
class SampleSize:
    """Requests that each arm of the test needs."""

    n_per_arm: int


@dataclass(frozen=True)
class CanaryPower:
    """The chance, from 0 to 1, that the test sees the difference."""

    power: float


@dataclass(frozen=True)
class CanaryTime:
    """Minutes until the canary has seen enough requests."""

    minutes_to_decide: float


@dataclass(frozen=True)
class ZeroFailures:
    """The failure share that is still possible after no failure was seen, exactly and by the rule of three."""

    upper_bound: float
    rule_of_three: float


def sample_size(p1: float, p2: float, alpha: float = 0.05, power: float = 0.8, sided: int = 2) -> SampleSize:
    """How many requests each arm needs to see a failure share of p2 where p1 is normal.

    Rule: with q = 1 - p, the mean share p, and z the normal quantiles of 1 - alpha / sided and of power,
    n = (z_alpha sqrt(2 p q) + z_power sqrt(p1 q1 + p2 q2))^2 / (p2 - p1)^2, rounded up: the test of two proportions
    with a pooled variance. At least 1.
    Arguments: `p1` and `p2` from 0 to 1 and not equal; `alpha`, the share of false alarms, and `power`, the share of
    differences that are seen, above 0 and below 1; `sided` 1 or 2.
    Errors: ValueError outside these ranges.
    Source: [fleiss2003rates].

    >>> sample_size(p1=0.001, p2=0.002)
    SampleSize(n_per_arm=23511)
    """
    p1, p2, z_alpha = _test(p1, p2, alpha, sided)
    z_power = NORMAL.inv_cdf(fraction("power", power, zero=False, one=False))
    # Where chance alone rejects often enough, the sum is below 0 and one request does.
    needed = max(0.0, z_alpha * _pooled(p1, p2) + z_power * _unpooled(p1, p2)) / abs(p2 - p1)
    square = needed * needed
    return SampleSize(max(1, round_up(square) if square < math.inf else math.ceil(Fraction(needed) ** 2)))


def canary_power(p1: float, p2: float, n_per_arm: int, alpha: float = 0.05, sided: int = 2) -> CanaryPower:
    """The chance that a canary of this size sees a failure share of p2 where p1 is normal; see `sample_size`.

    Rule: power = Phi((|p2 - p1| sqrt(n) - z_alpha sqrt(2 p q)) / sqrt(p1 q1 + p2 q2)), with the terms of
    `sample_size`, whose inverse it is: the chance that the test rejects in the direction of the true difference.
    The rule is a normal approximation. With fewer than about five expected failures an arm it flatters: for 0.1%
    against 0.2% at n = 900 it gives 0.08, where counting the binomial cases gives 0.05.
    Arguments: as in `sample_size`; `n_per_arm` a whole number, 1 or more.
    Errors: ValueError outside these ranges.
    Source: [fleiss2003rates].

    >>> round(canary_power(p1=0.001, p2=0.002, n_per_arm=900).power, 3)
    0.079
    >>> round(canary_power(p1=0.001, p2=0.002, n_per_arm=23511).power, 3)
    0.8
    """
    p1, p2, z_alpha = _test(p1, p2, alpha, sided)
    seen = abs(p2 - p1) * math.sqrt(whole("n_per_arm", n_per_arm, 1))
    missing, spread = seen - z_alpha * _pooled(p1, p2), _unpooled(p1, p2)
    if spread == 0:  # 0 against 1: every request differs
        return CanaryPower(1.0 if missing > 0 else 0.0)
    return CanaryPower(NORMAL.cdf(missing / spread))


def canary_time(n_per_arm: int, rps: float, canary_fraction: float) -> CanaryTime:
    """How long a canary takes to see the requests that it needs.

    Rule: minutes = n / (rps * canary_fraction) / 60.
    Arguments: `n_per_arm` a whole number, 1 or more; `rps` requests a second of the whole service, above 0;
    `canary_fraction` the canary's share of them, above 0 and at most 1.
    Errors: ValueError outside these ranges.
    Source: [warner2018canary].

    >>> round(canary_time(n_per_arm=23511, rps=200, canary_fraction=0.01).minutes_to_decide)
    196
    """
    n, rps = whole("n_per_arm", n_per_arm, 1), positive("rps", rps)
    return CanaryTime(n / rps / fraction("canary_fraction", canary_fraction, zero=False) / 60)


def zero_failure_bound(n: int, confidence: float = 0.95) -> ZeroFailures:
    """How bad a service may still be after n requests without a failure.

    Rule: upper_bound = 1 - (1 - confidence)^(1/n), the largest failure share that shows no failure in n requests
    with a chance of 1 - confidence. `rule_of_three` is 3 / n, its shortcut for 95% and n of 30 or more, whatever
    `confidence` is.
    Arguments: `n` a whole number, 1 or more; `confidence` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: [hanley1983nothing].

    >>> round(zero_failure_bound(n=3000).upper_bound, 6)
    0.000998
    """
    n = whole("n", n, 1)
    sure = fraction("confidence", confidence, zero=False, one=False)
    return ZeroFailures(upper_bound=-math.expm1(math.log1p(-sure) / n), rule_of_three=3 / n)


def _test(p1: float, p2: float, alpha: float, sided: int) -> tuple[float, float, float]:
    """The two shares, and how many standard errors apart the test wants them."""
    p1, p2 = fraction("p1", p1), fraction("p2", p2)
    if p1 == p2:
        raise ValueError(f"p2 must be another share than p1; got {p2:.12g} for both")
    return p1, p2, _z(alpha, whole("sided", sided, 1, 2))


def _z(alpha: float, sided: int = 2) -> float:
    tail = fraction("alpha", alpha, zero=False, one=False) / sided
    return -NORMAL.inv_cdf(max(tail, 5e-324))  # half of the smallest float is 0


def _pooled(p1: float, p2: float) -> float:
    return math.sqrt((p1 + p2) * ((1 - p1) + (1 - p2)) / 2)  # 2 p q of the mean share


def _unpooled(p1: float, p2: float) -> float:
    return math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))


# Looking more than once

@dataclass(frozen=True)
class FalsePositives:
    """The share of harmless changes that some look calls harmful, and its standard error."""

    false_positive_rate: float
    standard_error: float
    trials: int


@dataclass(frozen=True)
class PocockZ:
    """The |z| that every look must pass, and its standard error."""

    z_critical: float
    standard_error: float
    trials: int


@dataclass(frozen=True)
class PerLookAlpha:
    """The alpha that each look may use."""

    per_look_alpha: float


def false_positive_rate(
    looks: int, alpha: float = 0.05, trials: int = 100_000, seed: int = 1, backend: str = "python"
) -> FalsePositives:
    """How often a harmless canary is stopped when the test is read several times on the way.

    Rule: simulated. After each of `looks` equal portions of data the two-sided z of all data so far is compared with
    the quantile for `alpha`; the result is the share of runs in which one look or more passes it.
    Arguments: `looks` and `trials` whole numbers, 1 or more; `alpha` above 0 and below 1; `seed` a whole number, 0 or
    more; `backend` python or numpy, which is faster and draws other numbers.
    Errors: ValueError outside these ranges, and for more than 10 million looks * trials.
    Source: [armitage1969repeated].

    >>> round(false_positive_rate(looks=10, trials=2000).false_positive_rate, 1)
    0.2
    """
    z = _z(alpha)
    largest, trials = _largest_z(looks, trials, seed, backend)
    share = sum(value > z for value in largest) / trials
    return FalsePositives(share, share_error(share, trials), trials)


def pocock_z(
    looks: int, alpha: float = 0.05, trials: int = 100_000, seed: int = 1, backend: str = "python"
) -> PocockZ:
    """The |z| that keeps false alarms at alpha over all looks together (Pocock's constant boundary).

    Rule: simulated as in `false_positive_rate`; the 1 - alpha quantile, by nearest rank, of the largest |z| of a
    run. The standard error is half the distance between the values one standard error of their rank apart.
    Arguments: as in `false_positive_rate`; `trials` should be many times 1 / alpha.
    Errors: ValueError outside these ranges, and for more than 10 million looks * trials.
    Source: [pocock1977group], which gives 2.413 for five looks at 0.05.

    >>> round(pocock_z(looks=5, trials=20_000).z_critical, 1)
    2.4
    """
    alpha = fraction("alpha", alpha, zero=False, one=False)
    largest, trials = _largest_z(looks, trials, seed, backend)
    above = trials - round_up((1 - alpha) * trials)  # runs that may pass the boundary
    off = math.ceil(math.sqrt(trials * alpha * (1 - alpha)))
    top = heapq.nlargest(above + 1 + off, largest)
    high, low = top[max(0, above - off)], top[min(above + off, trials - 1)]
    return PocockZ(top[min(above, trials - 1)], (high - low) / 2, trials)


def bonferroni_alpha(looks: int, alpha: float = 0.05) -> PerLookAlpha:
    """The alpha of each look that keeps false alarms at or below alpha, however the looks depend on each other.

    Rule: alpha / looks.
    Arguments: `looks` a whole number, 1 or more; `alpha` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: [dunn1961multiple].

    >>> bonferroni_alpha(looks=10)
    PerLookAlpha(per_look_alpha=0.005)
    """
    looks = whole("looks", looks, 1)
    return PerLookAlpha(fraction("alpha", alpha, zero=False, one=False) / looks)


def _largest_z(looks: int, trials: int, seed: int, backend: str) -> tuple[Iterator[float], int]:
    """The largest |z| over the looks of each run without a difference, run by run, and the number of runs."""
    looks, trials, seed = whole("looks", looks, 1), whole("trials", trials, 1), whole("seed", seed, 0)
    bounded(looks=looks, trials=trials)
    numpy = choice("backend", backend, ["python", "numpy"]) == "numpy"
    return (_runs_numpy if numpy else _runs)(looks, trials, seed), trials


def _runs(looks: int, trials: int, seed: int) -> Iterator[float]:
    normal = random.Random(seed).normalvariate  # made of products alone, so the same bits on every machine
    scales = [1 / math.sqrt(look) for look in range(1, looks + 1)]
    for _ in range(trials):
        total = largest = 0.0
        for scale in scales:
            total += normal(0.0, 1.0)
            z = abs(total) * scale
            if z > largest:
                largest = z
        yield largest


def _runs_numpy(looks: int, trials: int, seed: int) -> Iterator[float]:
    import numpy as np

    draws = np.random.default_rng(seed)
    scales = 1 / np.sqrt(np.arange(1, looks + 1))
    rows = max(1, 1_000_000 // looks)  # so that memory does not grow with the trials
    for start in range(0, trials, rows):
        totals = draws.standard_normal((min(rows, trials - start), looks)).cumsum(axis=1)
        yield from (abs(totals) * scales).max(axis=1).tolist()


# Waves and exposure

MAX_WAVES = 100_000


@dataclass(frozen=True)
class WavePlan:
    """Services in each wave, the number of waves, and the days that they bake."""

    waves: tuple[int, ...]
    count: int
    total_days: float


@dataclass(frozen=True)
class Exposure:
    """Users times the minutes that each of them meets the bad change."""

    user_minutes: float


@dataclass(frozen=True)
class StagedRollout:
    """Minutes until every stage has baked, and the chance that a defect gets through all of them."""

    total_min: float
    p_reaches_all: float


def wave_plan(services: int, first_wave: int, growth: float, bake_h: float = 0.0) -> WavePlan:
    """The waves in which a change reaches all services.

    Rule: wave i, from 0, holds floor(first_wave * growth^i) services, and the last wave what is left.
    total_days = count * bake_h / 24.
    Arguments: `services` and `first_wave` whole numbers, 1 or more; `growth` 1 or more, and large enough for at most
    100,000 waves; `bake_h` hours that each wave bakes, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [warner2018canary].

    >>> wave_plan(services=10_000, first_wave=10, growth=3, bake_h=24)
    WavePlan(waves=(10, 30, 90, 270, 810, 2430, 6360), count=7, total_days=7.0)
    """
    left, first = whole("services", services, 1), whole("first_wave", first_wave, 1)
    growth = number("growth", growth)
    bake_h = non_negative("bake_h", bake_h)
    if growth < 1:
        raise ValueError(f"growth must be a number, 1 or more; got {growth:.12g}")
    waves: list[int] = []
    while left:
        if len(waves) == MAX_WAVES:
            raise ValueError(f"growth must be large enough for at most {MAX_WAVES} waves; got {growth:.12g}")
        try:
            size = first * growth ** len(waves)
        except OverflowError:
            size = math.inf
        waves.append(left if size >= left else round_down(size))
        left -= waves[-1]
    return WavePlan(tuple(waves), len(waves), total_days=len(waves) * (bake_h / 24))


def minutes_at_risk(users: float, exposed_fraction: float, detect_min: float, rollback_min: float) -> Exposure:
    """The user-minutes that a bad change costs: how many meet it, and for how long.

    Rule: users * exposed_fraction * (detect_min + rollback_min).
    Arguments: `users` 0 or more; `exposed_fraction` from 0 to 1; `detect_min` and `rollback_min` minutes, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [warner2018canary].

    >>> minutes_at_risk(users=2_000_000, exposed_fraction=0.01, detect_min=10, rollback_min=5)
    Exposure(user_minutes=300000.0)
    """
    exposed = non_negative("users", users) * fraction("exposed_fraction", exposed_fraction)
    minutes = non_negative("detect_min", detect_min) + non_negative("rollback_min", rollback_min)
    return Exposure(product(exposed, minutes))


def staged_rollout(stages: Sequence[float], bake_min: Sequence[float], detect_p: float) -> StagedRollout:
    """How long a staged rollout takes, and how likely a defect gets through to everyone.

    Rule: total_min = the sum of the bakes. Each stage before the last sees the defect with a chance of `detect_p`,
    independently of the others: p_reaches_all = (1 - detect_p)^(stages - 1).
    Arguments: `stages` the shares of users that have the change, rising, above 0, the last 1; `bake_min` for each
    stage the minutes that it bakes, 0 or more; `detect_p` from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: [warner2018canary].

    >>> staged_rollout(stages=[0.01, 0.1, 1], bake_min=[60, 60, 0], detect_p=0.5)
    StagedRollout(total_min=120.0, p_reaches_all=0.25)
    """
    shares = [fraction(f"stages[{i}]", share, zero=False) for i, share in enumerate(items("stages", stages))]
    for i, (before, after) in enumerate(zip(shares, shares[1:]), 1):
        if after <= before:
            raise ValueError(f"stages[{i}] must be above the stage before it, {before:.12g}; got {after:.12g}")
    if shares[-1] != 1:
        raise ValueError(f"stages[{len(shares) - 1}] must be 1, as the last stage; got {shares[-1]:.12g}")
    bakes = [non_negative(f"bake_min[{i}]", bake) for i, bake in enumerate(items("bake_min", bake_min))]
    if len(bakes) != len(shares):
        raise ValueError(f"bake_min must be a list with a value for each of {len(shares)} stages; got {len(bakes)}")
    return StagedRollout(sum(bakes), (1 - fraction("detect_p", detect_p)) ** (len(shares) - 1))


# Pods in a rolling update

@dataclass(frozen=True)
class RollingUpdate:
    """Pods that may be added and missing during an update, and the most and the fewest that there are."""

    surge_pods: int
    unavailable_pods: int
    max_pods: int
    min_available: int


def rolling_update(
    replicas: int,
    surge_fraction: float | None = None,
    unavailable_fraction: float | None = None,
    surge_pods: int | None = None,
    unavailable_pods: int | None = None,
) -> RollingUpdate:
    """How many pods a rolling update of a Kubernetes Deployment adds, and how many it may take away.

    Rule: a fraction of the replicas rounds up for the surge and down for the unavailable pods. Where both come to 0,
    one pod may be unavailable, or the update could not start. max_pods = replicas + surge; min_available = replicas
    - unavailable, at least 0.
    Arguments: `replicas` a whole number, 0 or more. The surge is a fraction from 0 to 1 or a whole number of pods, 0
    or more, not both; with neither it is the fraction 0.25. The same for the unavailable pods.
    Errors: ValueError outside these ranges.
    Source: [k8s_docs].

    >>> rolling_update(replicas=10)
    RollingUpdate(surge_pods=3, unavailable_pods=2, max_pods=13, min_available=8)
    """
    replicas = whole("replicas", replicas, 0)
    surge = _pods("surge", surge_fraction, surge_pods, lambda share: round_up(replicas * share))
    unavailable = _pods("unavailable", unavailable_fraction, unavailable_pods, lambda share: round_down(replicas * share))
    if surge == unavailable == 0:
        unavailable = 1
    return RollingUpdate(surge, unavailable, replicas + surge, max(0, replicas - unavailable))


def _pods(kind: str, share: float | None, pods: int | None, of_replicas: Callable[[float], int]) -> int:
    if pods is None:
        return of_replicas(0.25 if share is None else fraction(f"{kind}_fraction", share))
    if share is not None:
        raise ValueError(f"{kind}_fraction must be left out where {kind}_pods is given; got both {share} and {pods}")
    return whole(f"{kind}_pods", pods, 0)


# Review by risk

@dataclass(frozen=True)
class ReviewLoad:
    """Hours of review of a change on average, the share saved, and incidents in 1,000 changes."""

    mean_review_h: float
    reduction_vs_flat: float | None
    incidents_per_1000: float


def review_load(tiers: Sequence[Mapping[str, Any]], flat_review_h: float) -> ReviewLoad:
    """What reviewing changes by risk costs and lets through, against one review for all.

    Rule: mean_review_h = sum of share * review_h; reduction_vs_flat = 1 - mean_review_h / flat_review_h, None where
    the flat review takes no time; incidents_per_1000 = 1,000 * sum of share * incident_p.
    Arguments: `tiers` a list of mappings with `share` (of the changes, from 0 to 1, together 1), `review_h` (hours,
    0 or more), `incident_p` (the chance that a change of the tier causes an incident, from 0 to 1), and maybe a
    `name`; `flat_review_h` hours, 0 or more.
    Errors: ValueError outside these ranges.
    Source: [warner2018canary]; the rule is an average.

    >>> review_load(tiers=[{"share": 0.5, "review_h": 0, "incident_p": 0.001},
    ...                    {"share": 0.5, "review_h": 12, "incident_p": 0.004}], flat_review_h=24)
    ReviewLoad(mean_review_h=6.0, reduction_vs_flat=0.75, incidents_per_1000=2.5)
    """
    parts = [_tier(f"tiers[{i}]", tier) for i, tier in enumerate(items("tiers", tiers))]
    total = math.fsum(share for share, _, _ in parts)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"tiers must be a list whose shares sum to 1; got a sum of {total:.12g}")
    flat = non_negative("flat_review_h", flat_review_h)
    mean = math.fsum(share * hours for share, hours, _ in parts)
    return ReviewLoad(
        mean_review_h=mean,
        reduction_vs_flat=1 - mean / flat if flat else None,
        incidents_per_1000=1000 * math.fsum(share * p for share, _, p in parts),
    )


def _tier(path: str, tier: Any) -> tuple[float, float, float]:
    keys = table(path, tier)
    if keys.keys() - {"name"} != {"share", "review_h", "incident_p"}:
        raise ValueError(f"{path} must be a mapping of share, review_h, incident_p and maybe name; got {', '.join(keys)}")
    return (
        fraction(f"{path}.share", keys["share"]),
        non_negative(f"{path}.review_h", keys["review_h"]),
        fraction(f"{path}.incident_p", keys["incident_p"]),
    )
