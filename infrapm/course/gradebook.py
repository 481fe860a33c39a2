"""Marks, in nbgrader's grade book (SQLite), with a record of every change.

nbgrader's tables hold what its own tools show: formgrader, export. Two tables of ours stand in the same file,
so that a mark and the record of its change are written together or not at all.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from .files import write_csv
from .folder import Course
from .questions import Question, questions

_TABLES = (
    """CREATE TABLE IF NOT EXISTS infrapm_change (
        id INTEGER PRIMARY KEY, at TEXT, student TEXT, chapter TEXT, question TEXT, old TEXT, new TEXT, why TEXT)""",
    # What the sheet said when it was last read, and a mark that was given in nbgrader's own tools.
    """CREATE TABLE IF NOT EXISTS infrapm_marked (
        student TEXT, chapter TEXT, question TEXT, version TEXT, band INTEGER, comment TEXT, sheet REAL, elsewhere REAL,
        PRIMARY KEY (student, chapter, question))""",
    "CREATE TABLE IF NOT EXISTS infrapm_graded (student TEXT, chapter TEXT, file TEXT, PRIMARY KEY (student, chapter))",
)
CHANGES = ["at", "student", "chapter", "question", "old", "new", "why"]
WAITING = "waiting"


@dataclass(frozen=True)
class Score:
    """What a question of a submission is worth now. auto: points by the models, None when a human decides.
    band, sheet: by the sheet, the band and its points, None as long as there are none. version: of the written
    answer. told: what the models say. comment: what the human says."""

    auto: float | None
    told: str = ""
    version: str = ""
    band: int | None = None
    sheet: float | None = None
    comment: str = ""


@dataclass(frozen=True)
class Change:
    """A mark that changed, and why."""

    student: str
    question: str
    old: str
    new: str
    why: str


@contextmanager
def opened(course: Course) -> Iterator["Marks"]:
    """The course's grade book; it is made when there is none."""
    path = course.path / "gradebook.db"
    if not path.exists():
        # Made elsewhere and moved, so that a grade book cut short is never taken for one.
        with TemporaryDirectory(prefix=".gradebook-", dir=course.path) as work:
            with _gradebook(Path(work) / "gradebook.db", course.name):
                pass
            os.replace(Path(work) / "gradebook.db", path)
    with _gradebook(path, course.name) as book:
        yield Marks(book, course)


@contextmanager
def _gradebook(path: Path, name: str) -> Iterator[Any]:
    import nbgrader
    from alembic.script import ScriptDirectory
    from nbgrader.api import Gradebook

    def newest_tables() -> str | None:
        return ScriptDirectory(Path(nbgrader.__file__).parent / "alembic").get_current_head()

    # nbgrader asks the program alembic, which need not be where programs are looked for.
    with patch("nbgrader.api.get_alembic_version", newest_tables):
        book = Gradebook(f"sqlite:///{path.resolve()}", course_id=name)
    try:
        yield book
    finally:
        book.close()


