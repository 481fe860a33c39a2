"""The instructors' pages: every misconception and answer from the chapter's own sources, hours from its minutes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, BrowserContext

from infrapm.exercises import chapter
from infrapm.exercises._content import content
from infrapm.exercises._red_team import red_document
from infrapm.explore.tasks import ChoiceTask, NumericTask
from infrapm.site.chapters import ROOT, chapter_of, missing_parts, slugs, title
from infrapm.site.study import data_problems
from infrapm.site.teaching import PLANNED_MIN, hours_text, revealing, right_answer
from infrapm.site.words import inline_html, words_html
from tests.conftest import AXE, CUT_OFF, Site, axe_violations
from tests.fixtures.small_book import SmallBook

FOLDER = "book/instructors"


def words(node: object) -> str:
    """Text with single spaces, as a reader would compare it."""
    text = node.get_text() if hasattr(node, "get_text") else str(node)
    return re.sub(r"\s+", " ", text).strip()


def plain(html: str) -> str:
    return words(BeautifulSoup(html, "html.parser"))


def soup(book: Path, page: str) -> BeautifulSoup:
    return BeautifulSoup((book / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module", params=slugs())
def slug(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def page(book: Path, slug: str) -> BeautifulSoup:
    return soup(book, f"{FOLDER}/{slug}")


@pytest.fixture(scope="module")
def groups(page: BeautifulSoup) -> dict[str, BeautifulSoup]:
    """The folded groups of answers, by their summary."""
    return {words(group.summary): group for group in page.find_all("details", class_="teach-group")}


# --- Overview


def test_a_page_bears_its_chapter_s_title(page: BeautifulSoup, slug: str) -> None:
    assert page.h1.find(string=True) == f"Teach: {title(slug)}"


def test_a_page_has_a_session_of_both_lengths_discussions_and_variations(page: BeautifulSoup) -> None:
    parts = {heading.find(string=True): heading.parent for heading in page.article.find_all(["h2", "h3"])}
    for name, least in {"50 minutes": 60, "90 minutes": 60, "Discuss": 120, "Variations": 80}.items():
        assert len(words(parts[name]).split()) > least, name
    assert list(parts).index("50 minutes") < list(parts).index("Discuss") < list(parts).index("Answers")


def test_it_takes_what_the_chapter_says_of_itself(book: Path, page: BeautifulSoup, slug: str) -> None:
    told = re.findall(r"(\d+) minutes", soup(book, f"book/{slug}").find(class_="ip-time").get_text())
    assert re.findall(r"(\d+) minutes", words(page.find(id="teach-takes"))) == told


def test_every_objective_stands_with_all_that_exercises_it(book: Path, page: BeautifulSoup, slug: str) -> None:
    wanted = [words(item).rstrip(";.").lower() for item in soup(book, f"book/{slug}").find(id="after-this-chapter-you-can").ol.find_all("li")]
    items = page.find(id="teach-objectives").ol.find_all("li")
    assert [words(item.find(string=True)).rstrip(".").lower() for item in items] == wanted
    linked = {number: {a["href"].partition("#")[2] for a in item.find_all("a")} for number, item in enumerate(items, 1)}
    filling = content(slug)
    for question in filling.questions:
        assert f"study-{slug}-{question.id}" in linked[question.objective]
    for task in chapter(slug).TASKS:
        assert f"task-{task.id}" in linked[task.objective]
    assert f"study-{slug}-judgment" in linked[filling.judgment.objective]


def test_every_misconception_stands_with_a_question_that_reveals_it(page: BeautifulSoup, slug: str) -> None:
    filling = content(slug)
    assert filling.misconceptions
    for id, text in filling.misconceptions.items():
        name = page.find("dt", id=f"teach-{id}")
        assert words(name) == f"{id}. “{text}”"
        body = name.find_next_sibling("dd")
        tempting = [(choice, option) for choice in filling.choices for option in choice.options if option.misconception == id]
        assert tempting
        asked = [words(item) for item in body.find_all("li", attrs={"data-reveals": id})]
        folded = words(body.details)
        assert len(asked) == len({choice.id for choice, _ in tempting})
        for choice, option in tempting:
            assert any(line.endswith(plain(inline_html(choice.question, slug))) for line in asked)
            assert plain(inline_html(option.text, slug)) in folded
            assert plain(inline_html(option.feedback, slug)) in folded


def test_every_link_leads_to_a_part_of_the_chapter(book: Path, page: BeautifulSoup, slug: str) -> None:
    there = {tag["id"] for tag in soup(book, f"book/{slug}").find_all(id=True)}
    targets = {a["href"].partition("#")[2] for part in page.find_all(class_="ip-teaching") for a in part.find_all("a") if "#" in a["href"]}
    assert targets and targets <= there


@pytest.mark.parametrize("name", [*slugs(), "index", "syllabi"])
def test_plans_are_called_plans_once_a_page(book: Path, name: str) -> None:
    assert words(soup(book, f"{FOLDER}/{name}").article).count("have not been tried with a class") == 1


# --- Answers


def test_every_choice_stands_with_its_right_option_and_reason(groups: dict[str, BeautifulSoup], slug: str) -> None:
    filling = content(slug)
    found = {"The decision": (filling.decision,), "Predictions": filling.predictions, "Evidence": filling.evidence, "Check yourself": filling.questions}
    for name, choices in found.items():
        assert (name in groups) is bool(choices)
        for choice in choices:
            heading = groups[name].find("a", href=re.compile(rf"#study-{slug}-{choice.id}$")).find_parent("h3")
            options = heading.find_next("ul")
            right = next(option for option in choice.options if option.key == choice.right)
            assert words(options.find(class_="teach-right")) == f"✓ Right: {plain(inline_html(right.text, slug))} {plain(inline_html(right.feedback, slug))}"
            assert len(options.find_all("li", recursive=False)) == len(choice.options)
            assert plain(words_html(choice.after, slug)) in words(groups[name])


def test_every_task_stands_with_an_answer_that_its_own_check_takes(groups: dict[str, BeautifulSoup], slug: str) -> None:
    group = groups["Tasks, at the book's numbers"]
    for task in chapter(slug).TASKS:
        p = task.parameters()
        shown = group.find(attrs={"data-task": task.id})
        answer = right_answer(task)
        if len(answer) == 1:
            assert words(shown).startswith(f"Answer: {words(answer[0])}")
        else:
            assert [words(item) for item in shown.ol.find_all("li")] == [words(text) for text in answer]
        if isinstance(task, NumericTask):
            assert task.check(answer[0].replace(",", "")).status == "right"
        else:
            keys = {option.text: option.key for option in task.options(p)}
            given = [keys[text] for text in answer]
            assert task.check(given[0] if isinstance(task, ChoiceTask) else given).status == "right"
        hints = group.find("ol", attrs={"aria-label": f"Hints: {task.title}"})
        assert [words(item) for item in hints.find_all("li")] == [words(hint) for hint in task.hints(p)]
        assert hints.find_next(class_="highlight").get_text().strip()
        wrong = group.find("ul", attrs={"aria-label": f"Wrong numbers: {task.title}"})
        slips = task.slips(p) if isinstance(task, NumericTask) else ()
        assert [item.strong.get_text() for item in wrong.find_all("li")] if wrong else not slips
        for item, slip in zip(wrong.find_all("li") if wrong else (), slips, strict=True):
            given = item.strong.get_text()
            assert task.check(given.replace(",", "")).message == slip.feedback and words(item) == f"{given} {slip.feedback}"


def test_the_judgment_stands_with_bands_anchors_and_model_answer(groups: dict[str, BeautifulSoup], slug: str) -> None:
    judgment = content(slug).judgment
    group = groups[f"The judgment: {judgment.title}"]
    assert [words(row.find_all("td")[-1]) for row in group.tbody.find_all("tr")] == [plain(inline_html(judgment.bands[band], slug)) for band in sorted(judgment.bands)]
    headings = [words(heading) for heading in group.find_all("h3")]
    for number, anchor in enumerate(judgment.anchors, 1):
        assert f"Answer {number}: band {anchor.band}" in headings
        assert plain(inline_html(anchor.deciding, slug)) in words(group)
    assert plain(words_html(judgment.model_answer, slug)) in words(group)


def test_documents_under_review_and_claims_have_their_answers(groups: dict[str, BeautifulSoup], slug: str) -> None:
    for id in getattr(chapter(slug), "DOCUMENTS", ()):
        document = red_document(slug, id)
        table = groups[f"Document {id.upper()}: {document.title}"].tbody
        damages = document.damages(document.parameters())
        assert {row.th.get_text(): row.find_all("td")[1].get_text() for row in table.find_all("tr")} == {flaw: f"{usd:,.0f}" for flaw, usd in damages.items()}
    deck = content(slug).audit
    assert ("Claims of the deck" in groups) is bool(deck)
    if deck:
        assert [words(item.strong).split(",")[0] for item in groups["Claims of the deck"].ol.find_all("li", recursive=False)] == [card.claim for card in deck]


def test_all_answers_are_folded(page: BeautifulSoup) -> None:
    folds = page.find_all("details", class_="teach-group")
    assert len(folds) >= 5 and not any(fold.has_attr("open") for fold in page.select(".ip-teaching details"))
    outside = [right for right in page.find_all(class_="teach-right") if not right.find_parent("details")]
    assert outside == []


def test_no_python_no_page_script_and_no_id_of_a_chapter(book: Path, page: BeautifulSoup, slug: str) -> None:
    scripts = " ".join(script.get("src") or script.get("id") or "" for script in page.find_all("script"))
    assert "shell.js" in scripts, "which unfolds the answers on paper"
    assert not re.search(r"page\.js|study\.js|audit\.js|red-team\.js|ip-runtime", scripts)
    assert not page.find(attrs={"data-slug": True})
    ours = {tag["id"] for part in page.find_all(class_="ip-teaching") for tag in part.find_all(id=True)}
    assert ours and all(id.startswith("teach-") for id in ours)
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


# --- Pieces


def test_the_questions_that_reveal_a_misconception_are_those_whose_options_name_it() -> None:
    filling = content("availability")
    found = revealing(filling)
    assert {(id, one.choice.id) for id, places in found.items() for one in places} == {
        (option.misconception, choice.id) for choice in filling.choices for option in choice.options if option.misconception
    }
    assert [one.label for one in found["M6"]] == ["Prediction 1", "Question 2"]


def test_a_misconception_that_nothing_reveals_is_told(tmp_path: Path) -> None:
    text = (ROOT / "infrapm/data/availability.toml").read_text(encoding="utf-8")
    file = tmp_path / "made.toml"
    file.write_text(text.replace("[misconceptions]\n", '[misconceptions]\nM9 = "Nobody thinks this."\n'), encoding="utf-8")
    line = file.read_text(encoding="utf-8").splitlines().index('M9 = "Nobody thinks this."') + 1
    assert data_problems(file) == [f"made.toml:{line}: no option names the misconception 'M9'"]


def test_a_chapter_without_its_page_for_instructors_is_named(tmp_path: Path) -> None:
    assert f"{FOLDER}/availability.md (the page for those who teach it)" in missing_parts("availability", tmp_path)


def test_an_instructor_s_page_is_no_chapter() -> None:
    assert [chapter_of(f"{folder}{slugs()[0]}") for folder in ("book/", f"{FOLDER}/")] == [slugs()[0], ""]


SLIPS = {
    "part.md": "# T\n\n```{teaching} everything role\n```\n",
    "chapter.md": "# T\n\n```{teaching} answers roles\n```\n",
    "hours.md": "# T\n\n{hours}`roles` {hours}`total role` {hours}`mistakes/option`\n",
}


def test_slips_are_told_with_file_and_line(tmp_path: Path) -> None:
    book = SmallBook(tmp_path, SLIPS)
    for name in ("part.md", "chapter.md"):
        (told,) = book.told(name, "ERROR")
        assert "{teaching} takes `overview` or `answers`, and a chapter of: role" in told
    assert [line.split(";")[-1] for line in book.told("hours.md", "ERROR")] == [" not 'roles'", " not 'total role'", " not 'mistakes/option'"]


# --- Syllabi


@pytest.fixture(scope="module")
def syllabi(book: Path) -> BeautifulSoup:
    return soup(book, f"{FOLDER}/syllabi")


ROLE = re.compile(r"\{hours\}`([^`]+)`")


def minutes_of(book: Path, term: str) -> int:
    """The minutes that a chapter's page prints."""
    if term in PLANNED_MIN:
        return PLANNED_MIN[term]
    slug, _, optional = term.partition("/")
    told = [int(minutes) for minutes in re.findall(r"(\d+) minutes", soup(book, f"book/{slug}").find(class_="ip-time").get_text())]
    return told[2] if optional else told[0] + told[1]


