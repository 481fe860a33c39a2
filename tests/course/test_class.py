"""From end to end: a class of many kinds, graded by the command of a wheel that is installed in a fresh environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest

from infrapm.course.files import read_csv, write_csv
from infrapm.course.folder import Course
from infrapm.course.questions import questions
from infrapm.site.chapters import ROOT
from tests.course import pupils
from tests.course.pupils import HOSTILE, SLUG, needs_sandbox, released

pytestmark = needs_sandbox

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@dataclass(frozen=True)
class Installed:
    """An environment with infrapm installed, and a folder to work in."""

    venv: Path
    here: Path

    def run(self, *words: str, code: int = 0) -> str:
        """Run the command `infrapm`; returns what it said."""
        done = subprocess.run([self.venv / "bin" / "infrapm", *words], cwd=self.here, env=CLEAN, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    @property
    def course(self) -> Course:
        return Course(self.here / "courses" / "sre-2026")


def environment(folder: Path, wheel: Path) -> Path:
    """A fresh virtual environment with a wheel, which borrows all other packages from this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    install = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", wheel]
    subprocess.run(install, check=True, env=CLEAN, stderr=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    work = tmp_path_factory.mktemp("installed")
    source = work / "source"
    for part in ("infrapm", "notebooks"):
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, source)
    build = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, work], cwd=source, env=CLEAN, check=True, capture_output=True)
    (wheel,) = work.glob("*.whl")
    venv = environment(work / "venv", wheel)
    (work / "here").mkdir()
    return Installed(venv, work / "here")


