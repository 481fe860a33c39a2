"""What is told before the build: each slip in one line, with the file to mend and its line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infrapm.site import precheck
from infrapm.site.chapters import ROOT

AVAILABILITY = (ROOT / "infrapm" / "data" / "availability.toml").read_text(encoding="utf-8")


def line(text: str, part: str) -> int:
    """The line of the first *part* in a text."""
    return text[: text.index(part)].count("\n") + 1


def test_the_chapters_of_this_book_have_nothing_to_mend() -> None:
    done = subprocess.run([sys.executable, "-m", "infrapm.site.precheck"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_chapter_that_is_an_entry_alone_is_told_its_files_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text('parts: [{caption: "Part I", chapters: [{file: book/no-such}]}]')
    told = precheck.problems(tmp_path)
    assert told[0] == "_toc.yml: the chapter 'no-such' lacks book/no-such.md (the page)"
    assert told[-1] == "_toc.yml: the chapter 'no-such' lacks docs/coverage-no-such.md (where the chapter has each of its items of tests/fixtures/coverage.csv)"
    assert all(each.startswith("_toc.yml: the chapter 'no-such' lacks ") for each in told) and len(told) == 7


@pytest.fixture
def one_chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book of the chapter availability alone, whose data file may be changed; no other file is looked for."""
    (tmp_path / "_toc.yml").write_text('parts: [{caption: "Part I", chapters: [{file: book/availability}]}]')
    (tmp_path / "infrapm" / "data").mkdir(parents=True)
    shutil.copy(ROOT / "infrapm" / "data" / "availability.toml", tmp_path / "infrapm" / "data")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    monkeypatch.setattr(precheck, "missing_parts", lambda slug, root: [])
    return tmp_path


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('misconception = "M1"', 'misconception = "M9"', "'M9' is not in [misconceptions]"),
        ('explorer = "stack"', 'explorer = "stacks"', "there is no explorer 'stacks' (nines, crews, shared, stack)"),
        ("{calc}`25 * 60 /", "{calc}`error_budget(0.999, 1, 0) /",
         "cannot compute 'error_budget(0.999, 1, 0) / allowed_downtime(0.99999, \"month\").downtime_s:.0f': "
         "NameError: name 'error_budget' is not defined; it may be slo.error_budget"),
        ("so I trust it least", "so I trust it {calc}`no_such(1)`", "cannot compute 'no_such(1)': NameError: name 'no_such' is not defined"),
    ],
    ids=["misconception", "explorer", "other chapter's model", "inside a long text"],
)  # fmt: skip
def test_a_slip_in_a_data_file_is_told_with_its_line(one_chapter: Path, old: str, new: str, said: str) -> None:
    assert precheck.problems(one_chapter) == []
    (one_chapter / "infrapm" / "data" / "availability.toml").write_text(AVAILABILITY.replace(old, new, 1))
    assert precheck.problems(one_chapter) == [f"infrapm/data/availability.toml:{line(AVAILABILITY, old)}: {said}"]


def test_a_notebook_that_was_not_run_is_told_with_what_to_do(one_chapter: Path) -> None:
    file = one_chapter / "notebooks" / "availability.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["execution_count"] = None
    file.write_text(json.dumps(notebook), encoding="utf-8")
    assert precheck.problems(one_chapter) == ["notebooks/availability.ipynb: not all cells were run: make outputs CHAPTER=availability"]
    file.write_text('{\n"cells": [}', encoding="utf-8")
    assert precheck.problems(one_chapter) == ["notebooks/availability.ipynb:2: Expecting value"]


def test_a_circle_of_needs_is_told(one_chapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precheck, "needs_problems", lambda needs: [f"a circle of {', '.join(needs)}"])
    assert precheck.problems(one_chapter) == ["infrapm/data: a circle of availability"]


@pytest.mark.parametrize(
    "code, said",
    [
        ("EXPLORERS = ()\nTASKS = (LEFT,)\n", ":2: NameError: name 'LEFT' is not defined"),
        ("EXPLORERS = (\n", ":1: '(' was never closed"),
        ("\nfrom infrapm.explore.explorer import Table\nTable(('',), ())\n", ":3: ValueError: header has no words for a column: ('',)"),
        ("import no_such\n", ":1: ModuleNotFoundError: No module named 'no_such'"),
        ("TASKS = ()\n", ": EXPLORERS is missing, a tuple of all that stand in the module"),
    ],
)
def test_exercises_that_cannot_be_imported_are_told_with_their_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str) -> None:
    folder = tmp_path / "infrapm" / "exercises"
    folder.mkdir(parents=True)
    (folder / "made_up.py").write_text(code)
    monkeypatch.setattr(precheck, "ROOT", tmp_path)
    monkeypatch.setattr("infrapm.exercises.__path__", [str(folder)])
    monkeypatch.delitem(sys.modules, "infrapm.exercises.made_up", raising=False)
    assert precheck.module_problems("made-up") == [f"infrapm/exercises/made_up.py{said}"]


def test_what_is_found_ends_the_build_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precheck, "problems", lambda: ["one", "two"])
    with pytest.raises(SystemExit, match="^one\ntwo\nThe book was not built: mend these 2 first.$"):
        precheck.main()
