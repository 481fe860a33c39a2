"""Models 3.1-3.3, 2.2 and 12.8 against the tables of the SRE Workbook, a replay second by second, Fractions and
sampling."""
import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom

from infrapm.models import slo as model
from infrapm.models.slo import (
    alert_outcome,
    budget_spent,
    burn_threshold,
    error_budget,
    exhaustion,
    rare_event_seen,
    sampling_error,
    series_count,
    signal_coverage,
    sla_credit,
    telemetry_bill,
    time_budget,
)
from tests.models.illegal import (
    BELOW_1,
    NEGATIVE,
    NO_COUNT,
    NO_COUNT_FROM_1,
    NO_FRACTION,
    NO_LIST,
    NO_OPEN_FRACTION,
    NO_TABLE,
    NOT_POSITIVE,
    TINIEST,
    check_all_covered,
    check_frozen,
    check_refused,
    rows,
)


def close(value, rel=1e-9, abs=0.0):
    return pytest.approx(value, rel=rel, abs=abs)


slos = st.sampled_from([0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999])

# 3.1 Error budget


def test_error_budget_of_the_entry():
    assert error_budget(0.999, 1_000_000, 400).budget_events == close(1_000)
    assert error_budget(0.999, 1_000_000, 400).remaining_fraction == close(0.6)
    # SRE Workbook: 10 requests an hour, 7,200 in 30 days, seven failures allowed, one uses 13.9%
    month = error_budget(0.999, 10 * 720, 1)
    assert math.floor(month.budget_events) == 7
    assert round(100 * month.consumed_fraction, 1) == 13.9


@given(slos, st.integers(1, 10**9), st.data())
def test_error_budget_in_fractions(slo, total, data):
    bad = data.draw(st.integers(0, total))
    found = error_budget(slo, total, bad)
    budget = (1 - Fraction(str(slo))) * total
    assert found.budget_events == close(float(budget))
    assert found.consumed_fraction == close(float(bad / budget))
    assert found.remaining_fraction == close(float(1 - bad / budget), abs=1e-9)


def test_error_budget_edges():
    assert error_budget(0.999, 0, 0) == model.ErrorBudget(0.0, None, None)
    assert error_budget(0.999, 1000, 1000).remaining_fraction == close(-999)
    assert error_budget(BELOW_1, 1e16, 0).budget_events == close(1e16 * 2**-53)
    assert error_budget(TINIEST, 10, 5).remaining_fraction == close(0.5)


@given(slos, st.floats(0.1, 400), st.floats(0, 1e4))
def test_time_budget_in_fractions(slo, days, downtime):
    found = time_budget(slo, days, downtime)
    budget = (1 - Fraction(str(slo))) * Fraction(days) * 1440
    assert found.budget_min == close(float(budget))
    assert found.consumed_fraction == close(float(Fraction(downtime) / budget))
    assert found.remaining_fraction == close(1 - found.consumed_fraction, abs=1e-12)


def test_no_share_of_an_infinite_budget():
    with pytest.raises(ValueError, match="window_days [*] 1440 must be a finite number"):
        time_budget(0.9, 1e308, 1e308)  # 0.7% of it is spent, not nothing
    assert time_budget(0.9, 1e304, 1e304).consumed_fraction == close(1 / 144)


# 3.2 Burn rate alerts

@pytest.mark.parametrize("burn, errors, text", [
    (1, "0.1%", "30 days"), (2, "0.2%", "15 days"), (10, "1%", "3 days"), (1000, "100%", "43 minutes"),
])
def test_table_5_4(burn, errors, text):
    found = exhaustion(0.999, burn)
    assert 100 * found.error_ratio == close(float(errors[:-1]))
    number, unit = text.split()
    assert round(found.exhaustion_h / {"days": 24, "minutes": 1 / 60}[unit]) == int(number)


@pytest.mark.parametrize("consumed, long_h, short_min, burn, notification", [
    (0.02, 1, 5, 14.4, "page"), (0.05, 6, 30, 6, "page"), (0.10, 72, 360, 1, "ticket"),
])
def test_tables_5_6_and_5_8(consumed, long_h, short_min, burn, notification):
    found = burn_threshold(consumed, long_h * 60)
    assert (found.burn_rate, found.short_min) == (close(burn), close(short_min))
    assert found.notification == notification


def test_a_burn_rate_of_one_is_a_ticket_whatever_the_last_digit():
    found = burn_threshold(0.28, 12_096)
    assert found.burn_rate > 1  # by a float's last digit
    assert found.notification == "ticket"


