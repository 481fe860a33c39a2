"""What a nine costs, what dependencies do to it, and whether to prevent failures or repair faster.

========================================  ==================================================================
Downtime budget                           `allowed_downtime`, `availability_from_downtime`, `nines_of`,
                                          `availability_of`
Dependencies and redundancy               `composite_availability`
Failure and repair                        `repairable`, `required_mttf`
========================================  ==================================================================

`availability` is the share of time, or of requests, that a service is up: a fraction from 0 to 1.
`WINDOW_S` holds the length of each window in seconds. Results beyond the largest float are infinite. Sources in square
brackets are keys of the bibliography.
"""
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infrapm.models._numeric import binomial_tail, rest
from infrapm.models._time import HOURS_PER_YEAR, WINDOW_S
from infrapm.models._validate import between, choice, fraction, items, non_negative, positive, whole

__all__ = [
    "WINDOW_S", "Downtime", "Uptime", "Nines", "Availability", "Composite", "Repairable", "RequiredMttf",
    "allowed_downtime", "availability_from_downtime", "nines_of", "availability_of",
    "composite_availability", "repairable", "required_mttf",
]

# Downtime budget

@dataclass(frozen=True)
class Downtime:
    """How long a service may be down in a window, in seconds, and the nines of its availability."""

    downtime_s: float
    nines: float


@dataclass(frozen=True)
class Uptime:
    """The availability that a downtime leaves, from 0 to 1, and its nines."""

    availability: float
    nines: float


@dataclass(frozen=True)
class Nines:
    """How many nines an availability has; infinite at 1."""

    nines: float


@dataclass(frozen=True)
class Availability:
    """The availability that a number of nines stands for, from 0 to 1."""

    availability: float


def allowed_downtime(availability: float, window: str) -> Downtime:
    """Seconds that a service may be down in a window and still keep its availability.

    Rule: downtime_s = (1 - availability) * window. `nines` is as in `nines_of`.
    Arguments: `availability` from 0 to 1; `window` a key of `WINDOW_S`.
    Errors: ValueError outside these ranges.
    Source: [sre2016availability], which prints 0.87 s a day for five nines; the rule gives 0.864 s.

    >>> allowed_downtime(availability=0.999, window="month")
    Downtime(downtime_s=2592.0, nines=3.0)
    """
    down = rest(fraction("availability", availability))
    return Downtime(downtime_s=down * _window_s(window), nines=_nines(down))


def availability_from_downtime(downtime_min: float, window: str) -> Uptime:
    """The availability that a given downtime in a window leaves; the inverse of `allowed_downtime`.

    Rule: availability = 1 - downtime / window. `nines` is as in `nines_of`.
    Arguments: `window` a key of `WINDOW_S`; `downtime_min` in minutes, from 0 to the whole window.
    Errors: ValueError outside these ranges.
    Source: [sre2016availability].

    >>> availability_from_downtime(downtime_min=43.2, window="month")
    Uptime(availability=0.999, nines=3.0)
    """
    window_min = _window_s(window) / 60
    down = between("downtime_min", downtime_min, 0, window_min) / window_min
    return Uptime(availability=1 - down, nines=_nines(down))


def nines_of(availability: float) -> Nines:
    """How many nines an availability has. 99.95% has 3.3, not three and a half.

    Rule: nines = -log10(1 - availability); infinite at 1.
    Arguments: `availability` from 0 to 1.
    Errors: ValueError outside this range.
    Source: [sre2016availability].

    >>> round(nines_of(availability=0.9995).nines, 2)
    3.3
    """
    return Nines(_nines(rest(fraction("availability", availability))))


def availability_of(nines: float) -> Availability:
    """The availability that a number of nines stands for; the inverse of `nines_of`.

    Rule: availability = 1 - 10 ** -nines. From 16 nines on, a float cannot tell it from 1.
    Arguments: `nines` 0 or more.
    Errors: ValueError outside this range.
    Source: [sre2016availability].

    >>> availability_of(nines=4)
    Availability(availability=0.9999)
    """
    return Availability(1 - 10 ** -non_negative("nines", nines))


def _window_s(window: str) -> int:
    return WINDOW_S[choice("window", window, WINDOW_S)]


def _nines(down: float) -> float:
    # abs instead of a minus sign: no nines at all should read 0.0, not -0.0.
    return abs(math.log10(down)) if down else math.inf


def _from_smaller(up: float, down: float) -> tuple[float, float]:
    """Both shares of a whole, the larger one from the smaller one, which holds the digits."""
    return (up, 1 - up) if up < down else (1 - down, down)


# Dependencies and redundancy

@dataclass(frozen=True)
class Composite:
    """The share of time that a whole system is up and down, and minutes down in a month of 30 days."""

    availability: float
    unavailability: float
    downtime_min_per_month: float


