"""How long an incident lasts, in its parts, and what it costs.

========================================  ==================================================================
Times of one incident and of many         `incident_times`, `restore_stats`
During and across incidents               `status_updates`, `allowed_incidents`
Money                                     `downtime_cost`, `revenue_loss`, `availability_gain`
========================================  ==================================================================

Times are minutes from any common zero. Results beyond the largest float are infinite. Sources in square brackets are
keys of the bibliography.
"""
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from infrapm.models._numeric import at_most, nearest_rank, product, rest
from infrapm.models._time import WINDOW_S
from infrapm.models._validate import fraction, items, non_negative, number, positive
from infrapm.models.availability import allowed_downtime, required_mttf

__all__ = [
    "IncidentTimes", "RestoreStats", "StatusUpdates", "AllowedIncidents", "DowntimeCost", "RevenueLoss",
    "AvailabilityGain",
    "incident_times", "restore_stats", "status_updates", "allowed_incidents", "downtime_cost", "revenue_loss",
    "availability_gain",
]

_YEAR_MIN = WINDOW_S["year"] / 60

# Times

@dataclass(frozen=True)
class IncidentTimes:
    """Minutes from start to detection, on to acknowledgement, on to mitigation; from start to mitigation and to the
    end; and whether the incident is still open. A part that has not ended is None."""

    ttd_min: float
    tta_min: float | None
    ttm_min: float | None
    time_to_restore_min: float | None
    time_to_resolve_min: float | None
    open: bool


@dataclass(frozen=True)
class RestoreStats:
    """Mean, median and P90 of minutes to restore; None where every incident is open."""

    mean_min: float | None
    median_min: float | None
    p90_min: float | None


@dataclass(frozen=True)
class StatusUpdates:
    """How many status updates an outage asks for."""

    updates: int


@dataclass(frozen=True)
class AllowedIncidents:
    """Incidents a year that an availability allows."""

    allowed_incidents_per_year: float


def incident_times(
    start_min: float,
    detected_min: float,
    acknowledged_min: float | None = None,
    mitigated_min: float | None = None,
    resolved_min: float | None = None,
) -> IncidentTimes:
    """The parts of an incident, from the times at which it was felt, seen, taken up, mitigated and resolved.

    Rule: ttd = detected - start; tta = acknowledged - detected; ttm = mitigated - acknowledged; time_to_restore =
    mitigated - start; time_to_resolve = resolved - start. Users feel the time to restore: it counts from the start
    of the harm, not from the alert.
    Arguments: minutes in this order, none before one that is given earlier. The last three may be None: not yet.
    Errors: ValueError for a time that is not a number or out of order.
    Source: [davidovic2021metrics].

    >>> incident_times(start_min=0, detected_min=12, acknowledged_min=15, mitigated_min=40).time_to_restore_min
    40.0
    """
    start = latest = number("start_min", start_min)
    last_name, times = "start_min", []
    for name, value in [("detected_min", detected_min), ("acknowledged_min", acknowledged_min),
                        ("mitigated_min", mitigated_min), ("resolved_min", resolved_min)]:
        if value is None and name != "detected_min":
            times.append(None)
            continue
        time = number(name, value)
        if time < latest:
            raise ValueError(f"{name} must be {last_name} ({latest:.12g}) or later; got {time:.12g}")
        times.append(time)
        latest, last_name = time, name
    detected, acknowledged, mitigated, resolved = times
    return IncidentTimes(
        ttd_min=detected - start,
        tta_min=_between(detected, acknowledged),
        ttm_min=_between(acknowledged, mitigated),
        time_to_restore_min=_between(start, mitigated),
        time_to_resolve_min=_between(start, resolved),
        open=resolved is None,
    )


def _between(earlier: float | None, later: float | None) -> float | None:
    return None if earlier is None or later is None else later - earlier


