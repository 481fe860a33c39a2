"""For an instructor: a chapter's plan and answers on one page, and the hours of a syllabus.

    {teaching} overview SLUG   {teaching} answers SLUG   {hours}`availability economics report`   {hours}`total`

{teaching} overview places minutes, objectives and misconceptions; {teaching} answers, everything that a class could
ask about, folded. Both are made of the chapter's page, data file, exercises and notebook. {hours} adds up chapters
(reading and working, as their pages count them), `mistakes/optional` (the parts that may be left out) and other work of
PLANNED_MIN; `total` adds up the table that it stands in.

These pages load no Python and keep nothing; shell.js unfolds the answers for print.
"""

import re
from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxRole

from infrapm.exercises import chapter
from infrapm.exercises._claims import claims
from infrapm.exercises._content import Choice, Content, Evidence, Option, content, spine
from infrapm.exercises._red_team import CLASSES, Document, red_document
from infrapm.exercises._review import share_text
from infrapm.explore.tasks import NumericTask, Task

from .chapters import ROOT, slugs, title
from .exercise import _Exercise
from .pages import depend_on_package, live, render
from .study import _told
from .words import inline_html, words_html

_PART = "ip-teaching"  # marks a page that holds one of the parts
_SYLLABUS = "ip-syllabus"  # a table with a total of hours
# Work of a course that no chapter counts: planning figures of the authors, not measured.
PLANNED_MIN = {"report": 60, "again": 30, "design": 120, "review": 60, "portfolio": 120}
_SECTIONS = {"takes": "What it takes", "objectives": "Objectives, and where each is worked", "misconceptions": "Misconceptions, and what reveals each"}


# --- What a chapter's parts say


@dataclass(frozen=True)
class Revealing:
    """A question, and the wrong options in it that name one misconception."""

    label: str
    choice: Choice
    options: tuple[Option, ...]


def label(filling: Content, choice: Choice) -> str:
    """What a class calls a question: the name of its place on the chapter's page."""
    if choice is filling.decision:
        return "The decision"
    if isinstance(choice, Evidence):
        return f"Evidence: {choice.title}"
    if choice in filling.questions:
        return f"Question {filling.questions.index(choice) + 1}"
    return f"Prediction {filling.predictions.index(choice) + 1}"


def revealing(filling: Content) -> dict[str, tuple[Revealing, ...]]:
    """For each misconception of a chapter, the questions that reveal it."""
    found: dict[str, tuple[Revealing, ...]] = {id: () for id in filling.misconceptions}
    for choice in filling.choices:
        for id in found:
            options = tuple(option for option in choice.options if option.misconception == id)
            if options:
                found[id] += (Revealing(label(filling, choice), choice, options),)
    return found


def shown_number(task: NumericTask, value: float) -> str:
    """A number with its unit, and with commas from five digits on."""
    return re.sub(r"(?<![\d.])\d{5,}", lambda digits: f"{int(digits[0]):,}", task.shown(value))


def slips(task: Task) -> tuple[tuple[str, str], ...]:
    """The wrong numbers to expect at the book's numbers, each with what is said to it."""
    expected = task.slips(task.parameters()) if isinstance(task, NumericTask) else ()
    return tuple((shown_number(task, slip.value), slip.feedback) for slip in expected)


def right_answer(task: Task) -> tuple[str, ...]:
    """The answer to a task at the book's numbers, computed by its model: a number, or the texts of the right options."""
    parameters = task.parameters()
    expected = task.expected(parameters)
    if isinstance(task, NumericTask):
        return (shown_number(task, expected),)
    texts = {option.key: option.text for option in task.options(parameters)}
    keys = [expected] if isinstance(expected, str) else expected
    if isinstance(expected, set | frozenset):
        keys = [key for key in texts if key in expected]
    return tuple(texts[key] for key in keys)


def _documents(slug: str) -> list[tuple[Document, dict[str, Any]]]:
    """The chapter's documents under review, each with what its flaws cost."""
    found = []
    for id in getattr(chapter(slug), "DOCUMENTS", ()):
        document = red_document(slug, id)
        p = document.parameters()
        damages = document.damages(p)
        shares = {flaw: share_text(damage / sum(damages.values())) for flaw, damage in damages.items()}
        found.append((document, {"p": p, "damages": damages, "shares": shares}))
    return found


# --- On the page


def _depend_on_chapter(env: BuildEnvironment, slug: str) -> None:
    """Read the page again when the chapter's minutes, objectives or answers may have changed."""
    depend_on_package(env)
    for path in (f"book/{slug}.md", f"notebooks/{slug}.ipynb"):
        env.note_dependency(str(ROOT / path))


class teaching(nodes.General, nodes.Element):
    """Stands for a part of an overview until the chapter's page is read."""


