"""The built pages: what a reader has before any script runs, and that everything a page names is there."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag

from infrapm.exercises import availability
from infrapm.explore.charts import chart, layer
from infrapm.explore.tasks import NumericTask
from infrapm.site.chapters import ROOT, slugs
from infrapm.site.exercise import page_cells
from infrapm.site.pages import RUNTIME, first_picture, table_html

YEAR_MIN, MONTH_MIN = 365 * 24 * 60, 30 * 24 * 60


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built from nothing with warnings as errors."""
    folder = tmp_path_factory.mktemp("book")
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    options = ["-q", "-W", "--keep-going", "--path-output", folder]
    done = subprocess.run([jupyter_book, "build", *options, ROOT], capture_output=True, text=True)
    # Without this, a build of nothing that ends well would pass the tests that go through all pages.
    assert done.returncode == 0 and list(folder.rglob("availability.html")), done.stdout + done.stderr
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Every page by its path, parsed."""
    paths = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    return {path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in paths}


@pytest.fixture(scope="module")
def chapter(pages: dict[str, BeautifulSoup]) -> BeautifulSoup:
    return pages["book/availability.html"]


def words(page: BeautifulSoup) -> str:
    return re.sub(r"\s+", " ", page.get_text(" ")).replace(" .", ".").replace(" ,", ",").replace(" :", ":")


# --- The book as a whole


def test_every_page_is_there_with_its_words(pages: dict[str, BeautifulSoup]) -> None:
    written = {f"{path.relative_to(ROOT).with_suffix('.html').as_posix()}" for path in (ROOT / "book").rglob("*.md")}
    assert set(pages) == written | {"index.html", "search.html"}
    assert set(slugs()) <= {Path(page).stem for page in written}
    for path in written:
        title = (ROOT / path).with_suffix(".md").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert pages[path].h1.find(string=True) == title
        assert len(words(pages[path].article).split()) > 150, path


def test_the_first_page_leads_to_the_book(pages: dict[str, BeautifulSoup]) -> None:
    assert "book/index.html" in pages["index.html"].find("meta", attrs={"http-equiv": re.compile("refresh", re.I)})["content"]


def test_every_chapter_can_be_reached_from_every_page(pages: dict[str, BeautifulSoup]) -> None:
    for path, page in pages.items():
        if page.nav:
            links = {Path(urlsplit(link["href"]).path).stem or Path(path).stem for link in page.nav.find_all("a", href=True)}
            assert set(slugs()) <= links, path


def addresses(page: BeautifulSoup) -> list[tuple[str, str]]:
    """Everything that a page names: the tag and the address."""
    found = [(tag.name, tag[name]) for name in ("href", "src", "action", "data", "poster") for tag in page.find_all(attrs={name: True})]
    found += [("srcset", part.split()[0]) for tag in page.find_all(srcset=True) for part in tag["srcset"].split(",")]
    css = " ".join([style.get_text() for style in page.find_all("style")] + [tag["style"] for tag in page.find_all(style=True)])
    return found + [("css", address) for address in re.findall(r"url\([\"']?([^\"')]+)", css)]


def test_every_file_and_place_that_a_page_names_is_there(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    missing, checked = [], 0
    for path, page in pages.items():
        for _, address in addresses(page):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            assert not address.startswith("/"), f"{path}: {address} works on a site's root alone"
            target = (site / path).parent / unquote(parts.path) if parts.path else site / path
            target = target / "index.html" if target.is_dir() else target
            name = target.resolve().relative_to(site.resolve()).as_posix()
            there = target.is_file()
            if there and parts.fragment and name in pages:
                there = pages[name].find(id=unquote(parts.fragment)) is not None
            missing += [] if there else [f"{path}: {address}"]
            checked += 1
    assert missing == [] and checked > 50


def test_nothing_is_fetched_from_elsewhere(pages: dict[str, BeautifulSoup]) -> None:
    for path, page in pages.items():
        outside = {(tag, urlsplit(address).scheme) for tag, address in addresses(page) if re.match(r"(?:\w+:)?//", address)}
        assert outside <= {("a", "https")}, path
        scripts = " ".join(script.get_text() for script in page.find_all("script"))
        assert not re.search(r"https?://|[\"']//", scripts), path


def test_our_scripts_and_sheets_fetch_nothing_from_elsewhere(site: Path) -> None:
    for name in ("page.js", "shell.js", "explore.css", "shell.css"):
        text = (site / "_static" / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org)", text), name


def test_ids_are_unique(pages: dict[str, BeautifulSoup]) -> None:
    for path, page in pages.items():
        repeated = {name: number for name, number in Counter(tag["id"] for tag in page.find_all(id=True)).items() if number > 1}
        assert repeated == {}, path


def test_every_picture_has_words(pages: dict[str, BeautifulSoup]) -> None:
    for path, page in pages.items():
        assert [image for image in page.find_all("img") if not image.get("alt", "").strip()] == [], path
        for picture in page.find_all(attrs={"role": "img"}):
            name = picture.get("aria-label") or page.find(id=picture["aria-labelledby"]).get_text()
            assert len(name.split()) > 3, (path, picture)


def test_no_mark_of_a_solution_and_no_error_is_on_a_page(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    for path in pages:
        text = (site / path).read_text(encoding="utf-8")
        for mark in ("BEGIN SOLUTION", "END SOLUTION", "{calc}", "{exercise}", "system-message", "problematic", "Traceback"):
            assert mark not in text, (path, mark)


def test_the_search_knows_the_chapters(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    known = json.loads(re.fullmatch(r"Search\.setIndex\((.*)\)", index.strip(), re.DOTALL)[1])
    assert {f"book/{slug}" for slug in slugs()} <= set(known["docnames"])
    chapter = known["docnames"].index("book/availability")
    for word in ("budget", "promis", "repair"):  # stems
        # A word of a heading is filed with the headings alone.
        found = [known[place].get(word, []) for place in ("terms", "titleterms")]
        assert chapter in sum((places if isinstance(places, list) else [places] for places in found), []), word


# --- Exercises


@pytest.mark.parametrize("explorer", availability.EXPLORERS, ids=lambda explorer: explorer.id)
def test_a_first_picture_with_its_reading_and_table_is_on_the_page(chapter: BeautifulSoup, explorer) -> None:
    section = chapter.find(id=f"explorer-{explorer.id}")
    view = explorer.answer({}).view
    assert section.find(class_="ip-reading").get_text() == view.reading
    assert [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in section.find_all("tr")] == [
        list(row) for row in (view.table.header, *view.table.rows)
    ]
    drawings = section.find(class_="ip-picture").find_all("svg", recursive=True)
    if isinstance(view.picture, str):
        assert len(drawings) == 1
    else:
        widths = {box["class"][0]: float(box.svg["width"]) for box in section.find(class_="ip-picture").find_all("div")}
        assert widths == {"ip-wide": pytest.approx(660, abs=2), "ip-narrow": pytest.approx(340, abs=2)}
    for drawing in drawings:
        assert drawing["aria-hidden"] == "true", "the reading stands for the picture"
        assert drawing.find(attrs={"role": True}) is None and drawing.find(attrs={"aria-label": True}) is None
        assert len(drawing.find_all(["path", "rect"])) > 5 and len(drawing.find_all("text")) > 2
        assert "currentColor" in str(drawing), "its text follows light and dark"


def test_a_picture_shows_the_numbers_that_it_is_of(chapter: BeautifulSoup) -> None:
    for drawing in chapter.find(id="explorer-nines").find_all("svg"):
        labels = [text.get_text() for text in drawing.find_all("text")]
        for budget in ("86.4 s", "10.1 min", "43.2 min", "2.16 h", "8.76 h"):  # 0.1% of 1, 7, 30, 90, 365 days
            assert budget in labels


@pytest.mark.parametrize("task", availability.TASKS, ids=lambda task: task.id)
def test_a_task_is_on_the_page_with_everything_folded(chapter: BeautifulSoup, task) -> None:
    section, p = chapter.find(id=f"task-{task.id}"), task.parameters()
    assert section.find(class_="ip-prompt").get_text() == task.prompt(p)
    folds = section.find_all("details")
    assert not any(fold.has_attr("open") for fold in folds)
    hints = [fold.p.get_text() for fold in folds if fold.summary.get_text().startswith("Hint")]
    assert hints == list(task.hints(p))
    if isinstance(task, NumericTask):
        assert section.find("input", type="text").get("value", "") == ""
        assert section.find(class_="ip-unit").get_text() == task.unit
        assert len(folds) == len(hints)
    else:
        options = [(field["value"], field.parent.get_text().strip()) for field in section.find_all("input", type="radio")]
        assert options == [(option.key, option.text) for option in task.options(p)]
        assert not section.find(checked=True)
        assert folds[-1].p.get_text() == task.check(task.expected(p)).message
    if task.data:
        assert [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in section.find_all("tr")][1:] == [
            list(row) for row in task.data(p).rows
        ]


@pytest.mark.parametrize("slug", slugs())
def test_a_chapter_s_page_holds_its_notebook_in_order(pages: dict[str, BeautifulSoup], slug: str) -> None:
    notebook = ROOT / "notebooks" / f"{slug}.ipynb"
    cells = page_cells(notebook)
    page = pages[f"book/{slug}.html"]
    exercise = page.find("section", id="exercise")

    def parts_in(section: Tag) -> list[tuple[str, str]]:
        found = section.find_all("section", class_=["ip-explorer", "ip-task"])
        return [(part["class"][0], part["data-id"]) for part in found]

    kinds = {"show": "ip-explorer", "ask": "ip-task"}
    wanted = [(kinds[cell.kind], cell.text) for cell in cells if cell.kind in kinds]
    assert sorted(parts_in(page)) == sorted(wanted), "each part of the notebook stands on the page once"
    in_exercise = parts_in(exercise)
    assert in_exercise == [part for part in wanted if part in in_exercise], "in the notebook's order"
    text = words(exercise)
    for cell in cells:
        if cell.kind == "words" and "`" not in cell.text:
            assert cell.text in text
    folds = page.find_all("details", class_="ip-solution")
    assert not any(fold.has_attr("open") for fold in folds)
    solutions = [cell.text for cell in cells if cell.kind == "solution"]
    assert sorted(fold.pre.get_text().strip() for fold in folds) == sorted(solutions)
    for cell in nbformat.read(notebook, as_version=4).cells:
        if "notebook-only" in cell.metadata.get("tags", []) and cell.cell_type == "markdown":
            assert cell.source.splitlines()[-1][:60] not in text


def test_the_runtime_that_a_page_names_is_there(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    built = json.loads((RUNTIME / "runtime.json").read_text(encoding="utf-8"))
    with_exercises = [path for path, page in pages.items() if page.find(class_="ip-exercise")]
    assert {"book/index.html", "book/availability.html"} <= set(with_exercises)
    for path, page in pages.items():
        told = page.find("script", id="ip-runtime")
        loads = [script["src"] for script in page.find_all("script", src=True) if "page.js" in script["src"]]
        assert bool(told) == bool(loads) == (path in with_exercises), path
        if told:
            addresses = json.loads(told.get_text())
            assert addresses.pop("snapshot_key") == built["snapshot_key"]
            asked = {part["data-slug"] for part in page.find_all("section", class_=["ip-explorer", "ip-task"])}
            chapters = addresses.pop("chapters")
            assert set(chapters) == asked, "a page loads the chapters that it asks, and no other"
            assert all((site / path).parent.joinpath(address).is_file() for address in chapters.values())
            assert [Path(address).name for address in chapters.values()] == [built["chapters"][slug] for slug in chapters]
            assert set(addresses) == {"worker", "package", "pyodide", "vega"}
            for name, address in addresses.items():
                target = (site / path).parent / address
                assert target.exists() and target.resolve().is_relative_to((site / "runtime").resolve()), (path, name)
                assert address.rstrip("/").endswith(built[name].rstrip("/"))


def test_a_page_without_exercises_does_not_load_python(pages: dict[str, BeautifulSoup]) -> None:
    assert not any("page.js" in script["src"] for script in pages["search.html"].find_all("script", src=True))


# --- Numbers in prose, against arithmetic


def minutes(text: str) -> float:
    number, unit = text.split()
    return float(number) * {"s": 1 / 60, "min": 1, "h": 60, "days": 1440}[unit]


PAIR = 0.0001 + 0.0009**2 - 0.0001 * 0.0009**2  # two copies: shared, or both alone
TRIO = 0.0001 + 0.0009**3 - 0.0001 * 0.0009**3


@pytest.mark.parametrize(
    "sentence, minutes_down",
    [
        (r"In a month of 30 days it may be down for (.+?)\.(?= )", 0.001 * MONTH_MIN),
        (r"In a year of 365 days it may be down for (.+?), and nothing", 0.001 * YEAR_MIN),
        (r"plans for (.+?) a month without you", 0.001 * MONTH_MIN),
        (r"which is (.+?) of downtime a month", (1 - 0.9999**12) * MONTH_MIN),
        (r"99\.9% is (\S+ \S+) a month, or", 0.001 * MONTH_MIN),
        (r"99\.9% is \S+ \S+ a month, or (\S+ \S+) a year\.", 0.001 * YEAR_MIN),
    ],
)
def test_a_duration_in_the_text(chapter: BeautifulSoup, sentence: str, minutes_down: float) -> None:
    (told,) = re.findall(sentence, words(chapter.article))
    assert minutes(told) == pytest.approx(minutes_down, rel=0.0051)


@pytest.mark.parametrize(
    "sentence, number",
    [
        (r"is often called, are (\S+): half", 3.30103),  # -log10(0.0005)
        (r"99\.99% has room for (\S+) a year", 0.0001 * 8760 / 0.5),
        (r"the outage at the peak spends (\S+)% of the budget", 100 * 20 * 300 / (MONTH_MIN * 120) / 0.001),
        (r"At 99\.99% it lasts (\S+) minutes before the month is gone", 10 * 0.0001 * MONTH_MIN),
        (r"make (\S+) minutes, or 99", 18 + 41 + 9),
        (r", or (\S+) minutes in 30 days against 21\.6 promised", (1 - 0.9999**3 * (1 - PAIR)) * MONTH_MIN),
        (r"minutes are (\S+) yearly budgets of 99\.99%", 257 / (0.0001 * YEAR_MIN)),
        (r"the outage took (\S+) yearly budgets", 265 / (0.0001 * YEAR_MIN)),
        (r"a tenth shared: the third saves (\S+) seconds a year", (PAIR - TRIO) * YEAR_MIN * 60),
        (r"Twelve at 99\.99% leave (\S+)%", 100 * 0.9999**12),
        (r"the rule gives (\S+)\.(?= )", 0.00001 * 86_400),
    ],
)
def test_a_number_in_the_text(chapter: BeautifulSoup, sentence: str, number: float) -> None:
    (told,) = re.findall(sentence, words(chapter.article))
    assert float(told) == pytest.approx(number, rel=0.00001 if number > 99 and number < 100 else 0.02)


def test_the_table_of_promises(chapter: BeautifulSoup) -> None:
    rows = [[cell.get_text().strip() for cell in row.find_all("td")] for row in chapter.article.table.find_all("tr")[1:]]
    assert [row[0] for row in rows] == ["99%", "99.9%", "99.95%", "99.99%", "99.999%"]
    for (_, nines, month, year), down in zip(rows, (0.01, 0.001, 0.0005, 0.0001, 0.00001)):
        assert 10 ** -float(nines) == pytest.approx(down, rel=0.01)
        assert minutes(month) == pytest.approx(down * MONTH_MIN, rel=0.0051)
        assert minutes(year) == pytest.approx(down * YEAR_MIN, rel=0.0051)


def test_headings_with_a_number_agree_with_the_text(chapter: BeautifulSoup) -> None:
    titles = [heading.find(string=True) for heading in chapter.article.find_all("h2")]
    (first,) = [title for title in titles if title.startswith("Three nines are")]
    assert re.findall(r"[\d.]+", first) == [f"{0.001 * MONTH_MIN:.0f}"]
    assert "Twelve dependencies at four nines leave you less than three" in titles
    assert -math.log10(1 - 0.9999**12) < 3


# --- Parts of a page by themselves


def test_words_in_a_table_are_words() -> None:
    page = BeautifulSoup(table_html(availability.Table(("a & b", "<i>"), (("<b>", "1"),))), "html.parser")
    assert [cell.get_text() for cell in page.find_all(["th", "td"])] == ["a & b", "<i>", "<b>", "1"]
    assert [cell["scope"] for cell in page.find_all("th")] == ["col", "col", "row"]


def test_a_drawing_is_placed_as_it_is() -> None:
    assert first_picture("<svg><text>a</text></svg>") == "<svg><text>a</text></svg>"


def test_several_pictures_stand_in_panels_of_half_the_width() -> None:
    drawing = chart(100, [layer("rows", "point", x={"field": "x", "type": "quantitative"})], {"rows": [{"x": 1}]})
    page = BeautifulSoup(first_picture(("<svg>a</svg>", drawing)), "html.parser")
    first, second = page.find(class_="ip-panels").find_all(class_="ip-panel", recursive=False)
    assert str(first.svg) == "<svg>a</svg>"
    widths = {box["class"][0]: float(box.svg["width"]) for box in second.find_all("div")}
    assert widths == {"ip-wide": pytest.approx(314, abs=2), "ip-narrow": pytest.approx(340, abs=2)}
