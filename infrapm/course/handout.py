"""Hand a chapter out: a zip with the learner's notebook, the package, an environment and a README."""

import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jinja2
import nbformat
from nbformat import NotebookNode

from infrapm.classroom import seed_of
from infrapm.exercises import chapter, find
from infrapm.explore.kernel import prompt_markdown
from infrapm.lab import learner_copy

from .files import Stop, digest, write_bytes, write_text
from .folder import DATE, Course
from .gradebook import opened
from .leaks import Secret, chapter_secrets, expected_values, leaks
from .package import build_wheel
from .questions import questions, source, title
from .sandbox import Limits

TEMPLATES = Path(__file__).parent / "templates"
_ASK = re.compile(r'^ask\("([\w-]+)"\)$')
_DOCUMENT = re.compile(r'^(document|ledger)\(("\w+")\)$', re.M)
_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS\n.*?^[ \t]*### END HIDDEN TESTS[ \t]*(?:\n|\Z)", re.M | re.S)
_STUDENTS_NEED = ("jupyterlab", "ipykernel", "ipywidgets", "pandas", "matplotlib")
NUMBERS = "NUMBER-CODE"
HOW = {"task": "the models", "commitment": "having committed, right or wrong", "judgment": "a person, in bands from 1 to 5"}


@dataclass(frozen=True)
class Handout:
    """What was written: the archives, and how many secrets were searched in how many files."""

    archives: tuple[Path, ...]
    secrets: int
    files: int
    unchanged: bool


def class_copy(slug: str, code: str, points: dict[str, float]) -> NotebookNode:
    """The learner's notebook with the numbers of a code, and with nbgrader's metadata.

    Everything but the answer cells is locked: graded is what the check gets, not what it says.
    """
    copy = learner_copy(source(slug))
    tasks = chapter(slug).TASKS
    graded = {question.graded: question for question in questions(slug)}
    answers = {question.cell for question in questions(slug)}
    module = f"infrapm.exercises.{slug.replace('-', '_')}"
    found = False
    for cell, original in zip(copy.cells, source(slug).cells):
        cell.metadata = nbformat.from_dict({"tags": list(original.metadata["tags"])} if original.metadata.get("tags") else {})
        asked = _ASK.match(original.source)
        if asked:
            cell.source = prompt_markdown(find(tasks, asked[1]), seed_of(code))
        # A document to review has the numbers that its tasks ask for.
        cell.source = _DOCUMENT.sub(rf'\1(\2, seed=seed_of("{code}"))', cell.source)
        cell.source = _HIDDEN.sub("", cell.source).rstrip("\n")
        if cell.cell_type == "code" and f"from {module} import" in cell.source:
            found = True
            cell.source += (
                "\n\n# The numbers of your course.\nfrom infrapm.classroom import exercises, seed_of\n"
                f'ask, table, check = exercises("{slug}", "{code}")'
            )
        question = graded.get(cell.id)
        if cell.id in answers or cell.cell_type == "code":
            cell.metadata["nbgrader"] = nbgrader_metadata(cell.id, cell.id in answers, points[question.id] if question else None)
        if cell.id not in answers:
            cell.metadata |= {"editable": False, "deletable": False}
    if not found:
        raise Stop(f"{slug}: no cell of the notebook imports from {module}, so it cannot get the numbers of a course.")
    copy.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
            "language_info": {"name": "python"},
            "infrapm": {"chapter": slug, "numbers": code},
        }
    )
    return copy


def code_cells(copy: NotebookNode, code: str) -> list[dict[str, object]]:
    """The code of a handed-out notebook as grading needs it: each cell's id, its source with `NUMBERS` in
    place of the number code, and whether it is the student's to fill."""
    return [
        {"id": cell.id, "source": cell.source.replace(code, NUMBERS), "answer": bool(cell.metadata["nbgrader"]["solution"])}
        for cell in copy.cells
        if cell.cell_type == "code"
    ]


def nbgrader_metadata(id: str, answer: bool, points: float | None) -> dict[str, object]:
    """A cell's metadata, as nbgrader 0.9 writes it."""
    marks = {"grade": points is not None, "grade_id": id, "locked": not answer, "schema_version": 3, "solution": answer, "task": False}
    return marks if points is None else marks | {"points": points}


def nbgrader_source(slug: str, copy: NotebookNode) -> NotebookNode:
    """The instructor's notebook for nbgrader's own tools: the copy with the solutions, and with a hidden test
    in each check, since nbgrader gives full points to a check that runs."""
    with_answers = deepcopy(copy)
    originals = {cell.id: cell for cell in source(slug).cells}
    task_by_check = {question.graded: question for question in questions(slug) if question.kind == "task"}
    for cell in with_answers.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = originals[cell.id].source
        if cell.id in task_by_check:
            points = cell.metadata["nbgrader"]["points"]
            cell.source = (
                f"told = {cell.source}\n{cell.source}\n### BEGIN HIDDEN TESTS\n"
                f'{points} if str(told).startswith("Got it") else 0\n### END HIDDEN TESTS'
            )
    return with_answers


