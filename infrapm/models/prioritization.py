"""Which item first, how sure that is, and what waiting costs.

========================================  ==================================================================
Scores                                    `rice`, `rank_rice`, `ice`, `ice_effort`, `weighted_scores`
Scope in a fixed box                      `moscow`
Cost of delay                             `wsjf`, `best_order`
How sure a ranking is                     `rank_probabilities`, `rank_under_effort`, `lead_under_effort`,
                                          `simulate_rice`, `flip_weight`
========================================  ==================================================================

A score has the unit of its inputs, so it compares only with scores made of the same units: reach per the same
period, effort in the same unit. A range is `[lo, hi]`, every value between equally likely, or `[lo, mode, hi]`,
triangular. Scores within a relative 1e-9 are equal; one beyond the largest float is infinite. Sources in square
brackets are keys of the bibliography.
"""
import math
import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from infrapm.models._numeric import at_most, nearest_rank, proportions, round_up, same, share_error, weighted_mean
from infrapm.models._validate import between, bounded, fraction, non_negative, number, positive, table, whole
from infrapm.models._validate import items as listed

__all__ = [
    "Rice", "RiceRanking", "Score", "WeightedScores", "Moscow", "Wsjf", "Order", "RankProbabilities",
    "EffortRanks", "Lead", "RiceRanks", "FlipWeight",
    "rice", "rank_rice", "ice", "ice_effort", "weighted_scores", "moscow", "wsjf", "best_order",
    "rank_probabilities", "rank_under_effort", "lead_under_effort", "simulate_rice", "flip_weight",
]

# Scores

RICE_INPUTS = ("reach", "impact", "confidence", "effort")
# Massive, high, medium, low, minimal [mcbride2018rice].
IMPACT_STEPS = (3, 2, 1, 0.5, 0.25)


@dataclass(frozen=True)
class Rice:
    """A RICE score, in reach per unit of effort, and what about its inputs is unusual."""

    score: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class RiceRanking:
    """The RICE score of each item, the names from the highest score to the lowest, and what is unusual."""

    scores: dict[str, float]
    ranking: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """A score without a unit: it ranks, and says nothing else."""

    score: float


@dataclass(frozen=True)
class WeightedScores:
    """The weighted mean of each item's scores, in their unit."""

    scores: dict[str, float]


def rice(reach: float, impact: float, confidence: float, effort: float) -> Rice:
    """The RICE score of one item: whom it reaches, times how much, discounted by doubt, per unit of effort.

    Rule: score = reach * impact * confidence / effort. A warning says when the impact is none of the steps 3, 2,
    1, 0.5, 0.25.
    Arguments: `reach` people or events per period, 0 or more; `impact` above 0; `confidence` above 0 and at most 1;
    `effort` in person-months or the like, above 0.
    Errors: ValueError outside these ranges.
    Source: [mcbride2018rice].

    >>> rice(reach=2000, impact=2, confidence=0.8, effort=4)
    Rice(score=800.0, warnings=())
    """
    score, warnings = _rice("", [reach, impact, confidence, effort])
    return Rice(score, tuple(warnings))


def rank_rice(items: Mapping[str, Sequence[float]]) -> RiceRanking:
    """The items of a backlog by their RICE score, the highest first.

    Rule: as in `rice`, whose ranges hold. Equal scores keep the order in which the items are listed.
    Arguments: `items` a mapping from each name to [reach, impact, confidence, effort]. Reach must be in the same
    unit and period for all items, and effort in the same unit: numbers alone cannot show whether they are.
    Errors: ValueError outside these ranges.
    Source: [mcbride2018rice].

    >>> rank_rice(items={"cache": [500, 1, 0.8, 2], "failover": [2000, 3, 0.5, 12]}).ranking
    ('failover', 'cache')
    """
    scores, warnings = {}, []
    for name, inputs in table("items", items).items():
        path = f"items[{name!r}]"
        scores[name], odd = _rice(f"{path}.", _exactly(path, inputs, RICE_INPUTS))
        warnings += [f"{name}: {warning}" for warning in odd]
    names = list(scores)
    order = [i for group in _ranked(list(scores.values())) for i in group]
    return RiceRanking(scores, tuple(names[i] for i in order), tuple(warnings))


