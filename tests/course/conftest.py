"""Courses to test with. The one that is handed out is made once and copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infrapm.course.folder import Course, new_course
from infrapm.course.gradebook import opened
from infrapm.course.handout import hand_out
from tests.course.pupils import NAMES, SLUG, students


@pytest.fixture(scope="session")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of four with a chapter that is handed out. Not to be changed: see `course`."""
    course = new_course(tmp_path_factory.mktemp("courses") / "sre-2026", [SLUG], students(*NAMES), seed="a course's own seed")
    with opened(course):
        pass
    hand_out(course, SLUG)
    return course.path


@pytest.fixture
def course(handed_out: Path, tmp_path: Path) -> Course:
    """A copy of that course, to change."""
    shutil.copytree(handed_out, tmp_path / "sre-2026")
    return Course(tmp_path / "sre-2026")
