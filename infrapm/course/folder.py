"""One course is one folder: what the instructor sets, what came in, what was made of it.

    course.toml     the course's name and its seed
    roster.csv      the students, with the columns of the LMS
    chapters.csv    the chapters, when each is due, from when its feedback shows the model answer
    points.csv      the points of each question
    names.csv       files whose student could not be told: write the student beside it
    handout/        a zip a chapter, to give out
    received/       every file that was ever handed in, under the day it came
    marking/        the sheets to mark by hand
    feedback/       a page a student
    grades/         what goes to the LMS, and every change of a mark
    gradebook.db    nbgrader's grade book
    source/, release/, submitted/, autograded/    what nbgrader's own tools look for: the notebook with and without
                    solutions, the file of each student that counts, and the copy of it that formgrader shows
"""

import fcntl
import hashlib
import hmac
import json
import re
import secrets
import tomllib
from base64 import b32encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from .files import Stop, read_csv, write_csv, write_text
from .questions import Question, chapters, questions, title
from .roster import Student, read_roster, write_roster

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
DATE = "%Y-%m-%d %H:%M"

_NBGRADER = """# For nbgrader's own tools, started in this folder: formgrader in `jupyter lab`, nbgrader db, nbgrader export.
# `nbgrader autograde` runs what students wrote without a sandbox: use `infrapm grade`.
c = get_config()
c.CourseDirectory.course_id = "{name}"
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
c.ClearSolutions.code_stub = {{"python": ""}}
"""


@dataclass(frozen=True)
class Chapter:
    """A chapter of the course. due: local time, or None. answers_from: when feedback starts to show the
    model answer and the facts; None is never."""

    slug: str
    due: datetime | None
    answers_from: datetime | None


