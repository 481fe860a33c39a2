"""Controls: what may be typed, the sentence for what may not, and the stops of sliders."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from infrapm.exercises import CHAPTERS, chapter
from infrapm.explore.controls import (
    Choice,
    Column,
    Control,
    Number,
    Rows,
    Several,
    Toggle,
    even_stops,
    log_stops,
    nines_stops,
)
from tests.fixtures.small_chapter import PARTS, ROWS

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
    read = control.read(control.shown(control.default))
    if isinstance(control, Rows):
        assert [len(row) for row in read] == [len(control.columns)] * len(control.default)
        assert control.read(control.shown(read)) == read
    else:
        assert read == pytest.approx(control.default) if isinstance(control, Number) else read == control.default
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


# --- Several


@pytest.mark.parametrize(
    "typed, keys",
    [("db", ("db",)), ("api dns", ("dns", "api")), ("  dns,  db ", ("dns", "db")), ("db db", ("db",))],
)
def test_some_of_several_options_in_their_order(typed: str, keys: tuple[str, ...]) -> None:
    assert PARTS.read(typed) == keys
    assert PARTS.read(PARTS.shown(keys)) == keys


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ("", "Parts: choose at least 1."),
        ("dns db api", "Parts: choose at most 2."),
        ("dns cache", "Parts takes some of: dns, db, api."),
        ("DNS", "Parts takes some of: dns, db, api."),
    ],
)
def test_what_several_options_refuse(typed: str, sentence: str) -> None:
    for refused in (PARTS.read, lambda text: PARTS.check(text.split())):
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            refused(typed)


def test_several_options_may_be_none_and_all() -> None:
    free = Several("free", "Free", (("a", "A"), ("b", "B")), ())
    assert (free.default, free.read(""), free.read("b a")) == ((), (), ("a", "b"))


# --- Rows

FIRST = {"item": "Cache, then DNS", "weeks": 2.0, "odds": 0.8, "rank": "must"}
SECOND = {"item": "Move", "weeks": 6.5, "odds": 0.5, "rank": "could"}
TABS = "Item\tEffort (weeks)\tConfidence (%)\tRank\nCache, then DNS\t2\t80\tmust\nMove\t6.5\t50\tcould\n"


@pytest.mark.parametrize(
    "typed",
    [
        '"Cache, then DNS",2,80,must\nMove,6.5,50,could',
        "Cache, then DNS;2;80;must\r\nMove;6.5;50;could\r\n",
        TABS,
        "\ufeff" + TABS,
        TABS.replace("\n", "\t\t\n") + "\t\t\t\n\n",  # what a spreadsheet adds
        "rank\tODDS\titem\tweeks\nmust have\t80 %\tCache, then DNS\t2 weeks\nCould\t50\tMove\t 6.5 ",
        '  "Cache, then DNS", 2 , 80 , must \n\n Move , 6.5 , 50 , could ',
    ],
    ids=["commas", "semicolons", "tabs", "byte order mark", "empty cells", "columns in another order", "spaces"],
)
def test_rows_from_anywhere(typed: str) -> None:
    assert ROWS.read(typed) == (FIRST, SECOND)
    tidy = ROWS.tidied(typed)
    assert tidy.splitlines()[0] == "Item,Effort (weeks),Confidence (%),Rank"
    assert ROWS.read(tidy) == (FIRST, SECOND)
    assert ROWS.tidied(tidy) == tidy


def test_rows_keep_the_cells_as_they_were_typed() -> None:
    assert ROWS.tidied("A;2 weeks;80 %;MUST") == "Item,Effort (weeks),Confidence (%),Rank\nA,2 weeks,80 %,MUST\n"
    assert ROWS.shown(ROWS.default).splitlines()[1] == '"Cache, then DNS",2,80,must'
    assert ROWS.shown((FIRST, SECOND)) == ROWS.shown(ROWS.default)


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ("", "Work takes 1 to 4 rows; there are 0."),
        ("Item,Effort,Confidence,Rank", "Work takes 1 to 4 rows; there are 0."),
        ("A,1,1,must\n" * 5, "Work takes 1 to 4 rows; there are 5."),
        ("A,1,1", "Row 1 has 3 cells; it needs 4: Item, Effort, Confidence, Rank."),
        ("A,1,1,must\nB", "Row 2 has 1 cell; it needs 4: Item, Effort, Confidence, Rank."),
        ("A,1,1,must,x", "Row 1 has 5 cells; it needs 4: Item, Effort, Confidence, Rank."),
        ("A,abc,1,must", "Row 1, Effort: “abc” is not a number. Type digits, such as 12.5."),
        ("A,1,1,must\nB,60,1,must", "Row 2, Effort goes from 0.5 to 52 weeks."),
        ("A;1,5;50;must", "Row 1, Effort: Write a point, not a comma: did you mean 1.5?"),
        ("A,1,180,must", "Row 1, Confidence goes from 0 to 100%."),
        ("A,,1,must", "Row 1, Effort: Type a number here."),
        ("A,1 h,1,must", "Row 1, Effort: “h” is not a unit that fits here. Use weeks."),
        (",1,1,must", "Row 1, Item: write a word or two."),
        ("A" * 201 + ",1,1,must", "Row 1, Item is too long: 200 characters at most."),
        ("A,1,1,should", "Row 1, Rank is one of: must, could."),
        ("Item,Item,Rank,Effort\nA,B,must,1", "The first line holds headings, and must name each column once: Item, Effort, Confidence, Rank."),
        ("Item,Effort\nA,1", "The first line holds headings, and must name each column once: Item, Effort, Confidence, Rank."),
        ('"A,1,1,must', "Work: write quotation marks around a whole cell, or leave them out."),
        ('"A" B,1,1,must', "Work: write quotation marks around a whole cell, or leave them out."),
        ("A," * 10_001, "Work is too long: 20000 characters at most."),
        ("A,x,y,z\nB,1,1,must", "Row 1, Effort: “x” is not a number. Type digits, such as 12.5. Row 1, Confidence: “y” is not a number."
         " Type digits, such as 99.95. Row 1, Rank is one of: must, could."),
        ("A,x,y,z\nB,x,y,must", "Row 1, Effort: “x” is not a number. Type digits, such as 12.5. Row 1, Confidence: “y” is not a number."
         " Type digits, such as 99.95. Row 1, Rank is one of: must, could. And 2 cells more."),
    ],
)  # fmt: skip
def test_a_bad_row_gets_a_sentence_that_names_row_and_column(typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        ROWS.read(typed)


def test_open_ends_of_a_column() -> None:
    rows = Rows("r", "R", (Column("up", "Up", low=0), Column("down", "Down", "%", high=0.5), Column("any", "Any")), (), least=0)
    assert rows.read("1e9,-50,-1e9") == ({"up": 1e9, "down": -0.5, "any": -1e9},)
    for typed, sentence in (("-1,0,0", "Row 1, Up is 0 or more."), ("0,60,0", "Row 1, Down is 50% or less."), ("0,0,inf", "Row 1, Any: “inf”")):
        with pytest.raises(ValueError, match=re.escape(sentence)):
            rows.read(typed)
    assert rows.read("") == ()


SPANS = Rows("s", "S", (Column("weeks", "Effort", "weeks", 0.5, 52, span=True), Column("sure", "Sure", "%", 0, 1, span=True)), ())


@pytest.mark.parametrize(
    "typed, weeks, sure",
    [
        ("3 to 6,60 to 90", (3, 6), (0.6, 0.9)),
        ("3 weeks to 6 weeks,60 % to 90 %", (3, 6), (0.6, 0.9)),
        ("3to6,60% to 90%", (3, 6), (0.6, 0.9)),
        ("3-6, 60 – 90", (3, 6), (0.6, 0.9)),
        ("4,80", (4, 4), (0.8, 0.8)),
        (".5 to 52,0", (0.5, 52), (0, 0)),
        ("4 to 4,80", (4, 4), (0.8, 0.8)),
        ("5e-1 to 1e1,80", (0.5, 10), (0.8, 0.8)),
    ],
)
def test_a_cell_may_hold_a_low_and_a_high_number(typed: str, weeks: tuple, sure: tuple) -> None:
    read = SPANS.read(typed)
    assert read == ({"weeks": weeks, "sure": sure},)
    assert SPANS.read(SPANS.shown(read)) == read


def test_a_span_is_shown_as_the_book_writes_it() -> None:
    assert SPANS.shown(SPANS.read("3-6,80-80")).splitlines()[1] == "3 to 6,80"


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ("6 to 3,80", "Row 1, Effort goes from low to high: did you mean 3 to 6?"),
        ("3 to 60,80", "Row 1, Effort goes from 0.5 to 52 weeks."),
        ("3 to six,80", "Row 1, Effort: “six” is not a number."),
        ("3 to 4 to 5,80", "Row 1, Effort: “to 5” is not a unit that fits here."),
        ("-1,80", "Row 1, Effort goes from 0.5 to 52 weeks."),
        ("3,90 to 180", "Row 1, Sure goes from 0 to 100%."),
        ("3-Jun,80", "Row 1, Effort: “"),
        ("2026-06-03,80", "Row 1, Effort goes from 0.5 to 52 weeks."),
        ("to,80", "Row 1, Effort: “to” is not a number."),
    ],
)
def test_a_bad_span_gets_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        SPANS.read(typed)


def test_one_column_takes_a_line_as_it_is() -> None:
    words = Rows("w", "Words", (Column("claim", "Claim", text=True),), (("a",),), least=2, most=2)
    assert words.read("Claim\nUp, always; or not\nTwo") == ({"claim": "Up, always; or not"}, {"claim": "Two"})
    with pytest.raises(ValueError, match=r"^Words takes 2 rows; there is 1\.$"):
        words.read("One")


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
