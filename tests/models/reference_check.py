"""The comparison of a reference case with what a model says, by the rules in the head of reference_values.yaml.

Needs the standard library alone, so that the same comparison runs in a browser's Python.
"""
import math
from collections.abc import Callable


def problems(case: dict, evaluate: Callable[[str, dict, str], dict]) -> list[str]:
    """What is wrong with a case's result, in words; nothing where it holds."""
    arguments = case["model"], case["inputs"], case["call"]
    if "error" in case["expected"]:
        try:
            return [f"expected a ValueError, got {evaluate(*arguments)}"]
        except ValueError:
            return []
    actual = evaluate(*arguments)
    if case.get("kind") == "repeat":
        return [] if evaluate(*arguments) == actual else ["two calls differ"]
    return result_differences(case, actual)


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
