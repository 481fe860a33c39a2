"""Grading a class: first, again after marking, again after a resubmission; nothing lost, every change told."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from infrapm.course import sandbox
from infrapm.course.collect import handed_in
from infrapm.course.files import Stop, read_csv, write_csv
from infrapm.course.folder import Course, new_course
from infrapm.course.grade import Graded, grade
from infrapm.course.gradebook import opened
from infrapm.course.handout import hand_out
from infrapm.course.questions import questions
from infrapm.course.roster import Student
from infrapm.course.status import status_text
from tests.course import pupils
from tests.course.pupils import NAMES, SLUG, quiet, released, stand_in, students

MONDAY, TUESDAY = 1_800_000_000, 1_800_086_400  # seconds since 1970


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stand-in for the sandbox, and what it was given: one entry a run."""
    made: list[str] = []

    def run(slugs: object, job: dict, limits: object, unsafe: bool = False) -> sandbox.Outcome:
        made.append(job["slug"])
        return stand_in(slugs, job, limits, unsafe)

    monkeypatch.setattr(sandbox, "run", run)
    monkeypatch.setattr(sandbox, "problem", lambda: "")
    return made


Hand = Callable[..., Path]


@pytest.fixture
def hand(course: Course, tmp_path: Path) -> Hand:
    """Put notebooks into a folder of downloads: student=notebook, with one time for all."""

    def hand(at: int = MONDAY, folder: str = "downloads", **notebooks: nbformat.NotebookNode) -> Path:
        for name, notebook in notebooks.items():
            os.utime(pupils.save(notebook, tmp_path / folder / f"{name}.ipynb"), (at, at))
        return tmp_path / folder

    return hand


def graded(course: Course, source: Path | None = None) -> Graded:
    """Grade with the settings that are in the folder now."""
    return grade(Course(course.path), SLUG, source, quiet)


def scores(course: Course) -> dict[str, dict[str, float | None]]:
    with opened(course) as marks:
        return marks.scores(SLUG)


def changes(course: Course) -> list[tuple[str, ...]]:
    rows = read_csv(course.path / "grades" / "changes.csv")[1]
    return [(row["student"], row["question"], row["old"], row["new"], row["why"]) for row in rows]


def mark(course: Course, student: str, **cells: str) -> None:
    """Type something into a student's line of the sheet."""
    path = course.path / "marking" / f"{SLUG}.csv"
    header, rows = read_csv(path)
    for row in rows:
        if row["student"] == student and row["state"] != "replaced by a later answer":
            row |= cells
    write_csv(path, header, rows)


def sheet(course: Course) -> list[dict[str, str]]:
    return read_csv(course.path / "marking" / f"{SLUG}.csv")[1]


@pytest.fixture
def a_class(course: Course, runs: list[str], hand: Hand) -> Course:
    """Three of four handed in, and were graded."""
    copy, code = released(course), course.code(SLUG)
    graded(course, hand(ann=pupils.right(SLUG, copy, code), bob=pupils.wrong(SLUG, copy), cem=pupils.partial(SLUG, copy, code, 2)))
    return course


# --- First


def test_marks_are_what_answers_are_worth(a_class: Course) -> None:
    own = scores(a_class)
    kinds = {question.id: question for question in questions(SLUG)}
    assert own["ann"] == {id: None if q.kind == "judgment" else q.points for id, q in kinds.items()}
    assert own["bob"] == {id: {"task": 0, "commitment": q.points, "judgment": None}[q.kind] for id, q in kinds.items()}
    assert own["cem"] == {id: 2 if id in ("month_budget", "delivered") else 0 for id in kinds}
    assert "dana" not in own


