"""Class lists from learning management systems, and whose file a file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrapm.course.files import Stop
from infrapm.course.roster import Matcher, Student, import_roster, read_roster, write_roster

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Homework (101)
    Points Possible,,,,,10
"Lee, Ann",4711,S-1,alee,A,8
"Van Horn, Dana",4712,S-2,dvanhorn,A,
"Student, Test",4799,,,A,
"""
MOODLE = """First name;Last name;ID number;Email address
Ann;Lee;20261;ann.lee@example.edu
Dana;Van Horn;20262;dana@example.edu
"""
BLACKBOARD = "Last Name\tFirst Name\tUsername\tStudent ID\nLee\tAnn\talee\t20261\nVan Horn\tDana\tdvh\t20262\n"
TYPED = "student,name\nann,Ann Lee\ndana,Dana Van Horn\n"


def imported(text: str, tmp_path: Path) -> tuple[Student, ...]:
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    return import_roster(tmp_path / "list.csv")


@pytest.mark.parametrize(
    "text, ids",
    [(CANVAS, ["alee", "dvanhorn"]), (MOODLE, ["20261", "20262"]), (BLACKBOARD, ["20261", "20262"]), (TYPED, ["ann", "dana"])],
)
def test_class_lists_are_read(text: str, ids: list[str], tmp_path: Path) -> None:
    students = imported(text, tmp_path)
    assert [student.id for student in students] == ids
    assert [student.name for student in students] == ["Ann Lee", "Dana Van Horn"]


def test_the_columns_of_the_lms_stay(tmp_path: Path) -> None:
    students = imported(CANVAS, tmp_path)
    assert students[0].columns["SIS User ID"] == "S-1" and students[0].columns["ID"] == "4711"
    write_roster(tmp_path / "roster.csv", students)
    assert read_roster(tmp_path / "roster.csv") == students


@pytest.mark.parametrize(
    "text, message",
    [
        ("name\nAnn\n", "no column that tells the students apart"),
        ("student,name\nann,A\nAnn,B\n", "no column that tells the students apart: in “student”, student 2, “Ann” is there twice. "),
        ("student,name\n../up,A\n", "no column that tells the students apart: in “student”, student 1, “../up” cannot name a student. "),
        (
            "student,email\nAnn Lee,ann@example.edu\nBob Ray,\n",
            "in “student”, student 1, “Ann Lee” cannot name a student; in “email”, student 2, nothing is there. .*add one with the heading student",
        ),
        ("", "no column that tells the students apart.*found: nothing"),
    ],
)
def test_a_list_that_tells_nobody_apart_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(Stop, match=message):
        imported(text, tmp_path)


@pytest.mark.parametrize(
    "text, message",
    [
        ("name\nAnn\n", "has no column “student”"),
        ("student\nann\n../up\n", "line 3: “../up” cannot name a student"),
        ("student\nann\nANN\n", "line 3: “ANN” is there twice"),
        (f"student\n{'a' * 81}\n", "line 2: .* cannot name a student"),
    ],
)
def test_a_roster_that_was_edited_wrongly_names_the_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    with pytest.raises(Stop, match=message):
        read_roster(tmp_path / "roster.csv")


CLASS = (
    Student("alee", "Ann Lee", {"ID": "4711", "Email": "ann.lee@example.edu"}),
    Student("dvanhorn", "Dana Van Horn", {"ID": "4712", "Email": "dana@example.edu"}),
    Student("leo", "Leo Leeds", {"ID": "4713"}),
    Student("coz", "Cem Öz", {"ID": "4714"}),
    Student("mlee", "Mei Lee", {"ID": "4715"}),
    Student("jo", "Jo Li", {"ID": "9"}),
)


@pytest.mark.parametrize(
    "path, student",
    [
        # Canvas: lastfirst_[LATE_]user_submission_name
        ("leeann_4711_882211_availability.ipynb", "alee"),
        ("vanhorndana_LATE_4712_882212_availability-1.ipynb", "dvanhorn"),
        ("ozcem_4714_882213_availability.ipynb", "coz"),
        # Moodle: one folder a student, or flat
        ("Ann Lee_20261_assignsubmission_file_/availability.ipynb", "alee"),
        ("Dana Van Horn_20262_assignsubmission_file_availability.ipynb", "dvanhorn"),
        ("Cem Öz_20263_assignsubmission_file_/availability.ipynb", "coz"),
        # Blackboard, Brightspace, Sakai
        ("Availability_mlee_attempt_2026-09-14-10-00-00_availability.ipynb", "mlee"),
        ("4713-88 - Leo Leeds - Sep 14, 2026 1000 AM/availability.ipynb", "leo"),
        ("Lee, Ann(alee)/Submission attachment(s)/availability.ipynb", "alee"),
        # By hand
        ("alee.ipynb", "alee"), ("alee/availability/availability.ipynb", "alee"), ("ann.lee@example.edu.ipynb", "alee"),
        ("AVAILABILITY Mei Lee final (2).ipynb", "mlee"), ("jo.ipynb", "jo"), ("jo/availability.ipynb", "jo"),
    ],
)  # fmt: skip
def test_the_names_that_systems_give_find_their_student(path: str, student: str) -> None:
    assert Matcher(CLASS).candidates(path, "availability") == [student]


@pytest.mark.parametrize(
    "path, candidates",
    [
        ("availability.ipynb", []), ("homework/availability.ipynb", []), ("Unknown Person_99_availability.ipynb", []),
        ("leeann_meilee.ipynb", ["alee", "mlee"]), ("4711_4715_availability.ipynb", ["alee", "mlee"]),
    ],
)  # fmt: skip
def test_a_name_that_is_not_clear_is_not_guessed(path: str, candidates: list[str]) -> None:
    assert Matcher(CLASS).candidates(path, "availability") == candidates


def test_two_students_of_one_name_are_told_apart_by_their_numbers() -> None:
    twins = (Student("a1", "Ann Lee", {"ID": "5001"}), Student("a2", "Ann Lee", {"ID": "5002"}))
    matcher = Matcher(twins)
    assert matcher.candidates("Ann Lee.ipynb", "x") == ["a1", "a2"]
    assert matcher.candidates("Ann Lee_5002_x.ipynb", "x") == ["a2"]
