"""How much failure a service level objective allows, when to alert on it, what an SLA pays, and what watching costs.

========================================  ==================================================================
Error budget                              `error_budget`, `time_budget`
Burn rate alerts                          `burn_threshold`, `alert_outcome`, `exhaustion`, `budget_spent`
Golden signals                            `signal_coverage`
Service level agreement                   `sla_credit`
Cost of telemetry                         `series_count`, `sampling_error`, `rare_event_seen`, `telemetry_bill`
========================================  ==================================================================

An `slo` is a fraction below 1, such as 0.999. A burn rate of 1 spends the budget in exactly the SLO's period, which
is 720 hours (30 days) unless said otherwise. Results beyond the largest float are infinite. Sources in square brackets
are keys of the bibliography.
"""
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infrapm.models._numeric import at_most, product, rest
from infrapm.models._time import MONTH_DAYS
from infrapm.models._validate import between, fraction, items, non_negative, number, positive, table, text, whole

__all__ = [
    "ErrorBudget", "TimeBudget", "BurnThreshold", "AlertOutcome", "Exhaustion", "BudgetSpent", "SignalCoverage",
    "SlaCredit", "SeriesCount", "SamplingError", "RareEventSeen", "TelemetryBill",
    "error_budget", "time_budget", "burn_threshold", "alert_outcome", "exhaustion", "budget_spent",
    "signal_coverage", "sla_credit", "series_count", "sampling_error", "rare_event_seen", "telemetry_bill",
]

# Error budget

@dataclass(frozen=True)
class ErrorBudget:
    """How many events may be bad, and how much of that is spent and left; the shares are None without events."""

    budget_events: float
    consumed_fraction: float | None
    remaining_fraction: float | None


@dataclass(frozen=True)
class TimeBudget:
    """How many minutes of a window may be bad, and how much of that is spent and left."""

    budget_min: float
    consumed_fraction: float
    remaining_fraction: float


def error_budget(slo: float, total_events: float, bad_events: float) -> ErrorBudget:
    """How many events an SLO allows to be bad, and how much of that budget is left.

    Rule: budget = (1 - SLO) * total; consumed = bad / budget; remaining = 1 - consumed, below 0 where the SLO is
    missed. Both are None without events.
    Arguments: `slo` above 0 and below 1; `total_events` 0 or more; `bad_events` from 0 to `total_events`.
    Errors: ValueError outside these ranges.
    Source: [thurgood2018policy]; [jones2016slo].

    >>> error_budget(slo=0.999, total_events=1_000_000, bad_events=400)
    ErrorBudget(budget_events=1000.0, consumed_fraction=0.4, remaining_fraction=0.6)
    """
    allowed = rest(_slo(slo))
    total = non_negative("total_events", total_events)
    bad = between("bad_events", bad_events, 0, total)
    if not total:
        return ErrorBudget(0.0, None, None)
    consumed = bad / total / allowed
    return ErrorBudget(allowed * total, consumed_fraction=consumed, remaining_fraction=1 - consumed)


def time_budget(slo: float, window_days: float, downtime_min: float) -> TimeBudget:
    """How many minutes of a window an SLO allows to be bad, and how much of that budget is left.

    Rule: budget = (1 - SLO) * window; consumed = downtime / budget; remaining = 1 - consumed, below 0 where the SLO
    is missed.
    Arguments: `slo` above 0 and below 1; `window_days` above 0; `downtime_min` minutes, 0 or more.
    Errors: ValueError outside these ranges, and for a window whose minutes are beyond the largest float.
    Source: [thurgood2018policy]; [sre2016availability].

    >>> time_budget(slo=0.999, window_days=30, downtime_min=21.6)
    TimeBudget(budget_min=43.2, consumed_fraction=0.5, remaining_fraction=0.5)
    """
    window_min = number("window_days * 1440", positive("window_days", window_days) * 1440)
    budget = rest(_slo(slo)) * window_min
    consumed = non_negative("downtime_min", downtime_min) / budget
    return TimeBudget(budget, consumed_fraction=consumed, remaining_fraction=1 - consumed)


def _slo(slo: float) -> float:
    return fraction("slo", slo, zero=False, one=False)


# Burn rate alerts

@dataclass(frozen=True)
class BurnThreshold:
    """The burn rate to alert at, the short window that goes with it, and whom to tell: page or ticket."""

    burn_rate: float
    short_min: float
    notification: str


@dataclass(frozen=True)
class AlertOutcome:
    """Whether an alert fires, after how many minutes, and how long it rings on after the end; see `alert_outcome`."""

    fires: bool
    detect_min: float | None
    reset_min: float | None
    long_reset_min: float | None
    max_possible_burn: float


