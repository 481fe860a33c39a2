"""The package that students get: infrapm without the instructor's part and without what is to be found out.

It holds the models, the explorers and the exercises of all chapters, and the data files of the course's
chapters, without the answers of "Check yourself", the facts and the model answer of the judgment. The documents
of the red team come whole, since their tasks are computed from them. The sandbox has the same package, so nothing else can be read in it either.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import infrapm
from infrapm.exercises._claims import LEDGER
from infrapm.exercises._content import _read

from .files import Stop

ROOT = Path(infrapm.__file__).resolve().parent
_PARTS = ("__init__.py", "classroom.py", "models", "explore", "exercises", "data/spine.toml")
LATER = "It comes with your instructor's feedback."

_PYPROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "infrapm"
version = "{version}"
description = "Models and exercises for students of infrastructure product management"
requires-python = ">=3.11"
[tool.setuptools]
packages = {packages}
[tool.setuptools.package-data]
infrapm = ["data/*.toml", "data/*.csv"]
"""


def student_files(slugs: Sequence[str]) -> dict[str, bytes]:
    """Every file of the students' package, by its path."""
    files = {}
    for path in _sources():
        files[f"infrapm/{path.relative_to(ROOT).as_posix()}"] = path.read_bytes()
    # Documents to review and the ledger of claims: the modules of the exercises read them.
    for path in [*sorted((ROOT / "data").glob("*-?.toml")), LEDGER]:
        files[f"infrapm/data/{path.name}"] = path.read_bytes()
    for slug in slugs:
        files[f"infrapm/data/{slug}.toml"] = student_data(slug).encode()
    return dict(sorted(files.items()))


def _sources() -> Iterator[Path]:
    for part in _PARTS:
        path = ROOT / part
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def student_data(slug: str) -> str:
    """A chapter's data file without what a class must not read before it has handed in."""
    data = _read(slug)
    data["question"] = []
    data["judgment"] = data["judgment"] | {"facts": [LATER], "model_answer": LATER}
    lines = [f"{_key(name)} = {_toml(value)}\n" for name, value in data.items()]
    return "# A chapter's words to work with, as a class gets them.\n" + "".join(lines)


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _toml(value: Any) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)} = {_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)  # texts, numbers and truth values are written alike


def write_files(files: dict[str, bytes], folder: Path) -> None:
    """Write the package's files into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def build_wheel(slugs: Sequence[str], folder: Path) -> Path:
    """Build the students' wheel into a folder, with setuptools and without the network."""
    files = student_files(slugs)
    packages = sorted({Path(name).parent.as_posix().replace("/", ".") for name in files if name.endswith(".py")})
    with tempfile.TemporaryDirectory(prefix="infrapm-") as work:
        write_files(files, Path(work))
        text = _PYPROJECT.format(version=infrapm.__version__, packages=json.dumps(packages))
        (Path(work) / "pyproject.toml").write_text(text, encoding="utf-8")
        build = "import setuptools.build_meta, sys; print(setuptools.build_meta.build_wheel(sys.argv[1]))"
        done = subprocess.run([sys.executable, "-c", build, str(folder)], cwd=work, capture_output=True, text=True)
    if done.returncode:
        raise Stop(f"The students' package could not be built: {done.stderr.strip().splitlines()[-1:]}")
    return folder / done.stdout.strip().splitlines()[-1]
