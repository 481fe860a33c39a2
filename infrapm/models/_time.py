"""Lengths of time that the models share. Calendars differ (a mean month has 30.44 days), so they are fixed here:
those of [sre2016availability]. `BILLING_MONTH_H` is the month of cloud price lists."""
from collections.abc import Mapping
from types import MappingProxyType

DAY_S = 86_400
MONTH_DAYS = 30
HOURS_PER_YEAR = 8_760
BILLING_MONTH_H = 730
WINDOW_S: Mapping[str, int] = MappingProxyType({
    "hour": 3_600,
    "day": DAY_S,
    "week": 7 * DAY_S,
    "month": MONTH_DAYS * DAY_S,
    "quarter": 90 * DAY_S,
    "year": 365 * DAY_S,
})
