"""The command `infrapm`: plain sentences, exit codes, no tracebacks."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from infrapm.course import sandbox
from infrapm.course.cli import main
from infrapm.course.files import read_csv
from infrapm.course.folder import Course, new_course
from infrapm.site.chapters import ROOT
from tests.course import pupils
from tests.course.pupils import SLUG, released, stand_in


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and the stand-in for the sandbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sandbox, "run", stand_in)
    monkeypatch.setattr(sandbox, "problem", lambda: "")
    (tmp_path / "students.csv").write_text("student,name\nann,Ann Lee\nbob,Bob Ray\n")
    return tmp_path


def run(*words: str) -> int:
    return main(words)


def test_a_course_from_start_to_marks(here: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("course", "new", "sre-2026", "--roster", "students.csv", "--chapters", SLUG) == 0
    assert "The course sre-2026 is in courses/sre-2026, with 2 students and the chapters availability." in capsys.readouterr().out
    assert (here / "courses/sre-2026/.gitignore").read_text().splitlines()[-1] == "*"
    assert run("handout", SLUG, "--course", "sre-2026") == 0
    assert re.search(r"availability\.zip: \d+ secrets looked for in 4 files, none found", capsys.readouterr().out)
    course = Course(here / "courses" / "sre-2026")
    pupils.save(pupils.right(SLUG, released(course), course.code(SLUG)), here / "in" / "ann.ipynb")
    pupils.save(pupils.blank(released(course)), here / "in" / "who.ipynb")
    assert run("grade", SLUG, "--course", "sre-2026", "--from", "in") == 3
    said = capsys.readouterr().out
    for sentence in (
        "1 new or changed, 0 as before.", "Whose file is this?", "who.ipynb: no name of the roster", "1 submissions, 1 of them run now, 11 marks changed.",
        "1 answers wait for a mark: fill the column band in courses/sre-2026/marking/availability.csv",
    ):  # fmt: skip
        assert sentence in said
    assert run("grade", SLUG, "--course", "courses/sre-2026") == 0
    capsys.readouterr()
    (here / "in" / "bob.html").touch()
    pupils.save(pupils.blank(released(course)), here / "in" / "ann.ipynb")
    run("grade", SLUG, "--course", "sre-2026", "--from", "in")
    said = capsys.readouterr().out
    assert "Nothing of availability, but another file:\n  bob: bob.html is no notebook\n" in said
    assert "the earlier ones are in courses/sre-2026/received/availability: ann (-14)." in said
    assert run("course", "status", "--course", "sre-2026") == 0
    assert "handed in: 1 of 2" in capsys.readouterr().out
    assert len(read_csv(here / "courses/sre-2026/grades/availability.csv")[1]) == 2


def test_the_roster_is_read_again(here: Path, capsys: pytest.CaptureFixture) -> None:
    run("course", "new", "sre-2026", "--roster", "students.csv", "--chapters", SLUG)
    (here / "students.csv").write_text("student,name,section\nbob,Bob B. Ray,2\ncem,Cem Öz,1\n", encoding="utf-8")
    assert run("course", "roster", "students.csv", "--course", "sre-2026") == 0
    said = capsys.readouterr().out
    assert "1 added, 1 there already." in said and "Not in the new list, and kept: ann." in said
    assert [(s.id, s.name) for s in Course(here / "courses/sre-2026").students] == [("ann", "Ann Lee"), ("bob", "Bob B. Ray"), ("cem", "Cem Öz")]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a course that is good, a place that is taken, and a list that is no class."""
    here = tmp_path_factory.mktemp("here")
    new_course(here / "courses" / "good", [SLUG], pupils.students("Ann Lee"))
    (here / "courses/there").mkdir(parents=True)
    (here / "courses/there/mine.txt").touch()
    (here / "bad.csv").write_text("name\nAnn\n")
    return here


@pytest.mark.parametrize(
    "words, message",
    [
        (("course", "new", "sre 2026"), "“sre 2026” cannot name a course"),
        (("course", "new", "sre-2026", "--chapters", "avaliability"), "There is no chapter “avaliability”. There are: "),
        (("course", "new", "sre-2026", "--roster", "nobody.csv"), "nobody.csv cannot be read: No such file"),
        (("course", "new", "there"), "courses/there is there already. Nothing was changed."),
        (("course", "status", "--course", "none"), "There is no course in courses/none. Make one: infrapm course new NAME."),
        (("course", "status", "--course", "good", "economy"), "The course good has no chapter “economy”"),
        (("handout", "economy", "--course", "good"), "The course good has no chapter “economy”. It has: availability."),
        (("grade", SLUG, "--course", "good"), "availability was not handed out yet: infrapm handout availability --course good."),
        (("course", "roster", "bad.csv", "--course", "good"), "has no column that tells the students apart"),
    ],
)
def test_what_cannot_be_done_gets_a_sentence(
    good: Path, words: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(good)
    assert run(*words) == 1
    told = capsys.readouterr()
    assert told.err.startswith("infrapm: ") and message in told.err and "Traceback" not in told.err


@pytest.mark.parametrize("words", [(), ("grade",), ("course",), ("grade", SLUG, "--course", "x", "--workers", "0"), ("hand-out",)])
def test_a_command_that_is_not_understood_is_told_how(words: tuple[str, ...], capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*words)
    assert stopped.value.code == 2 and "usage: infrapm" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("course",), ("course", "new"), ("course", "roster"), ("course", "status"), ("handout",), ("grade",)])
def test_every_command_explains_itself(words: tuple[str, ...], capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*words, "--help")
    text = capsys.readouterr().out
    assert stopped.value.code == 0 and "usage: infrapm" in text and "help" in text
    if words in ((), ("grade",)):
        assert "exit codes:" in text and re.search(r"^  3  ", text, re.M)


def test_the_commands_are_installed_under_that_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"infrapm": "infrapm.course.cli:main"}
    assert project["tool"]["setuptools"]["data-files"] ["share/infrapm/notebooks"] == ["notebooks/*.ipynb"]


def test_a_package_that_is_missing_gets_a_sentence(tmp_path: Path) -> None:
    blocked = "import sys; sys.modules['nbformat'] = None; from infrapm.course.cli import main; sys.exit(main(['course', 'new', 'x']))"
    done = subprocess.run([sys.executable, "-c", blocked], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == "infrapm: the package nbformat is missing. The commands for a class need all of requirements.txt.\n"


def test_the_unsafe_way_says_what_it_risks(here: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    run("course", "new", "good", "--roster", "students.csv", "--chapters", SLUG)
    run("handout", SLUG, "--course", "good")
    assert run("grade", SLUG, "--course", "good", "--unsafe") == 0
    assert "Without a sandbox: what students wrote can read and change all that you can" in capsys.readouterr().err