def ice(impact: float, confidence: float, ease: float) -> Score:
    """The ICE score: impact times confidence times ease.

    Rule: score = impact * confidence * ease. The E is ease, of which more is better. An effort in its place has to
    divide: `ice_effort`.
    Arguments: each from 1 to 10.
    Errors: ValueError outside this range.
    Source: [ellis2017hacking].

    >>> ice(impact=8, confidence=7, ease=3)
    Score(score=168.0)
    """
    return Score(between("impact", impact, 1, 10) * between("confidence", confidence, 1, 10)
                 * between("ease", ease, 1, 10))


def ice_effort(impact: float, confidence: float, effort: float) -> Score:
    """ICE with an effort as its third input, which divides.

    Rule: score = impact * confidence / effort.
    Arguments: `impact` and `confidence` from 1 to 10; `effort` above 0, in a unit that all items share.
    Errors: ValueError outside these ranges.
    Source: a variant of [ellis2017hacking]; the sign follows from its E, ease.

    >>> ice_effort(impact=8, confidence=7, effort=4)
    Score(score=14.0)
    """
    value = between("impact", impact, 1, 10) * between("confidence", confidence, 1, 10)
    return Score(value / positive("effort", effort))


def weighted_scores(weights: Mapping[str, float], scores: Mapping[str, Mapping[str, float]]) -> WeightedScores:
    """The weighted mean of each item's scores, one score a criterion.

    Rule: sum of weight * score / sum of weights, so only the proportions of the weights count.
    Arguments: `weights` a mapping from each criterion to a weight, 0 or more, not all 0; `scores` a mapping from
    each item to its scores, a mapping from each criterion to a number.
    Errors: ValueError outside these ranges, and for an item without a score for a criterion, or with one for what
    is no criterion.
    Source: [keeney1976decisions], the additive value function.

    >>> weighted_scores(weights={"reliability": 3, "cost": 1}, scores={"A": {"reliability": 4, "cost": 2}})
    WeightedScores(scores={'A': 3.5})
    """
    criteria = table("weights", weights)
    given = _not_all_0("weights", [non_negative(f"weights[{key!r}]", weight) for key, weight in criteria.items()])
    means = {}
    for name, own in table("scores", scores).items():
        path = f"scores[{name!r}]"
        own = table(path, own)
        if own.keys() != criteria.keys():
            raise ValueError(f"{path} must be one score for each of {', '.join(criteria)}; got {', '.join(own)}")
        means[name] = weighted_mean([number(f"{path}[{key!r}]", own[key]) for key in criteria], given)
    return WeightedScores(means)


def _rice(path: str, inputs: Sequence[Any]) -> tuple[float, list[str]]:
    """The score and the warnings. `path` opens the names in messages."""
    reach = non_negative(f"{path}reach", inputs[0])
    impact = positive(f"{path}impact", inputs[1])
    confidence = fraction(f"{path}confidence", inputs[2], zero=False)
    effort = positive(f"{path}effort", inputs[3])
    steps = ", ".join(map(str, IMPACT_STEPS))
    odd = [] if impact in IMPACT_STEPS else [f"impact {impact:g} is none of the steps {steps}"]
    return reach * impact * confidence / effort, odd


def _exactly(name: str, value: Any, parts: Sequence[str]) -> list[Any]:
    """A list with one member for each of these parts."""
    members = listed(name, value)
    if len(members) != len(parts):
        raise ValueError(f"{name} must be a list of {', '.join(parts)}; got {len(members)} members")
    return members


def _not_all_0(name: str, weights: list[float]) -> list[float]:
    if any(weights):
        return weights
    raise ValueError(f"{name} must be not all 0; got only 0")


