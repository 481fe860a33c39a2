"""Typed words to numbers and numbers to words."""

from __future__ import annotations

import math
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrapm.explore.text import (
    SHARE,
    TIME_S,
    count_text,
    duration_text,
    number_text,
    percent_text,
    read_number,
)

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    "typed, unit, number",
    [
        # One duration, as people write it
        ("43.2", "min", 43.2),
        ("43.2 min", "min", 43.2),
        ("43.2min", "min", 43.2),
        (" 43.2  Minutes ", "min", 43.2),
        ("2592 s", "min", 43.2),
        ("2592000ms", "min", 43.2),
        ("0.72 h", "min", 43.2),
        ("0.03 days", "min", 43.2),
        ("43.2 min", "s", 2592),
        ("43.2 min", "h", 0.72),
        # Shares
        ("99.95", "%", 99.95),
        ("99.95 %", "%", 99.95),
        ("99.95 percent", "%", 99.95),
        # Without a unit, or with one that stands alone
        ("3", "", 3),
        ("10 dependencies", "dependencies", 10),
        # Ways to write a number
        ("+5", "", 5),
        (".5", "", 0.5),
        ("5.", "", 5),
        ("1e-3", "", 0.001),
        ("2.5E3 s", "s", 2500),
        ("-5", "", -5),
        (f"{MINUS}5", "", -5),
        ("４３.２", "min", 43.2),  # full-width digits, as a Japanese keyboard gives them
        ("٤٣", "min", 43),  # Arabic-Indic digits
        ("1e-400", "", 0),  # less than the smallest float
    ],
)
def test_numbers_that_are_read(typed: str, unit: str, number: float) -> None:
    assert read_number(typed, unit) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    "typed, unit, sentence",
    [
        ("", "min", "Type a number here."),
        (" \t ", "min", "Type a number here."),
        ("\N{NO-BREAK SPACE}", "min", "Type a number here."),
        ("abc", "min", "“abc” is not a number. Type digits, such as 12.5."),
        ("abc", "%", "“abc” is not a number. Type digits, such as 99.95."),
        ("nan", "min", "“nan” is not a number. Type digits, such as 12.5."),
        ("inf", "min", "“inf” is not a number. Type digits, such as 12.5."),
        ("-Infinity", "min", "“-Infinity” is not a number. Type digits, such as 12.5."),
        ("None", "min", "“None” is not a number. Type digits, such as 12.5."),
        (".", "min", "“.” is not a number. Type digits, such as 12.5."),
        ("--5", "min", "“--5” is not a number. Type digits, such as 12.5."),
        ("1 000", "min", "“1 000” is not a number. Type digits, such as 12.5."),
        ("９９．９", "%", "“．９” is not a unit that fits here. Use %."),  # a full-width point
        ("1e400", "min", "“1e400” is too large to be a number here."),
        ("-1e400", "min", "“-1e400” is too large to be a number here."),
        ("1e308 d", "min", "“1e308 d” is too large to be a number here."),
        ("99,95", "%", "Write a point, not a comma: did you mean 99.95?"),
        ("99,950", "%", "Write a point, not a comma: did you mean 99.950?"),
        ("43,2 min", "min", "Write a point, not a comma: did you mean 43.2 min?"),
        ("1,000", "min", "Leave the comma out: did you mean 1000?"),
        ("1,234,567.5 s", "min", "Leave the comma out: did you mean 1234567.5 s?"),
        ("1,2,3", "min", "“1,2,3” is not a number. Type digits, such as 12.5."),
        ("five, or so", "min", "“five, or so” is not a number. Type digits, such as 12.5."),
        ("43.2 %", "min", "“%” is not a unit that fits here. Use min."),
        ("99.9 min", "%", "“min” is not a unit that fits here. Use %."),
        ("3 copies", "", "“copies” is not a unit that fits here. Leave the unit out."),
        ("43.2 M", "min", "“M” is not a unit that fits here. Use min."),
        ("0x10", "min", "“x10” is not a unit that fits here. Use min."),
        ("1_000", "min", "“1_000” is not a number. Type digits, such as 12.5."),
        ("1.2.3", "min", "“1.2.3” is not a number. Type digits, such as 12.5."),
        ("9" * 100, "min", "“99999999999999999999…” is too long to be a number. Type digits, such as 12.5."),
    ],
)
def test_what_is_not_a_number_gets_a_sentence(typed: str, unit: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        read_number(typed, unit)


@given(st.text(max_size=80), st.sampled_from(["", "%", "min", "copies"]))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_any_text_gives_a_finite_number_or_a_sentence(typed: str, unit: str) -> None:
    try:
        assert math.isfinite(read_number(typed, unit))
    except ValueError as problem:
        assert str(problem)[-1] in ".?" and len(str(problem)) < 160


@pytest.mark.parametrize("typed", ["1" * 100_000 + " 1", "1x" + " " * 100_000 + "y", "9," * 50_000])
def test_a_pasted_book_is_refused_at_once(typed: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError):
        read_number(typed, "min")
    assert time.perf_counter() - start < 1


@given(st.floats(1e-6, 1e6), st.sampled_from(sorted(TIME_S)), st.sampled_from(sorted(TIME_S)))
@settings(deadline=None, derandomize=True)
def test_units_convert_there_and_back(value: float, unit: str, other: str) -> None:
    there = read_number(f"{value:.6f} {unit}", other)
    assert read_number(f"{there!r} {other}", unit) == pytest.approx(float(f"{value:.6f}"), rel=1e-9)


def test_sizes_of_units() -> None:
    assert {unit: TIME_S[unit] for unit in ("ms", "s", "min", "h", "d")} == {
        "ms": 1 / 1000, "s": 1, "min": 60, "h": 60 * 60, "d": 24 * 60 * 60,
    }  # fmt: skip
    assert set(SHARE.values()) == {1 / 100}


@pytest.mark.parametrize(
    "value, digits, text",
    [
        (0, 4, "0"),
        (-0.0, 4, "0"),
        (43.2, 4, "43.2"),
        (1234567, 4, "1234567"),  # digits before the point are never dropped
        (0.00012345678, 4, "0.0001235"),
        (9.99996, 4, "10"),
        (-2.5, 4, "-2.5"),
        (100, 2, "100"),
        (1e-12, 3, "0.000000000001"),
        (math.inf, 4, "unlimited"),
        (-math.inf, 4, "less than anything"),
    ],
)
def test_number_text(value: float, digits: int, text: str) -> None:
    assert number_text(value, digits) == text


@given(st.floats(1e-9, 1e9), st.integers(3, 10))
@settings(deadline=None, derandomize=True)
def test_a_number_in_words_is_the_number(value: float, digits: int) -> None:
    assert float(number_text(value, digits)) == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))


