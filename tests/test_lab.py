"""Learner copies: nothing of a solution in them, nothing of a learner's lost, and they run."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from infrapm import lab

SOURCES = sorted((lab.ROOT / "notebooks").glob("*.ipynb"))
QUESTION = {"text/plain": "<Markdown>", "text/markdown": "**How much?**"}


def small_source(solution: str = "answer = 42\n") -> NotebookNode:
    """A notebook with one question, one answer with its solution, and one check."""
    solved = f"answer = None\n### BEGIN SOLUTION\n{solution}### END SOLUTION\nprint(answer)"
    asked = new_code_cell('ask("much")', execution_count=1, outputs=[new_output("display_data", QUESTION)])
    answered = new_code_cell(solved, execution_count=2, outputs=[new_output("stream", text="42\n")])
    return new_notebook(cells=[new_markdown_cell("# Small"), asked, answered, new_code_cell('check("much", answer)')])


def solution_lines(notebook: NotebookNode) -> list[str]:
    """Every line between the marks of a solution."""
    lines, inside = [], False
    for cell in notebook.cells:
        for line in cell.source.splitlines():
            if line.strip() == "### END SOLUTION":
                inside = False
            if inside and line.strip():
                lines.append(line.strip())
            if line.strip() == "### BEGIN SOLUTION":
                inside = True
    assert not inside
    return lines


# --- The copy


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_nothing_of_a_solution_is_in_a_learner_s_copy(source: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(source, as_version=4)
    lab.write_copies(source.parent, tmp_path)
    copy = (tmp_path / source.name).read_text(encoding="utf-8")
    solutions = solution_lines(notebook)
    assert len(solutions) >= 3
    for line in [*solutions, "SOLUTION"]:
        assert json.dumps(line)[1:-1] not in copy, line
    # A chart or an answer may be stored as an output, and hold as much as the lines.
    assert '"outputs": []' in copy and not re.search(r'"outputs": \[\s*{', copy)
    assert "Got it" not in copy and "image/png" not in copy


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_question_is_text_and_everything_else_stays(source: Path) -> None:
    notebook = nbformat.read(source, as_version=4)
    copy = lab.learner_copy(notebook)
    nbformat.validate(copy)
    assert [cell.id for cell in copy.cells] == [cell.id for cell in notebook.cells]
    for before, after in zip(notebook.cells, copy.cells):
        if re.fullmatch(r"(ask|predict)\(\"[\w-]+\"\)|(decide|judge)\(\)", before.source):
            assert after.cell_type == "markdown"
            assert "**" in after.source and ("*Answer: " in after.source or "ask(" not in before.source)
        else:
            kept = [line for line in before.source.splitlines() if line in after.source.splitlines()]
            assert after.cell_type == before.cell_type
            assert "\n".join(kept) == after.source and ("SOLUTION" in before.source or after.source == before.source)
    answers = [cell.source for cell in copy.cells if cell.source.endswith(" = None")]
    checks = [cell.source for cell in copy.cells if cell.source.startswith("check(")]
    assert len(answers) == len(checks) >= 3, "every check has its answer to write"


def test_the_source_is_left_as_it_is() -> None:
    source = small_source()
    before = nbformat.writes(source)
    copy = lab.learner_copy(source)
    assert [cell.source for cell in copy.cells] == [
        "# Small", "**How much?**", "answer = None\nprint(answer)", 'check("much", answer)',
    ]  # fmt: skip
    assert nbformat.writes(source) == before


@pytest.mark.parametrize(
    "cell, message",
    [
        ("### BEGIN SOLUTION\nanswer = 42", "cell 1: a solution is opened or closed without the other mark"),
        ("answer = 42\n### END SOLUTION", "cell 1: a solution is opened or closed without the other mark"),
        ("### END SOLUTION\nanswer = 42\n### BEGIN SOLUTION", "cell 1: a solution is opened or closed"),
        ("### BEGIN SOLUTION\n1\n### BEGIN SOLUTION\n2\n### END SOLUTION\n3\n### END SOLUTION", "cell 1: a solution is"),
        ("### BEGIN SOLUTION and more\nanswer = 42\n### END SOLUTION", "cell 1: a solution is opened or closed"),
        ("###BEGIN SOLUTION\nanswer = 42\n###END SOLUTION", "cell 1: a solution is opened or closed"),
        ("### Begin solution\nanswer = 42\n### End solution", "cell 1: a solution is opened or closed"),
        ('ask("much")', 'cell 1: ask("much") has no stored output; run `make outputs`'),
    ],
)
def test_a_source_that_might_give_a_solution_away_is_refused(cell: str, message: str, tmp_path: Path) -> None:
    source = new_notebook(cells=[new_code_cell(cell)])
    with pytest.raises(ValueError, match=re.escape(message)):
        lab.learner_copy(source)
    (tmp_path / "sources").mkdir()
    nbformat.write(source, tmp_path / "sources" / "chapter.ipynb")
    with pytest.raises(ValueError):
        lab.write_copies(tmp_path / "sources", tmp_path / "lab")
    assert list((tmp_path / "lab").iterdir()) == []


@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_solutions_of_any_indent_and_number_go(indent: str) -> None:
    region = f"{indent}### BEGIN SOLUTION\n{indent}secret = 1\n{indent}### END SOLUTION"
    copy = lab.learner_copy(new_notebook(cells=[new_code_cell(f"def f():\n{region}\n    return 0\n{region}")]))
    assert copy.cells[0].source == "def f():\n    return 0"


# --- The folder


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(small_source(), folder / "small.ipynb")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lab"


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Name, bytes and time of change of every file."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.iterdir())}


def test_a_second_run_touches_nothing(sources: Path, folder: Path) -> None:
    assert [path.name for path in lab.write_copies(sources, folder)] == ["small.ipynb"]
    copy = folder / "small.ipynb"
    edited = nbformat.read(copy, as_version=4)
    edited.cells[2].source = "answer = 41  # my own"
    nbformat.write(edited, copy)
    (folder / "my notes.txt").write_text("mine")
    os.utime(copy, ns=(10**18, 10**18))
    before = files(folder)
    assert lab.write_copies(sources, folder) == []
    assert files(folder) == before


def test_a_changed_exercise_gets_a_name_of_its_own(sources: Path, folder: Path) -> None:
    lab.write_copies(sources, folder)
    first = files(folder)
    for number in (2, 3):
        source = small_source()
        source.cells[0].source = f"# Small, edition {number}"
        nbformat.write(source, sources / "small.ipynb")
        assert [path.name for path in lab.write_copies(sources, folder)] == [f"small-{number}.ipynb"]
        assert lab.write_copies(sources, folder) == []
    assert sorted(files(folder)) == ["small-2.ipynb", "small-3.ipynb", "small.ipynb"]
    assert files(folder)["small.ipynb"] == first["small.ipynb"]
    assert "edition 3" in (folder / "small-3.ipynb").read_text()


def rerun(source: NotebookNode) -> None:
    for cell in source.cells:
        if cell.cell_type == "code":
            cell.metadata["execution"] = {"iopub.status.busy": "2030-01-01T00:00:00Z"}
            cell.execution_count = 99
    source.metadata["language_info"] = {"name": "python", "version": "3.14.1"}


def another_solution(source: NotebookNode) -> None:
    source.cells[2].source = source.cells[2].source.replace("answer = 42", "answer = 6 * 7")


@pytest.mark.parametrize("change", [rerun, another_solution])
def test_what_a_learner_cannot_see_is_no_new_exercise(
    change: Callable[[NotebookNode], None], sources: Path, folder: Path
) -> None:
    lab.write_copies(sources, folder)
    before, source = files(folder), small_source()
    change(source)
    nbformat.write(source, sources / "small.ipynb")
    assert lab.write_copies(sources, folder) == []
    assert files(folder) == before


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"\x00\xff\xfe", b"{", b"[]", b"3", b"null", b"{}", b'{"nbformat": 99}', b'{"nbformat": 4, "cells": 7}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {"infrapm": "x"}, "cells": []}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 4}',
    ],
)  # fmt: skip
def test_a_damaged_copy_is_left_alone(damage: bytes, sources: Path, folder: Path) -> None:
    lab.write_copies(sources, folder)
    (folder / "small.ipynb").write_bytes(damage)
    before = files(folder)
    assert [path.name for path in lab.write_copies(sources, folder)] == ["small-2.ipynb"]
    assert files(folder)["small.ipynb"] == before["small.ipynb"]
    assert lab.write_copies(sources, folder) == []


def test_a_folder_of_that_name_is_left_alone(sources: Path, folder: Path) -> None:
    (folder / "small.ipynb").mkdir(parents=True)
    assert [path.name for path in lab.write_copies(sources, folder)] == ["small-2.ipynb"]


def test_the_command_says_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, "argv", ["lab", "--no-open", "--folder", str(tmp_path)])
    new = "".join(f"New: {source.name}\n" for source in SOURCES)
    for said in (new, ""):
        assert lab.main() == 0
        left = f"Your notebooks are in {tmp_path}. What is there already was left as it is.\n"
        assert capsys.readouterr().out == said + left


# --- The copy at work


@pytest.fixture(scope="module", params=SOURCES, ids=lambda path: path.stem)
def worked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """A learner's copy, run from the top as it was handed out."""
    folder = tmp_path_factory.mktemp("lab")
    lab.write_copies(request.param.parent, folder)
    copy = nbformat.read(folder / request.param.name, as_version=4)
    NotebookClient(copy, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()  # raises at an error
    return copy


def told(cell: NotebookNode) -> str:
    return "".join(output.data["text/plain"] for output in cell.outputs if "data" in output)


def test_a_fresh_copy_runs_and_says_that_nothing_is_answered(worked: NotebookNode) -> None:
    checks = [cell for cell in worked.cells if cell.source.startswith("check(")]
    assert len(checks) >= 3
    assert {told(cell) for cell in checks} == {"Not answered yet."}


def test_a_fresh_copy_says_nothing_on_the_side(worked: NotebookNode) -> None:
    streams = [output.text for cell in worked.cells for output in cell.get("outputs", ()) if output.output_type == "stream"]
    assert streams == []


def test_a_fresh_copy_shows_its_explorers(worked: NotebookNode) -> None:
    shows = [cell for cell in worked.cells if cell.source.startswith("show(")]
    assert shows
    for cell in shows:
        assert "application/vnd.jupyter.widget-view+json" in cell.outputs[0].data
        assert len(told(cell).splitlines()) > 3