def _ranked(scores: Sequence[float]) -> list[tuple[int, ...]]:
    """The indices of the scores, the highest first; those of equal scores stand together, as listed."""
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    groups, group = [], [order[0]]
    for i in order[1:]:
        if same(scores[i], scores[group[0]]):
            group.append(i)
        else:
            groups.append(tuple(sorted(group)))
            group = [i]
    return [*groups, tuple(sorted(group))]


# Scope in a fixed box

MUST_LIMIT = 0.6


@dataclass(frozen=True)
class Moscow:
    """The shares of Must and Could in the planned effort, whether Must leaves room, and what to move out of it.

    `move_out_effort` is in the unit of the efforts.
    """

    must_share: float
    could_share: float
    ok: bool
    move_out_effort: float


def moscow(effort: Mapping[str, float]) -> Moscow:
    """Whether what a plan must have leaves room for work that takes longer than thought.

    Rule: shares are of must + should + could; what will not be done is no part of the plan. ok if must is at most
    60%. Moving max(0, must - 60% of the sum) from Must to Should or Could makes Must 60%.
    Arguments: `effort` a mapping from must, should, could and, if wanted, wont to an effort, 0 or more; the first
    three not all 0.
    Errors: ValueError outside these ranges, for a key that is missing and for any other.
    Source: [dsdm2014handbook], chapter 10: Must at most 60% of the effort, Could about 20%.

    >>> moscow(effort={"must": 75, "should": 15, "could": 10})
    Moscow(must_share=0.75, could_share=0.1, ok=False, move_out_effort=15.0)
    """
    given = table("effort", effort)
    if not {"must", "should", "could"} <= given.keys() <= {"must", "should", "could", "wont"}:
        raise ValueError(f"effort must be given for must, should, could and, if wanted, wont; got {', '.join(given)}")
    checked = {key: non_negative(f"effort.{key}", value) for key, value in given.items()}
    must, should, could = (checked[key] for key in ("must", "should", "could"))
    must_share, _, could_share = proportions(_not_all_0("effort", [must, should, could]))
    ok = at_most(must_share, MUST_LIMIT)
    move_out = 0.0 if ok else (1 - MUST_LIMIT) * must - MUST_LIMIT * (should + could)
    return Moscow(must_share, could_share, ok, move_out)


# Cost of delay

@dataclass(frozen=True)
class Wsjf:
    """Weighted shortest job first: points of cost of delay per point of size."""

    wsjf: float


@dataclass(frozen=True)
class Order:
    """The order of jobs that costs least to wait for, as indices of the list given, and what orders cost.

    Costs are in the unit of cost of delay times the unit of duration. `tie`: other orders cost as little.
    """

    best_order: tuple[int, ...]
    best_cost: float
    fifo_cost: float
    worst_cost: float
    tie: bool


def wsjf(business_value: float, time_criticality: float, risk_reduction: float, job_size: float) -> Wsjf:
    """Weighted shortest job first: the cost of delay of a job per its size.

    Rule: (business_value + time_criticality + risk_reduction) / job_size.
    Arguments: the first three 0 or more, in points of one scale; `job_size` above 0, in points of its own.
    Errors: ValueError outside these ranges.
    Source: [safe_wsjf]; the principle [reinertsen2009flow].

    >>> wsjf(business_value=8, time_criticality=5, risk_reduction=3, job_size=4)
    Wsjf(wsjf=4.0)
    """
    delay = (non_negative("business_value", business_value) + non_negative("time_criticality", time_criticality)
             + non_negative("risk_reduction", risk_reduction))
    return Wsjf(delay / positive("job_size", job_size))


