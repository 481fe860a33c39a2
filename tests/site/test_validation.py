"""The page on validation: what counts as agreement, and that what does not agree fails the build."""

import math
import re

import pytest
import yaml

from infrapm.models import consistency
from infrapm.site import validation
from infrapm.site.validation import compared, functions, markdown, off_peer, off_print, sources
from tests.models import reference_adapter
from tests.models.test_reference import CASES

ROWS = [row for group in validation.groups() for row in group["rows"]]
ROW = {"id": "fan", "what": "A | B", "call": "any_slow", "inputs": {"p": 0.01, "n": 100}, "field": "p_any_slow"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_every_row_agrees_or_says_why(row: dict) -> None:
    assert compared(row, validation.peers()).difference


# Answers in texts and names, which the reference cases hold; and the plain product, sum or quotient of what is given.
WITHOUT_A_ROW = {
    "1.1 impact_value", "1.2 claim_audit", "1.3 star_lint", "3.3 golden_signals", "13.5 market_size", "13.6 north_star",
    "14.6 raci", "15.1 five_layer_canvas", "15.4 prep_planner", "15.6 kiss_breakeven",
}  # fmt: skip


def test_every_model_stands_on_the_page() -> None:
    calls = {row["call"] for row in ROWS}
    models: dict[str, set[str]] = {}
    for case in CASES:
        if re.match(r"\d", case["model"]) and case["call"] in reference_adapter.FUNCTIONS:
            models.setdefault(case["model"], set()).add(case["call"])
    assert {model for model, named in models.items() if not named & calls} == WITHOUT_A_ROW


@pytest.mark.parametrize(
    "value, published, off",
    [
        (0.6339, "63%", ""), (0.6351, "63%", "+0.8%"), (0.864, "0.87", "-0.7%"), (0.865, "0.87", ""), (57.84, "58", ""),
        (1364.4, "1,364", ""), (100.0, "1,000", "-90.0%"), (2, "2", ""), (3, "2", "+50.0%"), ("20%", "20%", ""),
        ("19%", "20%", "not the same"), (0.01000572, "0.0100", ""), (0.0102, "0.0100", "+2.0%"), (9.0, "1", "+800%"),
    ],
)  # fmt: skip
def test_agreement_with_print(value: object, published: str, off: str) -> None:
    assert off_print(value, published) == off


@pytest.mark.parametrize(
    "value, error, told, wrong, words",
    [
        (2.0, 0, {"value": 2.0}, False, "the same"),
        (2.0 + 1e-12, 0, {"value": 2.0}, False, "5e-13 of it"),
        (2.0 + 1e-8, 0, {"value": 2.0}, True, "5e-09 of it"),
        (2.1, 0, {"value": 2.0}, True, "+5.0%"),
        (2.1, 0.05, {"value": 2.0}, False, "2.0 standard errors"),
        (2.1, 0, {"value": 2.0, "standard_error": 0.02}, True, "5.0 standard errors"),
        (2.05, 0.03, {"value": 2.0, "standard_error": 0.04}, False, "1.0 standard errors"),
        ("m", 0, {"value": "m"}, False, "the same"),
        (("a", "b"), 0, {"value": ["a", "b"]}, False, "the same"),
        (("a", "c"), 0, {"value": ["a", "b"]}, True, "not the same"),
        (False, 0, {"value": True}, True, "not the same"),
        (1.0, 0, {"value": 0.0}, True, None),
    ],
)
def test_agreement_with_a_peer(value: object, error: float, told: dict, wrong: bool, words: str | None) -> None:
    found = off_peer(value, error, told, 1e-9)
    assert found[0] is wrong
    assert words is None or found[1] == words


@pytest.mark.parametrize(
    "row, told, words",
    [
        ({"published": "64%"}, {}, "published 64%, ours 0.633"),
        ({}, {"fan": {"peer": "someone 1.0", "value": 0.7}}, "someone 1.0 says 0.7, ours 0.633"),
        ({}, {}, "compared with nothing"),
    ],
)
def test_a_difference_without_a_word_why_is_refused(row: dict, told: dict, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        compared(ROW | row, told)
    if row or told:
        assert compared(ROW | row | {"why": "a misprint"}, told).why == "a misprint"


def test_a_row_as_markdown() -> None:
    row = compared(ROW | {"published": "63%"}, {"fan": {"peer": "scipy 1", "value": 0.6339676587267705}})
    table = markdown([row]).splitlines()[2]
    assert table == r"| A \| B | 63% | 0.633968 | 0.633968 | as printed; the same | scipy 1; {cite:p}`dean2013tail` |"


def test_units_and_places_in_a_result() -> None:
    row = {"call": "allowed_downtime", "inputs": {"availability": 0.999, "window": "month"}, "field": "downtime_s"}
    assert validation.ours(row) == (2592.0, 0.0)
    assert validation.ours(row | {"times": 1 / 60})[0] == pytest.approx(43.2)
    run = {"call": "rank_probabilities", "inputs": {"ranges": {"A": [0, 1], "B": [0, 1]}, "trials": 100}}
    share, error = validation.ours(run | {"field": "p_first.A", "error": "standard_error.A"})
    assert error == pytest.approx(math.sqrt(share * (1 - share) / 100))


def test_sources_are_keys_of_the_bibliography() -> None:
    known = (validation.ROOT / "book" / "data" / "references.bib").read_text(encoding="utf-8")
    keys = {key for function in functions().values() for key in sources(function)}
    keys |= {key for row in ROWS for key in row.get("source", ())}
    assert [key for key in sorted(keys) if f"{{{key}," not in known] == []
    assert len(keys) > 40


def test_what_the_page_says_of_the_published_table_of_pbs() -> None:
    """All ten are low, and within three standard deviations of where their rule stops."""
    for fit, reads, writes, printed, step_ms in validation.PUBLISHED_PBS:
        found = consistency.pbs_first_crossing(
            N=3, R=reads, W=writes, fit=fit, step_ms=step_ms, trials=400_000, backend="numpy"
        )
        assert float(printed) < found.t_visibility_ms, (fit, reads, writes)
        assert abs(float(printed) - found.mean_first_crossing_ms) < 3 * found.sd_first_crossing_ms, (fit, reads, writes)


def test_the_page_holds_the_misprints() -> None:
    page = (validation.ROOT / "book" / "reference" / "validation.md").read_text(encoding="utf-8")
    for misprint in ("0.87", "1,000 x", "3.35", "89.3%", "5% with 200"):
        assert misprint in page
    assert yaml.safe_load((validation.ROOT / "_toc.yml").read_text())["parts"][-1]["chapters"][1] == {"file": "book/reference/validation"}