class Course:
    """A course's folder. Raises Stop when there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            settings = tomllib.loads((path / "course.toml").read_text(encoding="utf-8"))
            self.name, self._seed = str(settings["name"]), str(settings["seed"])
        except FileNotFoundError:
            raise Stop(f"There is no course in {path}. Make one: infrapm course new NAME.") from None
        except (OSError, tomllib.TOMLDecodeError, KeyError) as problem:
            raise Stop(f"{path / 'course.toml'} cannot be read: {problem}.") from None

    # What the instructor sets

    @cached_property
    def students(self) -> tuple[Student, ...]:
        """The class."""
        return read_roster(self.path / "roster.csv")

    @cached_property
    def chapters(self) -> dict[str, Chapter]:
        """The course's chapters by slug. Raises Stop for a date that is none."""
        path = self.path / "chapters.csv"
        header, rows = read_csv(path)
        if "chapter" not in header:
            raise Stop(f"{path} has no column “chapter”.")
        found = {}
        for line, row in enumerate(rows, 2):
            slug = row["chapter"].strip()
            if slug not in chapters():
                raise Stop(f"{path}, line {line}: there is no chapter “{slug}”. There are: {', '.join(chapters())}.")
            due, answers = (_date(path, line, row.get(name, "")) for name in ("due", "answers_from"))
            found[slug] = Chapter(slug, due, answers)
        return found

    def chapter(self, slug: str) -> Chapter:
        """One of the course's chapters. Raises Stop for another."""
        if slug not in self.chapters:
            raise Stop(
                f"The course {self.name} has no chapter “{slug}”. It has: {', '.join(self.chapters) or 'none yet'}. "
                f"To add one, write a line in {self.path / 'chapters.csv'}."
            )
        return self.chapters[slug]

    def points(self, slug: str) -> dict[str, float]:
        """The points of each question of a chapter; those that points.csv does not name have their usual points."""
        path = self.path / "points.csv"
        known = {question.id: question.points for question in questions(slug)}
        _, rows = read_csv(path)
        for line, row in enumerate(rows, 2):
            if row.get("chapter", "").strip() != slug:
                continue
            id = row.get("question", "").strip()
            if id not in known:
                raise Stop(f"{path}, line {line}: {slug} has no question “{id}”. It has: {', '.join(known)}.")
            try:
                known[id] = float(row.get("points", "").strip().replace(",", "."))
            except ValueError:
                raise Stop(f"{path}, line {line}: “{row.get('points', '')}” is not a number of points.") from None
            if not 0 <= known[id] <= 1000:
                raise Stop(f"{path}, line {line}: points go from 0 to 1000.")
        return known

    def code(self, slug: str, student: str = "") -> str:
        """The number code of a chapter for the class, or for one student. It does not give the seed away."""
        made = hmac.new(self._seed.encode(), f"{slug}\n{student}".encode(), hashlib.sha256).digest()
        text = b32encode(made).decode()[:12]
        return "-".join(text[start : start + 4] for start in (0, 4, 8))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be in no file that goes out."""
        return (self._seed,)

    # What was handed out

    def release(self, slug: str) -> dict[str, object]:
        """How a chapter was handed out: per_student, package, made, cells. Raises Stop when it was not."""
        try:
            return json.loads((self.path / "release" / slug / "release.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise Stop(f"{slug} was not handed out yet: infrapm handout {slug} --course {self.name}.") from None

    def submission(self, student: str, slug: str) -> Path:
        """Where the file lies that counts for a student."""
        return self.path / "submitted" / student / slug / f"{slug}.ipynb"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While a command changes the folder, no other does. Raises Stop when one is at work."""
        (self.path / "work").mkdir(exist_ok=True)
        with (self.path / "work" / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Stop(f"Another infrapm command is at work in {self.path}. Wait for it to end.") from None
            yield


def _date(path: Path, line: int, text: str) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        raise Stop(
            f"{path}, line {line}: “{text}” is no date. Write it as 2026-09-14 23:59 or 2026-09-14; a spreadsheet leaves it so "
            "when you format the column as text first."
        ) from None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        day = day.replace(hour=23, minute=59)  # the whole day
    return day.astimezone()  # without a zone, this machine's


def new_course(path: Path, slugs: Sequence[str], students: Sequence[Student], seed: str = "") -> Course:
    """Make a course's folder. Raises Stop when there is something at that place, or no such chapter."""
    if not _NAME.fullmatch(path.name):
        raise Stop(f"“{path.name}” cannot name a course. Use letters, digits and . _ -, such as sre-2026.")
    for slug in slugs:
        if slug not in chapters():
            raise Stop(f"There is no chapter “{slug}”. There are: {', '.join(chapters())}.")
    if path.exists() and any(path.iterdir() if path.is_dir() else [path]):
        raise Stop(f"{path} is there already. Nothing was changed. Choose another name, or remove it yourself.")
    path.mkdir(parents=True, exist_ok=True)
    write_text(path / ".gitignore", "# Names, marks and the course's seed belong in no repository.\n*\n")
    write_roster(path / "roster.csv", students)
    write_csv(path / "chapters.csv", ["chapter", "title", "due", "answers_from"], [{"chapter": slug, "title": title(slug)} for slug in slugs])
    write_csv(path / "points.csv", ["chapter", "question", "kind", "points", "title"], [_points_row(slug, q) for slug in slugs for q in questions(slug)])
    write_csv(path / "names.csv", ["file", "chapter", "student", "guess"], [])
    write_text(path / "nbgrader_config.py", _NBGRADER.format(name=path.name))
    seed = seed or secrets.token_hex(16)
    write_text(  # last: with it, the folder is a course
        path / "course.toml",
        "# The seed makes the numbers of this course. Keep it to yourself, and keep it: without it nothing can be\n"
        "# graded again. Change it only before the first hand-out.\n"
        f"name = {json.dumps(path.name)}\nseed = {json.dumps(seed, ensure_ascii=False)}\n",
    )
    return Course(path)


def _points_row(slug: str, question: Question) -> dict[str, object]:
    return {"chapter": slug, "question": question.id, "kind": question.kind, "points": f"{question.points:g}", "title": question.title}
