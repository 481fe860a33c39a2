"""The role {calc}: a number in prose that the models compute while the book is built.

    A month of 99.9% leaves {calc}`duration_text(allowed_downtime(0.999, "month").downtime_s)`.
    Three quarters: {calc}`0.75:.0%`

Inside, the functions of the chapter's models stand by their names, and the formatters of
`infrapm.explore.text`. A plain number is shown with four significant digits, or by a format after a
colon, as in Python's f-strings. What cannot be computed fails the build with file and line.
"""

import math
import pkgutil
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.parsers.rst.states import Inliner
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

import infrapm.models
from infrapm.explore import text

from .chapters import module_name
from .pages import depend_on_package

_FORMATTERS = {name: getattr(text, name) for name in ("number_text", "percent_text", "duration_text", "count_text")}


def names_for(docname: str) -> dict[str, Any]:
    """What an expression on a page can use: every model module by name, its own chapter's directly."""
    modules = {
        module.name: import_module(f"infrapm.models.{module.name}")
        for module in pkgutil.iter_modules(infrapm.models.__path__)
        if not module.name.startswith("_")
    }
    own = modules.get(module_name(docname.rsplit("/", 1)[-1]))
    return {"math": math, **_FORMATTERS, **modules, **(vars(own) if own else {})}


def computed(expression: str, names: dict[str, Any]) -> str:
    """The text of an expression, formatted.

    >>> computed("0.75:.0%", {}), computed("2 / 3", {}), computed("'a' + 'b'", {})
    ('75%', '0.6667', 'ab')
    """
    names = {**names, "__builtins__": {"min": min, "max": max, "round": round, "sum": sum}}
    try:
        code = compile(expression, "calc", "eval")
    except SyntaxError:  # with a format: Python's own f-string knows where the expression ends
        return eval(f"f'''{{ {expression}}}'''", names)
    value = eval(code, names)
    return value if isinstance(value, str) else text.number_text(value)


class Calc(SphinxRole):
    """See the module's text."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        depend_on_package(self.env)
        try:
            shown = computed(self.text, names_for(self.env.docname))
        except Exception as problem:  # an author's slip of any kind becomes an error with file and line
            inliner: Inliner = self.inliner
            message = inliner.reporter.error(
                f"cannot compute {self.text!r}: {type(problem).__name__}: {problem}", line=self.lineno
            )
            return [inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.inline(self.rawtext, shown, classes=["ip-calc"])], []


def setup(app: Sphinx) -> None:
    app.add_role("calc", Calc())