# What is computed of a node: the share of time it is up, and the share it is down. Both go through the tree as sums
# and products of positive numbers. Taking one from 1 at the end would lose its digits: two replicas of five nines
# are down 1e-10 of the time, and 1 - 1e-10 keeps six digits of that.
UpDown = tuple[float, float]


def composite_availability(
    *,
    series: Sequence[Any] | None = None,
    parallel: Sequence[Any] | None = None,
    k: int | None = None,
    n: int | None = None,
    availability: float | None = None,
    availabilities: Sequence[float] | None = None,
    beta: float = 0.0,
) -> Composite:
    """The availability of a system built of dependencies and replicas.

    The arguments describe one node, which is one of these four:

    - `series=[nodes]`: all must be up. Availabilities multiply; an empty list gives 1.
    - `parallel=[nodes]`: one must be up. Unavailabilities multiply.
    - `k`, `n`, `availability`: at least k of n equal members must be up (binomial). k = 0 gives 1.
    - `k`, `availabilities=[...]`: at least k of these members must be up.

    A node in a list is an availability, or a dict with the same keys. Members fail independently, but for `beta`:
    the share of a member's downtime that comes from a cause common to all (a bad configuration, one region) and
    takes all of them down together. With q = 1 - availability, the group is up for
    (1 - beta q) * (k of n at unavailability (1 - beta) q). A single member has nothing in common with others, so
    `beta` changes nothing there. The rule is for members that are mostly up: with q above 0.4 a common cause can
    even seem to help.

    Arguments: availabilities and `beta` from 0 to 1; `n` a whole number from 1 to 10^9; `k` a whole number from 0 to n;
    `parallel` and `availabilities` not empty. Unavailability is a fraction; a month is 30 days.
    Errors: ValueError outside these ranges, for keys that are none of the four, and for `beta` above 0 in `series`
    or with members of unequal availability.
    Source: [trivedi2002probability]; series [azure_composite_sla]; beta [fleming1975common, iec61508part6].

    >>> composite_availability(series=[0.9995, 0.9999]).availability
    0.99940005
    >>> composite_availability(series=[0.9995, {"parallel": [0.999, 0.999], "beta": 0.1}]).unavailability
    0.0006007595140405
    """
    keys = {"series": series, "parallel": parallel, "k": k, "n": n,
            "availability": availability, "availabilities": availabilities}
    node = {key: value for key, value in keys.items() if value is not None}
    up, down = _from_smaller(*_group("", node | {"beta": beta}))
    return Composite(availability=up, unavailability=down, downtime_min_per_month=down * WINDOW_S["month"] / 60)


def _group(path: str, node: dict[str, Any]) -> UpDown:
    """One of the four kinds of node. `path` leads to it from the root and opens the names in messages: "series[2]."."""
    beta = fraction(f"{path}beta", node.get("beta", 0.0))
    match sorted(str(key) for key in node if key != "beta"):
        case ["series"]:
            if beta:
                raise ValueError(f"{path}beta must be 0 for series; got {beta:g}")
            return _all_up(_members(f"{path}series", node["series"], empty=True))
        case ["parallel"]:
            return _k_of_members(path, 1, _members(f"{path}parallel", node["parallel"]), beta)
        case ["availability", "k", "n"]:
            n = whole(f"{path}n", node["n"], 1, 10**9)
            k = whole(f"{path}k", node["k"], 0, n)
            return _k_of_equal(k, n, _unit(f"{path}availability", node["availability"]), beta)
        case ["availabilities", "k"]:
            name = f"{path}availabilities"
            units = [_unit(f"{name}[{i}]", unit) for i, unit in enumerate(items(name, node["availabilities"]))]
            return _k_of_members(path, whole(f"{path}k", node["k"], 0, len(units)), units, beta)
        case keys:
            raise ValueError(
                f"{path.rstrip('.') or 'a system'} must be series, or parallel, or k with n and availability, "
                f"or k with availabilities; got {' with '.join(keys) or 'none of them'}"
            )


def _members(name: str, nodes: Any, empty: bool = False) -> list[UpDown]:
    return [
        _group(f"{name}[{i}].", node) if isinstance(node, dict) else _unit(f"{name}[{i}]", node)
        for i, node in enumerate(items(name, nodes, empty=empty))
    ]


def _unit(name: str, availability: Any) -> UpDown:
    up = fraction(name, availability)
    return up, rest(up)


def _all_up(members: list[UpDown]) -> UpDown:
    all_up, some_down = 1.0, 0.0
    for up, down in members:
        some_down += all_up * down  # this member is the first that is down
        all_up *= up
    return all_up, some_down


