"""Numbers to words and typed words to numbers, for controls, answers and readings.

Everything a reader types is read here, so that every slip gets the same plain sentence.
"""

import math
import re

# Seconds in each unit of time that a reader may type, with the spellings that people use.
TIME_S = {
    "ms": 0.001,
    "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0,
    "min": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0,
}  # fmt: skip
# A share may be typed as a percentage or, in a kernel, as a fraction.
SHARE = {"%": 0.01, "percent": 0.01}

_LONGEST = 60  # characters; the pattern below takes a time that grows with the square of the length
_NUMBER = re.compile(r"^\s*([+\-−]?(?:\d+\.?\d*|\.\d+)(?:[eE][+\-]?\d+)?)\s*([^\d\s.,_].*?)?\s*$")
_THOUSANDS = re.compile(r"^[+\-−]?\d{1,3}(,\d{3})+(?![\d,])")


def units_like(unit: str) -> dict[str, float]:
    """The units that may be typed where *unit* is meant, each with its size in base units.

    Base units are seconds for time and fractions for shares. Any other unit stands alone.

    >>> units_like("min")["h"]
    3600.0
    >>> units_like("copies")
    {'copies': 1.0}
    """
    for family in (TIME_S, SHARE):
        if unit in family:
            return family
    return {unit: 1.0}


def read_number(typed: str, unit: str = "") -> float:
    """The number that a reader typed, in *unit*; another unit of the same kind is converted.

    Raises ValueError with a sentence for the reader when the text is empty or too long, is not one
    finite number, has a comma in it, or carries a unit that does not fit.

    >>> read_number("43.2", "min")
    43.2
    >>> read_number("2592 s", "min")
    43.2
    >>> read_number("99,95", "%")
    Traceback (most recent call last):
    ...
    ValueError: Write a point, not a comma: did you mean 99.95?
    """
    typed = typed.strip()
    if not typed:
        raise ValueError("Type a number here.")
    if len(typed) > _LONGEST:
        raise ValueError(f"“{typed[:20]}…” is too long to be a number. Type digits, such as {_example(unit)}.")
    if _THOUSANDS.match(typed) and unit not in SHARE:
        raise ValueError(f"Leave the comma out: did you mean {typed.replace(',', '')}?")
    if "," in typed and _NUMBER.match(typed.replace(",", ".")):
        raise ValueError(f"Write a point, not a comma: did you mean {typed.replace(',', '.')}?")
    found = _NUMBER.match(typed)
    if not found:
        raise ValueError(f"“{typed[:40]}” is not a number. Type digits, such as {_example(unit)}.")
    number = float(found[1].replace("−", "-"))
    typed_unit = (found[2] or unit).strip()
    sizes = units_like(unit)
    if typed_unit not in sizes:
        typed_unit = typed_unit.lower()
    if typed_unit not in sizes:
        fits = f"Use {unit}." if unit else "Leave the unit out."
        raise ValueError(f"“{found[2].strip()[:20]}” is not a unit that fits here. {fits}")
    if typed_unit != unit:
        number = number * sizes[typed_unit] / sizes[unit]
    if not math.isfinite(number):
        raise ValueError(f"“{typed[:40]}” is too large to be a number here.")
    return number


def _example(unit: str) -> str:
    return "99.95" if unit in SHARE else "12.5"


def number_text(value: float, digits: int = 4) -> str:
    """A number with *digits* significant digits, no exponent and no trailing zeros.

    >>> number_text(43.2000001), number_text(0.000123456), number_text(129412.3)
    ('43.2', '0.0001235', '129412')
    """
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "unlimited" if value > 0 else "less than anything"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent_text(fraction: float, digits: int = 3) -> str:
    """A fraction as a percentage; close to 100% it keeps *digits* digits of what is missing.

    >>> percent_text(0.999), percent_text(0.99989919), percent_text(0.1), percent_text(1.0)
    ('99.9%', '99.9899%', '10%', '100%')
    """
    missing = 1 - fraction
    if not 0 < missing < 0.1:
        return number_text(100 * fraction) + "%"
    decimals = min(13, digits - 1 - math.floor(math.log10(100 * missing)))  # a float holds no more
    text = f"{100 * fraction:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def duration_text(seconds: float) -> str:
    """A duration in the unit that a person would use.

    >>> duration_text(25.92), duration_text(2592), duration_text(31536), duration_text(315360)
    ('25.9 s', '43.2 min', '8.76 h', '3.65 days')
    """
    for limit, size, unit in ((0.0995, 0.001, "ms"), (99.5, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit and seconds != 0:
            return f"{number_text(seconds / size, 3)} {unit}"
    return f"{number_text(seconds / 86400, 3)} days" if seconds else "0 s"


def count_text(count: int, one: str, many: str) -> str:
    """A count with its noun.

    >>> count_text(1, "copy", "copies"), count_text(3, "copy", "copies")
    ('1 copy', '3 copies')
    """
    return f"{count} {one if count == 1 else many}"
