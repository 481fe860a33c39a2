"""Every public function at the edges of a float: an answer or one sentence, at once, never anything else.

The functions and their right arguments are those of each module's ILLEGAL table, which names every parameter. In these
each number, at any depth, is replaced by each edge, alone and, for extremes, two at a time and many at random. An
answer too large for a float is infinite, as the text of the function or of its module says; but none is NaN, which
comes of inf - inf or inf * 0, and none reads -0.0.
"""
import dataclasses
import importlib
import inspect
import math
import pkgutil
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest

import infrapm.models

EDGES = [0, -0.0, 5e-324, 1e-300, 0.5, 1, 2, 1e3, 10**9, 1e15, 1e300, 1.7e308, -1, math.nan, math.inf, True, "x", None,
         [], {}]
EXTREMES = [0, 5e-324, 10**9, 1.7e308]

ROWS = [
    row for module in pkgutil.iter_modules(infrapm.models.__path__) if not module.name.startswith("_")
    for row in importlib.import_module(f"tests.models.test_{module.name}").ILLEGAL
]
Path = tuple[Any, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where in an argument something can be replaced."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    for key, member in list(inside)[:4]:
        yield from places(member, (*path, key))


def replaced(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        return value | {key: replaced(value[key], rest, new)}
    return [replaced(member, rest, new) if i == key else member for i, member in enumerate(value)]


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def numbers(result: Any) -> Iterator[float]:
    if isinstance(result, float):
        yield result
    elif dataclasses.is_dataclass(result):
        yield from numbers([getattr(result, field.name) for field in dataclasses.fields(result)])
    elif isinstance(result, dict):
        yield from numbers(list(result.values()))
    elif isinstance(result, (list, tuple)):
        for member in result:
            yield from numbers(member)


def problem(function: Callable[..., Any], arguments: dict[str, Any]) -> str | None:
    """What is wrong with the answer, in words."""
    began = time.process_time()
    try:
        result = function(**arguments)
    except ValueError as refusal:
        named = any(name in str(refusal) for name in inspect.signature(function).parameters)
        return None if named else f"names no parameter: {refusal}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if time.process_time() - began > 1:
        return "takes more than a second"
    for value in numbers(result):
        if math.isnan(value) or value == 0 and math.copysign(1, value) < 0:
            return f"{value} in {result}"
        module = inspect.getmodule(function)
        if math.isinf(value) and "infinit" not in function.__doc__ and "largest float" not in module.__doc__:
            return f"{value}, of which no text tells, in {result}"
    return None


def edge_cases(right: dict[str, Any], parameters: set[str]) -> Iterator[dict[str, Any]]:
    every = [(name, path) for name, value in right.items() for path in places(value)]
    every += [(name, ()) for name in sorted(parameters - right.keys())]
    for name, path in every:
        for edge in EDGES:
            yield right | {name: replaced(right.get(name), path, edge)}
    chance = Random(1)
    for _ in range(50):
        case = right
        for name, path in every:
            if chance.random() < 0.6 and isinstance(at(right.get(name, 0), path), (int, float)):
                case = case | {name: replaced(case.get(name), path, chance.choice([*EXTREMES, 1]))}
        yield case
    if len(every) > 9:
        return
    for (one, path), (other, other_path) in combinations(every, 2):
        if one != other:
            for edge in EXTREMES:
                first = right | {one: replaced(right.get(one), path, edge)}
                for other_edge in EXTREMES:
                    yield first | {other: replaced(right.get(other), other_path, other_edge)}


@pytest.mark.parametrize(
    "function, right, refused", ROWS, ids=lambda part: part.__name__ if inspect.isfunction(part) else ""
)
def test_an_answer_or_one_sentence(function, right, refused):
    found = [(case, wrong) for case in edge_cases(right, set(refused)) if (wrong := problem(function, case))]
    assert found[:5] == []


def test_the_check_itself_can_fail():
    def model(number: float) -> float:
        """A number, perhaps infinite."""
        if number == 1:
            raise ValueError("too small")
        return 1 / number if number < 1 else number

    assert problem(model, {"number": 0}).startswith("ZeroDivisionError")
    assert problem(model, {"number": 1}) == "names no parameter: too small"
    assert problem(model, {"number": math.nan}) == "nan in nan"
    assert problem(model, {"number": -math.inf}) == "-0.0 in -0.0"
    assert problem(model, {"number": 2.0}) is None
    assert problem(model, {"number": math.inf}) is None
    model.__doc__ = "The number."
    assert problem(model, {"number": math.inf}) == "inf, of which no text tells, in inf"
