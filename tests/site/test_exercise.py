"""Exercises on a page: what of a notebook is placed, as which markup, and what stops the build."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from infrapm.explore.controls import Number, Toggle
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.tasks import ChoiceTask, Option, OrderingTask, SeveralTask, Task
from infrapm.site.chapters import ROOT, slugs
from infrapm.site.exercise import KINDS, page_cells
from infrapm.site.pages import first_picture, render
from tests.fixtures.small_book import SmallBook
from tests.fixtures.small_chapter import WORK

SOLVED = "x = None\n### BEGIN SOLUTION\nx = allowed_downtime(0.999, 'month')\n### END SOLUTION"
WHOLE = [
    new_markdown_cell("Only in JupyterLab.", metadata={"tags": ["notebook-only"]}),
    new_code_cell("import pandas", metadata={"tags": ["notebook-only"]}),
    new_markdown_cell("## Some *words*"),
    new_code_cell('show("nines")'),
    new_code_cell('show("crews")'),
    new_code_cell('ask("month_budget")'),
    new_code_cell(SOLVED),
    new_code_cell('check("month_budget", x)'),
]


def write(path: Path, cells: list) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


# --- From a notebook's cells to a page's parts


def test_the_cells_of_a_page(tmp_path: Path) -> None:
    cells = page_cells(write(tmp_path / "n.ipynb", WHOLE))
    assert [(cell.number, cell.kind, cell.text) for cell in cells] == [
        (3, "words", "## Some *words*"),
        (4, "show", "nines"),
        (5, "show", "crews"),
        (6, "ask", "month_budget"),
        (7, "solution", "x = allowed_downtime(0.999, 'month')"),
        (8, "check", "month_budget"),
    ]


@pytest.mark.parametrize("code", ["x = 1", 'show("nines"); x = 1', "show(nines)", 'print("a")', "### BEGIN SOLUTION\nx = 1"])
def test_other_code_has_no_place_on_a_page(code: str, tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", [new_markdown_cell("words"), new_code_cell(code)])
    with pytest.raises(ValueError, match=r"^n\.ipynb, cell 2: code on a page is show\(...\), .*; tag other cells notebook-only$"):
        page_cells(path)


@pytest.mark.parametrize("slug", slugs())
def test_a_chapter_s_notebook_places_each_task_with_its_solution(slug: str) -> None:
    cells = page_cells(ROOT / "notebooks" / f"{slug}.ipynb")
    kinds = [cell.kind for cell in cells]
    asked = [cell.text for cell in cells if cell.kind == "ask"]
    assert asked == [cell.text for cell in cells if cell.kind == "check"]
    assert kinds.count("solution") == len(asked) >= 3, "a chapter has three to five tasks"


# --- From the parts to a page


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    folder = tmp_path_factory.mktemp("exercise")
    exercise = "# T\n\nWords.\n\n```{exercise}\n```\n"
    pages = {
        "whole.md": exercise,
        "twice.md": "# T\n\n```{explorer} nines\n```\n\n```{exercise}\n```\n",
        "elsewhere.md": "# T\n\n```{explorer} availability/stack\n```\n",
        # Faults
        "no-notebook.md": exercise,
        "unknown-task.md": exercise,
        "unknown-show.md": exercise,
        "loose-code.md": exercise,
        "unknown-explorer.md": "# T\n\nWords.\n\n```{explorer} nine\n```\n",
        "no-explorer.md": "# T\n\n```{explorer}\n```\n",
    }
    cells = {
        "whole": WHOLE,
        "twice": WHOLE,
        "unknown-task": [*WHOLE, new_code_cell('ask("month")')],
        "unknown-show": [new_code_cell('show("nine")')],
        "loose-code": [new_code_cell("x = 1")],
    }
    for name, notebook in cells.items():
        write(folder / "notebooks" / f"{name}.ipynb", notebook)
    return SmallBook(folder, pages)


@pytest.mark.parametrize(
    "page, told",
    [
        ("no-notebook", "5: [Errno 2] No such file or directory: '{folder}/notebooks/no-notebook.ipynb'"),
        ("unknown-task", "5: unknown-task.ipynb, cell 9: no 'month'; there are: month_budget, delivered, ceiling, spend"),
        ("unknown-show", "5: unknown-show.ipynb, cell 1: no 'nine'; there are: nines, crews, shared, stack"),
        ("loose-code", "5: loose-code.ipynb, cell 1: code on a page is show(...), ask(...), check(...) or a solution"),
        ("unknown-explorer", "5: no 'nine'; there are: nines, crews, shared, stack"),
        ("no-explorer", "3: Directive 'explorer': 1 argument(s) required, 0 supplied"),
    ],
)
def test_a_fault_is_told_with_file_and_line(book: SmallBook, page: str, told: str) -> None:
    (said,) = book.told(f"{page}.md", "ERROR")
    assert said.startswith(told.format(folder=Path(book.app.srcdir).parent)), said
    assert book.failed


def html(book: SmallBook, page: str) -> BeautifulSoup:
    """The ready-made markup of a page's exercises."""
    tree = book.app.env.get_doctree(page)
    return BeautifulSoup("".join(node.astext() for node in tree.findall() if node.tagname == "raw"), "html.parser")


