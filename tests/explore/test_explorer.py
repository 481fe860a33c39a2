"""The explorer: what it answers to what a reader typed, good and bad, and controls that follow each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrapm.exercises import CHAPTERS, chapter
from infrapm.exercises.availability import NINES
from infrapm.explore.controls import Choice, Number, Rows, Several, Toggle
from infrapm.explore.explorer import Explorer, Table, View
from tests.fixtures.small_chapter import WORK

# By chapter and id: two chapters may each have an explorer "budget".
EXPLORERS = {f"{slug}-{explorer.id}": explorer for slug in CHAPTERS for explorer in chapter(slug).EXPLORERS} | {WORK.id: WORK}

WINDOW_MIN = {"day": 1440, "week": 7 * 1440, "month": 30 * 1440, "quarter": 90 * 1440, "year": 365 * 1440}


# --- A small explorer: the parts of a whole


def view_parts(parts: int, of: str, whole: bool) -> View:
    return View({}, f"{parts} of {of}, {whole}", Table(("a",), (("1",),)), warning="all" if whole else "")


PARTS = Explorer(
    id="parts",
    title="Parts",
    lead="",
    controls=(
        Number("parts", "Parts", "", low=0, high=10, default=4, stops=(0, 5, 10), whole=True),
        Choice("of", "Of", (("cake", "a cake"), ("day", "a day")), "cake"),
        Toggle("whole", "Whole", False),
    ),
    view=view_parts,
)


def test_the_first_view_is_that_of_the_defaults() -> None:
    assert PARTS.defaults == {"parts": "4", "of": "cake", "whole": "off"}
    answer = PARTS.answer({})
    assert answer == PARTS.answer(PARTS.defaults)
    assert answer.controls == PARTS.defaults
    assert answer.view.reading == "4 of cake, False"


def test_what_is_typed_reaches_the_view_as_values() -> None:
    answer = PARTS.answer({"parts": " 7.0 ", "of": "day", "whole": "on"})
    assert answer.view.reading == "7 of day, True"
    assert answer.view.warning == "all"
    assert answer.controls["parts"] == " 7.0 ", "a field keeps what was typed"
    assert answer.positions == {"parts": 1}, "only a number with stops has a slider"


def test_what_no_control_is_named_is_passed_over() -> None:
    assert PARTS.answer({"colour": "red", "parts": "3"}, changed="colour").view.reading == "3 of cake, False"


def test_each_bad_value_has_its_sentence_and_there_is_no_view() -> None:
    answer = PARTS.answer({"parts": "11", "of": "pie", "whole": "maybe"}, changed="parts")
    assert answer.view is None
    assert answer.errors == {
        "parts": "Parts goes from 0 to 10.",
        "of": "Of is one of: cake, day.",
        "whole": "Whole is on or off.",
    }
    assert answer.positions == {}
    assert answer.controls == {"parts": "11", "of": "pie", "whole": "maybe"}


def test_a_good_value_after_a_bad_one_clears_it() -> None:
    bad = PARTS.answer({"parts": "eleven"}, changed="parts")
    good = PARTS.answer(bad.controls | {"parts": "10"}, changed="parts")
    assert (bad.view, good.errors) == (None, {})
    assert good.view.reading == "10 of cake, False"


def test_rows_come_back_tidy_and_bad_ones_as_they_were() -> None:
    answer = WORK.answer({"work": "A;1;100;must", "parts": "api db"}, changed="work")
    assert answer.view.reading == "1 rows, db and api, open: 1 weeks."
    assert answer.controls["work"] == "Item,Effort (weeks),Confidence (%),Rank\nA,1,100,must\n"
    assert answer.controls["parts"] == "api db"
    bad = WORK.answer({"work": "A;1;100;must\nB;1"}, changed="work")
    assert bad.errors == {"work": "Row 2 has 2 cells; it needs 4: Item, Effort, Confidence, Rank."}
    assert bad.controls["work"] == "A;1;100;must\nB;1"


# --- Every explorer of the book, and anything that can be typed

BAD = ["", " ", "abc", "nan", "inf", "1e400", "-1", "99,95", "1,000", "5 apples", "9" * 500, "\N{MINUS SIGN}1", "None", "<b>"]


@pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)
def test_a_bad_value_in_any_control_is_told_there_and_nowhere_else(explorer: Explorer) -> None:
    for control in explorer.controls:
        for typed in BAD:
            if isinstance(control, Several | Rows) and not control.least and not typed.strip():
                continue  # none is an answer, too
            if isinstance(control, Rows) and typed in ("99,95", "1,000") and len(control.columns) == 2 and control.columns[0].text:
                continue  # a row of two cells
            answer = explorer.answer({control.name: typed}, changed=control.name)
            assert list(answer.errors) == [control.name], (control.name, typed)
            assert answer.view is None
            assert answer.controls == explorer.defaults | {control.name: typed}


@pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)
@given(data=st.data())
@settings(deadline=None, derandomize=True, max_examples=150)
def test_no_text_in_any_control_breaks_an_explorer(explorer: Explorer, data: st.DataObject) -> None:
    numbers = st.floats().map(str) | st.integers().map(str) | st.sampled_from(BAD)
    keys = [key for control in explorer.controls if isinstance(control, Choice | Several) for key, _ in control.options]
    texts = st.text(max_size=70) | numbers | st.sampled_from([*keys, *explorer.defaults.values()]) | st.none()
    typed = data.draw(st.fixed_dictionaries({}, optional={control.name: texts for control in explorer.controls}))
    changed = data.draw(st.sampled_from(["", *explorer.defaults]))
    answer = explorer.answer(typed, changed)
    assert (answer.view is None) == bool(answer.errors)
    assert set(answer.errors) <= set(explorer.defaults)
    assert all(sentence.endswith((".", "?")) for sentence in answer.errors.values())
    if answer.view:  # what the controls show now gives the same view once more
        assert explorer.answer(answer.controls, changed).view == answer.view


# --- Controls that follow each other: downtime and availability


def nines(changed: str, **typed: str) -> Any:
    return NINES.answer(typed, changed)


@pytest.mark.parametrize(
    "availability, window, downtime_min",
    [  # (100 - availability)% of the window, on paper
        ("99.9", "month", "43.2"),
        ("99.9", "year", "525.6"),
        ("99.95", "week", "5.04"),
        ("99.99", "quarter", "12.96"),
        ("99.999", "day", "0.0144"),
        ("10", "year", "473040"),
        ("100", "month", "0"),
    ],
)
def test_downtime_follows_availability_and_window(availability: str, window: str, downtime_min: str) -> None:
    for changed in ("availability", "window", ""):
        answer = nines(changed, availability=availability, window=window, downtime_min="1")
        assert answer.controls == {"availability": availability, "window": window, "downtime_min": downtime_min}
        assert answer.errors == {}


@pytest.mark.parametrize(
    "downtime, window, availability",
    [
        ("43.2", "month", "99.9"),
        ("2592 s", "month", "99.9"),
        ("0.72 h", "month", "99.9"),
        ("68", "year", "99.9870624"),  # 1 - 68 / 525,600
        ("0", "day", "100"),
        ("1296", "day", "10"),
    ],
)
def test_availability_follows_downtime(downtime: str, window: str, availability: str) -> None:
    answer = nines("downtime_min", availability="99", window=window, downtime_min=downtime)
    assert answer.controls == {"availability": availability, "window": window, "downtime_min": downtime}
    slider = NINES.controls[0]
    assert answer.positions["availability"] == slider.nearest_stop(float(availability) / 100)


@pytest.mark.parametrize("window", WINDOW_MIN)
def test_there_and_back_to_what_the_fields_show(window: str) -> None:
    for share in (0, 1e-9, 1e-7, 3.7e-5, 0.00123456789, 0.1, 1 / 3, 0.9):
        typed_min = share * WINDOW_MIN[window]
        there = nines("downtime_min", window=window, downtime_min=f"{typed_min:.12f}")
        assert float(there.controls["availability"]) / 100 == pytest.approx(1 - share, abs=1e-10)
        back = nines("availability", window=window, availability=there.controls["availability"])
        # An availability shows ten digits, so half a unit of the tenth is lost on the way.
        assert float(back.controls["downtime_min"]) == pytest.approx(typed_min, rel=1e-9, abs=1e-10 * WINDOW_MIN[window])


@pytest.mark.parametrize(
    "changed, typed, errors",
    [
        ("downtime_min", {"downtime_min": "1441", "window": "day"}, {"downtime_min": "A day (24 hours) has 1440 min."}),
        ("downtime_min", {"downtime_min": "31 d"}, {"downtime_min": "A month (30 days) has 43200 min."}),
        ("downtime_min", {"downtime_min": "366 d"}, {"downtime_min": "Downtime in that window goes from 0 to 525600 min."}),
        # 1439 of 1440 minutes leave 0.07%. Nobody typed a fraction, so none is suspected.
        ("downtime_min", {"downtime_min": "1439", "window": "day"}, {"downtime_min": "Availability goes from 10 to 100%."}),
        ("downtime_min", {"downtime_min": "soon"}, {"downtime_min": "“soon” is not a number. Type digits, such as 12.5."}),
        ("availability", {"availability": "101"}, {"availability": "Availability goes from 10 to 100%."}),
        ("window", {"window": "era"}, {"window": "Window is one of: day, week, month, quarter, year."}),
        # The window is bad, so nothing can follow from the other.
        ("availability", {"availability": "99", "window": "era"}, {"window": "Window is one of: day, week, month, quarter, year."}),
        ("downtime_min", {"downtime_min": "9", "window": "era"}, {"window": "Window is one of: day, week, month, quarter, year."}),
    ],
)
def test_a_change_that_leads_nowhere_is_told_where_it_was_made(
    changed: str, typed: dict[str, str], errors: dict[str, str]
) -> None:
    answer = nines(changed, **typed)
    assert answer.errors == errors
    assert answer.view is None
    assert answer.controls == NINES.defaults | typed, "nothing follows from a bad value"


def test_a_good_value_replaces_what_was_bad_in_the_field_that_follows() -> None:
    answer = nines("availability", availability="99.99", downtime_min="soon")
    assert (answer.controls["downtime_min"], answer.errors) == ("4.32", {})
    answer = nines("downtime_min", availability="99,9", downtime_min="4.32")
    assert (answer.controls["availability"], answer.errors) == ("99.99", {})


def test_a_new_window_does_not_mend_a_bad_availability() -> None:
    answer = nines("window", availability="abc", window="year")
    assert list(answer.errors) == ["availability"]
    assert answer.controls["downtime_min"] == NINES.defaults["downtime_min"]


def test_a_column_without_a_heading_is_refused() -> None:
    with pytest.raises(ValueError, match="^header has no words for a column: "):
        Table(("", "Score"), (("A", "3"),))