@pytest.mark.parametrize(
    "fraction, text",
    [
        (0, "0%"),
        (0.1, "10%"),
        (0.5, "50%"),
        (0.9, "90%"),
        (0.999, "99.9%"),
        (0.9985, "99.85%"),
        (1 - 68 / 525_600, "99.9871%"),
        (0.999999, "99.9999%"),
        (1 - 1e-9, "99.9999999%"),
        (1 - 3e-15, "99.9999999999997%"),  # no digits that a float does not hold
        (1, "100%"),
    ],
)
def test_percent_text(fraction: float, text: str) -> None:
    assert percent_text(fraction) == text


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0 s"),
        (0.0000315, "0.0315 ms"),
        (0.0864, "86.4 ms"),
        (0.0994, "99.4 ms"),
        (0.1, "0.1 s"),
        (99.4, "99.4 s"),
        (100, "1.67 min"),
        (2592, "43.2 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (31_536, "8.76 h"),
        (172_800, "2 days"),
        (31_536_000, "365 days"),
    ],
)
def test_duration_text(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@given(st.floats(1e-6, 3.2e7))
@settings(deadline=None, derandomize=True)
def test_a_duration_in_words_is_the_duration(seconds: float) -> None:
    number, unit = duration_text(seconds).split()
    assert read_number(f"{number} {unit}", "s") == pytest.approx(seconds, rel=0.0051)


@pytest.mark.parametrize("count, text", [(0, "0 copies"), (1, "1 copy"), (2, "2 copies")])
def test_count_text(count: int, text: str) -> None:
    assert count_text(count, "copy", "copies") == text