@dataclass(frozen=True)
class Exhaustion:
    """The error ratio that a burn rate stands for (above 1: impossible), and the hours in which it spends the budget."""

    error_ratio: float
    exhaustion_h: float


@dataclass(frozen=True)
class BudgetSpent:
    """How fast an incident burns the budget, and what share of it is gone at its end."""

    burn_rate: float
    budget_consumed: float


def burn_threshold(budget_fraction: float, long_min: float, period_h: float = 720) -> BurnThreshold:
    """The burn rate to alert at so that the alert means: this much of the budget went in this window.

    Rule: burn rate = budget fraction * period / long window; the short window is a twelfth of the long one; a burn
    rate above 1 pages, since the budget will not last, any other writes a ticket.
    Arguments: `budget_fraction` above 0 and at most 1; `long_min` minutes and `period_h` hours, above 0.
    Errors: ValueError outside these ranges.
    Source: [thurgood2018alerting], tables 5-6 and 5-8.

    >>> burn_threshold(budget_fraction=0.05, long_min=360)
    BurnThreshold(burn_rate=6.0, short_min=30.0, notification='page')
    """
    budget_fraction = fraction("budget_fraction", budget_fraction, zero=False)
    long_min = positive("long_min", long_min)
    burn_rate = budget_fraction * positive("period_h", period_h) * 60 / long_min
    return BurnThreshold(burn_rate, short_min=long_min / 12, notification="ticket" if at_most(burn_rate, 1) else "page")


def alert_outcome(
    slo: float,
    burn_rate: float,
    error_ratio: float,
    long_min: float,
    short_min: float | None = None,
    incident_min: float | None = None,
) -> AlertOutcome:
    """Whether a burn rate alert fires in an incident of constant errors, when, and how long it rings on afterwards.

    Rule: the threshold is burn rate * (1 - SLO). A window of w minutes passes it after need(w) = threshold * w /
    error ratio minutes of errors. The alert fires if the error ratio is above the threshold and the incident lasts
    at least need(long). It detects after need(long), and resets short - need(short) after the incident's end; with
    the long window alone, long - need(long).
    Results: minutes, None where the alert does not fire; `max_possible_burn` = 1 / (1 - SLO), since no more than
    everything can fail: a higher `burn_rate` never fires.
    Arguments: `slo` above 0 and below 1; `burn_rate` above 0; `error_ratio` above 0 and at most 1; `long_min` above
    0; `short_min` above 0 and at most `long_min`, or None; `incident_min` 0 or more, or None for one that lasts.
    Errors: ValueError outside these ranges.
    Source: [thurgood2018alerting], iterations 1 to 6.

    >>> outcome = alert_outcome(slo=0.999, burn_rate=14.4, error_ratio=0.15, long_min=60, short_min=5)
    >>> outcome.fires, round(outcome.detect_min, 2), round(outcome.reset_min, 2)
    (True, 5.76, 4.52)
    """
    allowed = rest(_slo(slo))
    threshold = positive("burn_rate", burn_rate) * allowed
    error_ratio = fraction("error_ratio", error_ratio, zero=False)
    long_min = positive("long_min", long_min)
    if short_min is not None:
        short_min = between("short_min", positive("short_min", short_min), 0, long_min)
    if incident_min is not None:
        incident_min = non_negative("incident_min", incident_min)
    detect = threshold / error_ratio * long_min
    fires = not at_most(error_ratio, threshold) and (incident_min is None or at_most(detect, incident_min))
    if not fires:
        return AlertOutcome(False, None, None, None, max_possible_burn=1 / allowed)
    share_clean = 1 - threshold / error_ratio
    return AlertOutcome(
        fires=True,
        detect_min=detect,
        reset_min=share_clean * (long_min if short_min is None else short_min),
        long_reset_min=share_clean * long_min,
        max_possible_burn=1 / allowed,
    )


def exhaustion(slo: float, burn_rate: float, period_h: float = 720) -> Exhaustion:
    """The errors that a burn rate stands for, and how soon it spends the whole budget.

    Rule: error ratio = burn rate * (1 - SLO); hours = period / burn rate.
    Arguments: `slo` above 0 and below 1; `burn_rate` and `period_h` hours, above 0.
    Errors: ValueError outside these ranges.
    Source: [thurgood2018alerting], table 5-4.

    >>> exhaustion(slo=0.999, burn_rate=10)
    Exhaustion(error_ratio=0.01, exhaustion_h=72.0)
    """
    allowed, burn_rate = rest(_slo(slo)), positive("burn_rate", burn_rate)
    return Exhaustion(error_ratio=burn_rate * allowed, exhaustion_h=positive("period_h", period_h) / burn_rate)