class Marks:
    """An open grade book."""

    def __init__(self, book: Any, course: Course) -> None:
        self.book, self.course = book, course
        for table in _TABLES:
            self._sql(table)
        book.db.commit()

    def _sql(self, statement: str, *values: object) -> Any:
        return self.book.db.connection().exec_driver_sql(statement, values or None)

    def prepare(self, slug: str, released: Sequence[dict[str, Any]], points: dict[str, float]) -> None:
        """Enter a chapter: the assignment, its notebook, its cells with their points; and the students."""
        book = self.book
        known = {student.id: student for student in book.students}
        for student in self.course.students:
            first, _, last = student.name.rpartition(" ")
            before = known.get(student.id)
            if before is None or (before.first_name, before.last_name) != (first, last):
                book.update_or_create_student(student.id, first_name=first, last_name=last)
        due = self.course.chapter(slug).due
        duedate = due.astimezone(UTC).replace(tzinfo=None) if due else None
        found = {assignment.name: assignment for assignment in book.assignments}.get(slug)
        if found is None or found.duedate != duedate:
            book.update_or_create_assignment(slug, duedate=duedate, course_id=self.course.name)
        if found is None or not found.notebooks:
            book.update_or_create_notebook(slug, slug)
        notebook = book.find_notebook(slug, slug)
        have = {(cell.type, cell.name): cell for cell in notebook._base_cells}
        sources = {cell.name: cell.source for cell in notebook.source_cells}
        by_graded = {question.graded: question for question in questions(slug)}
        for cell in released:
            question = by_graded.get(cell["id"])
            if question:
                grade = have.get(("GradeCell", cell["id"]))
                if grade is None or grade.max_score != points[question.id]:
                    book.update_or_create_grade_cell(cell["id"], slug, slug, max_score=points[question.id], cell_type="code")
            if cell["answer"] and ("SolutionCell", cell["id"]) not in have:
                book.update_or_create_solution_cell(cell["id"], slug, slug)
            if sources.get(cell["id"]) != cell["source"]:
                book.update_or_create_source_cell(cell["id"], slug, slug, cell_type="code", locked=not cell["answer"], source=cell["source"])

    def kept(self, slug: str) -> dict[tuple[str, str, str], tuple[int, str]]:
        """The bands and comments that were read from the sheet before, by student, question and version of the answer."""
        found = self._sql("SELECT student, question, version, band, comment FROM infrapm_marked WHERE chapter = ? AND band IS NOT NULL", slug)
        return {(student, question, version): (band, comment) for student, question, version, band, comment in found}

    def fold(
        self, slug: str, student: str, when: datetime | None, file: str, scores: dict[str, Score]
    ) -> tuple[list[Change], dict[str, float | None], dict[str, str]]:
        """Bring the marks of one submission up to date, and record what changed; `commit` writes it.

        file: a short name for what was handed in. Returns the changes, and the marks and the human's comments there
        are now.
        """
        notebook = self._submission(slug, student, when)
        before = self._sql("SELECT file FROM infrapm_graded WHERE student = ? AND chapter = ?", student, slug).scalar()
        why = "first graded" if before is None else "handed in again" if before != file else "points or package changed"
        grades = {grade.cell_id: grade for grade in notebook.grades}
        comments = {comment.cell_id: comment for comment in notebook.comments}
        cells = {(cell.type, cell.name): cell.id for cell in notebook.notebook._base_cells}
        changes: list[Change] = []
        for question in questions(slug):
            grade, comment = grades[cells["GradeCell", question.graded]], comments[cells["SolutionCell", question.cell]]
            changes += self._apply(slug, student, question, scores[question.id], grade, comment, why)
        if before is None:
            changes = [replace(change, old="") for change in changes] + [
                Change(student, question.id, "", WAITING, why) for question in questions(slug) if scores[question.id].auto is None and scores[question.id].sheet is None
            ]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for change in changes:
            self._sql(
                "INSERT INTO infrapm_change (at, student, chapter, question, old, new, why) VALUES (?, ?, ?, ?, ?, ?, ?)",
                now, student, slug, change.question, change.old, change.new, change.why,
            )  # fmt: skip
        self._sql("INSERT OR REPLACE INTO infrapm_graded VALUES (?, ?, ?)", student, slug, file)
        self.book.db.flush()
        said = {question.id: comments[cells["SolutionCell", question.cell]].manual_comment or "" for question in questions(slug)}
        return changes, {question.id: _score(grades[cells["GradeCell", question.graded]]) for question in questions(slug)}, said

    def _apply(self, slug: str, student: str, question: Question, score: Score, grade: Any, comment: Any, why: str) -> list[Change]:
        """Set one grade. What was said in nbgrader's own tools stays until the sheet says something new."""
        row = self._sql(
            "SELECT version, band, sheet, elsewhere, comment FROM infrapm_marked WHERE student = ? AND chapter = ? AND question = ?",
            student, slug, question.id,
        ).first()  # fmt: skip
        version, band, sheet, elsewhere, words = row or ("", None, None, None, "")
        changes = []
        ours = sheet if elsewhere is None else elsewhere
        if grade.manual_score != ours:
            elsewhere = grade.manual_score
            old = ours if ours is not None else grade.auto_score
            changes.append(Change(student, question.id, _text(old), _shown(grade), "changed in nbgrader's grade book"))
        if row and (version, band) != (score.version, score.band):
            elsewhere = None
        old = _shown(grade)
        grade.auto_score = score.auto
        grade.manual_score = score.sheet if elsewhere is None else elsewhere
        grade.needs_manual_grade = grade.auto_score is None and grade.manual_score is None
        comment.auto_comment = score.told or None
        if score.comment != (words or ""):
            comment.manual_comment = score.comment or None
        if old != _shown(grade):
            by_hand = score.band != band and version == score.version or row is None and score.band is not None
            changes.append(Change(student, question.id, old, _shown(grade), "marked by hand" if by_hand else why))
        if row or score.version or elsewhere is not None:
            self._sql(
                "INSERT OR REPLACE INTO infrapm_marked VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                student, slug, question.id, score.version, score.band, score.comment, score.sheet, elsewhere,
            )  # fmt: skip
        return changes

    def _submission(self, slug: str, student: str, when: datetime | None) -> Any:
        from nbgrader.api import MissingEntry

        stamp = when.replace(tzinfo=None) if when else None
        try:
            submission = self.book.find_submission(slug, student)
            if submission.timestamp != stamp:
                submission.timestamp = stamp
        except MissingEntry:
            with self.book.db.no_autoflush:  # nbgrader makes the parts one by one
                submission = self.book.add_submission(slug, student, timestamp=stamp)
        return submission.notebooks[0]

    def commit(self) -> None:
        """Write what was folded, all of it together, and let go of the memory."""
        self.book.db.commit()
        self.book.db.expunge_all()

    def changes(self) -> list[dict[str, str]]:
        """Every change of a mark, oldest first."""
        found = self._sql(f"SELECT {', '.join(CHANGES)} FROM infrapm_change ORDER BY id")
        return [dict(zip(CHANGES, row)) for row in found]

    def scores(self, slug: str) -> dict[str, dict[str, float | None]]:
        """The marks there are, by student and question; None is waiting for a human."""
        by_cell = {question.graded: question.id for question in questions(slug)}
        found: dict[str, dict[str, float | None]] = {}
        rows = self._sql(
            """SELECT submitted_assignment.student_id, base_cell.name,
                      COALESCE(grade.manual_score, grade.auto_score) + COALESCE(grade.extra_credit, 0)
               FROM grade JOIN base_cell ON base_cell.id = grade.cell_id
               JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
               JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
               JOIN assignment ON assignment.id = submitted_assignment.assignment_id WHERE assignment.name = ?""",
            slug,
        )
        for student, cell, score in rows:
            if cell in by_cell:
                found.setdefault(student, {})[by_cell[cell]] = score
        return found