def best_order(jobs: Sequence[Sequence[float]]) -> Order:
    """In which order one team should take its jobs, and what the order costs.

    Rule: a job costs its cost of delay until it is finished, so an order costs the sum of cost of delay * finish
    time. That is least when jobs are taken by cost of delay / duration, the largest first; equal ratios keep the
    listed order. `fifo_cost` is the cost of the listed order. The worst order is the best one reversed.
    Arguments: `jobs` a list of [cost of delay per period, 0 or more, and duration in such periods, above 0].
    Errors: ValueError outside these ranges.
    Source: [smith1956various].

    >>> best_order(jobs=[[1, 3], [10, 3], [3, 1]])
    Order(best_order=(1, 2, 0), best_cost=49.0, fifo_cost=84.0, worst_cost=85.0, tie=False)
    """
    checked = []
    for i, job in enumerate(listed("jobs", jobs)):
        delay, duration = _exactly(f"jobs[{i}]", job, ("cost of delay", "duration"))
        checked.append((non_negative(f"jobs[{i}].cost_of_delay", delay), positive(f"jobs[{i}].duration", duration)))

    def cost(order: Sequence[int]) -> float:
        finish = accumulate(checked[i][1] for i in order)
        return sum(checked[i][0] * at for i, at in zip(order, finish) if checked[i][0])

    groups = _ranked([delay / duration for delay, duration in checked])
    best = [i for group in groups for i in group]
    return Order(
        best_order=tuple(best),
        best_cost=cost(best),
        fifo_cost=cost(range(len(best))),
        worst_cost=cost(best[::-1]),
        tie=len(groups) < len(best),
    )


# How sure a ranking is

@dataclass(frozen=True)
class RankProbabilities:
    """How often each item comes first, with its standard error, and the ranks that hold 90% of the trials.

    The error of a share of 0 or 1 is given as 0, though the true share may be about 3 / trials away.
    """

    p_first: dict[str, float]
    rank_interval: dict[str, tuple[int, int]]
    standard_error: dict[str, float]
    trials: int


@dataclass(frozen=True)
class EffortRanks:
    """How often each item comes first, with its standard error, which is as in `RankProbabilities`."""

    p_first: dict[str, float]
    standard_error: dict[str, float]
    trials: int


@dataclass(frozen=True)
class Lead:
    """The chance that of two items the one with the higher score is really first."""

    p_right: float


@dataclass(frozen=True)
class RiceRanks:
    """How sure a RICE ranking is when its inputs are ranges, and which input to find out; see `simulate_rice`."""

    first: str
    p_wrong: float
    p_first: dict[str, float]
    rank_interval: dict[str, tuple[int, int]]
    score_interval: dict[str, tuple[float, float, float]]
    standard_error: dict[str, float]
    drop_if_known: dict[str, dict[str, float]]
    drop_standard_error: dict[str, dict[str, float]]
    trials: int


@dataclass(frozen=True)
class FlipWeight:
    """The weight of one criterion, as a share of all, at which two items are level; None where there is none."""

    flip_weight: float | None


def rank_probabilities(ranges: Mapping[str, Sequence[float]], trials: int = 10_000, seed: int = 1) -> RankProbabilities:
    """How often each item really comes first when its score is a range.

    Rule: a trial draws every score, independently, and ranks them, the highest first. Equal scores share the first
    place and have the better rank. `rank_interval` is the 5th and the 95th percentile of the rank, nearest rank.
    Arguments: `ranges` a mapping from each name to [lo, hi], uniform, or [lo, mode, hi], triangular; `trials` 1 or
    more; `seed` 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million ranges * trials.
    Source: Monte Carlo.

    >>> rank_probabilities(ranges={"cache": [8, 12], "failover": [5, 7]}).p_first
    {'cache': 1.0, 'failover': 0.0}
    """
    score_at = {name: _range(f"ranges[{name!r}]", span, number) for name, span in table("ranges", ranges).items()}
    trials, uniform = whole("trials", trials, 1), random.Random(whole("seed", seed, 0)).random
    bounded(ranges=len(score_at), trials=trials)
    places = _Places(score_at)
    for _ in range(trials):
        places.add(_ranked([at(uniform()) for at in score_at.values()]))
    return RankProbabilities(places.p_first(), places.rank_interval(), places.standard_error(), trials)