def _k_of_members(path: str, k: int, members: list[UpDown], beta: float) -> UpDown:
    """At least k of these members up."""
    first = members[0]
    if beta and len(members) > 1:
        for member in members:
            if not all(math.isclose(*pair, rel_tol=1e-9) for pair in zip(member, first)):
                raise ValueError(
                    f"{path}beta must be 0 for members of unequal availability; "
                    f"got {beta:g} with {first[0]:.12g} and {member[0]:.12g}"
                )
        return _k_of_equal(k, len(members), first, beta)
    if k == 0:
        return 1.0, 0.0
    # Member by member: exactly[j] is the chance that j of those seen are up; enough, that k or more are.
    exactly, enough = [1.0] + [0.0] * (k - 1), 0.0
    for up, down in members:
        enough += exactly[-1] * up
        exactly = [here * down + below * up for here, below in zip(exactly, [0.0] + exactly)]
    return enough, math.fsum(exactly)


def _k_of_equal(k: int, n: int, member: UpDown, beta: float) -> UpDown:
    """At least k of n equal members up, each alone in its failures but for the common cause."""
    if k == 0:
        return 1.0, 0.0
    up, down = member
    if n == 1:
        beta = 0.0
    common_up, common_down = 1 - beta + beta * up, beta * down
    alone_up, alone_down = up + common_down, down - common_down
    # Sum the rarer outcome, so that it keeps its digits. Below the mean, that is having too few up.
    enough = binomial_tail(k, n, alone_up, alone_down) if k > n * alone_up else 1.0
    if enough <= 0.5:
        group = enough, 1 - enough
    else:
        too_few = binomial_tail(n - k + 1, n, alone_down, alone_up)
        group = 1 - too_few, too_few
    return _all_up([(common_up, common_down), group])


# Failure and repair

@dataclass(frozen=True)
class Repairable:
    """The availability of a unit or a pair that is repaired; see `repairable` for what is None and when."""

    availability: float
    cycles_per_year: float | None
    independent_availability: float | None


@dataclass(frozen=True)
class RequiredMttf:
    """The mean hours to failure that an availability asks for, and the failures a year that it allows."""

    required_mttf_h: float
    allowed_incidents_per_year: float


def repairable(mttf_h: float, mttr_h: float, units: int = 1, crews: int = 1) -> Repairable:
    """The availability of a unit that fails and is repaired, or of a pair of which one must be up.

    Rule: for one unit A = mttf / (mttf + mttr), and it fails 8,760 / (mttf + mttr) times a year. A pair with a
    crew for each unit is down only when two independent units are: 1 - (1 - A)^2. With one crew the second failure
    waits for the first repair. With l = 1/mttf and m = 1/mttr, the chances of no, one and two units down are as
    1 : 2 l/m : 2 (l/m)^2. With Q = 1 - A this makes A = (1 - Q^2) / (1 + Q^2).
    Results: `cycles_per_year` is None for a pair. `independent_availability`, for comparison, is that of a pair
    with two crews, and None for one unit.
    Arguments: `mttf_h` mean hours to failure, above 0; `mttr_h` mean hours to repair, 0 or more; `units` and
    `crews` 1 or 2. Times to failure and to repair are exponential.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability], chapter 8.

    >>> repairable(mttf_h=999, mttr_h=1)
    Repairable(availability=0.999, cycles_per_year=8.76, independent_availability=None)
    >>> repairable(mttf_h=999, mttr_h=1, units=2, crews=1)
    Repairable(availability=0.999998000002, cycles_per_year=None, independent_availability=0.999999)
    """
    mttf_h, mttr_h = positive("mttf_h", mttf_h), non_negative("mttr_h", mttr_h)
    units, crews = whole("units", units, 1, 2), whole("crews", crews, 1, 2)
    up, down = _from_smaller(1 / (1 + mttr_h / mttf_h), 1 / (1 + mttf_h / mttr_h) if mttr_h else 0.0)
    if units == 1:
        return Repairable(up, cycles_per_year=HOURS_PER_YEAR / (mttf_h + mttr_h), independent_availability=None)
    one_up, both_down = up * (1 + down), down**2
    independent, _ = _from_smaller(one_up, both_down)
    one_crew, _ = _from_smaller(one_up / (1 + both_down), 2 * both_down / (1 + both_down))
    return Repairable(one_crew if crews == 1 else independent, None, independent)


def required_mttf(availability: float, mttr_h: float) -> RequiredMttf:
    """How rare failures must be for an availability at a given time to repair, and how many a year it allows.

    Rule: mttf = mttr * A / (1 - A); incidents a year = (1 - A) * 8,760 / mttr.
    Arguments: `availability` above 0 and below 1; `mttr_h` mean hours to repair, above 0.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability], chapter 8.

    >>> required_mttf(availability=0.9999, mttr_h=0.5)
    RequiredMttf(required_mttf_h=4999.5, allowed_incidents_per_year=1.752)
    """
    up = fraction("availability", availability, zero=False, one=False)
    mttr_h = positive("mttr_h", mttr_h)
    down = rest(up)
    return RequiredMttf(required_mttf_h=mttr_h * up / down, allowed_incidents_per_year=down * HOURS_PER_YEAR / mttr_h)
