"""The front page: chapters by part, what builds on what, the reader's progress.

    {chapters}   {prerequisites}   {progress}

Everything is taken from the chapters themselves: order and parts from `_toc.yml`, minutes and objectives from
the pages, the core path and prerequisites from the data files (`core = true`, `[needs]`). A prerequisite that
is no chapter, or that leads back to its own chapter, fails the build.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from infrapm.exercises import chapter
from infrapm.exercises._content import content

from .chapters import ROOT, parts, slugs, title
from .pages import depend_on_package, live, render

_OBJECTIVES = "After this chapter you can"
Needs = Mapping[str, Mapping[str, str]]  # slug to slugs before it, each "needed" or "helpful"


# --- Prerequisites


def needs_problems(needs: Needs) -> list[str]:
    """What is wrong with the prerequisites of all chapters: names that are no chapter, and circles.

    >>> needs_problems({"a": {"b": "needed"}, "b": {"a": "helpful"}})
    ['the chapters a, b, a need each other in a circle']
    """
    problems = [
        f"the chapter {slug} needs {other!r}, which is no chapter" for slug, others in needs.items() for other in others if other not in needs
    ]
    circle = _circle(needs)
    return problems + ([f"the chapters {', '.join(circle)} need each other in a circle"] if circle else [])


def _circle(needs: Needs) -> list[str]:
    """A way from a chapter over its prerequisites back to itself, or nothing."""
    done: set[str] = set()

    def follow(slug: str, way: list[str]) -> list[str]:
        if slug in way:
            return [*way[way.index(slug) :], slug]
        if slug in done:
            return []
        for other in needs.get(slug, {}):
            if found := follow(other, [*way, slug]):
                return found
        done.add(slug)
        return []

    return next((found for slug in needs if (found := follow(slug, []))), [])


def direct(needs: Needs) -> dict[str, dict[str, str]]:
    """The prerequisites without those that follow from others: what a chapter needs may need them already.

    >>> direct({"a": {}, "b": {"a": "needed"}, "c": {"a": "helpful", "b": "needed"}})["c"]
    {'b': 'needed'}
    """

    def before(slug: str) -> set[str]:
        return {other for near in needs[slug] for other in (near, *before(near))}

    return {
        slug: {other: how for other, how in others.items() if not any(other in before(near) for near in others)}
        for slug, others in needs.items()
    }


_ROW, _TOP, _ARC_WIDEST = 30, 18, 76


def arcs(needs: Needs, titles: Mapping[str, str], core: set[str]) -> str:
    """The chapters in reading order, one below the other, with an arc from each to those that build on it."""
    order = list(needs)
    y = {slug: _TOP + _ROW * at for at, slug in enumerate(order)}
    x = _ARC_WIDEST + 12
    drawn = []
    for slug, others in direct(needs).items():
        for other, how in others.items():
            far = abs(order.index(slug) - order.index(other))
            wide = _ARC_WIDEST * min(1.0, 0.2 + 0.8 * far / max(len(order) - 1, 1))
            dash = ' stroke-dasharray="4 4"' if how == "helpful" else ""
            drawn.append(
                f'<path d="M{x - 8} {y[other]}C{x - 8 - wide * 4 / 3:.1f} {y[other]} {x - 8 - wide * 4 / 3:.1f} {y[slug]} {x - 10} {y[slug]}"'
                f'{dash} marker-end="url(#ip-arrow)"/>'
            )
    for slug in order:
        fill = "currentColor" if slug in core else "none"
        drawn.append(f'<circle cx="{x}" cy="{y[slug]}" r="5" fill="{fill}"/>')
        drawn.append(f'<text x="{x + 14}" y="{y[slug] + 5}" fill="currentColor" stroke="none">{escape(titles[slug])}</text>')
    height = _TOP * 2 + _ROW * (len(order) - 1)
    arrow = '<marker id="ip-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    arrow += '<path d="M0 0L8 4L0 8z" fill="currentColor" stroke="none"/></marker>'
    return (
        f'<svg viewBox="0 0 480 {height}" class="ip-drawing ip-arcs" fill="none" stroke="currentColor" stroke-width="1.4" '
        f'font-size="15" aria-hidden="true"><defs>{arrow}</defs>{"".join(drawn)}</svg>'
    )


def _needs() -> dict[str, dict[str, str]]:
    return {slug: content(slug).needs for slug in slugs()}


# --- What is known of a chapter when all pages are read


def objectives(doctree: nodes.document) -> list[str]:
    """The objectives of a chapter, as its page lists them."""
    for section in doctree.findall(nodes.section):
        if section.next_node(nodes.title).astext() == _OBJECTIVES:
            items = section.next_node(nodes.enumerated_list)
            return [item.astext().strip().rstrip(";.") for item in items.children] if items else []
    return []


def _keep_objectives(app: Sphinx, doctree: nodes.document) -> None:
    if app.env.docname in {f"book/{slug}" for slug in slugs()}:
        app.env.metadata[app.env.docname]["infrapm_objectives"] = objectives(doctree)


def _facts(app: Sphinx, slug: str, docname: str) -> dict[str, Any]:
    """A chapter as the front page shows it."""
    page = f"book/{slug}"
    return {
        "slug": slug,
        "title": title(slug),
        "url": app.builder.get_relative_uri(docname, page),
        "core": content(slug).core,
        **app.env.metadata[page]["infrapm_minutes"],
        "objectives": app.env.metadata[page]["infrapm_objectives"],
        "choices": 1 + len(content(slug).choices) + len(content(slug).audit),  # the decision comes twice
        "tasks": len(chapter(slug).TASKS),
    }


class front(nodes.General, nodes.Element):
    """Stands for a part of the front page until all pages are read."""


class _Front(SphinxDirective):
    """A part of the front page; its template bears the directive's name."""

    def run(self) -> list[nodes.Node]:
        depend_on_package(self.env)
        self.env.note_dependency(str(ROOT / "_toc.yml"))
        self.env.note_reread()  # other pages may have other minutes and objectives now
        return [front(template=f"{self.name}.html")]


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(front)):
        by_part = {part: [_facts(app, slug, docname) for slug in chapters] for part, chapters in parts().items()}
        chapters = [facts for found in by_part.values() for facts in found]
        names = {facts["slug"]: facts["title"] for facts in chapters}
        core = [facts for facts in chapters if facts["core"]]
        needs = _needs()
        html = render(
            node["template"],
            parts=by_part,
            chapters=chapters,
            core=core,
            hours=round(sum(facts["reading_min"] + facts["working_min"] for facts in core) / 30) / 2,
            needs={names[slug]: {names[other]: how for other, how in others.items()} for slug, others in needs.items() if others},
            graph=arcs(needs, names, {facts["slug"] for facts in core}),
        )
        node.replace_self(live(html))


def setup(app: Sphinx) -> None:
    for name in ("chapters", "prerequisites", "progress"):
        app.add_directive(name, _Front)
    app.add_node(front)
    app.connect("doctree-read", _keep_objectives)
    app.connect("doctree-resolved", _fill)