def test_the_parts_stand_in_the_notebook_s_order(book: SmallBook) -> None:
    assert book.told("whole.md", "ERROR") + book.told("whole.md", "WARNING") == []
    placed = [section["id"] for section in html(book, "whole").find_all("section")]
    assert placed == ["explorer-nines", "explorer-crews", "task-month_budget"]
    words = book.text("whole.md")
    assert "Some words" in words and "JupyterLab" not in words and "pandas" not in words
    (fold,) = html(book, "whole").find_all("details", class_="ip-solution")
    assert fold.pre.text.strip() == "x = allowed_downtime(0.999, 'month')" and not fold.has_attr("open")
    assert fold.find_previous_sibling()["id"] == "task-month_budget"
    assert "SOLUTION" not in words


def test_an_explorer_that_stands_on_the_page_is_not_placed_again(book: SmallBook) -> None:
    placed = [section["id"] for section in html(book, "twice").find_all("section")]
    assert placed == ["explorer-nines", "explorer-crews", "task-month_budget"]


def test_an_explorer_of_another_chapter_asks_that_chapter(book: SmallBook) -> None:
    section = html(book, "elsewhere").section
    assert (section["data-slug"], section["data-id"]) == ("availability", "stack")


def test_a_page_is_read_again_when_what_it_shows_changes(book: SmallBook) -> None:
    source = Path(book.app.srcdir)
    depends = {(source / path).resolve() for path in book.app.env.dependencies["whole"]}
    package = ROOT / "infrapm"
    assert source.parent / "notebooks" / "whole.ipynb" in depends
    for file in ("models/availability.py", "exercises/availability.py", "explore/charts.py", "site/templates/task.html"):
        assert package / file in depends, file


# --- The markup of each kind


def several_options(*texts: str) -> dict:
    return {
        "id": "made", "title": "Made <up>", "objective": 1, "book": {}, "draw": lambda rng: {}, "prompt": lambda p: "Which?",
        "hints": lambda p: ("First & hint.", "Second hint."), "data": lambda p: Table(("Row", "n"), (("one", "1"),)),
        "options": lambda p: tuple(Option(f"k{i}", text, f"about {text}.") for i, text in enumerate(texts)),
    }  # fmt: skip


CHOICE = ChoiceTask(**several_options("a < b", "b"), expected=lambda p: "k1")
SEVERAL = SeveralTask(**several_options("a < b", "b", "c"), expected=lambda p: {"k0", "k2"})
ORDERING = OrderingTask(**several_options("a < b", "b", "c"), expected=lambda p: ["k2", "k0", "k1"])


def task_html(task: Task) -> BeautifulSoup:
    right = task.check(task.expected({}))
    page = render(
        "task.html", task=task, kind=KINDS[type(task)], parameters={}, slug="s", prefix="task-made", right=right, solution="<pre></pre>"
    )
    return BeautifulSoup(page, "html.parser")