def test_the_file_for_the_lms_has_its_columns_and_every_student(a_class: Course) -> None:
    header, rows = read_csv(a_class.path / "grades" / f"{SLUG}.csv")
    assert header[:4] == ["student", "name", "Login", "state"]
    assert header[4:] == [f"{SLUG}: {q.id} ({q.points:g})" for q in questions(SLUG)] + [f"{SLUG} (19)"]
    assert [(row["student"], row["name"], row["Login"], row["state"], row[f"{SLUG} (19)"]) for row in rows] == [
        ("ann", "Ann Lee", "ann@example.edu", "handed in, waiting for a mark", ""),
        ("bob", "Bob Ray", "bob@example.edu", "handed in, waiting for a mark", ""),
        ("cem", "Cem Öz", "cem@example.edu", "handed in", "4"),
        ("dana", "Dana Van Horn", "dana@example.edu", "missing", ""),
    ]
    assert rows[2][f"{SLUG}: month_budget (2)"] == "2" and rows[3][f"{SLUG}: month_budget (2)"] == ""


def test_nbgrader_sees_the_same(a_class: Course) -> None:
    with Gradebook(f"sqlite:///{a_class.path / 'gradebook.db'}", course_id="sre-2026") as book:
        assert book.find_assignment(SLUG).max_score == 19
        assert {s["student"]: s["score"] for s in book.submission_dicts(SLUG)} == {"ann": 14, "bob": 6, "cem": 4}
        assert book.find_grade("month_budget-check", SLUG, SLUG, "cem").auto_score == 2
        assert book.find_submission(SLUG, "ann").needs_manual_grade and not book.find_submission(SLUG, "cem").needs_manual_grade
        assert book.find_student("dana").last_name == "Horn"


def test_a_second_run_has_nothing_to_do(a_class: Course, runs: list[str], hand: Hand) -> None:
    assert len(runs) == 3
    files = {path: path.read_bytes() for path in a_class.path.rglob("*") if path.is_file() and path.suffix != ".db"}
    done = graded(a_class, hand())
    assert (done.ran, done.changes, len(runs), done.collected.unchanged) == (0, [], 3, 3)
    assert {path: path.read_bytes() for path in files} == files


def test_the_record_begins_with_the_first_marks(a_class: Course) -> None:
    own = [change for change in changes(a_class) if change[0] == "ann"]
    assert len(own) == len(questions(SLUG)) and {change[4] for change in own} == {"first graded"}
    assert ("ann", "month_budget", "", "2", "first graded") in own and ("ann", "judgment", "", "waiting", "first graded") in own


# --- Marked by hand


def test_marks_and_comments_are_folded_in(a_class: Course) -> None:
    mark(a_class, "ann", band="4", comment="Which input is the weakest?", Harm="named")
    done = graded(a_class)
    assert [(c.student, c.question, c.old, c.new, c.why) for c in done.changes] == [("ann", "judgment", "waiting", "4", "marked by hand")]
    assert scores(a_class)["ann"]["judgment"] == 4 and done.to_mark == 1
    page = (a_class.path / "feedback" / "ann" / SLUG / f"{SLUG}.html").read_text()
    assert "Which input is the weakest?" in page and "Harm: named" in page and "4 (yours)" in page and "18 of 19" in page
    assert [row["state"] for row in sheet(a_class)] == ["marked", "to mark"]
    rows = read_csv(a_class.path / "grades" / f"{SLUG}.csv")[1]
    assert rows[0][f"{SLUG} (19)"] == "18" and rows[0]["state"] == "handed in"
    with Gradebook(f"sqlite:///{a_class.path / 'gradebook.db'}", course_id="sre-2026") as book:
        assert book.find_comment("judgment-answer", SLUG, SLUG, "ann").comment == "Which input is the weakest?\nHarm: named"


def test_a_mark_that_is_changed_or_taken_back_is_told(a_class: Course) -> None:
    for band in ("4", "2", ""):
        mark(a_class, "ann", band=band)
        graded(a_class)
    assert [change[2:] for change in changes(a_class) if change[1] == "judgment" and change[0] == "ann"][1:] == [
        ("waiting", "4", "marked by hand"), ("4", "2", "marked by hand"), ("2", "waiting", "marked by hand"),
    ]  # fmt: skip


