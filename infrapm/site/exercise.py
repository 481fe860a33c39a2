"""The directives {explorer} and {exercise}: a chapter's explorers and tasks on its page.

    ```{explorer} crews
    ```

places one explorer of the page's chapter (`availability/crews` names another's). {exercise}, without an argument, walks the chapter's source notebook and places
its words, explorers and tasks in its order, with the notebook's solutions folded. An explorer that
or task that already stands on the page is not placed again.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge
from sphinx.util.docutils import SphinxDirective

from infrapm.exercises import chapter, find
from infrapm.explore.tasks import ChoiceTask, NumericTask, OrderingTask, SeveralTask

from .chapters import ROOT
from .pages import depend_on_package, first_picture, live, render

KINDS = {NumericTask: "numeric", ChoiceTask: "choice", SeveralTask: "several", OrderingTask: "ordering"}
_HIGHLIGHTER = PygmentsBridge("html")
_CALL = re.compile(r'^(show|ask|check|predict|decide|judge|audit)\((?:"([\w-]+)".*)?\)$')
_SOLUTION = re.compile(r"^### BEGIN SOLUTION\n(.*?)^### END SOLUTION$", re.M | re.S)


@dataclass(frozen=True)
class Cell:
    """A cell of a source notebook as the page needs it: kind is words, show, ask, check or solution."""

    number: int
    kind: str
    text: str


def page_cells(notebook: Path) -> list[Cell]:
    """The cells that belong on the page; those tagged notebook-only stay out."""
    cells = []
    for number, cell in enumerate(nbformat.read(notebook, as_version=4).cells, 1):
        source = cell.source.strip()
        if "notebook-only" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            cells.append(Cell(number, "words", source))
        elif called := _CALL.match(source):
            cells.append(Cell(number, called[1], called[2] or ""))
        elif solution := _SOLUTION.search(source):
            cells.append(Cell(number, "solution", solution[1].strip()))
        else:
            raise ValueError(
                f"{notebook.name}, cell {number}: code on a page is show(...), ask(...), check(...) or a solution; "
                "tag other cells notebook-only"
            )
    return cells


class _Exercise(SphinxDirective):
    """What both directives share: the page's slug, the parts placed so far, and how each part is made."""

    @property
    def slug(self) -> str:
        return self.env.docname.rsplit("/", 1)[-1]

    @property
    def notebook(self) -> Path:
        notebook = ROOT / "notebooks" / f"{self.slug}.ipynb"
        self.env.note_dependency(str(notebook))
        return notebook

    @property
    def placed(self) -> set[str]:
        return self.env.temp_data.setdefault("infrapm_placed", set())

    def explorer(self, slug: str, id: str) -> list[nodes.Node]:
        depend_on_package(self.env)
        explorer = find(chapter(slug).EXPLORERS, id)
        self.placed.add(id)
        answer = explorer.answer(explorer.defaults)
        html = render(
            "explorer.html",
            explorer=explorer,
            answer=answer,
            slug=slug,
            prefix=f"explorer-{id}",
            picture=first_picture(answer.view.picture),
        )
        return [live(html)]

    def task(self, id: str) -> str:
        """The task, and after it the notebook's solution, folded: the first after its question."""
        depend_on_package(self.env)
        task = find(chapter(self.slug).TASKS, id)
        self.placed.add(id)
        parameters = task.parameters()
        return render(
            "task.html",
            task=task,
            kind=KINDS[type(task)],
            parameters=parameters,
            slug=self.slug,
            prefix=f"task-{id}",
            right=task.check(task.expected(parameters)),
            solution=self.highlighted(id),
        )

    def highlighted(self, id: str) -> Markup:
        """The solution of a task, as highlighted code."""
        return Markup(_HIGHLIGHTER.highlight_block(self.solution(id), "python"))

    def solution(self, id: str) -> str:
        cells = page_cells(self.notebook)
        asked = [position for position, cell in enumerate(cells) if (cell.kind, cell.text) == ("ask", id)]
        solutions = [cell.text for cell in cells[asked[0] :] if cell.kind == "solution"] if asked else []
        if not solutions:
            raise KeyError(f"{self.notebook.name} has no solution after ask({id!r})")
        return solutions[0]


class PlaceExplorer(_Exercise):
    """{explorer} ID, or {explorer} SLUG/ID"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        slug, _, id = self.arguments[0].rpartition("/")
        try:
            return self.explorer(slug or self.slug, id)
        except KeyError as problem:
            raise self.error(problem.args[0]) from problem


class PlaceTask(_Exercise):
    """{task} ID: a task right after the idea that it is about."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        try:
            return [live(self.task(self.arguments[0]))]
        except KeyError as problem:
            raise self.error(problem.args[0]) from problem


class PlaceExercise(_Exercise):
    """{exercise}"""

    def run(self) -> list[nodes.Node]:
        placed: list[nodes.Node] = []
        try:
            for cell in page_cells(self.notebook):
                try:
                    placed += self.cell(cell)
                except KeyError as problem:
                    raise ValueError(f"{self.notebook.name}, cell {cell.number}: {problem.args[0]}") from problem
        except (ValueError, FileNotFoundError) as problem:
            raise self.error(str(problem)) from problem
        return placed

    def cell(self, cell: Cell) -> list[nodes.Node]:
        if cell.kind == "show":
            return [] if cell.text in self.placed else self.explorer(self.slug, cell.text)
        if cell.kind == "ask":
            return [] if cell.text in self.placed else [live(self.task(cell.text))]
        if cell.kind != "words":
            return []  # a solution stands with its task; decision, predictions and judgment in the page's text
        return self.parse_text_to_nodes(cell.text)


def setup(app: Sphinx) -> None:
    app.add_directive("explorer", PlaceExplorer)
    app.add_directive("task", PlaceTask)
    app.add_directive("exercise", PlaceExercise)