class Teaching(_Exercise):
    """{teaching} overview SLUG, or {teaching} answers SLUG"""

    required_arguments = 2

    @property
    def slug(self) -> str:
        return self.arguments[1]

    @_told
    def run(self) -> list[nodes.Node]:
        which = self.arguments[0]
        if which not in ("overview", "answers") or self.slug not in slugs():
            raise ValueError(f"{{teaching}} takes `overview` or `answers`, and a chapter of: {', '.join(slugs())}")
        _depend_on_chapter(self.env, self.slug)
        return self.overview() if which == "overview" else [self.answers()]

    def overview(self) -> list[nodes.Node]:
        placed = []
        for part, heading in _SECTIONS.items():
            section = nodes.section("", nodes.title(heading, heading), ids=[f"teach-{part}"], names=[heading.lower()])
            section += teaching(part=part, slug=self.slug)
            placed.append(section)
        return placed

    def answers(self) -> nodes.Node:
        filling = content(self.slug)
        tasks = chapter(self.slug).TASKS
        html = render(
            "teach-answers.html",
            filling=filling,
            claims=claims(),
            spine=spine(),
            classes=CLASSES,
            documents=_documents(self.slug),
            tasks=[(task, task.parameters(), right_answer(task), slips(task), self.highlighted(task.id)) for task in tasks],
            **_common(filling, self.slug, self.env.app.builder.get_relative_uri(self.env.docname, f"book/{self.slug}")),
        )
        return live(html, _PART)


def _common(filling: Content, slug: str, url: str) -> dict[str, Any]:
    """What both templates use."""
    return {
        "slug": slug,
        "url": url,
        "label": lambda choice: label(filling, choice),
        "words": lambda text: words_html(text, slug),
        "inline": lambda text: inline_html(text, slug),
    }


def _worked(filling: Content, slug: str, number: int) -> tuple[list[Choice], list[Task], bool]:
    """Questions, tasks and the judgment (or not) that exercise an objective."""
    questions = [question for question in filling.questions if question.objective == number]
    tasks = [task for task in chapter(slug).TASKS if task.objective == number]
    return questions, tasks, filling.judgment.objective == number


def _fill_overviews(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(teaching)):
        slug = node["slug"]
        filling = content(slug)
        known = app.env.metadata[f"book/{slug}"]
        html = render(
            f"teach-{node['part']}.html",
            title=title(slug),
            filling=filling,
            minutes=known["infrapm_minutes"],
            objectives=[(text, *_worked(filling, slug, number)) for number, text in enumerate(known["infrapm_objectives"], 1)],
            revealing=revealing(filling),
            tasks=chapter(slug).TASKS,
            **_common(filling, slug, app.builder.get_relative_uri(docname, f"book/{slug}")),
        )
        node.replace_self(live(html, _PART))


# --- Hours

_TOTAL = ["total"]


class hours(nodes.General, nodes.Inline, nodes.TextElement):
    """Stands for a number of hours until all pages are read; `of` names what it adds up."""


def hours_text(minutes: float) -> str:
    """Minutes as hours, to the half hour.

    >>> hours_text(57), hours_text(70), hours_text(300)
    ('1', '1', '5')
    """
    return f"{round(minutes / 30) / 2:g}"


def _minutes(of: str, known: dict[str, dict[str, int]]) -> int:
    """The minutes of one term: planned work, a chapter, or its optional parts."""
    if of in PLANNED_MIN:
        return PLANNED_MIN[of]
    slug, _, part = of.partition("/")
    return known[slug]["optional_min"] if part else known[slug]["reading_min"] + known[slug]["working_min"]


class Hours(SphinxRole):
    """See the module's text."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        terms = self.text.split()
        chapters = [term.removesuffix("/optional") for term in terms if term not in (*PLANNED_MIN, "total")]
        if not terms or (_TOTAL != terms and "total" in terms) or any(slug not in slugs() for slug in chapters):
            message = self.inliner.reporter.error(
                f"{{hours}} takes `total`, or chapters (availability, mistakes/optional) and work of: {', '.join(PLANNED_MIN)}; not {self.text!r}",
                line=self.lineno,
            )
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        for slug in chapters:
            _depend_on_chapter(self.env, slug)
        return [hours(of=terms)], []


def _table(node: nodes.Node) -> nodes.Node:
    """The table around a place, or the whole page."""
    while not isinstance(node, nodes.table | nodes.document):
        node = node.parent
    return node


def _fill_hours(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    places = list(doctree.findall(hours))
    if not places:
        return
    known = {slug: app.env.metadata[f"book/{slug}"]["infrapm_minutes"] for slug in slugs()}
    told = [(_table(node), sum(_minutes(term, known) for term in node["of"] if term != "total")) for node in places]
    for node, (table, minutes) in zip(places, told):
        if node["of"] == _TOTAL:
            minutes = sum(others for place, others in told if place is table)
            table["classes"].append(_SYLLABUS)
        node.replace_self(nodes.inline("", hours_text(minutes), classes=["ip-calc"]))


def _add_sheet(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    if doctree is None:
        return
    has_parts = any(_PART in node["classes"] for node in doctree.findall(nodes.container))
    if has_parts or any(_SYLLABUS in node["classes"] for node in doctree.findall(nodes.table)):
        app.add_css_file("teaching.css", priority=830)


def setup(app: Sphinx) -> None:
    app.add_directive("teaching", Teaching)
    app.add_role("hours", Hours())
    app.add_node(teaching)
    app.add_node(hours)
    app.connect("doctree-resolved", _fill_overviews)
    app.connect("doctree-resolved", _fill_hours)
    app.connect("html-page-context", _add_sheet)