@pytest.mark.parametrize("band", ["6", "-1", "3.5", "good", "4/5", "１０"])
def test_a_band_that_is_none_is_named_and_changes_nothing(a_class: Course, band: str) -> None:
    mark(a_class, "bob", band=band)
    done = graded(a_class)
    assert done.problems == [f"{SLUG}.csv, line 3 (bob): the band “{band}” is not a whole number from 0 to 5."]
    assert scores(a_class)["bob"]["judgment"] is None
    assert sheet(a_class)[1]["band"] == band  # as it was typed
    assert sheet(a_class)[1]["state"] == "to mark"


def test_a_comment_without_a_band_is_told(a_class: Course) -> None:
    mark(a_class, "ann", comment="4")  # the wrong column
    mark(a_class, "bob", Harm="weak")
    assert graded(a_class).without_band == ["line 2 (ann)", "line 3 (bob)"]
    mark(a_class, "ann", band="4")
    assert graded(a_class).without_band == ["line 3 (bob)"]


def test_a_spreadsheet_that_takes_an_id_for_a_number_loses_no_mark(tmp_path: Path, runs: list[str]) -> None:
    course = new_course(tmp_path / "sre-2026", [SLUG], [Student("0012", "Ann Lee", {}), Student("ann", "Bob Ray", {})])
    hand_out(course, SLUG)
    pupils.save(pupils.right(SLUG, released(course), course.code(SLUG)), tmp_path / "in" / "who.ipynb")
    graded(course, tmp_path / "in")
    header, rows = read_csv(course.path / "names.csv")
    write_csv(course.path / "names.csv", header, [rows[0] | {"student": "12"}])
    assert graded(course, tmp_path / "in").collected.new == ["0012"]
    path = course.path / "marking" / f"{SLUG}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0012,", "12,"), encoding="utf-8")
    mark(course, "12", band="4")
    assert graded(course).to_mark == 0 and scores(course)["0012"]["judgment"] == 4
    assert [row["student"] for row in sheet(course)] == ["0012"]
    assert sheet(course)[0]["version"].startswith("v")  # no number to a spreadsheet, whatever follows


def test_a_typed_mark_survives_everything_that_people_do_to_sheets(a_class: Course) -> None:
    path = a_class.path / "marking" / f"{SLUG}.csv"
    mark(a_class, "ann", band="4", comment="- a dash, \"quotes\"\nand a line")
    # Saved with semicolons, in a Windows code page, sorted the other way, with a column of one's own.
    header, rows = read_csv(path)
    lines = [";".join('"' + row.get(name, "mine").replace('"', '""') + '"' for name in [*header, "my notes"]) for row in reversed(rows)]
    path.write_bytes("\r\n".join([";".join([*header, "my notes"]), *lines]).encode("cp1252"))
    graded(a_class)
    kept = sheet(a_class)
    assert [row["student"] for row in kept] == ["bob", "ann"] and {row["my notes"] for row in kept} == {"mine"}
    assert kept[1]["band"] == "4" and kept[1]["comment"] == "- a dash, \"quotes\"\nand a line"
    assert scores(a_class)["ann"]["judgment"] == 4


def test_a_line_that_was_removed_comes_back_with_its_mark(a_class: Course) -> None:
    mark(a_class, "ann", band="4", comment="fine")
    graded(a_class)
    (a_class.path / "marking" / f"{SLUG}.csv").unlink()
    done = graded(a_class)
    assert done.changes == [] and scores(a_class)["ann"]["judgment"] == 4
    assert [(row["student"], row["band"], row["comment"]) for row in sheet(a_class)] == [("ann", "4", "fine"), ("bob", "", "")]


def test_every_earlier_version_of_a_sheet_is_kept(a_class: Course) -> None:
    mark(a_class, "ann", band="4")
    typed = (a_class.path / "marking" / f"{SLUG}.csv").read_bytes()
    graded(a_class)
    kept = [path.read_bytes() for path in (a_class.path / "marking" / "earlier").iterdir()]
    assert typed in kept


