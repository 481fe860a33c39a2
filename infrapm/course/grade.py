"""Grade a chapter: take in, run what is new, judge, fold in what a human marked, give feedback.

Each step can be cut short and done again. What came in and what a human typed is never written over; what
is made from it is written whole or not at all; marks and the record of their change are one transaction.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import sandbox
from .cluster import check_workers, connected, examine_all
from .collect import Collected, collect, handed_in
from .feedback import write_feedback
from .files import Stop, digest, write_text
from .folder import Course
from .formgrader import write_copy
from .gradebook import WAITING, Change, Score, opened, write_changes, write_grades
from .handout import NUMBERS
from .judge import Verdict, judge
from .questions import BANDS, questions
from .sheets import Sheet, Written, write_rubric
from .submission import Job, key_of, variable_of

Bar = Callable[[str, int], AbstractContextManager[Any]]


@dataclass
class Graded:
    """What a run of the command did. failed: submissions that could not be run, with the reason."""

    collected: Collected | None = None
    ran: int = 0
    submissions: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    flagged: int = 0
    to_mark: int = 0
    problems: list[str] = field(default_factory=list)
    without_band: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    sheet: Path | None = None
    grades: Path | None = None

    @property
    def fallen(self) -> dict[str, float]:
        """How many points students lost by handing in again. What waits for a mark is not lost."""
        lost: Counter[str] = Counter()
        for change in self.changes:
            if change.why == "handed in again" and WAITING not in (change.old, change.new):
                lost[change.student] += float(change.old) - float(change.new)
        return {student: points for student, points in lost.items() if points > 0}


def grade(
    course: Course, slug: str, source: Path | None, bar: Bar, scheduler: str = "", workers: int = 0,
    limits: sandbox.Limits | None = None, unsafe: bool = False,
) -> Graded:  # fmt: skip
    """Grade a chapter of a course. Raises Stop, before anything is changed, when it cannot be done."""
    limits = limits or sandbox.Limits()
    course.chapter(slug)
    release = course.release(slug)
    points = course.points(slug)
    sheet = Sheet(course.path / "marking" / f"{slug}.csv", [student.id for student in course.students])
    done = Graded(problems=list(sheet.problems), without_band=list(sheet.without_band))
    if source is not None:
        done.collected = collect(course, slug, source)
    run_new(course, slug, release, limits, bar, scheduler, workers, unsafe, done)
    fold(course, slug, release, points, sheet, bar, done)
    return done


# --- Run


def submitted(course: Course, slug: str) -> list[str]:
    """The students of the roster who handed in a chapter, in the order of the roster."""
    return [student.id for student in course.students if course.submission(student.id, slug).exists()]


def record_path(course: Course, slug: str, student: str) -> Path:
    """Where the record of a run is kept."""
    return course.path / "work" / "runs" / slug / f"{student}.json"


def read_record(course: Course, slug: str, student: str) -> dict[str, Any] | None:
    """The record of the last run, or None."""
    try:
        return json.loads(record_path(course, slug, student).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def code_for(course: Course, slug: str, student: str, release: dict[str, Any]) -> str:
    """The number code that a student's notebook was handed out with."""
    return course.code(slug, student if release["per_student"] else "")


def _jobs(course: Course, slug: str, release: dict[str, Any], limits: sandbox.Limits, unsafe: bool) -> Iterator[tuple[str, Job]]:
    """A job for each submission whose record is of other bytes or of another package, with its key."""
    slugs = tuple(course.chapters)
    package = sandbox.package_digest(slugs)
    released = digest(json.dumps(release["cells"]).encode())
    sources = {cell["id"]: cell["source"] for cell in release["cells"]}
    values = {q.graded: variable_of(q, sources[q.graded]) for q in questions(slug) if q.kind == "task"}
    for student in submitted(course, slug):
        data = course.submission(student, slug).read_bytes()
        key = key_of(data, released, package, limits)
        if (read_record(course, slug, student) or {}).get("key") == key:
            continue
        code = code_for(course, slug, student, release)
        cells = tuple(cell | {"source": cell["source"].replace(NUMBERS, code)} for cell in release["cells"])
        yield key, Job(student, slug, data, code, cells, values, slugs, limits, unsafe)


