"""What a survey of developers can tell, and how long it takes from sign-up to a first deployment.

========================================  ==================================================================
Net promoter score, with its margin       `nps`, `nps_from_ratings`, `nps_sample_size`, `nps_change`
Time to first deployment                  `kaplan_meier`
========================================  ==================================================================

Scores, from -100 to 100, and margins are in points. A margin is half the width of a confidence interval: at 95%,
about 95 of 100 surveys like this one would have the score of all users within the margin of their own.
"""
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from infrapm.models._numeric import at_most, round_up
from infrapm.models._validate import fraction, items, non_negative, positive, whole

__all__ = [
    "Nps", "NpsFromRatings", "NpsSampleSize", "NpsChange", "KaplanMeier",
    "nps", "nps_from_ratings", "nps_sample_size", "nps_change", "kaplan_meier",
]

# Net promoter score

@dataclass(frozen=True)
class Nps:
    """A net promoter score with its margin; `zero_variance` where all answers are in one group, so it has none."""

    nps_points: float
    margin_points: float
    zero_variance: bool


@dataclass(frozen=True)
class NpsFromRatings:
    """How many ratings are in each of the three groups, and their net promoter score as in `Nps`."""

    promoters: int
    passives: int
    detractors: int
    nps_points: float
    margin_points: float
    zero_variance: bool


@dataclass(frozen=True)
class NpsSampleSize:
    """How many answers a margin asks for."""

    n: int


@dataclass(frozen=True)
class NpsChange:
    """The change between two surveys, its margin, and whether it is larger than that margin."""

    change_points: float
    margin_points: float
    clear: bool


def nps(promoters: int, passives: int, detractors: int, confidence: float = 0.95) -> Nps:
    """The net promoter score of a survey, and how far chance alone may have moved it.

    Rule: with p and d the shares of promoters and detractors among n answers, nps = 100 (p - d) and
    margin = 100 z sqrt((p + d - (p - d)^2) / n), z the normal quantile of the confidence.
    Results: `zero_variance` is True where all answers are in one group. The margin is then 0, which is what the
    sample shows, not what is true of all users.
    Arguments: three counts of answers, whole numbers, 0 or more, at least one of them above 0; `confidence` above 0
    and below 1. The margin takes the answers for a random sample; it knows nothing of those who did not answer.
    Errors: ValueError outside these ranges.
    Source: [reichheld2003one]; the margin is that of the mean of values 1, 0 and -1.

    >>> result = nps(promoters=50, passives=30, detractors=20)
    >>> result.nps_points, round(result.margin_points, 1)
    (30.0, 15.3)
    """
    counts = _counts(promoters, passives, detractors)
    return _score(*counts, _z(confidence))


def nps_from_ratings(ratings: Sequence[int], confidence: float = 0.95) -> NpsFromRatings:
    """The net promoter score of single ratings from 0 to 10.

    Rule: 9 and 10 are promoters, 7 and 8 passives, 0 to 6 detractors; then as in `nps`.
    Arguments: `ratings` a list of whole numbers from 0 to 10, not empty; `confidence` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: [reichheld2003one].

    >>> result = nps_from_ratings(ratings=[10, 10, 9, 8, 3])
    >>> result.promoters, result.passives, result.detractors, result.nps_points
    (3, 1, 1, 40.0)
    """
    given = [whole(f"ratings[{i}]", rating, 0, 10) for i, rating in enumerate(items("ratings", ratings))]
    promoters = sum(rating >= 9 for rating in given)
    detractors = sum(rating <= 6 for rating in given)
    passives = len(given) - promoters - detractors
    score = _score(promoters, passives, detractors, _z(confidence))
    return NpsFromRatings(promoters, passives, detractors, **vars(score))


def nps_sample_size(
    promoter_share: float, detractor_share: float, margin_points: float, confidence: float = 0.95
) -> NpsSampleSize:
    """How many answers it takes to know a net promoter score to within a margin.

    Rule: n = z^2 (p + d - (p - d)^2) / (margin / 100)^2, rounded up; at least 1.
    Arguments: `promoter_share` and `detractor_share` from 0 to 1, together at most 1; `margin_points` above 0;
    `confidence` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: as in `nps`.

    >>> nps_sample_size(promoter_share=0.6, detractor_share=0.1, margin_points=5)
    NpsSampleSize(n=692)
    """
    p, d = fraction("promoter_share", promoter_share), fraction("detractor_share", detractor_share)
    if not at_most(p + d, 1):
        raise ValueError(
            f"detractor_share must be at most 1 - promoter_share = {1 - p:.12g}; got {detractor_share!r}"
        )
    margin, z = positive("margin_points", margin_points), _z(confidence)
    # p + d - (p - d)^2, written so that it keeps its digits where nearly all agree
    variance = p * max(0.0, 1 - p) + d * max(0.0, 1 - d) + 2 * p * d
    margins = 100 * z * math.sqrt(variance) / margin
    answers = margins * margins
    if answers == math.inf:
        raise ValueError(f"margin_points must be a number that a finite sample can reach; got {margin:.12g}")
    return NpsSampleSize(max(1, round_up(answers)))