def test_hours_are_the_sums_of_the_minutes_that_chapters_print(book: Path, syllabi: BeautifulSoup) -> None:
    source = (ROOT / f"{FOLDER}/syllabi.md").read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n\n", source) if block.startswith("|")]
    tables = syllabi.find_all("table")
    assert len(blocks) == len(tables) == 5
    for block, table in zip(blocks, tables):
        roles = ROLE.findall(block)
        minutes = [sum(minutes_of(book, term) for term in role.split()) for role in roles if role != "total"]
        wanted = [f"{round(each / 30) / 2:g}" for each in minutes]
        if roles[-1] == "total":
            wanted.append(f"{round(sum(minutes) / 30) / 2:g}")
        assert [row.find_all("td")[-1].get_text() for row in table.tbody.find_all("tr")] == wanted


def test_each_syllabus_has_its_weeks_and_no_hour_is_typed(syllabi: BeautifulSoup) -> None:
    for weeks, table in zip((2, 4, 8, 14), syllabi.find_all("table")[1:]):
        rows = [row.find_all("td") for row in table.tbody.find_all("tr")]
        assert [words(row[0]) for row in rows] == [*map(str, range(1, weeks + 1)), "All"]
        assert all(row[-1].find(class_="ip-calc") for row in rows)


def test_every_chapter_stands_in_a_syllabus(syllabi: BeautifulSoup) -> None:
    linked = {a["href"].removesuffix(".html") for table in syllabi.find_all("table") for a in table.find_all("a")}
    assert set(slugs()) <= linked


