"""What is graded in a chapter: its questions, read from the source notebook's own cells.

    check("month_budget", month_budget_min)     a task: judged by the models
    predict("first-nine", guess, sure)          a commitment: points for having made it, right or wrong
    decide(choice, sure, reason)                the same
    judge(anchors=bands)                        the same
    judge(answer=answer, own_band=own_band)     a written answer: marked by a human, in bands from 1 to 5

An answer cell is one with a solution between `### BEGIN SOLUTION` and `### END SOLUTION`.
"""

import ast
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from infrapm.exercises import CHAPTERS, chapter, find
from infrapm.exercises._content import content

from .files import Stop

POINTS = {"task": 2.0, "commitment": 1.0, "judgment": 5.0}
BANDS = 5


@dataclass(frozen=True)
class Question:
    """One question. kind: task, commitment or judgment. cell: the id of the cell with the answer.
    graded: the id of the cell that carries the points (a task's check). key: the id of the task or
    prediction; for the others "decide", "again", "anchors" or "answer"."""

    id: str
    kind: str
    key: str
    title: str
    cell: str
    graded: str

    @property
    def points(self) -> float:
        """The usual points."""
        return POINTS[self.kind]


def notebooks() -> Path:
    """The folder of the source notebooks: of this repository, or where an installed infrapm has them."""
    beside = Path(__file__).resolve().parents[2] / "notebooks"
    return beside if beside.is_dir() else Path(sysconfig.get_path("data")) / "share" / "infrapm" / "notebooks"


@lru_cache
def chapters() -> tuple[str, ...]:
    """The slugs of all chapters that can be handed out: with a notebook and exercises."""
    return tuple(path.stem for path in sorted(notebooks().glob("*.ipynb")) if path.stem in CHAPTERS)


@lru_cache
def source(slug: str) -> NotebookNode:
    """A chapter's source notebook, with solutions; not to be changed. Raises Stop when there is none."""
    if slug not in chapters():
        raise Stop(f"There is no chapter “{slug}”. There are: {', '.join(chapters())}.")
    return nbformat.read(notebooks() / f"{slug}.ipynb", as_version=4)


@lru_cache
def title(slug: str) -> str:
    """The title of a chapter's notebook."""
    return source(slug).cells[0].source.splitlines()[0].lstrip("# ").removesuffix(": the exercise")


@lru_cache
def questions(slug: str) -> tuple[Question, ...]:
    """The questions of a chapter, in the order of its notebook. Raises Stop for a check without an answer above."""
    found: list[Question] = []
    answer_cell = ""
    for cell in source(slug).cells:
        if cell.cell_type != "code":
            continue
        is_answer = "### BEGIN SOLUTION" in cell.source
        answer_cell = cell.id if is_answer else answer_cell
        call = _last_call(cell.source)
        if call is None:
            continue
        name, arguments, names = call
        if name == "check" and not is_answer:
            if not answer_cell:
                raise Stop(f"{slug}: the cell {cell.id} checks an answer, and no cell above it has a solution.")
            task = find(chapter(slug).TASKS, arguments[0])
            found.append(Question(task.id, "task", task.id, task.title, answer_cell, cell.id))
        elif is_answer and name == "predict":
            found.append(_study(f"predict-{arguments[0]}", "commitment", arguments[0], f"Prediction: {arguments[0]}", cell.id))
        elif is_answer and name == "decide" and "again" in names:
            found.append(_study("decision-again", "commitment", "again", "The decision, again", cell.id))
        elif is_answer and name == "decide":
            found.append(_study("decision", "commitment", "decide", "The decision", cell.id))
        elif is_answer and name == "judge" and "anchors" in names:
            found.append(_study("anchors", "commitment", "anchors", "Three answers graded", cell.id))
        elif is_answer and name == "judge":
            found.append(_study("judgment", "judgment", "answer", content(slug).judgment.title, cell.id))
    return tuple(found)


def _study(id: str, kind: str, key: str, title: str, cell: str) -> Question:
    return Question(id, kind, key, title, cell, cell)


def _last_call(code: str) -> tuple[str, list[object], list[str]] | None:
    """The call of a function that ends a cell: its name, its constant arguments, the names of those with names."""
    try:
        last = ast.parse(code).body[-1]
    except (SyntaxError, IndexError):
        return None
    if not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and isinstance(last.value.func, ast.Name)):
        return None
    call = last.value
    return call.func.id, [a.value for a in call.args if isinstance(a, ast.Constant)], [str(k.arg) for k in call.keywords]
