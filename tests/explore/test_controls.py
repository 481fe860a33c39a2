"""Controls: what may be typed, the sentence for what may not, and the stops of sliders."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from infrapm.exercises import CHAPTERS, chapter
from infrapm.explore.controls import (
    Choice,
    Control,
    Number,
    Toggle,
    even_stops,
    log_stops,
    nines_stops,
)

SHARE = Number("availability", "Availability", "%", low=0.1, high=1, default=0.999, stops=(0.9, 0.99, 0.999))
MINUTES = Number("downtime_min", "Downtime", "min", low=0, high=1440, default=43.2)
COUNT = Number("copies", "Copies", "", low=1, high=5, default=2, whole=True)
WINDOW = Choice("window", "Window", (("week", "week (7 days)"), ("month", "month (30 days)")), "month")
HEDGE = Toggle("hedge", "Send a second request", False)

CONTROLS = [
    pytest.param(control, id=f"{explorer.id}.{control.name}")
    for slug in CHAPTERS
    for explorer in chapter(slug).EXPLORERS
    for control in explorer.controls
]
NUMBERS = [parameter for parameter in CONTROLS if isinstance(parameter.values[0], Number)]
SLIDERS = [parameter for parameter in NUMBERS if parameter.values[0].stops]


@pytest.mark.parametrize(
    "control, typed, value",
    [
        (SHARE, "99.95", 0.9995),
        (SHARE, "99.95 %", 0.9995),
        (SHARE, "10", 0.1),  # both ends belong to the range
        (SHARE, "100", 1),
        (MINUTES, "43.2", 43.2),
        (MINUTES, "2592 s", 43.2),
        (MINUTES, "0.72 h", 43.2),
        (MINUTES, "0", 0),
        (MINUTES, "1 d", 1440),
        (COUNT, "5", 5),
        (COUNT, "3.0", 3),
        (WINDOW, "week", "week"),
        (HEDGE, "on", True),
        (HEDGE, "off", False),
    ],
)
def test_what_may_be_typed(control: Control, typed: str, value: Any) -> None:
    assert control.read(typed) == (value if isinstance(value, str) else pytest.approx(value, rel=1e-12))


def test_a_whole_number_is_one() -> None:
    assert type(COUNT.read("3")) is int


AVAILABILITY_RANGE = "Availability goes from 10 to 100%."


@pytest.mark.parametrize(
    "control, typed, sentence",
    [
        (SHARE, "110", AVAILABILITY_RANGE),
        (SHARE, "9.99", AVAILABILITY_RANGE),
        (SHARE, "-99.9", AVAILABILITY_RANGE),
        (SHARE, "\N{MINUS SIGN}99.9", AVAILABILITY_RANGE),
        (SHARE, "100.0001", AVAILABILITY_RANGE),
        (SHARE, "0.9995", f"{AVAILABILITY_RANGE} Percent, not a fraction: did you mean 99.95?"),
        (SHARE, "0.9995 %", f"{AVAILABILITY_RANGE} Percent, not a fraction: did you mean 99.95?"),
        (SHARE, "1", f"{AVAILABILITY_RANGE} Percent, not a fraction: did you mean 100?"),
        (SHARE, "99,95", "Write a point, not a comma: did you mean 99.95?"),
        (SHARE, "99.95 min", "“min” is not a unit that fits here. Use %."),
        (SHARE, "", "Type a number here."),
        (SHARE, "nan", "“nan” is not a number. Type digits, such as 99.95."),
        (MINUTES, "1440.1", "Downtime goes from 0 to 1440 min."),
        (MINUTES, "2 d", "Downtime goes from 0 to 1440 min."),
        (MINUTES, "-1", "Downtime goes from 0 to 1440 min."),
        (MINUTES, "-1e308", "Downtime goes from 0 to 1440 min."),
        (MINUTES, "1e400", "“1e400” is too large to be a number here."),
        (COUNT, "2.5", "Copies goes from 1 to 5. Type a whole number."),
        (COUNT, "6", "Copies goes from 1 to 5."),
        (COUNT, "0", "Copies goes from 1 to 5."),
        (COUNT, "2 copies", "“copies” is not a unit that fits here. Leave the unit out."),
        (WINDOW, "year", "Window is one of: week, month."),
        (WINDOW, "Month", "Window is one of: week, month."),
        (WINDOW, "", "Window is one of: week, month."),
        (WINDOW, "None", "Window is one of: week, month."),
        (HEDGE, "yes", "Send a second request is on or off."),
        (HEDGE, "", "Send a second request is on or off."),
    ],
)
def test_what_may_not_gets_a_sentence(control: Control, typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        control.read(typed)


@pytest.mark.parametrize("control, value", [(SHARE, 0.999), (MINUTES, 43.2), (COUNT, 2), (WINDOW, "month"), (HEDGE, True)])
def test_a_value_in_range_passes(control: Control, value: Any) -> None:
    control.check(value)


@pytest.mark.parametrize("value", [0.0999, 1.0001, -1, math.nan, math.inf, -math.inf])
def test_a_value_from_elsewhere_out_of_range_does_not(value: float) -> None:
    # Nobody typed it, so there is no slip to name.
    with pytest.raises(ValueError, match=f"^{re.escape(AVAILABILITY_RANGE)}$"):
        SHARE.check(value)


# --- Every control of the book


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_can_show_and_read_its_own_default(control: Control) -> None:
    assert control.read(control.shown(control.default)) == pytest.approx(control.default)
    assert control.label and control.name.isidentifier()


@pytest.mark.parametrize("control", NUMBERS)
def test_a_field_reads_both_ends_as_it_shows_them(control: Number) -> None:
    for end in (control.low, control.high):
        assert control.read(control.shown(end)) == pytest.approx(end, rel=1e-12)


@pytest.mark.parametrize("control", SLIDERS)
def test_a_slider_s_stops_are_in_range_in_order_and_told_apart(control: Number) -> None:
    assert all(control.low <= stop <= control.high for stop in control.stops)
    assert list(control.stops) == sorted(set(control.stops))
    assert [control.read(text) for text in control.shown_stops] == pytest.approx(control.stops, rel=1e-12)
    assert len(set(control.shown_stops)) == len(control.stops)
    assert control.default in control.stops, "the slider would stand beside the value that is shown"


@pytest.mark.parametrize("control", SLIDERS)
def test_a_slider_stands_at_the_nearest_stop(control: Number) -> None:
    assert [control.nearest_stop(stop) for stop in control.stops] == list(range(len(control.stops)))
    for position, (below, above) in enumerate(zip(control.stops, control.stops[1:])):
        assert control.nearest_stop(below + 0.4 * (above - below)) == position
        assert control.nearest_stop(below + 0.6 * (above - below)) == position + 1
    assert control.nearest_stop(control.low) == 0
    assert control.nearest_stop(control.high) == len(control.stops) - 1


# --- Makers of stops


def test_even_stops() -> None:
    assert even_stops(0, 1, 0.25) == (0, 0.25, 0.5, 0.75, 1)
    assert even_stops(0, 0.3, 0.1) == (0, 0.1, 0.2, 0.3)  # not 0.30000000000000004
    assert even_stops(5, 20, 5) == (5, 10, 15, 20)


def test_log_stops() -> None:
    assert log_stops(1, 100, (1, 2, 5)) == (1, 2, 5, 10, 20, 50, 100)
    assert log_stops(0.1, 1, (1, 3)) == (0.1, 0.3, 1)
    assert log_stops(2, 50, (1, 2, 5)) == (2, 5, 10, 20, 50)


def test_nines_stops() -> None:
    stops = nines_stops(1, 6)
    assert (stops[0], stops[-1]) == (0.9, 0.999999)
    assert {0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999} <= set(stops)
    assert all(1.2 < (1 - below) / (1 - above) < 1.7 for below, above in zip(stops, stops[1:]))