def test_a_class_from_hand_out_to_marks(installed: Installed) -> None:
    where = subprocess.run(
        [installed.venv / "bin" / "python", "-c", "import infrapm.course.questions as q; print(q.__file__, q.notebooks())"],
        cwd=installed.here, env=CLEAN, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert all(Path(place).is_relative_to(installed.venv) for place in where)

    kinds = ["right", "wrong", "partial", "blank", "late", "spy", "patcher", "quitter", "absent"]
    (installed.here / "list.csv").write_text("Username;First name;Last name\n" + "".join(f"{kind};{kind.title()};Student\n" for kind in kinds))
    installed.run("course", "new", "sre-2026", "--roster", "list.csv", "--chapters", SLUG)
    now = datetime.now()
    header, rows = read_csv(installed.course.path / "chapters.csv")
    write_csv(installed.course.path / "chapters.csv", header, [rows[0] | {"due": f"{now - timedelta(days=2):%Y-%m-%d %H:%M}"}])
    installed.run("handout", SLUG, "--course", "sre-2026", "--per-student")

    downloads = installed.here / "downloads"
    for kind in kinds[:-1]:
        with zipfile.ZipFile(installed.course.path / "handout" / SLUG / f"{kind}.zip") as archive:
            copy = nbformat.reads(archive.read(f"{SLUG}/{SLUG}.ipynb").decode(), as_version=4)
        code = installed.course.code(SLUG, kind)
        spied = [str(installed.venv / "share"), str(installed.venv / "lib"), str(installed.here)]
        notebook = {
            "right": lambda copy, code: pupils.right(SLUG, copy, code),
            "late": lambda copy, code: pupils.right(SLUG, copy, code),
            "wrong": lambda copy, code: pupils.wrong(SLUG, copy),
            "partial": lambda copy, code: pupils.partial(SLUG, copy, code, 3),
            "blank": lambda copy, code: copy,
            "spy": lambda copy, code: pupils.with_code(
                pupils.partial(SLUG, copy, code, 1),
                f"import os\nloot = [n for p in {spied!r} for f, _, names in os.walk(p) for n in names if 'BEGIN' in n or n.endswith('.ipynb')"
                " or 'infrapm/course' in f]\nprint('LOOT', loot)",
            ),
            "patcher": lambda copy, code: pupils.with_code(pupils.wrong(SLUG, copy), HOSTILE["patched-builtins"]),
            "quitter": lambda copy, code: pupils.with_code(pupils.right(SLUG, copy, code), HOSTILE["exit"], at=[cell.id for cell in copy.cells].index("judgment-head")),
        }[kind](copy, code)
        path = pupils.save(notebook, downloads / f"Student{kind}_4711{kinds.index(kind)}_assignsubmission_file_{SLUG}.ipynb")
        at = now - timedelta(days=1 if kind == "late" else 3)
        os.utime(path, (at.timestamp(), at.timestamp()))

    said = installed.run("grade", SLUG, "--course", "sre-2026", "--from", "downloads")
    assert "8 new or changed" in said and "8 submissions, 8 of them run now" in said

    full, tasks = {q.id: q.points for q in questions(SLUG)}, [q.id for q in questions(SLUG) if q.kind == "task"]
    automatic = sum(points for id, points in full.items() if id != "judgment")
    column = f"{SLUG} (19)"

    def marks() -> dict[str, tuple[str, str]]:
        return {row["student"]: (row["state"], row[column]) for row in read_csv(installed.course.path / "grades" / f"{SLUG}.csv")[1]}

    waits = "waiting for a mark"
    assert marks() == {
        "right": (f"handed in, {waits}", ""), "wrong": (f"handed in, {waits}", ""), "partial": ("handed in", "6"), "blank": ("handed in", "0"),
        "late": (f"late, {waits}", ""), "spy": ("handed in", "2"), "patcher": (f"handed in, {waits}", ""),
        # The cell that quits stands below the tasks: what was answered above it counts.
        "quitter": ("handed in", f"{4 + 2 * len(tasks):g}"), "absent": ("missing", ""),
    }  # fmt: skip

    sheet = installed.course.path / "marking" / f"{SLUG}.csv"
    header, rows = read_csv(sheet)
    assert sorted(row["student"] for row in rows) == ["late", "patcher", "right", "wrong"]
    write_csv(sheet, header, [row | {"band": "5" if row["student"] == "right" else "3", "comment": f"for {row['student']}"} for row in rows])
    said = installed.run("grade", SLUG, "--course", "sre-2026")
    assert "0 of them run now, 4 marks changed" in said
    commitments = automatic - 2 * len(tasks)
    totals = {student: total for student, (_, total) in marks().items()}
    assert totals == {
        "right": f"{automatic + 5:g}", "late": f"{automatic + 3:g}", "wrong": f"{commitments + 3:g}", "patcher": f"{commitments + 3:g}",
        "partial": "6", "blank": "0", "spy": "2", "quitter": f"{4 + 2 * len(tasks):g}", "absent": "",
    }  # fmt: skip

    status = installed.run("course", "status", "--course", "sre-2026")
    assert "handed in: 8 of 9" in status and "missing: absent" in status
    assert "patcher: built-in functions were replaced: abs" in status and "quitter: the run broke off" in status
    page = (installed.course.path / "feedback" / "right" / SLUG / f"{SLUG}.html").read_text()
    assert "for right" in page and "19 of 19" in page
    record = (installed.course.path / "work" / "runs" / SLUG / "spy.json").read_text()
    assert "LOOT []" in record  # neither the notebooks with their solutions nor the instructor's part


def test_what_a_student_gets_can_be_installed_and_works(installed: Installed, tmp_path: Path) -> None:
    if not (installed.here / "courses" / "free").exists():
        installed.run("course", "new", "free", "--chapters", SLUG)
        installed.run("handout", SLUG, "--course", "free")
    with zipfile.ZipFile(installed.here / "courses" / "free" / "handout" / f"{SLUG}.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / SLUG
    (wheel,) = folder.glob("*.whl")
    venv = environment(tmp_path / "venv", wheel)
    course = Course(installed.here / "courses" / "free")
    pupils.save(pupils.right(SLUG, released(course), course.code(SLUG)), folder / f"{SLUG}.ipynb")
    execute = [venv / "bin" / "python", "-m", "nbconvert", "--to", "notebook", "--execute", "--stdout", f"{SLUG}.ipynb"]
    done = subprocess.run(execute, cwd=folder, env=CLEAN, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    notebook = nbformat.reads(done.stdout, as_version=4)
    told = ["".join(o.data["text/plain"] for o in cell.outputs) for cell in notebook.cells if cell.source.startswith("check(")]
    assert len(told) == 4 and all(text.startswith("Got it.") for text in told)
    gone = subprocess.run([venv / "bin" / "python", "-c", "import infrapm.course"], cwd=folder, env=CLEAN, capture_output=True, text=True)
    assert re.search("ModuleNotFoundError: No module named 'infrapm.course'", gone.stderr)
