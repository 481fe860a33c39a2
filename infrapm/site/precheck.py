"""Before the build: what a chapter lacks, and what is wrong in its files, in seconds and each in one line.

Run as `python -m infrapm.site.precheck`; `make book` does so first. What is found here would stop the build, too, but
late, on another page, or with a traceback that says nothing of the file to mend.
"""

import json
import sys
import tomllib
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from infrapm.exercises import chapter
from infrapm.exercises._content import content
from infrapm.exercises._numbers import _ROLE, computed

from .chapters import ROOT, missing_parts, module_name, slugs
from .front import needs_problems
from .red_team import document_problems
from .study import data_problems, line_of

_DATA = "infrapm/data"


def problems(root: Path = ROOT) -> list[str]:
    """What is wrong with the chapters of `_toc.yml`: missing files first, then slips inside the files."""
    order = slugs(root / "_toc.yml")
    # Without a file, all else would be told about that file, too.
    if missing := [f"_toc.yml: the chapter {slug!r} lacks {path}" for slug in order for path in missing_parts(slug, root)]:
        return missing
    folder = root / _DATA
    found = [f"{_DATA}/{line}" for slug in order for line in data_problems(folder / f"{slug}.toml")]
    found += [f"{_DATA}/{line}" for slug in order for file in sorted(folder.glob(f"{slug}-[a-z].toml")) for line in document_problems(file)]
    found += [line for slug in order for line in module_problems(slug)]
    found += [line for slug in order for line in notebook_problems(root / "notebooks" / f"{slug}.ipynb")]
    if not found:  # else these could not be read
        found += [f"{_DATA}/{line}" for slug in order for line in (*explorer_problems(folder / f"{slug}.toml"), *number_problems(folder / f"{slug}.toml"))]
        found += [f"{_DATA}: {problem}" for problem in needs_problems({slug: content(slug).needs for slug in order})]
    return found


def module_problems(slug: str) -> list[str]:
    """Why the exercises of a chapter cannot be imported, with the line in its own module where there is one."""
    file = f"infrapm/exercises/{module_name(slug)}.py"
    try:
        module = chapter(slug)
    except Exception as problem:  # whatever an author's code raises
        if isinstance(problem, SyntaxError) and problem.filename:
            return [f"{Path(problem.filename).relative_to(ROOT)}:{problem.lineno}: {problem.msg}"]
        lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(ROOT / file)]
        return [f"{file}:{lines[-1] if lines else 1}: {type(problem).__name__}: {problem}"]
    return [f"{file}: {name} is missing, a tuple of all that stand in the module" for name in ("EXPLORERS", "TASKS") if not hasattr(module, name)]


def notebook_problems(file: Path) -> list[str]:
    """Whether a source notebook can be read and was run: nothing is compared with outputs that are not there."""
    place = f"notebooks/{file.name}"
    try:
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    except json.JSONDecodeError as problem:
        return [f"{place}:{problem.lineno}: {problem.msg}"]
    if any(cell["cell_type"] == "code" and not cell["execution_count"] for cell in cells):
        return [f"{place}: not all cells were run: make outputs CHAPTER={file.stem}"]
    return []


def explorer_problems(file: Path) -> list[str]:
    """Predictions of a data file that open an explorer which the chapter does not have."""
    text = file.read_text(encoding="utf-8")
    ids = [explorer.id for explorer in chapter(file.stem).EXPLORERS]
    return [
        f"{file.name}:{line_of(text, ['prediction', i, 'explorer'])}: there is no explorer {prediction['explorer']!r} ({', '.join(ids)})"
        for i, prediction in enumerate(tomllib.loads(text)["prediction"])
        if prediction["explorer"] not in ids
    ]


def number_problems(file: Path) -> list[str]:
    """Numbers of a data file that cannot be computed."""
    text = file.read_text(encoding="utf-8")
    found = []
    for path, words in _texts(tomllib.loads(text)):
        for expression in _ROLE.findall(words):
            try:
                computed(expression, module_name(file.stem))
            except Exception as problem:  # whatever an author's expression raises
                found.append(f"{file.name}:{_line(text, path, expression)}: cannot compute {expression!r}: {type(problem).__name__}: {problem}")
    return found


def _texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text in a file of data, with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, step))


def _line(text: str, path: Iterable[Any], expression: str) -> int:
    """The line of an expression: a text may have many, and in one line its quotation marks are escaped."""
    start = line_of(text, list(path))
    spellings = (expression, expression.replace('"', '\\"'))
    return next((at for at, line in enumerate(text.splitlines(), 1) if at >= start and any(each in line for each in spellings)), start)


def main() -> None:
    found = problems()
    if found:
        sys.exit("\n".join([*found, f"The book was not built: mend {'this' if len(found) == 1 else f'these {len(found)}'} first."]))


if __name__ == "__main__":
    main()
