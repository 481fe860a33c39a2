"""What goes out: everything a student needs, and nothing that is to be found out."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3
from nbgrader.utils import is_grade, is_locked, is_solution

import infrapm
from infrapm.classroom import seed_of
from infrapm.course import handout
from infrapm.course.files import Stop
from infrapm.course.folder import Course, new_course
from infrapm.course.handout import class_copy, hand_out
from infrapm.course.leaks import _NUMBER, SHORTEST, chapter_secrets, expected_values, leaks
from infrapm.course.package import LATER, student_data, student_files
from infrapm.course.questions import chapters, notebooks, questions, source
from infrapm.exercises import chapter
from infrapm.exercises._claims import LEDGER
from infrapm.explore.kernel import prompt_markdown
from tests.course.pupils import NAMES, SLUG, students


def points(slug: str) -> dict[str, float]:
    return {question.id: question.points for question in questions(slug)}


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- The archive


@pytest.mark.parametrize("slug", chapters())
def test_every_chapter_can_be_handed_out(slug: str, tmp_path: Path) -> None:
    course = new_course(tmp_path / "sre-2026", [slug], students(*NAMES))
    made = hand_out(course, slug)
    assert made.archives == (course.path / "handout" / f"{slug}.zip",) and made.secrets > len(questions(slug)) and not made.unchanged
    names = ("README.md", f"infrapm-{infrapm.__version__}-py3-none-any.whl", "requirements.txt", f"{slug}.ipynb")
    assert set(contents(made.archives[0])) == {f"{slug}/{name}" for name in names}
    kinds = {question.kind for question in questions(slug)}
    assert kinds == {"task", "commitment", "judgment"}


@pytest.mark.parametrize("slug", chapters())
def test_no_seed_draws_an_answer_that_every_student_has_anyway(slug: str) -> None:
    """Else the search for leaks would stop an instructor whose course drew that seed."""
    package = Path(infrapm.__file__).parent
    sent = [*(package / "data").glob("*.toml"), *(package / "exercises").glob("*.py"), *(package / "explore").glob("*.py")]
    numbers = {number for file in sent for number in _NUMBER.findall(file.read_bytes())}
    assert not {value: what for value, what in drawn(slug).items() if value in numbers}


def drawn(slug: str) -> dict[bytes, str]:
    """The long answers of a hundred seeds; none where all answers of a chapter are plain, such as 1,500."""
    return {value: what for seed in range(100) for value, what in expected_values(slug, seed).items()}


def test_seeds_draw_answers_that_are_searched_for() -> None:
    assert len(drawn(SLUG)) > 50


def test_the_package_has_what_the_notebook_needs_and_nothing_of_the_instructor(handed_out: Path) -> None:
    files = contents(handed_out / "handout" / f"{SLUG}.zip")
    wheel = zipfile.ZipFile(io.BytesIO(next(data for name, data in files.items() if name.endswith(".whl"))))
    names = wheel.namelist()
    assert f"infrapm/data/{SLUG}.toml" in names and "infrapm/classroom.py" in names and "infrapm/explore/kernel.py" in names
    assert not [name for name in names if re.search(r"course/|site/|lab\.py|serve\.py|\.ipynb|tests|entry_points", name)]
    data = [name for name in names if name.endswith(".toml")]
    chapters_in = {name for name in data if not re.search(r"-[a-z]\.toml$", name)}  # documents of a review apart
    assert chapters_in == {f"infrapm/data/{SLUG}.toml", "infrapm/data/spine.toml"}


def test_the_environment_names_exact_versions_and_the_package(handed_out: Path) -> None:
    text = contents(handed_out / "handout" / f"{SLUG}.zip")[f"{SLUG}/requirements.txt"].decode()
    *lines, last = text.split()
    pinned = dict(line.split("==") for line in (notebooks().parent / "requirements.txt").read_text().split() if "==" in line)
    assert {"jupyterlab", "pandas", "matplotlib", "ipywidgets"} <= {line.split("==")[0] for line in lines}
    assert all(pinned[name] == version for name, version in (line.split("==") for line in lines))
    assert last == f"./infrapm-{infrapm.__version__}-py3-none-any.whl"


def test_the_same_handout_again_is_the_same_to_the_byte(handed_out: Path) -> None:
    course = Course(handed_out)
    before = {path: path.read_bytes() for path in handed_out.rglob("*") if path.is_file() and path.suffix != ".db"}
    assert hand_out(course, SLUG).unchanged
    assert {path: path.read_bytes() for path in before} == before


# --- The notebook


@pytest.mark.parametrize("slug", chapters())
def test_the_numbers_are_the_course_s(slug: str) -> None:
    texts = [class_copy(slug, code, points(slug)) for code in ("AAAA-BBBB-CCCC", "AAAA-BBBB-CCCD")]
    tasks = {question.key for question in questions(slug) if question.kind == "task"}
    for copy, code in zip(texts, ("AAAA-BBBB-CCCC", "AAAA-BBBB-CCCD")):
        nbformat.validate(copy)
        shown = "\n".join(cell.source for cell in copy.cells)
        for task in chapter(slug).TASKS:
            if task.id in tasks:
                assert prompt_markdown(task, seed_of(code)) in shown
                # A prompt may have no numbers of its own: those of a review stand in its document.
                assert prompt_markdown(task, 0) not in shown or prompt_markdown(task, 0) == prompt_markdown(task, seed_of(code))
        for cell in copy.cells:
            assert not re.match(r'document\("\w+"\)$', cell.source)
    assert texts[0] != texts[1]


@pytest.mark.parametrize("slug", chapters())
def test_a_handed_out_notebook_runs_and_says_that_nothing_is_answered(slug: str, tmp_path: Path) -> None:
    copy = class_copy(slug, "AAAA-BBBB-CCCC", points(slug))
    NotebookClient(copy, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    checks = [cell for cell in copy.cells if cell.source.startswith("check(")]
    assert {"".join(output.data["text/plain"] for output in cell.outputs) for cell in checks} == {"Not answered yet."}


@pytest.mark.parametrize("slug", chapters())
def test_nbgrader_reads_its_metadata(slug: str) -> None:
    copy = class_copy(slug, "AAAA-BBBB-CCCC", points(slug))
    MetadataValidatorV3().validate_nb(copy)
    graded = {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points for cell in copy.cells if is_grade(cell)}
    assert graded == {question.graded: question.points for question in questions(slug)}
    assert {cell.id for cell in copy.cells if is_solution(cell)} == {question.cell for question in questions(slug)}
    unlocked = [cell.id for cell in copy.cells if cell.cell_type == "code" and not is_locked(cell) and not is_solution(cell)]
    assert unlocked == []


def test_each_student_has_numbers_of_their_own(tmp_path: Path) -> None:
    course = new_course(tmp_path / "sre-2026", [SLUG], students(*NAMES))
    made = hand_out(course, SLUG, per_student=True)
    assert [path.stem for path in made.archives] == ["ann", "bob", "cem", "dana"]
    codes = set()
    for path in made.archives:
        text = contents(path)[f"{SLUG}/{SLUG}.ipynb"].decode()
        code = json.loads(text)["metadata"]["infrapm"]["numbers"]
        assert code == course.code(SLUG, path.stem) and f'exercises(\\"{SLUG}\\", \\"{code}\\")' in text
        codes.add(code)
    assert len(codes) == 4


def test_the_code_says_nothing_of_the_seed(tmp_path: Path) -> None:
    course = new_course(tmp_path / "a", [SLUG], (), seed="horse battery")
    other = new_course(tmp_path / "b", [SLUG], (), seed="horse batterz")
    assert re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", course.code(SLUG))
    assert course.code(SLUG) != other.code(SLUG) and course.code(SLUG, "ann") != course.code(SLUG, "bob")
    hand_out(course, SLUG)
    for name, data in contents(course.path / "handout" / f"{SLUG}.zip").items():
        assert b"battery" not in data, name


# --- Leaks


SOLUTION = next(line for cell in source(SLUG).cells for line in cell.source.splitlines() if "composite_availability(series=[0.9999]" in line).strip()


def no_answers(name: str, data: bytes) -> list[str]:
    copy = class_copy(SLUG, "AAAA-BBBB-CCCC", points(SLUG))
    return leaks(name, data, chapter_secrets(SLUG, copy), expected_values(SLUG, seed_of("AAAA-BBBB-CCCC")))


@pytest.mark.parametrize("slug", chapters())
def test_every_line_of_a_solution_and_all_that_is_withheld_would_be_found(slug: str) -> None:
    copy = class_copy(slug, "AAAA-BBBB-CCCC", points(slug))
    visible = "\n".join(cell.source for cell in copy.cells)
    secrets = {secret.text for secret in chapter_secrets(slug, copy)}
    inside = False
    for cell in source(slug).cells:
        for line in map(str.strip, cell.source.splitlines()):
            if line == "### END SOLUTION":
                inside = False
            if inside and len(line) >= SHORTEST and line not in visible:
                assert line in secrets
            if line == "### BEGIN SOLUTION":
                inside = True
    from infrapm.exercises._content import content

    words = content(slug)
    for text in (words.judgment.model_answer, *words.judgment.facts, *(option.feedback for q in words.questions for option in q.options)):
        assert [line for line in text.strip().splitlines() if len(line.strip()) >= SHORTEST and line.strip() not in secrets] == []


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


EXPECTED = next(iter(expected_values(SLUG, seed_of("AAAA-BBBB-CCCC"))))


@pytest.mark.parametrize(
    "name, data, place",
    [
        ("README.md", f"Try {SOLUTION}".encode(), "README.md holds solution of the cell ceiling-answer"),
        ("a.json", json.dumps({"x": 'down_min = incidents["down, min"].sum()'}).encode(), "a.json holds solution of the cell delivered-answer"),
        ("a.whl", zipped("infrapm/x.py", SOLUTION.encode()), "a.whl/infrapm/x.py holds solution"),
        ("a.zip", zipped("b.zip", zipped("c.txt", SOLUTION.encode())), "a.zip/b.zip/c.txt holds solution"),
        ("image.png", b"\x89PNG\x00" + SOLUTION.encode() + b"\xff", "image.png holds solution"),
        ("a.py", b"### BEGIN HIDDEN TESTS\nassert x\n### END HIDDEN TESTS", "a.py holds the mark BEGIN HIDDEN TESTS"),
        ("a.py", b"### END SOLUTION", "a.py holds the mark END SOLUTION"),
        ("a.json", b'{"v": ' + EXPECTED + b"}", "a.json holds the expected answer of"),
    ],
)  # fmt: skip
def test_a_leak_is_found_and_its_place_told(name: str, data: bytes, place: str) -> None:
    assert any(text.startswith(place) for text in no_answers(name, data))


@pytest.mark.parametrize("text", ["An SLA says what the provider pays below 99.9%, not how often it falls there.", "Three missed months cost 75,000 USD in credits."])
def test_withheld_words_are_found_with_their_numbers_filled_in(text: str) -> None:
    assert no_answers("a.txt", text.encode())


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda cell: cell.update(outputs=[{"output_type": "stream", "name": "stdout", "text": "7"}]), "has a stored output"),
        (lambda cell: cell["metadata"].update(expected=11), "has expected"),
        (lambda cell: cell["metadata"]["nbgrader"].update(checksum="x", answer="third"), "has answer, checksum"),
        (lambda cell: cell.update(attachments={"a": "b"}), "has attachments"),
    ],
)
def test_a_notebook_holds_nothing_but_its_cells(change, told: str) -> None:
    notebook = json.loads(nbformat.writes(class_copy(SLUG, "AAAA-BBBB-CCCC", points(SLUG))))
    assert no_answers("a.ipynb", json.dumps(notebook).encode()) == []
    change(next(cell for cell in notebook["cells"] if cell["id"] == "spend-answer"))
    assert told in no_answers("a.ipynb", json.dumps(notebook).encode())[0]


def test_a_leak_stops_the_handout_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = new_course(tmp_path / "sre-2026", [SLUG], students(*NAMES))
    before = sorted(path for path in course.path.rglob("*"))
    monkeypatch.setattr(handout, "requirements", lambda wheel: f"# {SOLUTION}\n./{wheel}\n")
    with pytest.raises(Stop, match=f"Nothing was written.*{SLUG}/requirements.txt holds solution of the cell"):
        hand_out(course, SLUG)
    assert sorted(path for path in course.path.rglob("*")) == before


def test_the_students_data_has_no_answers_and_still_works(tmp_path: Path) -> None:
    text = student_data(SLUG)
    assert LATER in text
    from infrapm.course.package import write_files

    write_files(student_files([SLUG]), tmp_path)
    program = (
        f"from infrapm.exercises._content import content; c = content({SLUG!r}); print(c.judgment.model_answer, len(c.questions), c.decision.right)\n"
        f"from infrapm.exercises.{SLUG} import judge, decide, predict; print(judge(answer='We refuse.', own_band=2)); print(judge(anchors=[2, 3, 5]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.stderr == "" and done.stdout.startswith(f"{LATER} 0 cache")
    assert "The authors: band" in done.stdout and done.stdout.count(LATER) == 3


def test_every_file_of_the_students_package_is_read_once_and_the_ledger_is_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    whole = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: (read.append(path), whole(path))[1])
    files = student_files([SLUG])
    assert files[f"infrapm/data/{LEDGER.name}"] == whole(LEDGER)
    assert len(read) == len(set(read))


# --- Handed out before


def test_numbers_that_students_work_with_are_not_changed_by_a_slip(course: Course) -> None:
    before = (course.path / "release" / SLUG / "release.json").read_bytes()
    with pytest.raises(Stop, match="handed out before, and what would go out now differs \\(per_student\\)"):
        hand_out(course, SLUG, per_student=True)
    assert (course.path / "release" / SLUG / "release.json").read_bytes() == before
    assert not hand_out(course, SLUG, per_student=True, again=True).unchanged
    assert json.loads((course.path / "release" / SLUG / "release.json").read_text())["per_student"]


def test_per_student_needs_students(tmp_path: Path) -> None:
    course = new_course(tmp_path / "empty", [SLUG], ())
    with pytest.raises(Stop, match="The roster is empty"):
        hand_out(course, SLUG, per_student=True)
