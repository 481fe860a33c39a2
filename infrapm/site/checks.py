"""Checks of pages that fail the build, with file and line: a chapter's missing parts, pictures without words.

What can be told without reading a page is told before the build, by `infrapm.site.precheck`.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from .chapters import chapter_of

log = logging.getLogger(__name__)

# The headings of every chapter, in this order; its own sections stand between the decision and "In the wild".
HEADINGS = (
    "Warm-up",
    "After this chapter you can",
    "The decision",
    "In the wild",
    "In the interview",
    "Check yourself",
    "Exercise",
    "The decision, again",
    "Decision card",
    "Key points",
    "Further reading",
)
_OWN_AFTER, _OWN_BEFORE = "The decision", "In the wild"

def heading_problems(titles: list[str]) -> list[str]:
    """What is wrong with a chapter's second-level headings.

    >>> heading_problems([*HEADINGS[:3], "A claim", *HEADINGS[3:]])
    []
    >>> heading_problems(["A claim", *HEADINGS[1:]])
    ['the part “Warm-up” is missing']
    """
    missing = [f"the part “{heading}” is missing" for heading in HEADINGS if heading not in titles]
    found = [title for title in titles if title in HEADINGS]
    if missing:
        return missing
    if found != list(HEADINGS):
        return [f"the parts stand in another order than: {', '.join(HEADINGS)}"]
    if titles.index(_OWN_BEFORE) - titles.index(_OWN_AFTER) < 2:
        return [f"there is no section between “{_OWN_AFTER}” and “{_OWN_BEFORE}”"]
    return []


class _CheckPictures(SphinxTransform):
    default_priority = 5  # before Sphinx's own transforms, one of which forgets the line of a picture

    def apply(self, **_: Any) -> None:
        for image in self.document.findall(nodes.image):
            if not image.get("alt", "").strip():
                place = (self.env.docname, image.line)
                log.warning("the picture %s has no text alternative", image["uri"], location=place)


def _check_headings(app: Sphinx, doctree: nodes.document) -> None:
    docname = app.env.docname
    if chapter_of(docname):
        top = next(iter(doctree.findall(nodes.section)), None)
        sections = [node for node in top.children if isinstance(node, nodes.section)] if top else []
        titles = [section.next_node(nodes.title).astext() for section in sections]
        for problem in heading_problems(titles):
            log.warning(problem, location=top or docname)


def setup(app: Sphinx) -> None:
    app.add_transform(_CheckPictures)
    app.connect("doctree-read", _check_headings)