def nps_change(
    promoters_before: int,
    passives_before: int,
    detractors_before: int,
    promoters_after: int,
    passives_after: int,
    detractors_after: int,
    confidence: float = 0.95,
) -> NpsChange:
    """Whether a net promoter score moved between two surveys, or whether chance explains the difference.

    Rule: change = nps after - nps before; margin = sqrt(margin before^2 + margin after^2), the two surveys being
    independent samples; `clear` where |change| is larger than the margin.
    Arguments: counts as in `nps`, for each survey; `confidence` above 0 and below 1.
    Errors: ValueError outside these ranges.
    Source: as in `nps`; variances of independent samples add.

    >>> result = nps_change(27, 19, 14, 30, 19, 11)
    >>> round(result.change_points, 1), round(result.margin_points, 1), result.clear
    (10.0, 27.9, False)
    """
    z = _z(confidence)
    before = _score(*_counts(promoters_before, passives_before, detractors_before, "_before"), z)
    after = _score(*_counts(promoters_after, passives_after, detractors_after, "_after"), z)
    change = after.nps_points - before.nps_points
    margin = math.hypot(before.margin_points, after.margin_points)
    return NpsChange(change, margin, clear=not at_most(abs(change), margin))


def _counts(promoters: int, passives: int, detractors: int, when: str = "") -> tuple[int, int, int]:
    names = [f"{group}{when}" for group in ("promoters", "passives", "detractors")]
    counts = tuple(whole(name, count, 0) for name, count in zip(names, (promoters, passives, detractors)))
    if not any(counts):
        raise ValueError(f"{names[0]} must be 1 or more where {names[1]} and {names[2]} are 0; got 0")
    return counts


def _score(promoters: int, passives: int, detractors: int, z: float) -> Nps:
    # In whole numbers, so that no digit is lost where nearly all agree.
    n, difference = promoters + passives + detractors, promoters - detractors
    variance_of_mean = (n * (promoters + detractors) - difference**2) / n**3
    return Nps(
        nps_points=100 * difference / n,
        margin_points=100 * z * math.sqrt(variance_of_mean),
        zero_variance=n in (promoters, passives, detractors),
    )


def _z(confidence: float) -> float:
    # From the lower tail, which keeps its digits where the confidence is almost 1.
    return abs(NormalDist().inv_cdf((1 - fraction("confidence", confidence, zero=False, one=False)) / 2))


# Time to first deployment

@dataclass(frozen=True)
class KaplanMeier:
    """The share that has not yet deployed, after each day with a deployment, and the day half have; else None."""

    survival: list[list[float]]
    median_days: float | None


def kaplan_meier(days: Sequence[float], deployed: Sequence[int]) -> KaplanMeier:
    """How long it takes to a first deployment, when some have not got there yet.

    Rule: S(t) = the product over the days up to t of (1 - deployed that day / still waiting that day). Who has not
    deployed counts as waiting up to and on the last day observed. `survival` lists [day, S] for each day with a
    deployment; `median_days` is the first day with S at most 0.5.
    Results: `median_days` is None where the share never falls to a half.
    Arguments: `days` a list of days, each 0 or more, not empty; `deployed` as long: 1 if the team deployed on that
    day, 0 if that is the last day on which it was seen without. Those not yet done must be like the others: the
    rule cannot see that teams in trouble are the ones that leave.
    Errors: ValueError outside these ranges.
    Source: [kaplan1958nonparametric].

    >>> kaplan_meier(days=[1, 2, 3, 4], deployed=[1, 1, 0, 1])
    KaplanMeier(survival=[[1.0, 0.75], [2.0, 0.5], [4.0, 0.0]], median_days=2.0)
    """
    seen = [non_negative(f"days[{i}]", day) for i, day in enumerate(items("days", days))]
    events = [whole(f"deployed[{i}]", event, 0, 1) for i, event in enumerate(items("deployed", deployed))]
    if len(events) != len(seen):
        raise ValueError(f"deployed must be a list as long as days, {len(seen)}; got {len(events)}")
    last_seen, done = Counter(seen), Counter(day for day, event in zip(seen, events) if event)
    share, survival, waiting = 1.0, [], len(seen)
    for day in sorted(last_seen):
        if done[day]:
            share *= (waiting - done[day]) / waiting
            survival.append([day, share])
        waiting -= last_seen[day]
    median = next((day for day, left in survival if at_most(left, 0.5)), None)
    return KaplanMeier(survival, median)
