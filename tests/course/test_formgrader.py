"""nbgrader's formgrader, in the course's folder: it lists what was handed in and shows it, without a student's markup."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import PyFileConfigLoader

from infrapm.course import sandbox
from infrapm.course.folder import Course
from infrapm.course.grade import grade
from tests.course import pupils
from tests.course.pupils import SLUG, quiet, released, stand_in

MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def shown(handed_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with three submissions: right answers, markup wherever a student can write, and no notebook."""
    place = tmp_path_factory.mktemp("shown")
    course = Course(shutil.copytree(handed_out, place / "sre-2026"))

    def run(slugs: object, job: dict, limits: object, unsafe: bool = False) -> sandbox.Outcome:
        outcome = stand_in(slugs, job, limits, unsafe)
        for line in outcome.lines:
            if "cell" in line:
                line |= {"output": f"printed {MARKUP}", "error": f"ValueError: {MARKUP}"}
        return outcome

    copy, code = released(course), course.code(SLUG)
    hostile = pupils.right(SLUG, copy, code, essay=f"An essay {MARKUP}")
    hostile.cells.insert(0, nbformat.v4.new_markdown_cell(f"Mine {MARKUP}"))
    for cell in hostile.cells:
        if cell.cell_type == "markdown":
            cell.source += MARKUP
        elif cell.id == "month_budget-check":
            cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": MARKUP})]
    pupils.save(pupils.right(SLUG, copy, code), place / "in" / "ann.ipynb")
    pupils.save(hostile, place / "in" / "bob.ipynb")
    (place / "in" / "cem.ipynb").write_text("no notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "run", run)
        patch.setattr(sandbox, "problem", lambda: "")
        grade(course, SLUG, place / "in", quiet)
    return course


def page_of(course: Course, student: str) -> BeautifulSoup:
    """The page on which formgrader shows a submission, made as its server makes it."""
    exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=[handlers.template_path])
    resources = {"base_url": "", "notebook_id": SLUG, "assignment_id": SLUG, "submission_id": "1", "index": 0, "total": 1, "student": student,
                 "first_name": "", "last_name": "", "notebook_path": ""}  # fmt: skip
    html, _ = exporter.from_filename(str(course.path / "autograded" / student / SLUG / f"{SLUG}.ipynb"), resources=resources)
    return BeautifulSoup(html, "html.parser")


def test_formgrader_lists_every_submission_as_graded(shown: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shown.path)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(shown.path)).load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    assert api.get_autograded_students(SLUG) == {"ann", "bob", "cem"}
    assert {found["student"] for found in api.get_notebook_submissions(SLUG, SLUG)} == {"ann", "bob", "cem"}


def test_a_submission_shows_the_answers_and_a_field_for_each_mark(shown: Course) -> None:
    page = page_of(shown, "ann")
    assert "Three dependencies in a row cap what we can give" in page.text and "What a nine costs" in page.text
    with Gradebook(f"sqlite:///{shown.path / 'gradebook.db'}", course_id="sre-2026") as book:
        graded = {cell.name for cell in book.find_notebook(SLUG, SLUG).grade_cells}
    assert {field["id"] for field in page.select("input.score")} == graded


def test_nothing_that_a_student_wrote_is_markup_on_the_page(shown: Course) -> None:
    page = page_of(shown, "bob")
    assert page.text.count(f"printed {MARKUP}") > 10 and page.text.count(f"ValueError: {MARKUP}") > 10 and f"An essay {MARKUP}" in page.text
    assert "Mine" not in page.text  # their own Markdown is not shown
    assert not page.select("[onerror]") and not page.select("#notebook img")


def test_what_could_not_be_read_says_why(shown: Course) -> None:
    assert "the file is broken" in page_of(shown, "cem").text