def budget_spent(slo: float, error_ratio: float, incident_min: float, period_h: float = 720) -> BudgetSpent:
    """How fast an incident burns the budget, and how much of it is gone at the end.

    Rule: burn rate = error ratio / (1 - SLO); consumed = burn rate * incident / period.
    Arguments: `slo` above 0 and below 1; `error_ratio` from 0 to 1; `incident_min` minutes, 0 or more; `period_h`
    above 0. Traffic is even over the period.
    Errors: ValueError outside these ranges.
    Source: [thurgood2018alerting], whose text on low traffic prints a burn rate of 1,000 for one failure in ten
    requests; the rule gives 100, and with it the 13.9% that the text prints, too.

    >>> spent = budget_spent(slo=0.999, error_ratio=0.1, incident_min=60)
    >>> round(spent.burn_rate), round(spent.budget_consumed, 3)
    (100, 0.139)
    """
    burn_rate = fraction("error_ratio", error_ratio) / rest(_slo(slo))
    hours = non_negative("incident_min", incident_min) / 60
    return BudgetSpent(burn_rate, budget_consumed=burn_rate * hours / positive("period_h", period_h))


# Golden signals

# A metric counts for the first signal that its name matches.
_SIGNALS = {
    "latency": re.compile(r"latency|duration|(^|_)p\d\d", re.IGNORECASE),
    "errors": re.compile(r"error|5xx|fail", re.IGNORECASE),
    "saturation": re.compile(r"cpu|memory|queue|saturation|utili|pool|disk", re.IGNORECASE),
    "traffic": re.compile(r"requests?|rps|qps|traffic|throughput", re.IGNORECASE),
}


@dataclass(frozen=True)
class SignalCoverage:
    """The share of the four golden signals that the metrics cover, and the signals that they miss."""

    coverage: float
    missing: list[str]


def signal_coverage(metrics: Sequence[str]) -> SignalCoverage:
    """Which of the four golden signals a list of metrics leaves out.

    Rule: by its name, a metric counts for the first that matches of latency, errors, saturation and traffic.
    Coverage is the number of signals with a metric, divided by 4. A name is only a hint of what is measured.
    Arguments: `metrics` a list of names, which may be empty.
    Errors: ValueError for anything else.
    Source: [ewaschuk2016monitoring].

    >>> signal_coverage(["p99_latency_ms", "requests_per_s", "http_5xx_ratio"])
    SignalCoverage(coverage=0.75, missing=['saturation'])
    """
    names = [text(f"metrics[{i}]", name) for i, name in enumerate(items("metrics", metrics, empty=True))]
    covered = {next((signal for signal, form in _SIGNALS.items() if form.search(name)), None) for name in names}
    missing = sorted(_SIGNALS.keys() - covered)
    return SignalCoverage(coverage=1 - len(missing) / len(_SIGNALS), missing=missing)


# Service level agreement

@dataclass(frozen=True)
class SlaCredit:
    """What a missed SLA pays, and what it leaves unpaid; the last two are None without an outage cost."""

    credit_fraction: float
    credit_usd: float
    coverage: float | None
    uncompensated_usd: float | None


def sla_credit(
    uptime: float, tiers: Sequence[tuple[float, float]], bill_usd: float, outage_cost_usd: float | None = None
) -> SlaCredit:
    """What a vendor's SLA pays for a month, and how much of the loss that covers.

    Rule: the credit of the lowest threshold that uptime is below; uptime equal to a threshold is not below it.
    Credit in USD = that share of the bill; coverage = credit / outage cost, None without a cost or at 0;
    uncompensated = outage cost - credit, None without a cost.
    Arguments: `uptime` from 0 to 1; `tiers` a list of (threshold, share of the bill), both from 0 to 1, thresholds
    strictly descending; `bill_usd` and `outage_cost_usd` USD of the same month, 0 or more.
    Errors: ValueError outside these ranges.
    Source: the form of [aws_compute_sla] and [gcs_sla].

    >>> sla_credit(0.985, [(0.9999, 0.1), (0.99, 0.3), (0.95, 1.0)], bill_usd=20_000, outage_cost_usd=400_000)
    SlaCredit(credit_fraction=0.3, credit_usd=6000.0, coverage=0.015, uncompensated_usd=394000.0)
    """
    uptime = fraction("uptime", uptime)
    share = 0.0
    for threshold, credit in _credit_tiers(tiers):
        if uptime < threshold:
            share = credit
    credit_usd = share * non_negative("bill_usd", bill_usd)
    if outage_cost_usd is None:
        return SlaCredit(share, credit_usd, None, None)
    cost = non_negative("outage_cost_usd", outage_cost_usd)
    coverage = credit_usd / cost if cost else None
    return SlaCredit(share, credit_usd, coverage, uncompensated_usd=cost - credit_usd)


