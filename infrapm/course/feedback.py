"""A page a student: points, answers, what the models and the human say. No hidden tests, no one else's answers."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jinja2

from infrapm.exercises._content import content, spine
from infrapm.exercises._numbers import filled

from .collect import handed_in
from .files import write_text
from .folder import DATE, Course
from .gradebook import Score
from .handout import TEMPLATES
from .judge import Verdict
from .questions import title

_STATUS = {
    "right": "right", "wrong": "not right yet", "unanswered": "not answered", "complete": "committed",
    "incomplete": "not complete", "written": "waits for a mark",
}  # fmt: skip
_LONGEST = 6000


@lru_cache
def _template() -> jinja2.Template:
    # Everything that a student wrote is text on the page, never markup.
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template("feedback.html")


def write_feedback(
    course: Course, slug: str, student: str, record: dict[str, Any], verdicts: tuple[Verdict, ...], scores: dict[str, Score],
    marks: dict[str, float | None], comments: dict[str, str], points: dict[str, float], state: str,
) -> bool:  # fmt: skip
    """Write feedback/<student>/<slug>/<slug>.html. Returns whether it changed."""
    chapter = course.chapter(slug)
    with_answers = chapter.answers_from is not None and datetime.now(UTC) >= chapter.answers_from.astimezone(UTC)
    rows = [_row(slug, verdict, scores[verdict.question.id].band, marks, comments, points, record, with_answers) for verdict in verdicts]
    name = next(known.name for known in course.students if known.id == student) or student
    when = handed_in(course.submission(student, slug))
    text = _template().render(
        title=title(slug), name=name, course=course.name, state=state, problem=record["problem"], rows=rows,
        when=when.astimezone().strftime(DATE) if when else "", total=_number(sum(mark or 0 for mark in marks.values())),
        most=_number(sum(points.values())), waiting=any(marks[v.question.id] is None for v in verdicts),
    )  # fmt: skip
    return write_text(course.path / "feedback" / student / slug / f"{slug}.html", text)


def _row(
    slug: str, verdict: Verdict, band: int | None, marks: dict[str, float | None], comments: dict[str, str],
    points: dict[str, float], record: dict[str, Any], with_answers: bool,
) -> dict[str, Any]:  # fmt: skip
    question = verdict.question
    mark = marks[question.id]
    status = _STATUS[verdict.status]
    if verdict.status == "written" and mark is not None:
        status = f"band {band}" if band is not None else "marked"
    row = {
        "id": question.id, "title": question.title, "status": status, "most": _number(points[question.id]),
        "points": "–" if mark is None else _number(mark), "given": verdict.given[:_LONGEST], "words": verdict.words,
        "error": record["errors"].get(question.cell, "")[:500], "comment": comments[question.id],
    }  # fmt: skip
    if verdict.status == "written":
        judgment, module = content(slug).judgment, slug.replace("-", "_")
        row["bands"] = [(each, every, filled(judgment.bands[each], module)) for each, every in spine()["bands"].items()]
        row["band"] = band
        if with_answers:
            row |= {"facts": [filled(fact, module) for fact in judgment.facts], "model_answer": filled(judgment.model_answer.strip(), module)}
    return row


def _number(value: float) -> str:
    return f"{value:g}"