def _text(score: float | None) -> str:
    return WAITING if score is None else f"{score:g}"


def _score(grade: Any) -> float | None:
    """The points that count; nbgrader's tools may add extra credit."""
    score = grade.auto_score if grade.manual_score is None else grade.manual_score
    return None if score is None else score + (grade.extra_credit or 0)


def _shown(grade: Any) -> str:
    return _text(_score(grade))


def write_grades(course: Course, slug: str, marks: Marks, points: dict[str, float], state: dict[str, str]) -> Path:
    """The marks of a chapter for the LMS: its own columns, the points of each question, the sum. Every student
    has a line; the cells of one who handed in nothing are empty, and so is the sum while a human's mark is out."""
    scores = marks.scores(slug)
    columns = list(dict.fromkeys(name for student in course.students for name in student.columns))
    shown = {question.id: f"{slug}: {question.id} ({points[question.id]:g})" for question in questions(slug)}
    total = f"{slug} ({sum(points.values()):g})"
    rows = []
    for student in course.students:
        own = scores.get(student.id, {})
        row: dict[str, object] = {"student": student.id, "name": student.name, **student.columns, "state": state.get(student.id, "missing")}
        row |= {shown[id]: "" if own.get(id) is None else f"{own[id]:g}" for id in shown}
        complete = own and all(own.get(id) is not None for id in shown)
        row[total] = f"{sum(own[id] or 0 for id in shown):g}" if complete else ""
        rows.append(row)
    path = course.path / "grades" / f"{slug}.csv"
    write_csv(path, ["student", "name", *columns, "state", *shown.values(), total], rows)
    return path


def write_changes(course: Course, rows: Iterable[dict[str, str]]) -> Path:
    """The record of every change, as CSV."""
    path = course.path / "grades" / "changes.csv"
    write_csv(path, CHANGES, rows)
    return path
