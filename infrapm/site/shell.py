"""The book's frame: a light, offline page from the theme's heavier one.

Two parts. The page: our templates and style sheet come before the theme's, and
scripts and style sheets that a page of this book does not use are not linked.
The mathematics: formulas become MathML at build, so a page with mathematics
needs no script and no font either.
"""

from __future__ import annotations

import zlib
from os import PathLike
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

HERE = Path(__file__).parent
logger = logging.getLogger(__name__)

# The theme's base sheets, which its own template links by name.
BASE_SHEETS = ["_static/basic.css", "_static/styles/pydata-sphinx-theme.css"]

# Linked by the theme and its extensions, of no use to a page of this book:
UNUSED = (
    "mystnb.",  # looks of notebook cells
    "sphinx-book-theme.js",  # margin notes; and it takes the focus off a pressed button
)


def static_digest() -> int:
    """A number that changes with any of our sheets and scripts."""
    files = sorted(path for path in (HERE / "static").rglob("*") if path.is_file())
    return zlib.crc32(b"".join(path.read_bytes() for path in files))


def is_ours(path: PathLike[str] | str) -> bool:
    """Whether the sheet stands in our static folder."""
    return (HERE / "static" / Path(path).name).exists()


def is_unused(path: PathLike[str] | str) -> bool:
    """Whether no page needs the sheet or script."""
    return Path(path).name.startswith(UNUSED)


def choose_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Link what a page uses: the theme's sheets apart from ours, and scripts that wait.

    Scripts without a file set options of the theme's version switcher and of its
    search-as-you-type; the book has neither.
    """
    sheets = [s for s in context["css_files"] if not is_unused(s.filename)]
    scripts = [s for s in context["script_files"] if s.filename and not is_unused(s.filename)]
    for script in scripts:
        script.attributes["defer"] = "defer"
    context["script_files"] = scripts
    context["css_files"] = [s for s in sheets if is_ours(s.filename)]
    theirs = [str(s.filename) for s in sheets if not is_ours(s.filename)]
    context["theme_sheets"] = BASE_SHEETS + theirs


def mend_roles(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Drop the ARIA roles of docutils' citation lists, which ARIA does not allow there."""
    if "body" in context:
        body = context["body"].replace(' role="doc-biblioentry"', "")
        context["body"] = body.replace(' role="list" class="citation-list"', ' class="citation-list"')


def to_mathml(translator: HTML5Translator, node: nodes.Element, as_block: bool) -> str:
    """Return the MathML of a formula; a formula that TeX would refuse is a build warning."""
    try:
        return tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        logger.warning("mathematics: %s", error, location=node)
        return f"<code>{translator.encode(node.astext())}</code>"


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    translator.body.append(to_mathml(translator, node, as_block=False))
    raise nodes.SkipNode


def visit_math_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number if it has a label."""
    # The theme's script lets a keyboard scroll a box of this class, if it overflows.
    translator.body.append(
        translator.starttag(node, "div", CLASS="ip-formula pst-scrollable-table-container")
    )
    translator.body.append(f"<div>{to_mathml(translator, node, as_block=True)}</div>")
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})</span>')
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the frame to Sphinx."""
    app.config.templates_path.insert(0, str(HERE / "templates"))
    app.config.html_static_path.append(str(HERE / "static"))
    # Sphinx copies static files only when it writes pages: let a changed one rewrite them.
    app.add_config_value("infrapm_static_digest", static_digest(), "html")
    app.add_css_file("shell.css", priority=800)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.add_js_file("shell.js", priority=800)
    # After the theme's own handlers, which add what these take away.
    app.connect("html-page-context", choose_assets, priority=900)
    app.connect("html-page-context", mend_roles, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
