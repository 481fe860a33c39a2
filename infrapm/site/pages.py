"""What the pages of the book share: templates, pictures drawn at build, and the runtime's addresses."""

import json
import re
import shutil
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import vl_convert
from docutils import nodes
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from infrapm.exercises import page_picture, panel_width
from infrapm.explore.charts import FONT
from infrapm.explore.explorer import Table

from .chapters import ROOT

_HERE = Path(__file__).parent
_PACKAGE = _HERE.parent
RUNTIME = ROOT / "_build" / "runtime"
_VEGA_LITE_VERSION = "5.21"
# A part of a page that asks Python, with the chapter that answers.
_ASKS = re.compile(r'<section class="ip-(?:explorer|task)"[^>]* data-slug="([^"]+)"')

# The first picture is drawn twice, for a wide column and for a phone; styles show the one that fits.
_WIDTHS = {"wide": 660, "narrow": 340}

OPTIONAL = "ip-optional"  # the class of a container whose parts a reader may leave out

_templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, trim_blocks=True)


def render(template: str, **names: Any) -> str:
    """A template of this package, filled in; everything in it is escaped."""
    return _templates.get_template(template).render(table=table_html, **names)


def table_html(table: Table) -> Markup:
    """A small table; the first cell of a row names the row."""
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(cell) for cell in table.header)
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            row[0], Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row[1:])
        )
        for row in table.rows
    )
    return Markup('<div class="ip-scroll" tabindex="0" role="group" aria-label="table"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>').format(head, rows)


def first_picture(picture: Any, widths: dict[str, int] = _WIDTHS) -> Markup:
    """A view's picture as SVG, so that it is on the page before any script runs."""
    if isinstance(picture, tuple):
        narrower = {name: panel_width(width) for name, width in widths.items()}
        panels = (f'<div class="ip-panel">{first_picture(panel, narrower)}</div>' for panel in picture)
        return Markup(f'<div class="ip-panels">{"".join(panels)}</div>')
    if isinstance(picture, str):
        return Markup(picture)
    drawn = (
        f'<div class="ip-{name}">{_svg(json.dumps(page_picture(picture, width)))}</div>' for name, width in widths.items()
    )
    return Markup("".join(drawn))


def live(html: str, style: str = "ip-exercise") -> nodes.container:
    """A part of a page made by a template. The style ip-exercise asks for the page script."""
    box = nodes.container(classes=[style])
    box += nodes.raw("", html, format="html")
    return box


# Room for labels is reckoned in a wide font, which comes with matplotlib: the reader's own is not known at build, and
# in a narrow one labels that fit here would overlap or be cut there. The script draws with the reader's own.
_WIDE_FONT = "DejaVu Sans"
vl_convert.register_font_directory(str(Path(matplotlib.get_data_path(), "fonts", "ttf")))


@lru_cache(maxsize=None)
def _svg(specification: str) -> str:
    svg = vl_convert.vegalite_to_svg(specification.replace(FONT, _WIDE_FONT), vl_version=_VEGA_LITE_VERSION)
    svg = svg.replace(f'font-family="{_WIDE_FONT}"', f'font-family="{FONT}"')
    # The container carries the text alternative; roles inside would be read a second time.
    return re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", svg).replace("<svg ", '<svg aria-hidden="true" ', 1)


def depend_on_package(env: BuildEnvironment) -> None:
    """Read the page again when anything that computes it changes."""
    for folder in ("models", "explore", "exercises", "data", "site/templates"):
        for file in sorted((_PACKAGE / folder).glob("[!.]*.*")):
            env.note_dependency(str(file))
    env.note_dependency(str(RUNTIME / "runtime.json"))


def runtime_addresses(to_root: str, slugs: Iterable[str]) -> dict[str, Any]:
    """The runtime's files as a page addresses them, relative to itself; of chapters, those named."""
    names = json.loads((RUNTIME / "runtime.json").read_text(encoding="utf-8"))
    files = {name: f"{to_root}runtime/{names[name]}" for name in ("worker", "package", "pyodide", "vega")}
    chapters = {slug: f"{to_root}runtime/{names['chapters'][slug]}" for slug in slugs}
    return files | {"chapters": chapters, "snapshot_key": names["snapshot_key"]}


def _add_runtime(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """On a page with exercises: the page script, and where it finds the runtime."""
    if doctree is None or not any("ip-exercise" in node["classes"] for node in doctree.findall(nodes.container)):
        return
    to_root = context["pathto"]("index").removesuffix("index.html")
    html = "".join(node.astext() for node in doctree.findall(nodes.raw))
    slugs = sorted(set(_ASKS.findall(html)))
    data = json.dumps(runtime_addresses(to_root, slugs)).replace("<", "\\u003c")
    context["body"] += f'<script type="application/json" id="ip-runtime">{data}</script>'
    app.add_js_file("page.js", type="module", loading_method="defer")
    app.add_js_file("study.js", type="module", loading_method="defer")


def _check_runtime(app: Sphinx) -> None:
    if not (RUNTIME / "runtime.json").exists():
        raise ExtensionError("the browser runtime is not built: run `make serve`, or `python -m infrapm.site.runtime`")


def _copy_runtime(app: Sphinx, exception: Exception | None) -> None:
    if exception is None:
        shutil.rmtree(app.outdir / "runtime", ignore_errors=True)
        shutil.copytree(RUNTIME, app.outdir / "runtime")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", _check_runtime)
    app.connect("html-page-context", _add_runtime)
    app.add_css_file("explore.css", priority=810)
    app.add_css_file("study.css", priority=820)
    app.connect("build-finished", _copy_runtime)