def test_a_sheet_that_is_saved_meanwhile_is_not_written_over(a_class: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_class.path / "marking" / f"{SLUG}.csv"
    mark(a_class, "ann", band="4")
    from infrapm.course import grade as module

    def saved_meanwhile(*arguments: object) -> None:
        mark(a_class, "bob", band="1")

    monkeypatch.setattr(module, "run_new", saved_meanwhile)
    with pytest.raises(Stop, match="was saved while this ran"):
        graded(a_class)
    assert {row["student"]: row["band"] for row in read_csv(path)[1]} == {"ann": "4", "bob": "1"}


def test_a_sheet_without_its_columns_stops_the_run(a_class: Course) -> None:
    path = a_class.path / "marking" / f"{SLUG}.csv"
    path.write_text("what,is,this\n1,2,3\n")
    with pytest.raises(Stop, match="lacks the column student and question and band and version. .*earlier"):
        graded(a_class)
    assert path.read_text() == "what,is,this\n1,2,3\n"


def test_a_mark_given_in_nbgrader_stays_until_the_sheet_says_something_new(a_class: Course) -> None:
    def by_hand(cell: str, points: float) -> None:
        with Gradebook(f"sqlite:///{a_class.path / 'gradebook.db'}", course_id="sre-2026") as book:
            book.find_grade(cell, SLUG, SLUG, "ann").manual_score = points
            book.find_comment(cell.replace("check", "answer"), SLUG, SLUG, "ann").manual_comment = f"{points} by hand"
            book.db.commit()

    def said() -> list[str]:
        page = (a_class.path / "feedback" / "ann" / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")
        return [words for words in ("3.5 by hand", "1 by hand", "on the sheet") if words in page]

    by_hand("judgment-answer", 3.5)
    by_hand("spend-check", 1)
    for _ in range(2):
        graded(a_class)
        assert (scores(a_class)["ann"]["judgment"], scores(a_class)["ann"]["spend"]) == (3.5, 1)
        assert said() == ["3.5 by hand", "1 by hand"]
    mark(a_class, "ann", band="5", comment="on the sheet")
    graded(a_class)
    assert (scores(a_class)["ann"]["judgment"], scores(a_class)["ann"]["spend"]) == (5, 1)
    assert said() == ["1 by hand", "on the sheet"]
    assert [change[1:] for change in changes(a_class) if change[0] == "ann"][-3:] == [
        ("spend", "2", "1", "changed in nbgrader's grade book"),
        ("judgment", "waiting", "3.5", "changed in nbgrader's grade book"),
        ("judgment", "3.5", "5", "marked by hand"),
    ]


# --- Handed in again


def test_only_what_changed_runs_again_and_every_version_is_kept(a_class: Course, runs: list[str], hand: Hand) -> None:
    copy, code = released(a_class), a_class.code(SLUG)
    done = graded(a_class, hand(TUESDAY, bob=pupils.right(SLUG, copy, code), dana=pupils.blank(copy)))
    assert (done.ran, len(runs), sorted(done.collected.new)) == (2, 5, ["bob", "dana"])
    assert scores(a_class)["bob"]["month_budget"] == 2 and scores(a_class)["dana"]["month_budget"] == 0
    assert ("bob", "month_budget", "0", "2", "handed in again") in changes(a_class)
    received = sorted((a_class.path / "received" / SLUG / "bob").iterdir())
    assert len(received) == 2 and received[1].read_bytes() == a_class.submission("bob", SLUG).read_bytes()
    assert handed_in(a_class.submission("bob", SLUG)) == datetime.fromtimestamp(TUESDAY, UTC)


def test_a_new_answer_waits_for_a_mark_and_the_old_mark_stays_on_the_sheet(a_class: Course, hand: Hand) -> None:
    copy, code = released(a_class), a_class.code(SLUG)
    mark(a_class, "ann", band="2", comment="no range")
    graded(a_class)
    graded(a_class, hand(TUESDAY, ann=pupils.right(SLUG, copy, code, essay="A better answer. " + pupils.ESSAY)))
    assert scores(a_class)["ann"]["judgment"] is None
    own = [(row["state"], row["band"], row["comment"]) for row in sheet(a_class) if row["student"] == "ann"]
    assert own == [("replaced by a later answer", "2", "no range"), ("to mark", "", "")]
    assert ("ann", "judgment", "2", "waiting", "handed in again") in changes(a_class)
    # The same words again: the mark that they had is theirs.
    graded(a_class, hand(TUESDAY + 60, ann=pupils.right(SLUG, copy, code)))
    assert scores(a_class)["ann"]["judgment"] == 2


def test_an_older_file_does_not_count(a_class: Course, hand: Hand) -> None:
    before = a_class.submission("ann", SLUG).read_bytes()
    done = graded(a_class, hand(MONDAY - 60, ann=pupils.blank(released(a_class))))
    assert done.collected.older == ["ann"] and a_class.submission("ann", SLUG).read_bytes() == before
    assert len(list((a_class.path / "received" / SLUG / "ann").iterdir())) == 2  # kept all the same


def test_points_that_a_later_file_lost_are_told(a_class: Course, hand: Hand) -> None:
    copy, code = released(a_class), a_class.code(SLUG)
    mark(a_class, "ann", band="4")
    mark(a_class, "bob", band="3")
    before = sum(value or 0 for value in (graded(a_class), scores(a_class))[1]["ann"].values())
    rewritten = pupils.right(SLUG, copy, code, essay="Another answer, which waits for a mark.")
    done = graded(a_class, hand(TUESDAY, ann=pupils.blank(copy), bob=rewritten, cem=pupils.partial(SLUG, copy, code, 1)))
    assert done.fallen == {"ann": before, "cem": 2} and graded(a_class).fallen == {}


def test_of_several_files_the_last_counts(course: Course, runs: list[str], tmp_path: Path) -> None:
    copy, code = released(course), course.code(SLUG)
    for number, notebook in ((1, pupils.blank(copy)), (2, pupils.wrong(SLUG, copy)), (10, pupils.right(SLUG, copy, code))):
        os.utime(pupils.save(notebook, tmp_path / "in" / f"leeann_12_{900 + number}_availability-{number}.ipynb"), (MONDAY, MONDAY))
    graded(course, tmp_path / "in")
    assert scores(course)["ann"]["spend"] == 2


# --- What an LMS gives


def test_a_zip_of_a_system_is_taken_in(course: Course, runs: list[str], tmp_path: Path) -> None:
    copy, code = released(course), course.code(SLUG)
    right, blank = nbformat.writes(pupils.right(SLUG, copy, code)), nbformat.writes(pupils.blank(copy))
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("Ann Lee_2_assignsubmission_file_/availability.ipynb", (2026, 9, 14, 10, 0, 0)), right)
        archive.writestr("Bob Ray_3_assignsubmission_file_/work.zip", _zip({"availability/availability.ipynb": blank}))
        archive.writestr("Cem Öz_4_assignsubmission_file_/.ipynb_checkpoints/availability-checkpoint.ipynb", blank)
        archive.writestr("__MACOSX/Cem Öz_4/._availability.ipynb", b"\x00\x05")
        archive.writestr("Dana Van Horn_5_assignsubmission_file_/report.pdf", b"%PDF")
        archive.writestr("Eve Who_6_assignsubmission_file_/availability.ipynb", blank)
    done = graded(course, tmp_path / "submissions.zip")
    assert sorted(done.collected.new) == ["ann", "bob"]
    assert done.collected.unknown == [("Eve Who_6_assignsubmission_file_/availability.ipynb", "no name of the roster is in its path")]
    assert done.collected.others == 1
    assert handed_in(course.submission("ann", SLUG)) == datetime(2026, 9, 14, 10).astimezone(UTC)


def _zip(files: dict[str, str]) -> bytes:
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_a_file_without_a_student_is_mapped_by_hand(course: Course, runs: list[str], hand: Hand) -> None:
    copy, code = released(course), course.code(SLUG)
    folder = hand(homework=pupils.right(SLUG, copy, code))
    assert graded(course, folder).collected.unknown[0][0] == "homework.ipynb"
    header, rows = read_csv(course.path / "names.csv")
    assert [(row["file"], row["chapter"], row["student"]) for row in rows] == [("homework.ipynb", SLUG, "")]
    write_csv(course.path / "names.csv", header, [rows[0] | {"student": "dana"}])
    assert graded(course, folder).collected.new == ["dana"]
    write_csv(course.path / "names.csv", header, [rows[0] | {"student": "nobody"}])
    with pytest.raises(Stop, match="line 2: “nobody” is not in roster.csv"):
        graded(course, folder)


def test_files_of_another_chapter_are_left_alone(course: Course, runs: list[str], hand: Hand) -> None:
    copy, code = released(course), course.code(SLUG)
    other = pupils.blank(copy)
    other.metadata["infrapm"]["chapter"] = "consistency"
    folder = hand(ann=pupils.right(SLUG, copy, code), **{"ann consistency": other})
    done = graded(course, folder)
    assert done.collected.new == ["ann"] and scores(course)["ann"]["spend"] == 2
    assert done.collected.others == 1 and done.collected.instead == {}  # she has handed in this chapter


def test_whoever_handed_in_something_else_is_named_and_gets_no_marks(course: Course, runs: list[str], hand: Hand) -> None:
    other = pupils.blank(released(course))
    other.metadata["infrapm"]["chapter"] = "consistency"
    folder = hand(TUESDAY, bob=other)
    (folder / "cem.ipynb.txt").write_text("{}")
    done = graded(course, folder)
    assert done.collected.instead == {"bob": "bob.ipynb is the notebook of consistency", "cem": "cem.ipynb.txt is no notebook"}
    assert done.collected.new == [] and done.submissions == 0 and done.changes == []
    assert len(list((course.path / "received" / SLUG / "bob").iterdir())) == 1
    # The right one counts, though it is the older file.
    done = graded(course, hand(MONDAY, "again", bob=pupils.right(SLUG, released(course), course.code(SLUG))))
    assert done.collected.new == ["bob"] and scores(course)["bob"]["spend"] == 2
    assert graded(course, folder).collected.instead == {"cem": "cem.ipynb.txt is no notebook"}


# --- Settings


def test_points_that_change_change_the_marks_and_are_told(a_class: Course) -> None:
    path = a_class.path / "points.csv"
    header, rows = read_csv(path)
    write_csv(path, header, [row | {"points": "4"} if row["question"] in ("spend", "judgment") else row for row in rows])
    mark(a_class, "ann", band="5")
    done = graded(a_class)
    assert scores(a_class)["ann"]["spend"] == 4 and scores(a_class)["ann"]["judgment"] == 4
    assert ("ann", "spend", "2", "4", "points or package changed") in changes(a_class)
    assert done.ran == 0


@pytest.mark.parametrize(
    "file, text, message",
    [
        ("points.csv", "chapter,question,points\navailability,spend,many\n", "points.csv, line 2: “many” is not a number"),
        ("points.csv", "chapter,question,points\navailability,spend,-1\n", "points go from 0 to 1000"),
        ("points.csv", "chapter,question,points\navailability,speed,1\n", "line 2: availability has no question “speed”"),
        ("chapters.csv", "chapter,due\navailability,next week\n", "chapters.csv, line 2: “next week” is no date. Write it as 2026-09-14 23:59 or 2026-09-14; a spreadsheet leaves it so when you format the column as text first"),
        ("chapters.csv", "chapter,due\navaliability,\n", "there is no chapter “avaliability”"),
        ("chapters.csv", "slug\navailability\n", "has no column “chapter”"),
        ("chapters.csv", "chapter\n", "The course sre-2026 has no chapter “availability”"),
        ("course.toml", "name = ", "course.toml cannot be read"),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong_gets_a_sentence_and_nothing_changes(a_class: Course, file: str, text: str, message: str) -> None:
    before = scores(a_class)
    original = (a_class.path / file).read_text()
    (a_class.path / file).write_text(text)
    with pytest.raises(Stop, match=re.escape(message)):
        graded(a_class)
    (a_class.path / file).write_text(original)
    assert scores(a_class) == before


def test_late_is_told_and_costs_nothing(a_class: Course, hand: Hand) -> None:
    due = datetime.fromtimestamp(MONDAY + 3600).strftime("%Y-%m-%d %H:%M")
    write_csv(a_class.path / "chapters.csv", ["chapter", "due", "answers_from"], [{"chapter": SLUG, "due": due}])
    copy, code = released(a_class), a_class.code(SLUG)
    graded(a_class, hand(TUESDAY, dana=pupils.partial(SLUG, copy, code, 4)))
    rows = read_csv(a_class.path / "grades" / f"{SLUG}.csv")[1]
    assert [row["state"].split(",")[0] for row in rows] == ["handed in", "handed in", "handed in", "late"]
    assert scores(a_class)["dana"]["spend"] == 2
    with Gradebook(f"sqlite:///{a_class.path / 'gradebook.db'}", course_id="sre-2026") as book:
        assert book.find_submission(SLUG, "dana").total_seconds_late == TUESDAY - MONDAY - 3600
        assert book.find_submission(SLUG, "ann").total_seconds_late == 0


@pytest.mark.parametrize("day, shown", [("2020-01-01", True), ("2999-01-01", False), ("", False)])
def test_the_model_answer_is_shown_from_its_day_on(a_class: Course, day: str, shown: bool) -> None:
    write_csv(a_class.path / "chapters.csv", ["chapter", "due", "answers_from"], [{"chapter": SLUG, "answers_from": day}])
    graded(a_class)
    page = (a_class.path / "feedback" / "ann" / SLUG / f"{SLUG}.html").read_text()
    assert ("A model answer" in page) == shown


# --- Feedback and status


def test_a_notebook_that_cannot_be_graded_gets_one_sentence_and_no_answers(course: Course, runs: list[str], tmp_path: Path) -> None:
    pupils.save(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]), tmp_path / "in" / "ann.ipynb")
    graded(course, tmp_path / "in")
    page = (course.path / "feedback" / "ann" / SLUG / f"{SLUG}.html").read_text()
    assert "could not be graded: this is not the notebook of availability" in page and "hand it in again" in page
    assert "Your answer" not in page and "href" not in page and "0 of 19" in page


def test_feedback_is_one_s_own(a_class: Course) -> None:
    for student, name in (("ann", "Ann Lee"), ("bob", "Bob Ray")):
        page = (a_class.path / "feedback" / student / SLUG / f"{SLUG}.html").read_text()
        assert f"Feedback for {name}" in page
        assert not [other for other in NAMES if other != name and other in page]
        assert 'lang="en"' in page and page.count("<h1>") == 1 and "<caption>" in page and "<script" not in page
    assert "Got it" in (a_class.path / "feedback" / "ann" / SLUG / f"{SLUG}.html").read_text()
    assert "Keep working" in (a_class.path / "feedback" / "bob" / SLUG / f"{SLUG}.html").read_text()


def test_status_tells_how_the_class_stands(a_class: Course) -> None:
    text = status_text(a_class, [SLUG])
    for line in (
        "  handed in: 3 of 4", "  missing: dana", "  waiting for a mark: 2 (marking/availability.csv)",
        "  most missed: ceiling (2 of 3), spend (2 of 3), month_budget (1 of 3)",
    ):  # fmt: skip
        assert line in text.splitlines()
    assert re.search(r"  month_budget +1.33 of 2 +2 right, 1 wrong", text)
    assert re.search(r"  judgment +0.00 of 5 +2 written, 1 unanswered", text)


def test_submissions_that_look_alike_are_named_and_others_are_not(course: Course, runs: list[str], hand: Hand) -> None:
    copy, code = released(course), course.code(SLUG)
    essay = (
        "We should refuse the clause because a single restore takes longer than the month allows, and offer a narrower promise on "
        "authorizations that we can measure ourselves every day of the week."
    )
    done = graded(
        course,
        hand(
            ann=pupils.right(SLUG, copy, code, essay=essay, reason="Since identity fails most of all."),
            bob=pupils.right(SLUG, copy, code, essay=f"In my view: {essay}", reason="Identity is the worst of the row."),
            cem=pupils.right(SLUG, copy, code, essay=pupils.ESSAY.upper(), reason="A token lives longer than its server."),
        ),
    )
    assert done.flagged == 0
    lines = [line.strip() for line in status_text(course, [SLUG]).splitlines() if " and " in line and "%" in line]
    assert [line.split(":")[0] for line in lines] == ["ann and bob"]


def test_a_file_of_another_student_is_named(tmp_path: Path, runs: list[str]) -> None:
    from infrapm.course.handout import class_copy

    course = new_course(tmp_path / "sre-2026", [SLUG], students(*NAMES), seed="other numbers for each")
    hand_out(course, SLUG, per_student=True)
    points = {question.id: question.points for question in questions(SLUG)}
    hers = pupils.right(SLUG, class_copy(SLUG, course.code(SLUG, "ann"), points), course.code(SLUG, "ann"))
    for name in ("ann", "bob"):
        pupils.save(hers, tmp_path / "in" / f"{name}.ipynb")
    graded(course, tmp_path / "in")
    own = scores(course)
    assert own["ann"]["delivered"] == 2 and own["bob"]["delivered"] == 0  # his numbers are others
    assert "    bob: the file was handed out to ann" in status_text(course, [SLUG])


# --- What cannot be done


def test_what_cannot_be_graded_gets_a_sentence(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand: Hand) -> None:
    with pytest.raises(Stop, match="neither a folder nor a zip"):
        graded(course, tmp_path / "nothing")
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(Stop, match="neither a folder nor a zip"):
        graded(course, tmp_path / "a.txt")
    folder = hand(ann=pupils.blank(released(course)))
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(Stop, match="bubblewrap is not installed. Debian and Ubuntu: sudo apt install bubblewrap.*--unsafe"):
        graded(course, folder)
    assert course.submission("ann", SLUG).exists()  # what was handed in is kept
    monkeypatch.setattr(sandbox.platform, "system", lambda: "Darwin")
    with pytest.raises(Stop, match="needs Linux with bubblewrap"):
        graded(course, folder)


def test_one_command_at_a_time(course: Course) -> None:
    with course.alone(), pytest.raises(Stop, match="Another infrapm command is at work"), Course(course.path).alone():
        pass


def test_a_machine_that_fails_costs_nobody_a_mark(course: Course, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, code = released(course), course.code(SLUG)
    monkeypatch.setattr(sandbox, "problem", lambda: "")
    failing = {"on": True}

    def run(slugs: object, job: dict, limits: object, unsafe: bool = False) -> sandbox.Outcome:
        if failing["on"] and any("0.123" in cell["source"] for cell in job["cells"]):
            raise RuntimeError("the sandbox did not start: out of disk")
        return stand_in(slugs, job, limits, unsafe)

    monkeypatch.setattr(sandbox, "run", run)
    marked = pupils.filled(pupils.right(SLUG, copy, code), {"delivered-answer": "delivered = 0.123"})
    done = graded(course, hand(ann=pupils.right(SLUG, copy, code), bob=marked))
    assert done.failed == [("bob", "RuntimeError: the sandbox did not start: out of disk")]
    assert "bob" not in scores(course) and scores(course)["ann"]["spend"] == 2
    failing["on"] = False
    assert graded(course).ran == 1 and scores(course)["bob"]["spend"] == 2