def rank_under_effort(
    scores: Mapping[str, float], effort_range: Sequence[float], trials: int = 10_000, seed: int = 1
) -> EffortRanks:
    """How often each item really comes first when all but its effort is known.

    Rule: a trial divides every score by a factor drawn from the range, independently. Equal results share the
    first place.
    Arguments: `scores` a mapping from each name to a score above 0; `effort_range` [lo, hi], the true effort as a
    multiple of the estimate, above 0: [0.5, 1.5] for an effort known to +-50%; `trials` 1 or more; `seed` 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million scores * trials.
    Source: Monte Carlo.

    >>> rank_under_effort(scores={"cache": 150, "failover": 100}, effort_range=[0.8, 1.2]).p_first
    {'cache': 1.0, 'failover': 0.0}
    """
    checked = {name: positive(f"scores[{name!r}]", score) for name, score in table("scores", scores).items()}
    factor_at = _range("effort_range", _exactly("effort_range", effort_range, ("lo", "hi")), positive)
    trials, uniform = whole("trials", trials, 1), random.Random(whole("seed", seed, 0)).random
    bounded(scores=len(checked), trials=trials)
    places = _Places(checked)
    for _ in range(trials):
        places.add(_ranked([score / factor_at(uniform()) for score in checked.values()]))
    return EffortRanks(places.p_first(), places.standard_error(), trials)


def lead_under_effort(lead: float, effort_range: Sequence[float]) -> Lead:
    """How sure a lead is, when all but the efforts of the two items is known: `rank_under_effort`, exactly.

    Rule: with a = (1 - 1/lead) / (1 - lo/hi) and b = (lead - 1) / (hi/lo - 1), the leader is first with the chance
    a + (1 - a) (1 + b) / 2, and always from a = 1 on, where its worst effort is better than the other's best.
    Arguments: `lead` the higher score divided by the other, 1 or more; `effort_range` [lo, hi], the true effort of
    either item as a multiple of its estimate, above 0, every value between equally likely.
    Errors: ValueError outside these ranges.
    Source: the integral of P(effort of the first < lead * effort of the second).

    >>> lead_under_effort(lead=1.5, effort_range=[0.5, 1.5])
    Lead(p_right=0.8125)
    """
    lead = positive("lead", lead)
    if lead < 1:
        raise ValueError(f"lead must be a number, 1 or more; got {lead:g}")
    spread = _exactly("effort_range", effort_range, ("lo", "hi"))
    _range("effort_range", spread, positive)
    lo, hi = spread
    ahead = 1 - 1 / lead
    apart = (hi - lo) / hi
    if ahead >= apart:
        return Lead(1.0 if lead > 1 else 0.5)
    return Lead((1 + ahead / apart + (1 - ahead / apart) * (lead - 1) * (lo / hi) / apart) / 2)


