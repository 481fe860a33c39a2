"""A search of everything that goes out for what must not: every byte of every file, archives unpacked."""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from nbformat import NotebookNode

from infrapm.exercises import chapter
from infrapm.exercises._content import _read
from infrapm.exercises._numbers import filled
from infrapm.explore.tasks import NumericTask

from .package import ROOT
from .questions import source

_REGIONS = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)[ \t]*\n(.*?)### END \1", re.S)
SHORTEST = 20  # a shorter line, such as `x = 3`, stands in other places by chance
_DIGITS = 6  # a number with fewer, such as 43.2, too
_DENOMINATOR = 12  # and a simple fraction, such as 0.3333333333333333
_NUMBER = re.compile(rb"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
# What a notebook that goes out may hold besides its cells' sources.
_CELL_KEYS = {"cell_type", "id", "metadata", "source", "execution_count", "outputs"}
_METADATA = {"tags", "nbgrader", "editable", "deletable"}
_NBGRADER = {"grade", "grade_id", "locked", "points", "schema_version", "solution", "task", "cell_type"}


@dataclass(frozen=True)
class Secret:
    """A text that must not go out, and what it is."""

    text: str
    what: str


def chapter_secrets(slug: str, visible: NotebookNode) -> list[Secret]:
    """What a chapter holds back: lines of solutions and hidden tests that are not in the visible notebook as
    well, the answers of "Check yourself", the facts and the model answer of the judgment."""
    shown = {line.strip() for cell in visible.cells for line in cell.source.splitlines()}
    found = []
    for cell in source(slug).cells:
        for kind, region in _REGIONS.findall(cell.source):
            lines = {line.strip() for line in region.splitlines()} - shown
            found += [Secret(line, f"{kind.lower()} of the cell {cell.id}") for line in lines if len(line) >= SHORTEST]
    data = _read(slug)
    withheld = {"the model answer": [data["judgment"]["model_answer"]], "a fact to find": data["judgment"]["facts"]}
    withheld["an answer of “Check yourself”"] = [option["feedback"] for question in data["question"] for option in question["options"]]
    for what, texts in withheld.items():
        for text in texts:
            lines = [*text.splitlines(), *filled(text, slug.replace("-", "_")).splitlines()]
            found += [Secret(line.strip(), what) for line in dict.fromkeys(lines) if len(line.strip()) >= SHORTEST]
    return found


def expected_values(slug: str, seed: int) -> dict[bytes, str]:
    """The expected numbers of a chapter's tasks, as they would be written in full, each with its task."""
    values = {}
    for task in chapter(slug).TASKS:
        if isinstance(task, NumericTask):
            value = float(task.expected(task.parameters(seed)))
            text = repr(value)
            is_simple = float(Fraction(value).limit_denominator(_DENOMINATOR)) == value
            if not is_simple and len(text.replace(".", "").strip("0")) >= _DIGITS and text.encode() not in _numbers_of_models():
                values[text.encode()] = f"the expected answer of {task.id}"
    return values


@lru_cache
def _numbers_of_models() -> frozenset[bytes]:
    """Numbers that stand in the models' own examples, such as 0.6666666666666666: there by chance, for every course."""
    files = (ROOT / "models").glob("*.py")
    return frozenset(number for file in files for number in _NUMBER.findall(file.read_bytes()))


def leaks(name: str, data: bytes, secrets: Iterable[Secret], values: dict[bytes, str]) -> list[str]:
    """The places in a file that hold a secret, each as a sentence; files in archives are searched one by one."""
    found = []
    secrets = list(secrets)
    for place, content in _unpacked(name, data):
        for secret in secrets:
            found += [f"{place} holds {secret.what}: {secret.text[:60]!r}" for form in _forms(secret.text) if form in content][:1]
        for mark in (b"BEGIN SOLUTION", b"BEGIN HIDDEN TESTS", b"END SOLUTION", b"END HIDDEN TESTS"):
            if mark in content:
                found.append(f"{place} holds the mark {mark.decode()}")
        numbers = set(_NUMBER.findall(content))
        found += [f"{place} holds {what}: {value.decode()}" for value, what in values.items() if value in numbers]
        if place.endswith(".ipynb"):
            found += [f"{place}, {problem}" for problem in _unexpected(content)]
    return found


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file, and what is in it when it is an archive."""
    yield name, data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for inside in archive.infolist():
                if not inside.is_dir():
                    yield from _unpacked(f"{name}/{inside.filename}", archive.read(inside))


def _forms(text: str) -> set[bytes]:
    """A text as files may spell it: as it is, and as JSON or Python would escape it."""
    spelled = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}
    return {form.encode() for form in spelled}


def _unexpected(content: bytes) -> Iterator[str]:
    """What a notebook holds that none needs, where a stored answer could be: outputs, other metadata."""
    for cell in json.loads(content)["cells"]:
        place = f"cell {cell['id']}"
        if cell.get("outputs"):
            yield f"{place} has a stored output"
        extra = (set(cell) - _CELL_KEYS) | (set(cell["metadata"]) - _METADATA) | (set(cell["metadata"].get("nbgrader", ())) - _NBGRADER)
        if extra:
            yield f"{place} has {', '.join(sorted(extra))}"