@given(st.floats(0.001, 1), st.floats(1, 10_000), st.floats(24, 2000), slos)
def test_an_incident_at_the_threshold_spends_the_stated_budget_in_its_window(share, long_min, period_h, slo):
    burn = burn_threshold(share, long_min, period_h).burn_rate
    ratio = exhaustion(slo, burn, period_h).error_ratio
    if ratio <= 1:
        assert budget_spent(slo, ratio, long_min, period_h).budget_consumed == close(share)
    assert (burn_threshold(share, long_min, period_h).notification == "page") == (burn > 1 + 1e-9)


def test_iterations_of_the_workbook():
    assert alert_outcome(0.999, 1, 1, 10).detect_min * 60 == close(0.6)
    assert alert_outcome(0.999, 1, 1, 36 * 60).detect_min * 60 == close(129.6)  # "2 minutes and 10 seconds"
    assert round(alert_outcome(0.999, 36, 1, 60).reset_min) == 58  # "58 minutes"
    sixth = alert_outcome(0.999, 14.4, 0.15, 60, 5, 10)
    # fires "after 5 minutes", stops "5 minutes after", with the long window alone "60 minutes after"
    assert (round(sixth.detect_min, 2), round(sixth.reset_min, 2), round(sixth.long_reset_min, 2)) == (5.76, 4.52, 54.24)
    # a total outage at 14.4: 51.8 s
    assert round(alert_outcome(0.999, 14.4, 1, 60).detect_min * 60, 1) == 51.8


def test_the_misprint_of_the_low_traffic_text():
    spent = budget_spent(0.999, 0.1, 60)
    assert spent.burn_rate == close(100)  # printed: 1,000
    assert round(100 * spent.budget_consumed, 1) == 13.9  # as printed, and only with 100


def test_a_burn_below_the_threshold_is_never_seen():
    assert not alert_outcome(0.999, 36, 0.035, 60, incident_min=1e6).fires
    assert exhaustion(0.999, 35).exhaustion_h == close(720 / 35)  # 20.6 h
    # at the threshold is not above it, whatever a float makes of 14.4 x 0.001
    for burn in (14.4, 6, 1, 3.3):
        assert not alert_outcome(0.999, burn, burn / 1000 * (1 + 1e-12), 60).fires
        assert alert_outcome(0.999, burn, burn / 1000 * (1 + 1e-6), 60).fires


def test_an_alert_that_cannot_fire_is_reported():
    outcome = alert_outcome(0.9, 14.4, 1, 60)
    assert not outcome.fires
    assert outcome.max_possible_burn == close(10)
    assert exhaustion(0.9, 14.4).error_ratio == close(1.44)


def replay(slo, burn, ratio, long_min, short_min, incident_s):
    """Seconds from the start to the first ring, and from the incident's end to silence, second by second."""
    long_s, short_s = long_min * 60, short_min * 60
    errors = np.concatenate([[0.0], np.full(incident_s, ratio), np.zeros(long_s + 60)]).cumsum()

    def mean(width):
        # over the last `width` seconds; what was before the incident is free of errors
        before = np.concatenate([np.zeros(width), errors[:-width]])[: len(errors)]
        return (errors - before) / width

    threshold = burn * (1 - slo)
    rings = np.flatnonzero((mean(long_s) > threshold) & (mean(short_s) > threshold))
    return (rings[0], rings[-1] - incident_s) if rings.size else None


@given(st.sampled_from([0.99, 0.995, 0.999]), st.sampled_from([2, 6, 14.4]), st.floats(0.01, 1),
       st.sampled_from([(10, 1), (30, 5), (60, 5), (60, 60)]), st.integers(60, 5400))
def test_alert_against_a_replay(slo, burn, ratio, windows, incident_s):
    long_min, short_min = windows
    outcome = alert_outcome(slo, burn, ratio, long_min, short_min, incident_s / 60)
    seen = replay(slo, burn, ratio, long_min, short_min, incident_s)
    need_s = burn * (1 - slo) * long_min * 60 / ratio
    assume(abs(need_s - incident_s) >= 2 and abs(ratio - burn * (1 - slo)) >= 1e-6)  # else a second decides
    assert outcome.fires == (seen is not None)
    if seen:
        assert outcome.detect_min * 60 == close(seen[0], abs=1.01)
        assert outcome.reset_min * 60 == close(seen[1], abs=1.01)


def test_detection_at_the_end_of_the_incident_still_counts():
    need = alert_outcome(0.999, 14.4, 0.15, 60).detect_min
    assert alert_outcome(0.999, 14.4, 0.15, 60, incident_min=5.76).fires
    assert not alert_outcome(0.999, 14.4, 0.15, 60, incident_min=need - 1e-6).fires