def simulate_rice(items: Mapping[str, Sequence[Any]], trials: int = 10_000, seed: int = 1) -> RiceRanks:
    """How often each item really comes first when the inputs of RICE are ranges, and which input to find out.

    Rule: a trial draws every input, independently, and ranks the scores, the highest first. A confidence above 1
    counts as 1. `first` is the item that is most often first: today's bet, wrong with the chance `p_wrong`.
    `drop_if_known` says for each input by how much that chance would fall if its true value x were told before the
    bet: the mean over x of the largest P(an item is first | x) less P(today's bet is first | x). This is the
    expected value of partial perfect information when a wrong bet costs 1. It is 0 for inputs that are known and
    for those that would change no bet. An error that all items share changes no rank, and is not in the ranges.
    Results: `rank_interval` is the 5th and the 95th percentile of the rank, `score_interval` the 5th, 50th and 95th
    of the score, nearest rank; equal scores share the first place and have the better rank. The standard error of a
    share is as in `RankProbabilities`; that of a drop takes the bets as they were found.
    Arguments: `items` a mapping from each name to [reach, impact, confidence, effort], each a known number or a
    range: [lo, hi], uniform, or [lo, mode, hi], triangular. reach 0 or more; impact and effort above 0; confidence
    above 0, a known one and the low end of a range at most 1, the rest of a range at most 2. Units as in
    `rank_rice`. `trials` 1 or more; `seed` 0 or more.
    Errors: ValueError outside these ranges, and for more than 10 million items * trials.
    Source: [mcbride2018rice]; value of information [raiffa1961applied, howard1966information].

    >>> ranks = simulate_rice(items={"cache": [[500, 900], 1, 0.8, 2], "failover": [600, 1, 0.8, 2]})
    >>> ranks.first, round(ranks.p_wrong, 2), round(ranks.drop_if_known["cache"]["reach"], 2)
    ('cache', 0.25, 0.25)
    """
    factors = {name: _rice_factors(f"items[{name!r}]", inputs) for name, inputs in table("items", items).items()}
    trials, uniform = whole("trials", trials, 1), random.Random(whole("seed", seed, 0)).random
    bounded(items=len(factors), trials=trials)
    items_at = list(factors.values())
    overtakes = [_Overtakes(i, item) for i, item in enumerate(items_at)]
    places, seen = _Places(factors), [[] for _ in factors]
    for _ in range(trials):
        drawn = [[at(uniform()) for at in item] for item in items_at]
        scores = [reach * impact * confidence * per_effort for reach, impact, confidence, per_effort in drawn]
        groups = _ranked(scores)
        places.add(groups)
        for i, score in enumerate(scores):
            seen[i].append(score)
            others = groups[0] if i not in groups[0] else _next_to(i, groups)
            if others:
                overtakes[i].add(drawn[i], scores[others[0]] / score if score else math.inf, others)

    p_first = places.p_first()
    first = max(p_first, key=p_first.__getitem__)
    bet = list(factors).index(first)
    drops = {name: count.drops(bet) for name, count in zip(factors, overtakes)}
    return RiceRanks(
        first=first,
        p_wrong=1 - p_first[first],
        p_first=p_first,
        rank_interval=places.rank_interval(),
        score_interval={name: _percentiles(column) for name, column in zip(factors, seen)},
        standard_error=places.standard_error(),
        drop_if_known={name: {key: drop for key, (drop, _) in own.items()} for name, own in drops.items()},
        drop_standard_error={name: {key: error for key, (_, error) in own.items()} for name, own in drops.items()},
        trials=trials,
    )


def flip_weight(scores: Mapping[str, Sequence[float]], weights: Sequence[float], vary_index: int) -> FlipWeight:
    """The weight of one criterion at which two items have the same weighted score; beyond it, the order flips.

    Rule: with d = the first item's score less the second's, criterion by criterion, and r = the weighted mean of
    the other d, the weight is w = -r / (d_i - r). The other weights keep their proportions and share 1 - w.
    Result: a share of all weights, from 0 to 1; None where no share levels the two items, where every share does,
    and where the other weights are all 0.
    Arguments: `scores` a mapping from two names to a list of scores, one a criterion; `weights` a list with a weight
    for each criterion, 0 or more; `vary_index` the criterion's place in these lists, from 0.
    Errors: ValueError outside these ranges.
    Source: [keeney1976decisions], the additive value function.

    >>> flip_weight(scores={"A": [4, 1], "B": [2, 5]}, weights=[0.5, 0.5], vary_index=0)
    FlipWeight(flip_weight=0.6666666666666666)
    """
    weighted = [non_negative(f"weights[{i}]", weight) for i, weight in enumerate(listed("weights", weights))]
    vary = whole("vary_index", vary_index, 0, len(weighted) - 1)
    names = table("scores", scores)
    if len(names) != 2:
        raise ValueError(f"scores must be a mapping from two names; got {len(names)}")
    columns = []
    for name, own in names.items():
        own = listed(f"scores[{name!r}]", own)
        if len(own) != len(weighted):
            raise ValueError(f"scores[{name!r}] must be a list of {len(weighted)} scores, as the weights; got {len(own)}")
        columns.append([number(f"scores[{name!r}][{i}]", score) for i, score in enumerate(own)])
    # Quarters, so that no difference or sum of huge scores is infinite. Only proportions count.
    gaps = [0.0 if same(one, other) else one / 4 - other / 4 for one, other in zip(*columns)]
    gap = gaps.pop(vary)
    weighted.pop(vary)
    if not any(weighted):
        return FlipWeight(None)
    terms = [share * other for share, other in zip(proportions(weighted), gaps)]
    ahead, behind = math.fsum(t for t in terms if t > 0), -math.fsum(t for t in terms if t < 0)
    rest = 0.0 if same(ahead, behind) else ahead - behind
    # A level point needs the criterion and the rest to pull in opposite directions; where one pulls not at all, it
    # is at the end of the range.
    if rest == gap == 0 or rest > 0 < gap or rest < 0 > gap:
        return FlipWeight(None)
    return FlipWeight(abs(rest) / (abs(gap) + abs(rest)))