@pytest.mark.parametrize(
    "task, kind, inputs, answer",
    [
        (CHOICE, "choice", [("radio", "k0"), ("radio", "k1")], "about b."),
        (SEVERAL, "several", [("checkbox", "k0"), ("checkbox", "k1"), ("checkbox", "k2")], "about a < b. about c."),
        (ORDERING, "ordering", [], "about c. about a < b. about b."),
    ],
    ids=["choice", "several", "ordering"],
)
def test_a_task_with_options(task: Task, kind: str, inputs: list[tuple[str, str]], answer: str) -> None:
    page = task_html(task)
    assert page.section["data-kind"] == kind
    assert [(field["type"], field["value"]) for field in page.find_all("input")] == inputs
    assert page.fieldset.legend.text == "Which?"
    assert page.find("table").find_all("th")[2].text == "one"
    folded = [(fold.summary.text, fold.p.text, fold.has_attr("open")) for fold in page.section.find_all("details")]
    assert folded == [("Hint 1", "First & hint.", False), ("Hint 2", "Second hint.", False), ("The answer", answer, False)]
    assert "<up>" in page.text and page.find("up") is None, "words are words"
    if not inputs:
        assert [item["data-key"] for item in page.find_all("li")] == ["k0", "k1", "k2"]
        names = [button["aria-label"] for button in page.li.find_all("button")]
        assert names == ["Move up: a < b", "Move down: a < b"]


def test_an_explorer_with_every_kind_of_control() -> None:
    explorer = Explorer(
        id="made", title="Made <up>", lead="Lead & all.",
        controls=(
            Toggle("fast", "Fast", True, help="Help <b>."),
            Number("size", "Size", "ms", low=1, high=9, default=2, stops=(1, 2, 9)),
            Number("count", "Count", "", low=1, high=9, default=3),
        ),
        view=lambda **values: View("<svg></svg>", "Reads < so.", Table(("a", "b"), (("x", "<i>"),)), "Beware & co."),
    )  # fmt: skip
    answer = explorer.answer({})
    picture = first_picture(answer.view.picture)
    page = BeautifulSoup(
        render("explorer.html", explorer=explorer, answer=answer, slug="s", prefix="explorer-made", picture=picture), "html.parser"
    )
    assert page.find("input", type="checkbox").has_attr("checked")
    texts = {field["name"]: field["value"] for field in page.find_all("input", type="text")}
    assert texts == {"size": "2", "count": "3"}
    (slider,) = page.find_all("input", type="range")
    told = {name: slider[name] for name in ("data-for", "data-stops", "min", "max", "value", "aria-valuetext")}
    assert told == {"data-for": "size", "data-stops": "1 2 9", "min": "0", "max": "2", "value": "1", "aria-valuetext": "2 ms"}
    for words in ("Made <up>", "Lead & all.", "Help <b>.", "Reads < so.", "<i>", "Beware & co."):
        assert words in page.text
    assert page.find(["up", "b", "i"]) is None, "words are words"
    assert_labelled(page)


def test_check_boxes_and_rows() -> None:
    answer = WORK.answer({})
    picture = first_picture(answer.view.picture)
    html = render("explorer.html", explorer=WORK, answer=answer, slug="s", prefix="explorer-work", picture=picture)
    page = BeautifulSoup(html, "html.parser")
    boxes = page.find_all("input", attrs={"name": "parts"})
    assert [(box["type"], box["value"], box.has_attr("checked")) for box in boxes] == [
        ("checkbox", "dns", False), ("checkbox", "db", True), ("checkbox", "api", False)
    ]  # fmt: skip
    assert page.fieldset.legend.get_text() == "Parts"
    assert page.textarea.get_text() == WORK.defaults["work"]
    assert [button.get_text() for button in page.find_all("button")] == ["Copy", "Download as CSV", "Reset", "Back to my rows"]
    kinds = {box["data-name"]: box["data-kind"] for box in page.find_all(class_="ip-control")}
    assert kinds == {"parts": "several", "work": "rows", "scale": "number", "done": "toggle"}
    assert_labelled(page)


def assert_labelled(page: BeautifulSoup | Tag) -> None:
    """Every control has a name, and every name or description that it refers to is there."""
    for field in page.find_all(["input", "select", "textarea"]):
        label = page.find("label", attrs={"for": field.get("id")}) if field.get("id") else None
        assert label or field.find_parent("label") or field.get("aria-label"), field
    for element in page.find_all(re.compile(".")):
        for attribute in ("aria-labelledby", "aria-describedby"):
            for target in element.get(attribute, "").split():
                assert page.find(id=target), (element.name, attribute, target)


def test_every_part_of_a_page_is_labelled(book: SmallBook) -> None:
    for page in ("whole", "elsewhere"):
        assert_labelled(html(book, page))
    for task in (CHOICE, SEVERAL, ORDERING):
        assert_labelled(task_html(task))
