"""Tasks of every kind, with small ones made up here: what is read, what is right, what a check says."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrapm.explore.tasks import (
    ChoiceTask,
    Feedback,
    NumericTask,
    Option,
    OrderingTask,
    SeveralTask,
    Slip,
    Task,
)


def numeric(unit: str, expected: float, **more: Any) -> NumericTask:
    return NumericTask(
        id="n", title="N", objective=1, unit=unit, book={"expected": expected}, draw=lambda rng: {"expected": rng.random()},
        prompt=lambda p: "How much?", expected=lambda p: p["expected"], right=lambda p: "Just so.",
        hints=lambda p: ("Nudge.", "Push.", "Last step."), **more,
    )  # fmt: skip


def options(*keys: str) -> dict[str, Any]:
    return {
        "id": "o", "title": "O", "objective": 1, "book": {}, "draw": lambda rng: {}, "prompt": lambda p: "Which?",
        "hints": lambda p: ("Nudge.", "Last step."),
        "options": lambda p: tuple(Option(key, f"text {key}", f"about {key}.") for key in keys),
    }  # fmt: skip


MINUTES = numeric("min", 43.2)
SHARE = numeric("%", 0.999)
LARGE_SHARE_MISSING = numeric("%", 0.1)
COPIES = numeric("copies", 10, relative_tolerance=0)
CHOICE = ChoiceTask(**options("a", "b", "c"), expected=lambda p: "b")
SEVERAL = SeveralTask(**options("a", "b", "c", "d"), expected=lambda p: {"a", "c"})
ORDERING = OrderingTask(**options("plan", "do", "check"), expected=lambda p: ["plan", "do", "check"])
EVERY_KIND = {"minutes": MINUTES, "share": SHARE, "copies": COPIES, "choice": CHOICE, "several": SEVERAL, "ordering": ORDERING}


# --- Numbers


@pytest.mark.parametrize(
    "task, answer",
    [
        (MINUTES, 43.2),
        (MINUTES, "43.2"),
        (MINUTES, "43.2 min"),
        (MINUTES, "43.2min"),
        (MINUTES, "2592 s"),
        (MINUTES, "0.72 h"),
        (MINUTES, " 0.03 days "),
        (MINUTES, Fraction(432, 10)),
        (MINUTES, np.float64(43.2)),
        (MINUTES, np.float32(43.2)),
        (MINUTES, 43.2 * 1.0049),  # within half a percent
        (MINUTES, 43.2 * 0.9951),
        (MINUTES, 43),
        (SHARE, 0.999),  # code: a fraction
        (SHARE, "99.9"),  # text: percent
        (SHARE, "99.9%"),
        (SHARE, 0.999004),  # half a percent of what is missing
        (LARGE_SHARE_MISSING, "10"),
        (LARGE_SHARE_MISSING, 0.1004),
        (COPIES, 10),
        (COPIES, 10.0),
        (COPIES, np.int64(10)),
        (COPIES, "10 copies"),
        (numeric("", 0), 0),
    ],
)
def test_a_right_number(task: NumericTask, answer: Any) -> None:
    assert task.check(answer) == Feedback("right", "Just so.")


@pytest.mark.parametrize(
    "task, answer, message",
    [
        (MINUTES, 43.2 * 1.0051, ""),
        (MINUTES, 43.2 * 0.9949, ""),
        (MINUTES, 44, ""),
        (SHARE, 0.99901, ""),  # 1% of what is missing, though only 0.001% of the whole
        (SHARE, 0.5, ""),
        (SHARE, 999, ""),
        (LARGE_SHARE_MISSING, 0.101, ""),
        (COPIES, 11, ""),
        (COPIES, 10.000001, ""),
        (COPIES, 1000, ""),  # a count is no percentage: no slip to name
        (MINUTES, "43.2 ms", ""),  # 60,000 times too small: two slips at once are no likely one
        # Slips are named
        (MINUTES, 2592, "2592 min is 60 times too large: are two units of time mixed up?"),
        (MINUTES, 0.72, "0.72 min is 60 times too small: are two units of time mixed up?"),
        (MINUTES, 43.2 * 24, "1037 min is 24 times too large: are days and hours mixed up?"),
        (MINUTES, 1.8, "1.8 min is 24 times too small: are days and hours mixed up?"),
        (MINUTES, 43.2 * 3600, "155520 min is 3600 times too large: are hours and seconds mixed up?"),
        (MINUTES, 43200, "43200 min is 1000 times too large: are milliseconds and seconds mixed up?"),
        (MINUTES, -43.2, "The answer is not negative."),
        (SHARE, "0.999", "0.999% is 100 times too small: are a percentage and a fraction mixed up?"),
        (LARGE_SHARE_MISSING, "0.1 %", "0.1% is 100 times too small: are a percentage and a fraction mixed up?"),
    ],
)
def test_a_wrong_number_gets_a_hint_and_its_likely_slip(task: NumericTask, answer: Any, message: str) -> None:
    assert task.check(answer) == Feedback("wrong", message, hint=0)


def test_a_known_wrong_way_is_named_before_units_are() -> None:
    slips = lambda p: (Slip(p["expected"] * 60, "In seconds?"), Slip(50, "First."), Slip(50.1, "Second."))  # noqa: E731
    task = numeric("min", 43.2, slips=slips)
    assert task.check("2592") == Feedback("wrong", "In seconds?", hint=0)
    assert task.check("0.8336 h", attempt=2) == Feedback("wrong", "First.", hint=1)  # 50.016 min
    assert task.check(51) == Feedback("wrong", "", hint=0)
    assert numeric("min", 50, slips=slips).check(50) == Feedback("right", "Just so.")


@pytest.mark.parametrize(
    "task, answer, message",
    [
        (SHARE, 99.9, "In code a share is a fraction from 0 to 1: did you mean 0.999?"),
        (SHARE, "99,9", "Write a point, not a comma: did you mean 99.9?"),
        (MINUTES, "99.9%", "“%” is not a unit that fits here. Use min."),
        (MINUTES, "43,2", "Write a point, not a comma: did you mean 43.2?"),
        (MINUTES, "a lot", "“a lot” is not a number. Type digits, such as 12.5."),
        (MINUTES, "nan", "“nan” is not a number. Type digits, such as 12.5."),
        (MINUTES, "1e400", "“1e400” is too large to be a number here."),
        (MINUTES, math.nan, "Your answer is nan: a finite number is wanted here."),
        (MINUTES, -math.inf, "Your answer is -inf: a finite number is wanted here."),
        (MINUTES, 10**400, "Your answer is inf: a finite number is wanted here."),
        (MINUTES, True, "One number is wanted here, and this is a bool."),
        (MINUTES, [43.2], "One number is wanted here, and this is a list."),
        (MINUTES, {"min": 43.2}, "One number is wanted here, and this is a dict."),
        (MINUTES, pd.Series([43.2]), "One number is wanted here, and this is a Series."),
        (MINUTES, np.array([43.2]), "One number is wanted here, and this is a ndarray."),
        (MINUTES, 1j, "One number is wanted here, and this is a complex."),
        (MINUTES, Decimal("43.2"), "One number is wanted here, and this is a Decimal."),
    ],
)
def test_what_cannot_be_a_number_is_told_without_a_hint(task: NumericTask, answer: Any, message: str) -> None:
    assert task.check(answer) == Feedback("wrong", message)


# --- Options


@pytest.mark.parametrize(
    "task, answer, feedback",
    [
        (CHOICE, "b", Feedback("right", "about b.")),
        (CHOICE, " b ", Feedback("right", "about b.")),
        (CHOICE, np.str_("b"), Feedback("right", "about b.")),
        (CHOICE, "a", Feedback("wrong", "about a.", 0)),
        (CHOICE, "B", Feedback("wrong", "Answer with one of: a, b, c.")),
        (CHOICE, 2, Feedback("wrong", "Answer with one of: a, b, c.")),
        (CHOICE, ["b"], Feedback("wrong", "Answer with one of: a, b, c.")),
        (CHOICE, {"b": 1}, Feedback("wrong", "The key of one option is wanted here, and this is a dict.")),
        (SEVERAL, ["a", "c"], Feedback("right", "about a. about c.")),
        (SEVERAL, ("c", "a"), Feedback("right", "about a. about c.")),
        (SEVERAL, {"a", "c"}, Feedback("right", "about a. about c.")),
        (SEVERAL, "c, a", Feedback("right", "about a. about c.")),
        (SEVERAL, "a c a", Feedback("right", "about a. about c.")),
        (SEVERAL, ["a"], Feedback("wrong", "1 more to find.", 0)),
        (SEVERAL, [], Feedback("wrong", "2 more to find.", 0)),
        (SEVERAL, ["a", "c", "d"], Feedback("wrong", "about d.", 0)),
        (SEVERAL, ["d", "b"], Feedback("wrong", "about b. 2 more to find.", 0)),
        (SEVERAL, ["a", "e"], Feedback("wrong", "“e” is not an option. Answer with keys from: a, b, c, d.")),
        (SEVERAL, [None], Feedback("wrong", "“None” is not an option. Answer with keys from: a, b, c, d.")),
        (SEVERAL, 3, Feedback("wrong", "Answer with keys from: a, b, c, d.")),
        (ORDERING, ["plan", "do", "check"], Feedback("right", "about plan. about do. about check.")),
        (ORDERING, "plan, do, check", Feedback("right", "about plan. about do. about check.")),
        (ORDERING, ["plan", "check", "do"], Feedback("wrong", "The first 1 stand right.", 0)),
        (ORDERING, ["check", "do", "plan"], Feedback("wrong", "", 0)),
        (ORDERING, ["plan", "do"], Feedback("wrong", "Put each of plan, do, check in the list once.")),
        (ORDERING, ["plan", "do", "do"], Feedback("wrong", "Put each of plan, do, check in the list once.")),
        (ORDERING, {"plan", "do", "check"}, Feedback("wrong", "A set has no order: answer with a list of keys.")),
        (ORDERING, pd.Series(["plan"]), Feedback("wrong", "A list of keys in order is wanted here, and this is a Series.")),
    ],
)
def test_options(task: Task, answer: Any, feedback: Feedback) -> None:
    assert task.check(answer) == feedback


def test_only_one_order_is_right() -> None:
    right = [order for order in permutations(["plan", "do", "check"]) if ORDERING.check(order).status == "right"]
    assert right == [("plan", "do", "check")]


# --- All kinds


@pytest.mark.parametrize("task", EVERY_KIND.values(), ids=EVERY_KIND)
@pytest.mark.parametrize("answer", [None, ..., "", "  \n"])
def test_nothing_is_not_a_wrong_answer(task: Task, answer: Any) -> None:
    assert task.check(answer) == Feedback("unanswered", "")


STRANGE = [
    None, ..., "", "?", [], [[]], (), set(), frozenset(), {}, {"a": 1}, b"43.2", range(3), object(), print, int, True, False,
    0, -1, 10**400, -(10**5000), 43.2, math.nan, math.inf, -math.inf, "1e400", "nan", 1j, Decimal("NaN"), Fraction(10**400),
    np.float64("nan"), np.int8(3), np.bool_(True), np.array(43.2), np.array([1, 2]), np.datetime64("2026-01-01"), np.str_("a"),
    pd.Series([43.2]), pd.Series(dtype=float), pd.DataFrame({"a": [1]}), pd.NA, pd.NaT, pd.Timedelta("43 min"),
]  # fmt: skip


@pytest.mark.parametrize("task", EVERY_KIND.values(), ids=EVERY_KIND)
def test_a_check_never_raises(task: Task) -> None:
    for answer in STRANGE:
        feedback = task.check(answer)
        assert feedback.status in ("unanswered", "wrong", "right")
        assert feedback.status != "wrong" or feedback.message or feedback.hint == 0


@pytest.mark.parametrize("task", EVERY_KIND.values(), ids=EVERY_KIND)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70) | st.complex_numbers(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )
)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_a_check_never_raises_for_anything_that_python_can_write(task: Task, answer: Any) -> None:
    assert str(task.check(answer)).startswith(("Not answered yet", "Keep working", "Got it"))


@pytest.mark.parametrize(
    "task, wrong", [(MINUTES, 1.0), (CHOICE, "a"), (SEVERAL, ["b"]), (ORDERING, ["do", "plan", "check"])]
)
def test_hints_come_one_by_one_and_stay_at_the_last(task: Task, wrong: Any) -> None:
    last = len(task.hints({})) - 1
    shown = [task.check(wrong, attempt=attempt).hint for attempt in (-1, 0, 1, 2, 3, 4, 1000)]
    assert shown == [0, 0, 0, 1, last, last, last]


@pytest.mark.parametrize(
    "feedback, text",
    [
        (Feedback("unanswered", ""), "Not answered yet."),
        (Feedback("wrong", "", 0), "Keep working."),
        (Feedback("wrong", "About a.", 0), "Keep working. About a."),
        (Feedback("right", "43.2 min."), "Got it. 43.2 min."),
    ],
)
def test_a_feedback_in_words(feedback: Feedback, text: str) -> None:
    assert str(feedback) == text


def test_a_seed_is_a_member_of_the_family_and_zero_is_the_book_s() -> None:
    assert MINUTES.parameters() == MINUTES.parameters(0) == {"expected": 43.2}
    assert MINUTES.parameters(7) == MINUTES.parameters(7) == {"expected": Random(7).random()}
    assert MINUTES.check(Random(7).random(), seed=7).status == "right"
    assert MINUTES.check(43.2, seed=7).status == "wrong"
    MINUTES.parameters()["expected"] = 1
    assert MINUTES.parameters() == {"expected": 43.2}, "the book's own numbers are nobody's to change"
