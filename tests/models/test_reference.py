"""Every reference case of the models that exist, by the rules in the head of reference_values.yaml."""
import math
from pathlib import Path

import pytest
import yaml

from tests.models import reference_adapter as adapter
from tests.models.reference_check import problems, result_differences

HERE = Path(__file__).parent
GIVEN, ADDED = (
    yaml.safe_load((HERE / name).read_text(encoding="utf-8")) or []
    for name in ("reference_values.yaml", "added_reference_values.yaml")
)
CASES = GIVEN + ADDED

RUN = [case for case in CASES if case["call"] in adapter.FUNCTIONS]


def test_no_case_is_left_out():
    assert {case["call"] for case in CASES} - adapter.FUNCTIONS.keys() == set()
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert len(GIVEN) == 331


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["id"])
def test_reference_case(case):
    assert problems(case, adapter.evaluate) == []


# The comparison itself must be able to fail.

@pytest.mark.parametrize("expected, actual, tolerance, equal", [
    (1.0, 1.0 + 1e-10, {"rel": 1e-9}, True),
    (1.0, 1.0 + 1e-8, {"rel": 1e-9}, False),
    (0.0, 1e-10, {"abs": 1e-9}, True),
    (0.0, 1e-10, {"rel": 1e-9}, False),
    (1.0, 1.0 + 1e-15, "-", False),
    (2, 2.0, "-", True),
    (math.inf, math.inf, {"rel": 1e-9}, True),
    (math.inf, 1e308, {"rel": 1e-9}, False),
    (1.0, math.nan, {"rel": 1e-9}, False),
    (None, None, {"rel": 1e-9}, True),
    (None, 0.0, {"abs": 1}, False),
    (0.0, None, {"abs": 1}, False),
    (True, True, "-", True),
    (True, 1, {"rel": 1e-9}, False),
    (1, True, {"rel": 1e-9}, False),
    ("page", "page", "-", True),
    ("page", "ticket", {"rel": 1e-9}, False),
    ([1, 2], (1, 2), "-", True),
    ([1, 2], [1], {"rel": 1}, False),
    ([1, 2], [1, 2.1], {"rel": 1e-9}, False),
    ({"a": [1.0]}, {"a": [1.0 + 1e-12]}, {"rel": 1e-9}, True),
    ({"a": 1}, {"a": 1, "b": 2}, {"rel": 1}, False),
    (10, 11, {"rel": 1e-9, "by_key": {"x": {"rel": 0.2}}}, True),
    (10, 11, {"rel": 0.2, "by_key": {"x": {"rel": 1e-9}}}, False),
    (10, 11, {"rel": 0.2, "by_key": {"y": {"rel": 1e-9}}}, True),
])
def test_comparison(expected, actual, tolerance, equal):
    case = {"expected": {"x": expected, "published": "not compared", "x_note": "not compared"}, "tolerance": tolerance}
    assert (result_differences(case, {"x": actual, "extra": 1}) == []) is equal


def test_comparison_finds_a_missing_output():
    assert result_differences({"expected": {"x": 1}, "tolerance": "-"}, {"y": 1}) == ["x is missing"]


def test_a_case_that_does_not_hold_is_seen():
    case = {"model": "", "call": "", "inputs": {}, "expected": {"x": 1}, "tolerance": "-"}
    refused = case | {"expected": {"error": "ValueError"}}
    repeated = case | {"kind": "repeat", "expected": {"identical": True}}

    def refuse(*_):
        raise ValueError

    answers = iter([{"x": 1}, {"x": 2}])
    assert problems(case, lambda *_: {"x": 1}) == [] != problems(case, lambda *_: {"x": 2})
    assert problems(refused, refuse) == [] != problems(refused, lambda *_: {"x": 1})
    assert problems(repeated, lambda *_: {"x": 1}) == [] != problems(repeated, lambda *_: next(answers))
