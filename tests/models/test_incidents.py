"""Models 11.1 and 11.2 against a published timeline, the statistics module, decimal arithmetic and a clock."""
import math
import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrapm.models import incidents as model
from infrapm.models.availability import required_mttf
from infrapm.models.incidents import (
    allowed_incidents,
    availability_gain,
    downtime_cost,
    incident_times,
    restore_stats,
    revenue_loss,
    status_updates,
)
from tests.models.illegal import (
    BELOW_1,
    NEGATIVE,
    NO_FRACTION,
    NO_LIST,
    NO_NUMBER,
    NO_OPEN_FRACTION,
    NOT_POSITIVE,
    TINIEST,
    check_all_covered,
    check_frozen,
    check_refused,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(float(value), rel=rel, abs=abs)


# 11.1 Times

def utc(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def test_fastly_2021():
    """The published timeline, 8 June 2021 UTC: onset, detected, configuration identified, recovering, mitigated."""
    times = incident_times(utc("9:47"), utc("9:48"), utc("10:27"), utc("10:36"), utc("12:35"))
    assert (times.ttd_min, times.time_to_restore_min, times.time_to_resolve_min) == (1, 49, 168)
    assert times.ttm_min == 9 and not times.open


def test_the_parts_of_an_incident():
    assert incident_times(0, 12, 15, 40, 55) == model.IncidentTimes(12, 3, 25, 40, 55, False)
    assert incident_times(0, 12) == model.IncidentTimes(12, None, None, None, None, True)
    assert incident_times(0, 12, 15) == model.IncidentTimes(12, 3, None, None, None, True)
    assert incident_times(0, 12, 15, 40) == model.IncidentTimes(12, 3, 25, 40, None, True)
    assert incident_times(0, 12, mitigated_min=40) == model.IncidentTimes(12, None, None, 40, None, True)
    assert incident_times(5, 5, 5, 5, 5) == model.IncidentTimes(0, 0, 0, 0, 0, False)
    assert incident_times(-10, 0).ttd_min == 10


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5).map(sorted), st.integers(-10_000, 10_000))
def test_parts_add_up_and_the_zero_of_the_clock_does_not_matter(marks, shift):
    times = incident_times(*marks)
    assert times.ttd_min + times.tta_min + times.ttm_min == times.time_to_restore_min <= times.time_to_resolve_min
    assert incident_times(*(mark + shift for mark in marks)) == times


@pytest.mark.parametrize("marks, message", [
    ([10, 9], r"detected_min must be start_min \(10\) or later; got 9"),
    ([0, 9, 8], r"acknowledged_min must be detected_min \(9\) or later; got 8"),
    ([0, 9, 10, 9.5], r"mitigated_min must be acknowledged_min \(10\) or later; got 9.5"),
    ([0, 9, None, 8], r"mitigated_min must be detected_min \(9\) or later; got 8"),
    ([0, 9, 10, 11, 10], r"resolved_min must be mitigated_min \(11\) or later; got 10"),
    ([0, 9, 10, None, 9], r"resolved_min must be acknowledged_min \(10\) or later; got 9"),
])
def test_times_out_of_order(marks, message):
    with pytest.raises(ValueError, match=message):
        incident_times(*marks)


def test_summaries():
    assert restore_stats([10, 20, 90, 24]) == model.RestoreStats(36, 22, 90)
    assert restore_stats([None, 10, None]) == model.RestoreStats(10, 10, 10)
    assert restore_stats([None]) == model.RestoreStats(None, None, None)
    assert restore_stats(range(1, 11)).p90_min == 9  # rank ceil(0.9 * 10), not 10
    assert restore_stats([1.7e308, 1.7e308]) == model.RestoreStats(1.7e308, 1.7e308, 1.7e308)
    assert restore_stats([0]).mean_min == 0


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=60))
def test_summaries_against_the_statistics_module(minutes):
    closed = [value for value in minutes if value is not None]
    result = restore_stats(minutes)
    if not closed:
        assert result == model.RestoreStats(None, None, None)
        return
    assert result.mean_min == close(statistics.fmean(closed), abs=1e-300)
    assert result.median_min == close(statistics.median(closed), abs=1e-300)
    assert result.p90_min == np.percentile(closed, 90, method="inverted_cdf")
    assert min(closed) <= result.median_min <= max(closed)


def test_updates():
    assert status_updates(240, 15).updates == 17
    assert status_updates(239.9, 15).updates == 16
    assert status_updates(0, 15).updates == 1
    assert status_updates(9, 15, first_update_min=10).updates == 0
    assert status_updates(10, 15, first_update_min=10).updates == 1
    assert status_updates(0.3, 0.1).updates == 4  # 0.3 / 0.1 is 2.9999999999999996
    assert status_updates(0.1 + 0.2, 1, first_update_min=0.3).updates == 1
    assert status_updates(0.3, 1, first_update_min=0.1 + 0.2).updates == 1
    assert status_updates(1e6, 1e-3, first_update_min=1e6 * (1 + 5e-10)).updates == 1  # equal, though half an interval off
    assert status_updates(1e308, TINIEST).updates > 10**600
    assert status_updates(TINIEST, 1e308).updates == 1