# From a number between 0 and 1, all equally likely, to a value of the distribution.
Quantile = Callable[[float], float]


def _range(name: str, span: Any, check: Callable[[str, Any], float]) -> Quantile:
    """The distribution of [lo, hi] or [lo, mode, hi]."""
    members = listed(name, span)
    if len(members) not in (2, 3):
        raise ValueError(f"{name} must be [lo, hi] or [lo, mode, hi]; got {len(members)} members")
    ends = [check(f"{name}[{i}]", member) for i, member in enumerate(members)]
    if ends != sorted(ends):
        raise ValueError(f"{name} must be in rising order; got {', '.join(f'{end:g}' for end in ends)}")
    lo, hi = ends[0], ends[-1]
    if lo == hi:
        return lambda u: lo
    # A mean of both ends instead of lo + u * (hi - lo): the width of a huge range would be infinite.
    if len(ends) == 2:
        return lambda u: lo * (1 - u) + hi * u
    below_mode = (ends[1] / 2 - lo / 2) / (hi / 2 - lo / 2)

    def triangular(u: float) -> float:
        part = math.sqrt(u * below_mode) if u < below_mode else 1 - math.sqrt((1 - u) * (1 - below_mode))
        return lo * (1 - part) + hi * part

    return triangular


def _rice_factors(path: str, inputs: Any) -> list[Quantile]:
    """The distributions of the four factors of a score: reach, impact, confidence, and one part per effort."""
    reach, impact, confidence, effort = _exactly(path, inputs, RICE_INPUTS)
    reach_at = _known_or_range(f"{path}.reach", reach, non_negative)
    impact_at = _known_or_range(f"{path}.impact", impact, positive)
    confidence_at = _confidence(f"{path}.confidence", confidence)
    effort_at = _known_or_range(f"{path}.effort", effort, positive)
    return [reach_at, impact_at, confidence_at, lambda u: 1 / effort_at(1 - u)]


def _known_or_range(name: str, value: Any, check: Callable[[str, Any], float]) -> Quantile:
    if isinstance(value, (list, tuple)):
        return _range(name, value, check)
    known = check(name, value)
    return lambda u: known


def _confidence(name: str, value: Any) -> Quantile:
    if not isinstance(value, (list, tuple)):
        known = fraction(name, value, zero=False)
        return lambda u: known

    # An estimate of 80% known to +-50% reaches 120%, of which 100% is left. A percent, such as 80, is refused.
    def loose(name: str, value: Any) -> float:
        return positive(name, value) and between(name, value, 0, 2)

    at = _range(name, value, loose)
    fraction(f"{name}[0]", value[0])
    return at if value[-1] <= 1 else lambda u: min(1.0, at(u))


def _percentiles(values: list[float]) -> tuple[float, float, float]:
    ordered = sorted(values)
    return nearest_rank(ordered, 0.05), nearest_rank(ordered, 0.5), nearest_rank(ordered, 0.95)


