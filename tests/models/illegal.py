"""What no model may accept, by kind of parameter, and the one way in which tests ask for the refusal."""
import dataclasses
import inspect
import math
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ABOVE_1 = math.nextafter(1, 2)
BELOW_1 = math.nextafter(1, 0)
TINIEST = 5e-324

NO_NUMBER = [None, True, False, "", "0.9", "nan", b"1", math.nan, math.inf, -math.inf, 10**400, 10**5_000, 1j,
             [], [0.9], {}, Decimal("0.5"), np.bool_(True)]
NO_FRACTION = NO_NUMBER + [-TINIEST, -0.1, -1, ABOVE_1, 1.5, 99.9, 100, 101, 1e308]
NO_OPEN_FRACTION = NO_FRACTION + [0, 1]
NOT_POSITIVE = NO_NUMBER + [0, 0.0, -TINIEST, -1]
NEGATIVE = NO_NUMBER + [-TINIEST, -1]
NO_COUNT = NO_NUMBER + [-1, 0.5, 1.0000001]
NO_COUNT_FROM_1 = NO_COUNT + [0]
NO_FLAG = [None, 0, 1, 1.0, "", "true", "yes", math.nan, [], {}]
NO_LIST = [None, True, 0.9, "0.9", "", b"9", {0.9}, {"series": [0.9]}, math.nan, np.array(0.9)]
NO_TABLE = [None, True, 0.9, "", "a", b"a", ["a"], {"a"}, math.nan]

# Function, arguments that are right, and for each parameter what it must refuse.
Row = tuple[Callable[..., Any], dict[str, Any], dict[str, list[Any]]]


def no_choice(*options: str) -> list[Any]:
    """Values that are none of these options."""
    return [None, True, 1, 30, "", options[0].swapcase(), options[0] + "s", [options[0]], math.nan, {}]


def rows(illegal: Iterable[Row]) -> list[Any]:
    """A test's parameters: function, right, name, values."""
    return [
        pytest.param(function, right, name, values, id=f"{function.__name__}-{'-'.join(right)}-{name}")
        for function, right, refused in illegal for name, values in refused.items()
    ]


def check_refused(function: Callable[..., Any], right: dict[str, Any], name: str, values: list[Any]) -> None:
    """The right arguments are taken, and each of these values in place of one is refused by its name."""
    function(**right)
    for value in values:
        with pytest.raises(ValueError) as refusal:
            function(**{**right, name: value})
            pytest.fail(f"{name}={value!r} was accepted")
        message = str(refusal.value)
        assert re.search(rf"\b{name}\b", message), message
        assert " must be " in message and "; got " in message, message


def functions_of(module: ModuleType) -> list[Callable[..., Any]]:
    """The public functions of a module of models."""
    return [vars(module)[name] for name in module.__all__ if inspect.isfunction(vars(module)[name])]


def check_all_covered(module: ModuleType, illegal: Iterable[Row]) -> None:
    """Every parameter of every public function has values that it must refuse."""
    covered = {(function, name) for function, _, refused in illegal for name in refused}
    functions = functions_of(module)
    assert {pair for pair in covered if pair[0] in functions} == {
        (function, name) for function in functions for name in inspect.signature(function).parameters
    }


def check_frozen(illegal: Iterable[Row]) -> None:
    """Every result is a frozen dataclass."""
    for function, right, _ in illegal:
        result = function(**right)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, dataclasses.fields(result)[0].name, 0)