def requirements(wheel: str) -> str:
    """The students' environment, with the versions that the notebooks were tried with."""
    lines = [f"{name}=={version(name)}" for name in _STUDENTS_NEED]
    return "\n".join([*lines, f"./{wheel}"]) + "\n"


def _readme(course: Course, slug: str, per_student: bool, points: dict[str, float]) -> str:
    due = course.chapter(slug).due
    text = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    rows = [{"title": q.title, "points": f"{points[q.id]:g}", "how": HOW[q.kind]} for q in questions(slug)]
    return jinja2.Template(text).render(
        title=title(slug), slug=slug, course=course.name, rows=rows, per_student=per_student,
        due=due.strftime(DATE) if due else "", seconds=Limits().cpu_s,
    )  # fmt: skip


def zipped(files: dict[str, bytes]) -> bytes:
    """Files as an archive; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def hand_out(
    course: Course, slug: str, per_student: bool = False, again: bool = False, progress: Callable[[Iterable], Iterable] = iter
) -> Handout:
    """Write a chapter's archives, after a search of every byte of them. Raises Stop for a leak, with its
    place, and when the chapter was handed out otherwise before; then nothing is written."""
    course.chapter(slug)
    points = course.points(slug)
    students = [student.id for student in course.students] if per_student else [""]
    if not students:
        raise Stop(f"The roster is empty, and --per-student makes a file for each student: infrapm course roster FILE --course {course.name}.")
    with TemporaryDirectory(prefix="infrapm-") as work:
        os.environ.setdefault("SOURCE_DATE_EPOCH", "1767225600")  # the same files, the same wheel
        wheel = build_wheel(list(course.chapters), Path(work))
        shared = {
            wheel.name: wheel.read_bytes(),
            "requirements.txt": requirements(wheel.name).encode(),
            "README.md": _readme(course, slug, per_student, points).encode(),
        }
    first = class_copy(slug, course.code(slug, students[0]), points)
    # Lines that a copy shows are no secret; which those are does not depend on the numbers.
    secrets = [*chapter_secrets(slug, first), *(Secret(text, "the course's seed") for text in course.secrets)]
    folder = course.path / "handout"
    archives: dict[Path, bytes] = {}
    found = [place for name, data in shared.items() for place in leaks(f"{slug}/{name}", data, secrets, {})]
    for student in progress(students):
        code = course.code(slug, student)
        notebook = (nbformat.writes(class_copy(slug, code, points)) + "\n").encode()
        values = expected_values(slug, seed_of(code))
        for name, data in (shared | {f"{slug}.ipynb": notebook}).items():
            found += leaks(f"{slug}/{name}", data, secrets if data is notebook else [], values)
        files = {f"{slug}/{name}": data for name, data in (shared | {f"{slug}.ipynb": notebook}).items()}
        archives[folder / slug / f"{student}.zip" if per_student else folder / f"{slug}.zip"] = zipped(files)
        if found:
            raise Stop(f"Nothing was written, since something would have leaked: {found[0]}.")
    release: dict[str, Any] = {
        "per_student": per_student,
        "package": digest(shared[wheel.name]),
        "cells": code_cells(first, course.code(slug, students[0])),
    }
    unchanged = _write(course, slug, release, archives, first, again)
    with opened(course) as marks:
        marks.prepare(slug, release["cells"], points)
    return Handout(tuple(archives), len(secrets), len(shared) + len(students), unchanged)


def _write(course: Course, slug: str, release: dict, archives: dict[Path, bytes], copy: NotebookNode, again: bool) -> bool:
    """Write it all; returns whether it was there already. The release comes last: with it, the chapter is handed out."""
    path = course.path / "release" / slug / "release.json"
    text = json.dumps(release, indent=1, ensure_ascii=False)
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = [what for what in ("per_student", "cells") if before[what] != release[what]]
        if changed and not again:
            raise Stop(
                f"{slug} was handed out before, and what would go out now differs ({', '.join(changed)}). "
                "Students may be at work on the first one. If it shall count from now on all the same: --again."
            )
    written = [write_bytes(archive, data) for archive, data in archives.items()]
    write_bytes(course.path / "release" / slug / f"{slug}.ipynb", (nbformat.writes(copy) + "\n").encode())
    write_bytes(course.path / "source" / slug / f"{slug}.ipynb", (nbformat.writes(nbgrader_source(slug, copy)) + "\n").encode())
    return not (write_text(path, text) | any(written))
