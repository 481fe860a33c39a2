"""Checks that the models make of their arguments, one function a kind.

Each returns the value as a plain `float`, `int`, `str` or `list`. Anything else than it names raises `ValueError`
with the argument's name, its range and the value given. No number may be NaN, infinite, a bool, a text or None.
"""
from collections.abc import Collection, Mapping
from math import isfinite, nan, prod
from numbers import Real
from reprlib import repr as short

MOST_DRAWN = 10_000_000


def fraction(name: str, value: object, *, zero: bool = True, one: bool = True) -> float:
    """A number from 0 to 1; `zero=False` or `one=False` leaves that end out.

    >>> fraction("availability", 99.9)
    Traceback (most recent call last):
    ValueError: availability must be a number from 0 to 1; got 99.9 (did you mean 0.999?)
    """
    number = _real(value)
    if 0 < number < 1 or (zero and number == 0) or (one and number == 1):
        return number
    low, high = "at least" if zero else "above", "at most" if one else "below"
    valid = "from 0 to 1" if zero and one else f"{low} 0 and {high} 1"
    percent = 1 < number < 100 or (one and number == 100)
    hint = f" (did you mean {number / 100:.12g}?)" if percent else ""
    raise _invalid(name, f"a number {valid}", value, hint)


def number(name: str, value: object) -> float:
    """Any finite number."""
    found = _real(value)
    if isfinite(found):
        return found
    raise _invalid(name, "a finite number", value)


def positive(name: str, value: object) -> float:
    """A number above 0."""
    number = _real(value)
    if number > 0:
        return number
    raise _invalid(name, "a number above 0", value)


def non_negative(name: str, value: object) -> float:
    """A number, 0 or more."""
    number = _real(value)
    if number >= 0:
        return number
    raise _invalid(name, "a number, 0 or more", value)


def between(name: str, value: object, low: float, high: float) -> float:
    """A number from `low` to `high`, both included."""
    number = _real(value)
    if low <= number <= high:
        return number
    raise _invalid(name, f"a number from {low:.12g} to {high:.12g}", value)


def above(name: str, value: object, low: float) -> float:
    """A number above `low`, which itself does not count."""
    number = _real(value)
    if number > low:
        return number
    raise _invalid(name, f"a number above {low:.12g}", value)


def whole(name: str, value: object, low: int, high: int | None = None) -> int:
    """A whole number, `low` or more, and at most `high` where one is given. 3.0 counts as 3."""
    number = _real(value)
    if number.is_integer() and low <= number and (high is None or number <= high):
        return int(value)
    limits = f", {low} or more" if high is None else f" from {low} to {high}"
    raise _invalid(name, f"a whole number{limits}", value)


def bounded(**counts: int) -> None:
    """Refuse counts whose product is more than a simulation, which makes each one, could end in minutes.

    >>> bounded(looks=10**4, trials=10**5)
    Traceback (most recent call last):
    ValueError: looks * trials must be at most 10,000,000 together; got 1000000000
    """
    product = prod(counts.values())
    if product > MOST_DRAWN:
        valid = f"at most {MOST_DRAWN:,}" + (" together" if len(counts) > 1 else "")
        raise _invalid(" * ".join(counts), valid, product)


def choice(name: str, value: object, options: Collection[str]) -> str:
    """One of the texts in `options`."""
    if isinstance(value, str) and value in options:
        return value
    raise _invalid(name, f"one of {', '.join(options)}", value)


def flag(name: str, value: object) -> bool:
    """True or False; 0 and 1 do not count."""
    if isinstance(value, bool):
        return value
    raise _invalid(name, "True or False", value)


def text(name: str, value: object, *, empty: bool = False) -> str:
    """A text that says something: white space alone does not count, unless it may be empty."""
    if isinstance(value, str) and (empty or value.strip()):
        return value
    raise _invalid(name, "a text" if empty else "a text that is not empty", value)


def table(name: str, value: object, *, empty: bool = False) -> dict:
    """A mapping from texts to anything."""
    if isinstance(value, Mapping) and (value or empty) and all(isinstance(key, str) for key in value):
        return dict(value)
    raise _invalid(name, "a mapping from names" if empty else "a mapping with at least one name", value)


def items(name: str, value: object, *, empty: bool = False) -> list:
    """A list, or anything that lists its members in order: a tuple, an array, a column of a table."""
    # A set drops equal members and a dict its values, so neither counts as a list.
    if not isinstance(value, (str, bytes, dict, set, frozenset)):
        try:
            members = list(value)
        except TypeError:
            pass
        else:
            if members or empty:
                return members
    raise _invalid(name, "a list" if empty else "a list with at least one member", value)


def _real(value: object) -> float:
    """The value as a float; NaN, which is in no range, where it is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, (float, int, Real)):
        return nan
    try:
        number = float(value)
    except OverflowError:
        return nan
    return number + 0.0 if isfinite(number) else nan  # + 0.0 makes 0.0 of -0.0, which no result should show


def _invalid(name: str, valid: str, value: object, hint: str = "") -> ValueError:
    try:
        given = short(value)
    except ValueError:  # Python does not print whole numbers of thousands of digits.
        given = "a number too long to show"
    return ValueError(f"{name} must be {valid}; got {given}{hint}")