def run_new(
    course: Course, slug: str, release: dict[str, Any], limits: sandbox.Limits, bar: Bar, scheduler: str, workers: int,
    unsafe: bool, done: Graded,
) -> None:  # fmt: skip
    """Run what is new or changed; each record is kept as soon as it is there."""
    new = [job.student for _, job in _jobs(course, slug, release, limits, unsafe)]
    if not new:
        return
    if not unsafe and not scheduler and (lacking := sandbox.problem()):
        raise Stop(f"{lacking} Or run them without a sandbox, where a submission can read and change all your files: --unsafe.")
    keys: dict[str, str] = {}

    def jobs() -> Iterator[Job]:
        for key, job in _jobs(course, slug, release, limits, unsafe):
            keys[job.student] = key
            yield job

    with connected(scheduler, workers) as client, bar("Running", len(new)) as progress:
        check_workers(client, tuple(course.chapters), unsafe)
        for job, record in examine_all(client, jobs(), progress.update):
            if "failed" in record:
                done.failed.append((job.student, record["failed"]))
                continue
            record |= {"key": keys.pop(job.student), "file": digest(job.data)}
            write_text(record_path(course, slug, job.student), json.dumps(record, ensure_ascii=False))
            done.ran += 1


# --- Fold


def fold(course: Course, slug: str, release: dict[str, Any], points: dict[str, float], sheet: Sheet, bar: Bar, done: Graded) -> None:
    """Judge every record, bring the sheet, the grade book, the feedback and the CSV files up to date."""
    names = {student.id: student.name for student in course.students}
    students = [student for student in submitted(course, slug) if read_record(course, slug, student)]
    done.submissions = len(students)
    state: dict[str, str] = {}
    with opened(course) as marks:
        marks.prepare(slug, release["cells"], points)
        # The sheet first: what is to be marked is on it before a mark is waited for.
        written = []
        for student in students:
            for verdict in _verdicts(course, slug, student, release)[1]:
                if verdict.earned is None:
                    written.append(Written(student, names[student], verdict.question.id, verdict.given))
        kept = marks.kept(slug)
        if written or sheet.rows:
            sheet.save(written, kept)
            write_rubric(slug, sheet.path.with_name(f"{slug}-rubric.md"))
            done.sheet = sheet.path
        with bar("Marks and feedback", len(students)) as progress:
            for student in students:
                record, verdicts = _verdicts(course, slug, student, release)
                when = handed_in(course.submission(student, slug))
                scores = {v.question.id: _score(student, v, points[v.question.id], sheet, kept) for v in verdicts}
                changes, now, said = marks.fold(slug, student, when, record["file"], scores)
                done.changes += changes
                done.to_mark += sum(mark is None for mark in now.values())
                done.flagged += bool(flags(record))
                state[student] = state_of(course, slug, record, when, now)
                write_feedback(course, slug, student, record, verdicts, scores, now, said, points, state[student])
                write_copy(course, slug, student, record, code_for(course, slug, student, release), points)
                progress.update()
                if progress.n % 50 == 0:
                    marks.commit()
        marks.commit()
        done.grades = write_grades(course, slug, marks, points, state)
        write_changes(course, marks.changes())


def _verdicts(course: Course, slug: str, student: str, release: dict[str, Any]) -> tuple[dict[str, Any], tuple[Verdict, ...]]:
    record = read_record(course, slug, student)
    assert record is not None
    return record, judge(slug, record, code_for(course, slug, student, release))


def _score(student: str, verdict: Verdict, most: float, sheet: Sheet, kept: dict[tuple[str, str, str], tuple[int, str]]) -> Score:
    """What a verdict is worth, with what the sheet says to it; a row that was removed keeps its mark."""
    if verdict.earned is not None:
        return Score(verdict.earned * most, told=verdict.words)
    version = Written(student, "", verdict.question.id, verdict.given).version
    key = (student, verdict.question.id, version)
    mark = sheet.marks.get(key)
    if mark is not None:
        return Score(None, version=version, band=mark.band, sheet=most * mark.band / BANDS, comment=mark.told)
    if key not in sheet.marks and key in kept:
        band, comment = kept[key]
        return Score(None, version=version, band=band, sheet=most * band / BANDS, comment=comment)
    return Score(None, version=version)


def flags(record: dict[str, Any]) -> list[str]:
    """What a human should look at in a submission."""
    return [*([record["problem"]] if record["problem"] else []), *record["odd"]]


def state_of(course: Course, slug: str, record: dict[str, Any], when: datetime | None, marks: dict[str, float | None]) -> str:
    """The state of a submission in words: handed in, late, waiting for a mark, not readable."""
    due = course.chapter(slug).due
    words = ["late" if due and when and when > due.astimezone(UTC) else "handed in"]
    if record["problem"]:
        words.append("not readable")
    if any(mark is None for mark in marks.values()):
        words.append("waiting for a mark")
    return ", ".join(words)
