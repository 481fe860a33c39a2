"""The layout: who may import whom, what a chapter consists of, and what no file may mention."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrapm.site.chapters import ROOT, missing_parts, slugs

PACKAGE = ROOT / "infrapm"
MODULES = sorted(PACKAGE.rglob("*.py"))

# What a part may import besides the standard library, and what besides that inside its functions.
MAY_IMPORT = {
    "models": ["infrapm.models"],
    "explore": ["infrapm.explore"],
    "exercises": ["infrapm.models", "infrapm.explore", "infrapm.exercises"],
}
IN_FUNCTIONS = {"models": ["numpy"], "explore": ["IPython", "ipywidgets", "pandas"]}


# --- Imports


def imports(source: str, package: str) -> Iterator[tuple[str, bool]]:
    """Every imported name in full, and whether it is imported as soon as the module is."""

    def walk(node: ast.AST, at_once: bool) -> Iterator[tuple[str, bool]]:
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_once) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            start = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((f"{module}.{alias.name}", at_once) for alias in node.names)
        in_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, at_once and not in_function)

    yield from walk(ast.parse(source), True)


def within(name: str, packages: list[str]) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def wrong_imports(source: str, package: str) -> list[str]:
    """The imports that a module of this package must not have."""
    part = package.split(".")[1] if "." in package else ""
    wrong = []
    for name, at_once in imports(source, package):
        if part in MAY_IMPORT:
            allowed = MAY_IMPORT[part] + ([] if at_once else IN_FUNCTIONS.get(part, []))
            fine = name.split(".")[0] in sys.stdlib_module_names or within(name, allowed)
        else:
            fine = part in ("site", "course") or not within(name, ["infrapm.site", "infrapm.course"])
        if not fine:
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_run_one_way(file: Path) -> None:
    package = ".".join(file.relative_to(ROOT).parts[:-1])
    assert wrong_imports(file.read_text(encoding="utf-8"), package) == []


@pytest.mark.parametrize(
    "package, source, wrong",
    [
        ("infrapm.models", "import numpy", ["numpy"]),
        ("infrapm.models", "def f():\n    import numpy as np", []),
        ("infrapm.models", "def f():\n    from scipy import stats", ["scipy.stats"]),
        ("infrapm.models", "from infrapm.explore import text", ["infrapm.explore.text"]),
        ("infrapm.models", "from .. import exercises", ["infrapm.exercises"]),
        ("infrapm.explore", "import ipywidgets", ["ipywidgets"]),
        ("infrapm.explore", "try:\n    import IPython\nexcept ImportError: pass", ["IPython"]),
        ("infrapm.explore", "def f():\n    import matplotlib", ["matplotlib"]),
        ("infrapm.explore", "import pandas", ["pandas"]),
        ("infrapm.explore", "from ..models import availability", ["infrapm.models.availability"]),
        ("infrapm.exercises", "from infrapm.site.pages import render", ["infrapm.site.pages.render"]),
        ("infrapm.exercises", "def f():\n    import ipywidgets", ["ipywidgets"]),
        ("infrapm", "def f():\n    import infrapm.site", ["infrapm.site"]),
        ("infrapm", "import jupyterlab, infrapm.course.grade", ["infrapm.course.grade"]),
        ("infrapm.explore", "import math, json.decoder\nfrom . import text\ndef f():\n    import ipywidgets", []),
        ("infrapm.exercises", "from ..models.availability import WINDOW_S\nfrom ._drawings import block_diagram", []),
        ("infrapm.site", "import sphinx\nfrom infrapm.exercises import call", []),
    ],
)
def test_a_wrong_import_would_be_seen(package: str, source: str, wrong: list[str]) -> None:
    assert wrong_imports(source, package) == wrong


def test_the_browser_s_part_runs_on_the_standard_library_alone() -> None:
    program = """if True:
        import importlib.util, json
        for name in ("ipywidgets", "matplotlib", "pandas", "numpy", "IPython"):
            assert importlib.util.find_spec(name) is None, name
        import infrapm.exercises
        ask = {"slug": "availability", "typed": {}, "changed": "", "width": 640, "answer": "259.2", "attempt": 1}
        view = infrapm.exercises.call(json.dumps(ask | {"kind": "view", "id": "nines"}))
        check = infrapm.exercises.call(json.dumps(ask | {"kind": "check", "id": "month_budget"}))
        print(json.loads(view)["errors"], json.loads(check)["status"])
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    # -S: without site-packages
    done = subprocess.run([sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{} right\n", "")


# --- The parts of a chapter


@pytest.mark.parametrize("slug", slugs())
def test_a_chapter_has_all_its_parts(slug: str) -> None:
    assert missing_parts(slug) == []


def test_a_chapter_of_two_words_goes_by_its_slug(tmp_path: Path) -> None:
    for part in ("models", "explore", "exercises"):
        shutil.copytree(PACKAGE / part, tmp_path / "infrapm" / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "infrapm" / "exercises" / "two_words.py").touch()
    program = "from infrapm.exercises import CHAPTERS, chapter; print(*CHAPTERS); print(chapter('two-words').__name__)"
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    listed, module = done.stdout.splitlines()
    assert set(listed.split()) == {*slugs(), "two-words"}
    assert module == "infrapm.exercises.two_words"


def test_every_missing_part_of_a_chapter_is_named(tmp_path: Path) -> None:
    parts = [
        "book/no-such.md",
        "book/instructors/no-such.md",
        "notebooks/no-such.ipynb",
        "infrapm/exercises/no_such.py",
        "infrapm/data/no-such.toml",
        "tests/exercises/test_no_such.py",
        "docs/coverage-no-such.md",
    ]
    assert [part.split()[0] for part in missing_parts("no-such", tmp_path)] == parts
    model = "infrapm/models/no_such.py"  # a chapter need not have models; its models need a test
    for part in [*parts, model]:
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).touch()
    assert [part.split()[0] for part in missing_parts("no-such", tmp_path)] == ["tests/models/test_no_such.py"]


def test_contributing_names_every_file_of_a_chapter(tmp_path: Path) -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    wanted = [part.split()[0] for part in missing_parts("data-path", tmp_path)]
    assert "tests/models/test_data_path.py" in wanted, "a chapter with models is the whole list"
    assert [path for path in wanted if f"`{path}`" not in told] == []


def test_chapters_are_the_entries_of_the_parts(tmp_path: Path) -> None:
    toc = tmp_path / "_toc.yml"
    toc.write_text(
        """
        root: book/index
        parts:
          - {caption: "Part I: Roles", chapters: [{file: book/roles}]}
          - {caption: "Part II: Frameworks", chapters: [{file: book/consistency}, {file: book/availability}]}
          - {caption: For instructors, chapters: [{file: book/instructors/index}]}
        """
    )
    assert slugs(toc) == ["roles", "consistency", "availability"]


# --- What every file keeps to


def test_every_public_function_and_class_says_what_it_is() -> None:
    silent = [
        f"{file.relative_to(ROOT)}: {node.name}"
        for file in MODULES
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        # Sphinx's and the command line's entry: their module says what they do.
        and node.name not in ("setup", "main") and not ast.get_docstring(node)
    ]  # fmt: skip
    assert silent == []


# Made or fetched, not written.
NOT_OURS = {".git", ".venv", "node_modules", "_build", "lab", "courses", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"}
NOT_HERE = re.compile(
    r"""(?<![\w.:/~-])/(?:work|home|root|Users|tmp)/   # a place on somebody's machine
      | shared[/]design
      | \b(?:pypi|npmjs|pythonhosted|anaconda|jsdelivr|unpkg)\.(?:org|com|net)\b""",
    re.VERBOSE,
)


def project_files() -> Iterator[Path]:
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if name not in NOT_OURS and not name.endswith(".egg-info")]
        yield from (Path(folder) / name for name in names if name not in NOT_OURS)  # in a git worktree .git is a file


def test_no_file_mentions_a_machine_or_a_package_registry() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {hit[0]}"
        for file in project_files()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="ignore").splitlines(), 1)
        if (hit := NOT_HERE.search(line))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line, hit",
    [
        ("cd " + "/work" + "/main", True),
        ('"' + "/home" + '/ann/book"', True),
        ("https://" + "pypi" + ".org/simple", True),
        ("see " + "shared" + "/design/style.md", True),
        ("PYTHON=/path/to/python3, book/work/notes.md, https://example.org/home/index.html", False),
    ],
)
def test_such_a_mention_would_be_seen(line: str, hit: bool) -> None:
    assert bool(NOT_HERE.search(line)) is hit
