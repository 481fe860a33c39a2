"""How a result of a model shows in a notebook: as a small table, and on request as a pandas frame.

The models return plain frozen dataclasses and know nothing of notebooks. IPython and pandas are imported where they
are used: a browser's Python has neither.
"""

import math
import re
import sys
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

# The unit at the end of a field's name, as a reader wants to see it. What is not here is part of the name.
UNITS = {"usd": "USD", "h": "h", "min": "min", "s": "s", "ms": "ms", "days": "days", "weeks": "weeks", "years": "years",
         "rps": "requests/s", "points": "points", "services": "mean service times"}
_UNIT = re.compile(rf"_({'|'.join(UNITS)})(_per_[a-z]+)?$|_(per_[a-z]+)$")
# Parts of names that are not written as common words are.
_SPELLED = {name.lower(): name for name in (
    "ARPU", "ARR", "CV", "DORA", "GRR", "IRR", "KISS", "LTV", "MoSCoW", "MTTF", "NPS", "NPV", "NRR", "PACELC",
    "PBS", "PV", "RACI", "RICE", "RPO", "RTO", "RTT", "SAM", "SLA", "SOM", "SSE", "TAM", "TCO", "TTA", "TTD", "TTL",
    "TTM", "USL", "WSJF",
)} | {"mmc": "M/M/c"}  # fmt: skip
_PERCENTILE = re.compile(r"p(\d\d)(\d*)")
_SHOWN = 8  # of a list; all are in the frame


def show_results_as_tables() -> None:
    """Have the running IPython show each result as a table; anywhere else, do nothing.

    Called again, it changes nothing.
    """
    ipython = sys.modules.get("IPython")  # whoever runs in it has imported it
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        # For every object, since results have no class in common and a chapter may import more of them later. The
        # formatter asks here last, after what it knows of a type, so other objects keep the table of their own.
        shell.display_formatter.formatters["text/html"].for_type(object, _html_if_result)


def is_result(value: object) -> bool:
    """Whether a value is a result of one of our models."""
    return is_dataclass(value) and not isinstance(value, type) and type(value).__module__.startswith("infrapm.models.")


def html_table(result: Any) -> str:
    """A result as a table with a row for each field: its name, and its value with the unit."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>'
        for name, text in (_name_and_text(field.name, getattr(result, field.name)) for field in fields(result))
    )
    caption = _spelled(re.findall(r"[A-Z][a-z]*|\d+", type(result).__name__))
    return f"<table><caption>{escape(caption[0].upper() + caption[1:])}</caption><tbody>{rows}</tbody></table>"


def frame(results: Any) -> Any:
    """A result, or a list of results of one kind, as a pandas DataFrame.

    A list has a row for each result. A single result has a row for each member of its lists, where these have one
    length, or for each name of its mappings, where these have the same names; otherwise one row.

    Raises ValueError for anything else.
    """
    import pandas as pd

    if isinstance(results, list | tuple) and results and all(map(is_result, results)):
        if len({type(result) for result in results}) > 1:
            raise ValueError("frame takes results of one kind; got " + ", ".join(type(result).__name__ for result in results))
        return pd.DataFrame([_shallow(result) for result in results])
    if not is_result(results):
        raise ValueError(f"frame takes a result of a model, or a list of results; got {type(results).__name__}")
    cells = _shallow(results)
    lists = {name: list(value) for name, value in cells.items() if isinstance(value, list | tuple)}
    if lists and len({len(value) for value in lists.values()}) == 1:
        return pd.DataFrame(lists)
    tables = {name: value for name, value in cells.items() if isinstance(value, dict)}
    if tables and len({tuple(value) for value in tables.values()}) == 1:
        return pd.DataFrame(tables)
    return pd.DataFrame([cells])


def _html_if_result(value: object) -> str | None:
    from IPython.utils.dir2 import get_real_method

    if is_result(value):
        return html_table(value)
    own = get_real_method(value, "_repr_html_")
    return own() if own else None


def _shallow(result: Any) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


def _name_and_text(name: str, value: object) -> tuple[str, str]:
    """The words for a field: "downtime", "2,592 s" for downtime_s."""
    found = _UNIT.search(name)
    unit = ""
    if found:
        name = name[: found.start()]
        unit = UNITS.get(found[1], "") + (found[2] or "").replace("_", " ") + (found[3] or "").replace("_", " ")
    text = value_text(value)
    # What has no amount has no unit.
    has_unit = unit and value is not None and not isinstance(value, bool | str)
    return _spelled(name.split("_")), f"{text} {unit}" if has_unit else text


def _spelled(parts: list[str]) -> str:
    """The parts of a name as a reader writes them.

    >>> _spelled(["read", "p999"]), _spelled(["p", "any", "slow"]), _spelled(["Backup", "Rpo"])
    ('read P99.9', 'P(any slow)', 'backup RPO')
    """
    words = []
    for part in parts:
        percentile = _PERCENTILE.fullmatch(part)
        more = f".{percentile[2]}" if percentile and percentile[2] else ""
        words.append(f"P{percentile[1]}{more}" if percentile else _SPELLED.get(part.lower(), part.lower() if len(part) > 1 else part))
    if "p" in words[:-1]:  # a probability, and of what
        at = words.index("p")
        words[at:] = [f"P({' '.join(words[at + 1 :])})"]
    return " ".join(words)


def value_text(value: object) -> str:
    """A value in words: numbers with six significant digits, more next to 1.

    >>> value_text(2592000.0), value_text(0.1 + 0.2), value_text(0.999999999)
    ('2,592,000', '0.3', '0.999999999')
    >>> value_text(None), value_text(True), value_text((1, 2))
    ('not defined', 'yes', '1, 2')
    """
    if value is None:
        return "not defined"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, dict):
        return _joined([f"{key}: {value_text(item)}" for key, item in value.items()], "; ")
    if isinstance(value, list | tuple):
        nested = any(isinstance(item, list | tuple | dict) for item in value)
        return _joined([value_text(item) for item in value], "; " if nested else ", ")
    if is_dataclass(value):
        return _joined([" ".join(_name_and_text(*pair)) for pair in _shallow(value).items()], ", ")
    return str(value)


def _joined(texts: list[str], mark: str) -> str:
    if not texts:
        return "none"
    return mark.join(texts[:_SHOWN]) + (f" … ({len(texts)} in all)" if len(texts) > _SHOWN else "")


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        return "infinite" if value > 0 else "minus infinite"
    # Of an availability, what is missing counts.
    size = 1 - value if 0.9 < value < 1 else abs(value)
    if value != 0 and not 1e-6 <= size < 1e15:
        return f"{value:.6g}" if size == abs(value) else repr(value)
    text = f"{value:,.{max(0, 5 - math.floor(math.log10(size or 1)))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