# 3.3 Golden signals

@pytest.mark.parametrize("metrics, missing", [
    (["p99_latency_ms", "requests_per_s", "http_5xx_ratio"], ["saturation"]),
    (["request_count", "disk_latency_ms", "cpu_utilization"], ["errors"]),
    ([], ["errors", "latency", "saturation", "traffic"]),
    (["CPU", "memory_bytes", "disk_free", "queue_depth"], ["errors", "latency", "traffic"]),
    (["p50", "qps", "failures", "pool_in_use"], []),
    (["request_duration_p95"], ["errors", "saturation", "traffic"]),  # the first match decides
    (["failed_requests"], ["latency", "saturation", "traffic"]),
    (["http_p1"], ["errors", "latency", "saturation", "traffic"]),  # no percentile of two digits
    (["temp22_c"], ["errors", "latency", "saturation", "traffic"]),  # nor is this one
    (["up"], ["errors", "latency", "saturation", "traffic"]),
])
def test_signals_by_hand(metrics, missing):
    found = signal_coverage(metrics)
    assert found.missing == missing
    assert found.coverage == 1 - len(missing) / 4


# 2.2 Service level agreement

EC2 = [[0.9999, 0.1], [0.99, 0.3], [0.95, 1.0]]


@pytest.mark.parametrize("uptime, credit", [
    (1, 0), (0.9999, 0), (0.99989, 2_000), (0.995, 2_000), (0.99, 2_000), (0.985, 6_000), (0.95, 6_000),
    (0.94, 20_000), (0, 20_000),
])
def test_credit_of_the_aws_compute_tiers(uptime, credit):
    assert sla_credit(uptime, EC2, 20_000).credit_usd == close(credit, abs=1e-9)


def test_dynamodb_tiers():
    tiers = [(0.9999, 0.1), (0.99, 0.25), (0.95, 1.0)]
    assert [sla_credit(uptime, tiers, 100).credit_usd for uptime in (0.9995, 0.98, 0.5)] == [10, 25, 100]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1e6), st.floats(1, 1e9))
def test_worse_uptime_never_pays_less_and_the_parts_add_up(one, other, bill, cost):
    low, high = sorted((one, other))
    worse, better = sla_credit(low, EC2, bill, cost), sla_credit(high, EC2, bill, cost)
    assert worse.credit_usd >= better.credit_usd
    assert worse.credit_usd + worse.uncompensated_usd == close(cost)
    assert worse.coverage * cost == close(worse.credit_usd, abs=1e-9)


def test_coverage_is_none_without_a_cost():
    assert sla_credit(0.9, EC2, 100).coverage is sla_credit(0.9, EC2, 100).uncompensated_usd is None
    free = sla_credit(0.9, EC2, 100, 0)
    assert (free.coverage, free.uncompensated_usd) == (None, -100)


