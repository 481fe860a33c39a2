"""Numbers in text that the models compute: on a page by the role {calc}, in a notebook by `filled`.

    A month of 99.9% leaves {calc}`duration_text(allowed_downtime(0.999, "month").downtime_s)`.
    Three quarters: {calc}`0.75:.0%`

Inside, the functions of the chapter's models stand by their names, those of other chapters behind
the name of their module, and the formatters of `infrapm.explore.text`. A plain number is shown with
four significant digits, or by a format after a colon, as in Python's f-strings.
"""

import math
import pkgutil
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

import infrapm.models
from infrapm.explore import text

_FORMATTERS = {name: getattr(text, name) for name in ("number_text", "percent_text", "duration_text", "count_text")}
_SAFE = {"min": min, "max": max, "round": round, "sum": sum}
NONE: Mapping[str, Any] = MappingProxyType({})
_ROLE = re.compile(r"\{calc\}`([^`]+)`")


@lru_cache(maxsize=None)
def names_for(module: str) -> dict[str, Any]:
    """What an expression can use in the chapter whose Python name is *module* (or any other text)."""
    modules = {
        found.name: import_module(f"infrapm.models.{found.name}")
        for found in pkgutil.iter_modules(infrapm.models.__path__)
        if not found.name.startswith("_")
    }
    own = modules.get(module)
    return {"math": math, **_FORMATTERS, **modules, **(vars(own) if own else {}), "__builtins__": _SAFE}


def computed(expression: str, module: str, more: Mapping[str, Any] = NONE) -> str:
    """The text of an expression, formatted; *more* are further names in it. Raises what Python raises for a wrong one.

    >>> computed("0.75:.0%", ""), computed("2 / 3", ""), computed("'a' + 'b'", "")
    ('75%', '0.6667', 'ab')
    """
    return _text_of(expression, names_for(module) | more) if more else _without_more(expression, module)


@lru_cache(maxsize=None)  # one number stands in several places: on the page, in an answer, for instructors
def _without_more(expression: str, module: str) -> str:
    return _text_of(expression, names_for(module))


def _text_of(expression: str, names: dict[str, Any]) -> str:
    try:
        code = compile(expression, "<string>", "eval")
    except SyntaxError:  # with a format: Python's own f-string knows where the expression ends
        code = compile(f"f'''{{ {expression}}}'''", "<string>", "eval")
    try:
        value = eval(code, names)
    except NameError as problem:  # mostly another chapter's model without its module
        found = [f"{name}.{problem.name}" for name, module in names.items() if problem.name in getattr(module, "__all__", ())]
        raise NameError(f"{problem}; it may be {' or '.join(found)}" if found else str(problem)) from None
    return value if isinstance(value, str) else text.number_text(value)


def filled(words: str, module: str, more: Mapping[str, Any] = NONE) -> str:
    """The words with every {calc} role replaced by its number; *more* as in `computed`.

    >>> filled("{calc}`7 * 24` hours", "")
    '168 hours'
    """
    return _ROLE.sub(lambda found: computed(found[1], module, more), words)