def _next_to(leader: int, groups: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Who would lead without one of the leaders."""
    if len(groups[0]) > 1:
        return tuple(i for i in groups[0] if i != leader)
    return groups[1] if len(groups) > 1 else ()


class _Places:
    """Counts the places that items take, trial by trial."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._firsts = [0.0] * len(self._names)
        self._ranks = [[0] * len(self._names) for _ in self._names]
        self._trials = 0

    def add(self, groups: Sequence[tuple[int, ...]]) -> None:
        """One trial: the items from the first to the last, equal ones together."""
        self._trials += 1
        for i in groups[0]:
            self._firsts[i] += 1 / len(groups[0])
        ahead = 0
        for group in groups:
            for i in group:
                self._ranks[i][ahead] += 1
            ahead += len(group)

    def p_first(self) -> dict[str, float]:
        return {name: count / self._trials for name, count in zip(self._names, self._firsts)}

    def standard_error(self) -> dict[str, float]:
        return {name: share_error(p, self._trials) for name, p in self.p_first().items()}

    def rank_interval(self) -> dict[str, tuple[int, int]]:
        return {
            name: (self._percentile(counts, 0.05), self._percentile(counts, 0.95))
            for name, counts in zip(self._names, self._ranks)
        }

    def _percentile(self, counts: list[int], p: float) -> int:
        wanted = max(1, round_up(p * self._trials))
        return next(rank for rank, seen in enumerate(accumulate(counts), 1) if seen >= wanted)


STRATA = 200


class _Overtakes:
    """Counts, trial by trial, at which value of each factor of its score an item would overtake all others."""

    def __init__(self, item: int, factors: Sequence[Quantile]) -> None:
        self._item = item
        # Of each factor that is not known: equally likely values, rising.
        self._values = {
            part: [at((k + 0.5) / STRATA) for k in range(STRATA)]
            for part, at in enumerate(factors) if at(0.0) != at(0.5)
        }
        # Of those who would lead without the item, for each factor: in how many trials they lead its first b values.
        self._led = {}

    def add(self, drawn: Sequence[float], lead: float, others: tuple[int, ...]) -> None:
        """One trial: without the item these others lead, with `lead` times the score that it drew."""
        if others not in self._led:
            self._led[others] = {part: [0] * (STRATA + 1) for part in self._values}
        led = self._led[others]
        for part, values in self._values.items():
            led[part][bisect_right(values, drawn[part] * lead)] += 1

    def drops(self, bet: int) -> dict[str, tuple[float, float]]:
        """For each input, how far the chance of a wrong bet falls if it is known before, and the standard error."""
        return {
            name: self._drop(bet, {others: led[part] for others, led in self._led.items()})
            if part in self._values and self._led else (0.0, 0.0)
            for part, name in enumerate(RICE_INPUTS)
        }

    def _drop(self, bet: int, led: Mapping[tuple[int, ...], list[int]]) -> tuple[float, float]:
        bets = self._bets(bet, led)
        overtaken = [(choice == self._item) - (bet == self._item) for choice in bets]
        total = square = 0.0
        for others, counts in led.items():
            leading = [((choice in others) - (bet in others)) / len(others) for choice in bets]
            # What the better bets win in a trial in which the others lead the first b values, the item all later ones.
            before, after = accumulate(leading, initial=0), accumulate(overtaken, initial=0)
            for count, won, missed in zip(counts, before, after):
                win = (won + sum(overtaken) - missed) / STRATA
                total += count * win
                square += count * win * win
        trials = sum(map(sum, led.values()))
        drop = total / trials
        return drop, math.sqrt(max(0.0, square / trials - drop * drop) / trials)

    def _bets(self, bet: int, led: Mapping[tuple[int, ...], list[int]]) -> list[int]:
        """For each value of a factor, the item that is then most often first; today's bet where that is as good."""
        leading = {others: sum(counts) for others, counts in led.items()}
        overtaken, bets = 0, []
        for b in range(STRATA):
            for others, counts in led.items():
                leading[others] -= counts[b]
                overtaken += counts[b]
            often = Counter({bet: 0, self._item: overtaken})
            for others, count in leading.items():
                for other in others:
                    often[other] += count / len(others)
            bets.append(max(often, key=lambda i: (often[i], i == bet)))
        return bets