@given(st.integers(0, 3_000), st.integers(1, 200), st.integers(0, 300))
def test_updates_against_a_clock(outage, every, first):
    due = sum(minute >= first and (minute - first) % every == 0 for minute in range(outage + 1))
    assert status_updates(outage / 10, every / 10, first / 10).updates == due


def test_allowed_incidents():
    assert allowed_incidents(0.9999, 0.5).allowed_incidents_per_year == close(1.752)
    for availability in (0.001, 0.5, 0.99999, BELOW_1, TINIEST):
        for mttr_h in (1e-300, 0.5, 1e300):
            allowed = allowed_incidents(availability, mttr_h).allowed_incidents_per_year
            assert allowed == required_mttf(availability, mttr_h).allowed_incidents_per_year


# 11.2 Money

def test_gartner_2014():
    """5,600 USD a minute is over 300,000 an hour: whoever prints 300,000 a minute has lost a factor of 60."""
    assert downtime_cost(1, 5_600).usd_per_h == 336_000
    assert downtime_cost(43.2, 5_600).cost_usd == close(241_920)
    assert downtime_cost(60, 5_600).cost_usd == downtime_cost(60, 5_600).usd_per_h


def test_money_edges():
    assert downtime_cost(0, 5_600) == model.DowntimeCost(0, 336_000)
    assert downtime_cost(5, 0) == model.DowntimeCost(0, 0)
    assert downtime_cost(1e300, 1e300).cost_usd == math.inf
    assert revenue_loss(525_600, 60) == model.RevenueLoss(60)
    assert revenue_loss(525_600, 60, peak_factor=3, recovered_share=0.6).net_loss_usd == close(72)
    assert revenue_loss(525_600, 60, recovered_share=1).net_loss_usd == 0
    assert revenue_loss(525_600, 60, peak_factor=0).net_loss_usd == 0
    assert revenue_loss(1e300, 1e300, peak_factor=0).net_loss_usd == 0  # nothing of too much for a float
    assert revenue_loss(1e300, 1e300, recovered_share=1).net_loss_usd == 0
    assert revenue_loss(525_600, 10, recovered_share=0.9).net_loss_usd == 1  # 1 - 0.9 is 0.09999999999999998
    assert availability_gain(0.5, 0.5, 100).annual_saving_usd == 0
    assert availability_gain(0, 1, 1).annual_saving_usd == 525_600


@given(st.integers(0, 10**12), st.integers(0, 10**6), st.integers(0, 1000), st.integers(0, 100))
def test_revenue_against_decimal(revenue, minutes, peak, recovered):
    expected = Decimal(revenue) / 525_600 * minutes * peak / 100 * (1 - Decimal(recovered) / 100)
    assert revenue_loss(revenue, minutes, peak / 100, recovered / 100).net_loss_usd == close(expected, abs=1e-6)


WRITTEN = ["0", "0.5", "0.99", "0.999", "0.9999", "0.99999", "0.999999999", "0.9999999999", "1"]


@pytest.mark.parametrize("before", WRITTEN)
@pytest.mark.parametrize("after", WRITTEN)
def test_gain_against_decimal(before, after):
    expected = (Decimal(after) - Decimal(before)) * 525_600 * 5_600
    assert availability_gain(float(before), float(after), 5_600).annual_saving_usd == close(expected)


def test_three_to_four_nines():
    assert availability_gain(0.999, 0.9999, 5_600).annual_saving_usd == close(2_649_024)
    assert Fraction(2_649_024) == Fraction(9, 10_000) * 525_600 * 5_600


# Results and bad input

LATER = [value for value in NO_NUMBER if value is not None]  # None stands for not yet
NO_RESTORES = NO_LIST + [[]] + [[1, value] for value in NEGATIVE if value is not None]
MARKS = {"start_min": 0, "detected_min": 1, "acknowledged_min": 2, "mitigated_min": 3, "resolved_min": 4}

ILLEGAL = [
    (incident_times, MARKS,
     {"start_min": NO_NUMBER + [1.5], "detected_min": NO_NUMBER + [-1], "acknowledged_min": LATER + [0.5],
      "mitigated_min": LATER + [1.5], "resolved_min": LATER + [2.5]}),
    (restore_stats, {"restore_min": [1]}, {"restore_min": NO_RESTORES}),
    (status_updates, {"outage_min": 1, "update_every_min": 1},
     {"outage_min": NEGATIVE, "update_every_min": NOT_POSITIVE, "first_update_min": NEGATIVE}),
    (allowed_incidents, {"availability": 0.9, "mttr_h": 1},
     {"availability": NO_OPEN_FRACTION, "mttr_h": NOT_POSITIVE}),
    (downtime_cost, {"minutes": 1, "usd_per_min": 1}, {"minutes": NEGATIVE, "usd_per_min": NEGATIVE}),
    (revenue_loss, {"revenue_usd_per_year": 1, "minutes": 1},
     {"revenue_usd_per_year": NEGATIVE, "minutes": NEGATIVE, "peak_factor": NEGATIVE, "recovered_share": NO_FRACTION}),
    (availability_gain, {"availability_from": 0.9, "availability_to": 0.99, "usd_per_min": 1},
     {"availability_from": NO_FRACTION, "availability_to": NO_FRACTION, "usd_per_min": NEGATIVE}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_is_checked():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