def restore_stats(restore_min: Sequence[float | None]) -> RestoreStats:
    """The usual summaries of times to restore. Mean and median differ widely: a few incidents are long.

    Rule: mean; median, the mean of the middle two for an even count; P90 by nearest rank. Open incidents, None, are
    left out, which makes all three too low while a long one is open.
    Arguments: a list of minutes, 0 or more, or None.
    Errors: ValueError for an empty list and outside this range.
    Source: [davidovic2021metrics].

    >>> restore_stats(restore_min=[10, 20, 90, 24, None])
    RestoreStats(mean_min=36.0, median_min=22.0, p90_min=90.0)
    """
    closed = sorted(
        non_negative(f"restore_min[{i}]", minutes)
        for i, minutes in enumerate(items("restore_min", restore_min))
        if minutes is not None
    )
    if not closed:
        return RestoreStats(None, None, None)
    n = len(closed)
    low, high = closed[(n - 1) // 2], closed[n // 2]
    return RestoreStats(
        mean_min=math.fsum(minutes / n for minutes in closed),  # each divided first: the sum may pass 1e308
        median_min=low + (high - low) / 2,
        p90_min=nearest_rank(closed, 0.9),
    )


def status_updates(outage_min: float, update_every_min: float, first_update_min: float = 0.0) -> StatusUpdates:
    """How many status updates are due in an outage.

    Rule: floor((outage_min - first_update_min) / update_every_min) + 1, the first included; none in an outage that
    ends before the first is due.
    Arguments: minutes; `outage_min` and `first_update_min` 0 or more, `update_every_min` above 0.
    Errors: ValueError outside these ranges.
    Source: the rule is counting.

    >>> status_updates(outage_min=240, update_every_min=15)
    StatusUpdates(updates=17)
    """
    outage = non_negative("outage_min", outage_min)
    every = positive("update_every_min", update_every_min)
    first = non_negative("first_update_min", first_update_min)
    if not at_most(first, outage):
        return StatusUpdates(0)
    # In fractions, because the quotient may pass 1e308. The last digits of a float do not decide.
    due = max(Fraction(0), Fraction(outage) - Fraction(first)) / Fraction(every)
    return StatusUpdates(math.floor(due + Fraction(1, 10**9)) + 1)


def allowed_incidents(availability: float, mttr_h: float) -> AllowedIncidents:
    """How many incidents a year an availability allows, at a given time to restore each.

    Rule: (1 - availability) * 8,760 / mttr_h, as in `required_mttf` of the availability models.
    Arguments: `availability` above 0 and below 1; `mttr_h` mean hours to restore, above 0.
    Errors: ValueError outside these ranges.
    Source: [trivedi2002probability], chapter 8.

    >>> round(allowed_incidents(availability=0.9999, mttr_h=0.5).allowed_incidents_per_year, 3)
    1.752
    """
    return AllowedIncidents(required_mttf(availability, mttr_h).allowed_incidents_per_year)


# Money

@dataclass(frozen=True)
class DowntimeCost:
    """What an outage costs, in all and by the hour."""

    cost_usd: float
    usd_per_h: float


@dataclass(frozen=True)
class RevenueLoss:
    """Revenue lost for good."""

    net_loss_usd: float


@dataclass(frozen=True)
class AvailabilityGain:
    """What a better availability saves in a year; negative for a worse one."""

    annual_saving_usd: float


def downtime_cost(minutes: float, usd_per_min: float) -> DowntimeCost:
    """What an outage costs at a flat rate.

    Rule: cost_usd = minutes * usd_per_min; usd_per_h = 60 * usd_per_min.
    Arguments: both 0 or more.
    Errors: ValueError outside these ranges.
    Source: [lerner2014downtime], who gives 5,600 USD a minute, "well over $300K per hour", as an average of 2014.

    >>> downtime_cost(minutes=43.2, usd_per_min=5600).usd_per_h
    336000.0
    """
    minutes, rate = non_negative("minutes", minutes), non_negative("usd_per_min", usd_per_min)
    return DowntimeCost(cost_usd=minutes * rate, usd_per_h=60 * rate)


def revenue_loss(
    revenue_usd_per_year: float, minutes: float, peak_factor: float = 1.0, recovered_share: float = 0.0
) -> RevenueLoss:
    """The revenue that an outage loses, net of the customers who come back later.

    Rule: revenue / 525,600 * minutes * peak_factor * (1 - recovered_share).
    Arguments: `revenue_usd_per_year` and `minutes` 0 or more; `peak_factor`, the hour's traffic over the year's
    mean, 0 or more; `recovered_share` of the sales that are made up for later, from 0 to 1.
    Errors: ValueError outside these ranges.
    Source: the rule is a share of the year.

    >>> revenue_loss(revenue_usd_per_year=525_600_000, minutes=60, peak_factor=2, recovered_share=0.5)
    RevenueLoss(net_loss_usd=60000.0)
    """
    per_min = non_negative("revenue_usd_per_year", revenue_usd_per_year) / _YEAR_MIN
    lost = product(per_min * non_negative("minutes", minutes), non_negative("peak_factor", peak_factor))
    return RevenueLoss(product(lost, rest(fraction("recovered_share", recovered_share))))


def availability_gain(availability_from: float, availability_to: float, usd_per_min: float) -> AvailabilityGain:
    """What a better availability is worth a year at a flat rate of downtime.

    Rule: (availability_to - availability_from) * 525,600 * usd_per_min.
    Arguments: availabilities from 0 to 1; `usd_per_min` 0 or more.
    Errors: ValueError outside these ranges.
    Source: [sre2016availability].

    >>> round(availability_gain(availability_from=0.999, availability_to=0.9999, usd_per_min=5600).annual_saving_usd)
    2649024
    """
    before = allowed_downtime(fraction("availability_from", availability_from), "year").downtime_s
    after = allowed_downtime(fraction("availability_to", availability_to), "year").downtime_s
    return AvailabilityGain(product((before - after) / 60, non_negative("usd_per_min", usd_per_min)))