def _credit_tiers(tiers: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for i, row in enumerate(items("tiers", tiers)):
        pair = items(f"tiers[{i}]", row)
        if len(pair) != 2:
            raise ValueError(f"tiers[{i}] must be a list of threshold and credit; got {len(pair)} members")
        threshold = fraction(f"tiers[{i}][0]", pair[0])
        if found and threshold >= found[-1][0]:
            raise ValueError(f"tiers[{i}][0] must be a number below {found[-1][0]:.12g}; got {threshold:.12g}")
        found.append((threshold, fraction(f"tiers[{i}][1]", pair[1])))
    return found


# Cost of telemetry

@dataclass(frozen=True)
class SeriesCount:
    """How many time series a metric makes."""

    series: int


@dataclass(frozen=True)
class SamplingError:
    """The standard error of a count that was estimated from a sample, as a share of the count."""

    relative_standard_error: float


@dataclass(frozen=True)
class RareEventSeen:
    """The chance that at least one of the rare events is in the sample."""

    p_seen: float


@dataclass(frozen=True)
class TelemetryBill:
    """What telemetry costs in a month of 30 days."""

    monthly_usd: float


def series_count(label_cardinalities: Mapping[str, int], base_series: int = 1) -> SeriesCount:
    """How many time series a metric makes at most: every label multiplies.

    Rule: the base times the number of values of each label, if every combination occurs.
    Arguments: `label_cardinalities` a mapping from labels to how many values they take, 1 or more; `base_series` 1
    or more.
    Errors: ValueError outside these ranges.
    Source: counting; [prometheus_data_model].

    >>> series_count({"service": 200, "endpoint": 30, "status": 5, "region": 6})
    SeriesCount(series=180000)
    """
    labels = table("label_cardinalities", label_cardinalities, empty=True)
    counts = [whole(f"label_cardinalities.{label}", count, 1) for label, count in labels.items()]
    return SeriesCount(math.prod(counts, start=whole("base_series", base_series, 1)))


def sampling_error(sample_rate: float, events: int) -> SamplingError:
    """How far a count estimated from a sample is off, typically.

    Rule: each event is kept with chance p, and the count of the kept ones is divided by p. Its standard error is
    sqrt((1 - p) / (p * events)) of the count.
    Arguments: `sample_rate` above 0 and at most 1; `events` 1 or more.
    Errors: ValueError outside these ranges.
    Source: the binomial distribution.

    >>> round(sampling_error(sample_rate=0.01, events=10_000).relative_standard_error, 4)
    0.0995
    """
    rate = fraction("sample_rate", sample_rate, zero=False)
    return SamplingError(math.sqrt((1 - rate) / rate / whole("events", events, 1)))


def rare_event_seen(sample_rate: float, rare_events: int) -> RareEventSeen:
    """The chance that a sample holds at least one of a few rare events.

    Rule: 1 - (1 - rate) ** events.
    Arguments: `sample_rate` above 0 and at most 1; `rare_events` 0 or more.
    Errors: ValueError outside these ranges.
    Source: the binomial distribution.

    >>> round(rare_event_seen(sample_rate=0.01, rare_events=5).p_seen, 3)
    0.049
    """
    rate, events = fraction("sample_rate", sample_rate, zero=False), whole("rare_events", rare_events, 0)
    if rate == 1:
        return RareEventSeen(1.0 if events else 0.0)
    return RareEventSeen(abs(math.expm1(events * math.log1p(-rate))))


def telemetry_bill(
    gb_per_day: float, usd_per_gb: float, sample_rate: float, keep_errors_share: float = 0.0
) -> TelemetryBill:
    """What telemetry costs in a month when all errors are kept and the rest is sampled.

    Rule: 30 * GB a day * USD a GB * (e + (1 - e) * sample rate), where e is the share of errors.
    Arguments: `gb_per_day` and `usd_per_gb` 0 or more; `sample_rate` above 0 and at most 1; `keep_errors_share` from
    0 to 1, the share of the data that is about errors and kept.
    Errors: ValueError outside these ranges.
    Source: our definition.

    >>> telemetry_bill(gb_per_day=1_000, usd_per_gb=0.5, sample_rate=0.1)
    TelemetryBill(monthly_usd=1500.0)
    """
    errors = fraction("keep_errors_share", keep_errors_share)
    kept = errors + (1 - errors) * fraction("sample_rate", sample_rate, zero=False)
    gb = MONTH_DAYS * non_negative("gb_per_day", gb_per_day)
    return TelemetryBill(product(gb, non_negative("usd_per_gb", usd_per_gb)) * kept)
