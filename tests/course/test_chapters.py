"""Every chapter, from hand out to marks, in the real sandbox: right answers get every point, blank ones none."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrapm.course.folder import new_course
from infrapm.course.grade import grade, read_record
from infrapm.course.gradebook import opened
from infrapm.course.handout import hand_out
from infrapm.course.questions import chapters, questions
from tests.course import pupils
from tests.course.pupils import needs_sandbox, quiet, released


@needs_sandbox
@pytest.mark.parametrize("slug", chapters())
def test_a_chapter_is_graded(slug: str, tmp_path: Path) -> None:
    course = new_course(tmp_path / "sre-2026", [slug], pupils.students("Ann Lee", "Bob Ray"), seed="a course's own seed")
    hand_out(course, slug)
    copy = released(course, slug)
    pupils.save(pupils.right(slug, copy, course.code(slug)), tmp_path / "in" / "ann.ipynb")
    pupils.save(pupils.blank(copy), tmp_path / "in" / "bob.ipynb")
    grade(course, slug, tmp_path / "in", quiet)
    with opened(course) as marks:
        scores = marks.scores(slug)
    assert scores["ann"] == {q.id: None if q.kind == "judgment" else q.points for q in questions(slug)}
    assert set(scores["bob"].values()) == {0}
    for student in ("ann", "bob"):
        record = read_record(course, slug, student)
        assert record is not None and (record["ended"], record["odd"], record["errors"]) == ("done", [], {})
