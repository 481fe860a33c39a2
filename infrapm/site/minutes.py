"""How long a chapter takes: counted on the page, not estimated by its author.

Reading: the words of the page at 200 a minute, a calm pace for text with numbers in it. Working: the
steps below. Both stand at the top of the page, with the prerequisites. What a reader may leave out stands in

    {optional}  (body: a paragraph that says what it is, then parts)

which opens with its own minutes; they are no part of the chapter's, and told beside them.
"""

import math
from collections.abc import Iterable

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from infrapm.exercises._content import content

from .chapters import chapter_of, title
from .pages import OPTIONAL, live, render

WORDS_A_MINUTE = 200
# Minutes for each part that a reader works on, by its style or kind in the page.
STEP_MIN = {
    'data-kind="decision"': 2,
    'data-kind="again"': 1,
    'data-kind="prediction"': 1,
    'data-kind="evidence"': 3,
    'data-kind="question"': 1,
    'data-kind="audit"': 1,
    'class="ip-explorer"': 2,
    'class="ip-task"': 2,
    'data-kind="red-team"': 4,  # besides its tasks
    'data-kind="judgment"': 10,
    'data-kind="card"': 5,
    'data-kind="rewrite"': 5,
}


def reading_min(doctree: nodes.document) -> int:
    """Minutes to read the page's own text; forms and folded answers count as work."""
    words = sum(
        len(node.astext().split())
        for node in doctree.findall(nodes.Text)
        if not isinstance(node.parent, nodes.raw | nodes.literal_block)
    )
    return math.ceil(words / WORDS_A_MINUTE)


def working_min(doctree: nodes.document) -> int:
    """Minutes to work the page's parts, without the optional ones, rounded up to five."""
    return _up_to_five(_steps_min(node for node in doctree.findall(nodes.raw) if not _is_optional(node)))


def optional_min(doctree: nodes.document) -> int:
    """Minutes to work the optional parts, rounded up to five."""
    return _up_to_five(_steps_min(node for node in doctree.findall(nodes.raw) if _is_optional(node)))


def _steps_min(parts: Iterable[nodes.Node]) -> int:
    html = "".join(part.astext() for part in parts)
    return sum(minutes * html.count(mark) for mark, minutes in STEP_MIN.items())


def _up_to_five(minutes: int) -> int:
    return 5 * math.ceil(minutes / 5)


def _is_optional(node: nodes.Node | None) -> bool:
    return node is not None and (OPTIONAL in getattr(node, "attributes", {}).get("classes", ()) or _is_optional(node.parent))


class Optional(SphinxDirective):
    """{optional}"""

    has_content = True

    def run(self) -> list[nodes.Node]:
        inner = self.parse_content_to_nodes()
        if not inner or not isinstance(inner[0], nodes.paragraph):
            raise self.error("{optional} opens with a paragraph that says what the part is")
        minutes = _steps_min(part for node in inner for part in node.findall(nodes.raw))
        inner[0].insert(0, [nodes.strong("", f"Optional, about {minutes} minutes."), nodes.Text(" ")])
        return [nodes.container("", *inner, classes=[OPTIONAL])]


def _add_bar(app: Sphinx, doctree: nodes.document) -> None:
    slug = chapter_of(app.env.docname)
    if not slug:
        return
    minutes = {"reading_min": reading_min(doctree), "working_min": working_min(doctree), "optional_min": optional_min(doctree)}
    app.env.metadata[app.env.docname]["infrapm_minutes"] = minutes
    html = render(
        "bar.html",
        slug=slug,
        **minutes,
        needs={name: (title(name), f"{name}.html", how) for name, how in content(slug).needs.items()},
    )
    heading = doctree.next_node(nodes.title)
    section = heading.parent
    section.insert(section.index(heading) + 1, live(html))


def setup(app: Sphinx) -> None:
    app.add_directive("optional", Optional)
    app.connect("doctree-read", _add_bar)
