"""Every reference case of the models that exist, by the rules in the head of reference_values.yaml."""
import importlib.util
import math
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
GIVEN, ADDED = (
    yaml.safe_load((HERE / name).read_text(encoding="utf-8")) or []
    for name in ("reference_values.yaml", "added_reference_values.yaml")
)
CASES = GIVEN + ADDED

# Loaded by its path, so that the tests run from any folder and under any import mode.
spec = importlib.util.spec_from_file_location("reference_adapter", HERE / "reference_adapter.py")
adapter = importlib.util.module_from_spec(spec)
spec.loader.exec_module(adapter)

RUN = [case for case in CASES if case["call"] in adapter.FUNCTIONS]


def differences(expected, actual, rel: float, abs_: float, where: str) -> list[str]:
    """What differs, in words. Numbers are equal within max(abs, rel |expected|), all else exactly."""
    wrong = [f"{where}: expected {expected!r}, got {actual!r}"]
    if isinstance(expected, dict):
        if not isinstance(actual, dict) or expected.keys() != actual.keys():
            return wrong
        return [d for key in expected for d in differences(expected[key], actual[key], rel, abs_, f"{where}.{key}")]
    if isinstance(expected, list):
        if not isinstance(actual, (list, tuple)) or len(expected) != len(actual):
            return wrong
        return [
            d for i, pair in enumerate(zip(expected, actual)) for d in differences(*pair, rel, abs_, f"{where}[{i}]")
        ]
    if is_number(expected) and is_number(actual):
        close = expected == actual or (
            math.isfinite(expected) and abs(actual - expected) <= max(abs_, rel * abs(expected))
        )
        return [] if close else wrong
    return [] if type(expected) is type(actual) and expected == actual else wrong


def is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def result_differences(case: dict, actual: dict) -> list[str]:
    """The differences of a result from a case's `expected`, each output with its own tolerance."""
    tolerance = {} if case["tolerance"] == "-" else case["tolerance"]
    found = []
    for key, expected in case["expected"].items():
        if key.startswith("published") or key.endswith("_note"):
            continue
        if key not in actual:
            found.append(f"{key} is missing")
            continue
        own = tolerance.get("by_key", {}).get(key, tolerance)
        found += differences(expected, actual[key], own.get("rel", 0), own.get("abs", 0), key)
    return found


def test_no_case_is_left_out():
    assert {case["call"] for case in CASES} - adapter.FUNCTIONS.keys() == set()
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert len(GIVEN) == 331


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["id"])
def test_reference_case(case):
    arguments = case["model"], case["inputs"], case["call"]
    if "error" in case["expected"]:
        with pytest.raises(ValueError):
            adapter.evaluate(*arguments)
        return
    actual = adapter.evaluate(*arguments)
    if case.get("kind") == "repeat":
        assert adapter.evaluate(*arguments) == actual
    else:
        assert result_differences(case, actual) == []


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