@pytest.mark.parametrize("tiers, words", [
    ([[0.95, 1], [0.99, 0.3]], "tiers[1][0] must be a number below 0.95; got 0.99"),
    ([[0.95, 1], [0.95, 0.3]], "tiers[1][0] must be a number below 0.95; got 0.95"),
    ([[99.9, 0.1]], "tiers[0][0] must be a number from 0 to 1; got 99.9 (did you mean 0.999?)"),
    ([[0.99, 10]], "tiers[0][1] must be"),
    ([[0.99]], "tiers[0] must be a list of threshold and credit; got 1 members"),
    ([0.99], "tiers[0] must be a list"),
])
def test_a_wrong_tier_is_named_with_its_place(tiers, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        sla_credit(0.9, tiers, 1)


# 12.8 Cost of telemetry

def test_one_label_multiplies():
    base = series_count({"service": 200, "endpoint": 30, "status": 5, "region": 6}).series
    assert base == 180_000
    assert series_count({"user_id": 50_000}, base).series == 9_000_000_000
    assert series_count({}, 7).series == 7
    assert series_count({"a": 10**300}, 10**300).series == 10**600


def test_sampling_error_against_sampling():
    rate, events = 0.01, 10_000
    error = sampling_error(rate, events).relative_standard_error
    assert round(error, 3) == 0.099  # 9.9%
    kept = np.random.default_rng(5).binomial(events, rate, 200_000)
    spread = (kept / rate / events).std()
    # the standard error of a standard deviation is about sd / sqrt(2 n)
    assert spread == close(error, rel=4 / math.sqrt(2 * 200_000))
    assert sampling_error(1, 5).relative_standard_error == 0


@given(st.floats(1e-6, 1), st.integers(0, 10_000))
def test_rare_event_against_scipy(rate, events):
    assert rare_event_seen(rate, events).p_seen == close(binom.sf(0, events, rate), rel=1e-7, abs=1e-15)


def test_rare_event_keeps_its_digits():
    assert rare_event_seen(1e-18, 3).p_seen == close(3e-18)
    assert [rare_event_seen(1, 0).p_seen, rare_event_seen(1, 1).p_seen, rare_event_seen(0.5, 0).p_seen] == [0, 1, 0]


@given(st.floats(0, 1e4), st.floats(0, 10), st.floats(0.001, 1), st.floats(0, 1))
def test_telemetry_bill_is_errors_and_sampled_rest(gb, price, rate, errors):
    bill = telemetry_bill(gb, price, rate, errors).monthly_usd
    assert bill == close(30 * price * (gb * errors + gb * (1 - errors) * rate), abs=1e-9)
    assert bill <= telemetry_bill(gb, price, 1).monthly_usd * (1 + 1e-9)


# Bad input

ILLEGAL = [
    (error_budget, {"slo": 0.9, "total_events": 10, "bad_events": 1},
     {"slo": NO_OPEN_FRACTION, "total_events": NEGATIVE, "bad_events": NEGATIVE + [10.001, 1e308]}),
    (time_budget, {"slo": 0.9, "window_days": 30, "downtime_min": 1},
     {"slo": NO_OPEN_FRACTION, "window_days": NOT_POSITIVE, "downtime_min": NEGATIVE}),
    (burn_threshold, {"budget_fraction": 0.02, "long_min": 60},
     {"budget_fraction": NO_FRACTION + [0], "long_min": NOT_POSITIVE, "period_h": NOT_POSITIVE}),
    (alert_outcome, {"slo": 0.999, "burn_rate": 14.4, "error_ratio": 0.5, "long_min": 60},
     {"slo": NO_OPEN_FRACTION, "burn_rate": NOT_POSITIVE, "error_ratio": NO_FRACTION + [0], "long_min": NOT_POSITIVE,
      "short_min": [value for value in NOT_POSITIVE if value is not None] + [60.1],
      "incident_min": [value for value in NEGATIVE if value is not None]}),
    (exhaustion, {"slo": 0.9, "burn_rate": 1},
     {"slo": NO_OPEN_FRACTION, "burn_rate": NOT_POSITIVE, "period_h": NOT_POSITIVE}),
    (budget_spent, {"slo": 0.9, "error_ratio": 0.1, "incident_min": 1},
     {"slo": NO_OPEN_FRACTION, "error_ratio": NO_FRACTION, "incident_min": NEGATIVE, "period_h": NOT_POSITIVE}),
    (signal_coverage, {"metrics": ["p99"]}, {"metrics": NO_LIST + [[1], [""], [None], ["p99", " "]]}),
    (sla_credit, {"uptime": 0.9, "tiers": EC2, "bill_usd": 1},
     {"uptime": NO_FRACTION, "tiers": NO_LIST + [[], [1], [[0.9]], [[0.9, 0.1, 1]], EC2[::-1], [[None, 0.1]]],
      "bill_usd": NEGATIVE, "outage_cost_usd": [value for value in NEGATIVE if value is not None]}),
    (series_count, {"label_cardinalities": {"a": 2}},
     {"label_cardinalities": NO_TABLE + [{"a": 0}, {"a": 1.5}, {"a": None}, {1: 1}], "base_series": NO_COUNT_FROM_1}),
    (sampling_error, {"sample_rate": 0.1, "events": 10},
     {"sample_rate": NO_FRACTION + [0], "events": NO_COUNT_FROM_1}),
    (rare_event_seen, {"sample_rate": 0.1, "rare_events": 10},
     {"sample_rate": NO_FRACTION + [0], "rare_events": NO_COUNT}),
    (telemetry_bill, {"gb_per_day": 1, "usd_per_gb": 1, "sample_rate": 0.1},
     {"gb_per_day": NEGATIVE, "usd_per_gb": NEGATIVE, "sample_rate": NO_FRACTION + [0],
      "keep_errors_share": NO_FRACTION}),
]


@pytest.mark.parametrize("function, right, name, values", rows(ILLEGAL))
def test_illegal_values_are_refused_by_name(function, right, name, values):
    check_refused(function, right, name, values)


def test_every_parameter_has_illegal_values():
    check_all_covered(model, ILLEGAL)


def test_results_are_frozen():
    check_frozen(ILLEGAL)