def test_half_hours() -> None:
    assert [hours_text(minutes) for minutes in (30, 57, 74, 76, 300)] == ["0.5", "1", "1", "1.5", "5"]


def test_the_index_leads_to_every_page(book: Path) -> None:
    linked = {a["href"] for a in soup(book, f"{FOLDER}/index").find(class_="bd-article").find_all("a")}
    assert {"syllabi.html", *(f"{slug}.html" for slug in slugs())} <= linked


# --- In a browser


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index", "syllabi", *slugs()])
def test_a_page_is_accessible_and_keeps_nothing(chromium: Browser, site: Site, name: str) -> None:
    for width, scheme in ((1280, "light"), (390, "dark")):
        reader: BrowserContext = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = reader.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{site.address}/{FOLDER}/{name}.html")
        page.evaluate("for (const fold of document.querySelectorAll('.ip-teaching details')) fold.open = true")
        page.add_script_tag(path=AXE)
        assert axe_violations(page) == []
        assert page.evaluate(CUT_OFF) == []
        assert not [address for address in asked if not address.startswith(site.address) or "/runtime/" in address]
        assert page.evaluate("localStorage.getItem('infrapm')") is None
        reader.close()


@pytest.mark.browser
def test_answers_are_unfolded_on_paper_and_folded_after_it(chromium: Browser, site: Site) -> None:
    page = chromium.new_page()
    page.goto(f"{site.address}/{FOLDER}/{slugs()[0]}.html")
    fold = page.locator("details.teach-group").first
    fold.evaluate("fold => { fold.open = true }")
    count = page.locator(".ip-teaching details").count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".ip-teaching details[open]").count() == count > 5
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".ip-teaching details[open]").count() == 1  # the one that was open before
    page.close()
