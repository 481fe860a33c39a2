"""The minutes at the top of a chapter: counted by hand on a small page, and told as they are set."""

import math
import re

import pytest
from bs4 import BeautifulSoup, Tag
from docutils import nodes

from infrapm.site.chapters import ROOT, slugs
from infrapm.site.minutes import STEP_MIN, WORDS_A_MINUTE, optional_min, reading_min, working_min
from infrapm.site.pages import OPTIONAL, live
from tests.conftest import BOOK

NUMBER = {word: number for number, word in enumerate("no one two three four five six seven eight nine ten".split())}


def page(words: int, *parts: str) -> nodes.document:
    tree = nodes.document(None, None)
    tree += nodes.paragraph("", "word " * words)
    tree += nodes.literal_block("", "code is not read " * 500)
    for part in parts:
        tree += live(f"<section {part}>{'folded words ' * 500}</section>")
    return tree


@pytest.mark.parametrize("words, minutes", [(0, 0), (1, 1), (200, 1), (201, 2), (2400, 12)])
def test_reading_is_the_page_s_own_words_rounded_up(words: int, minutes: int) -> None:
    assert reading_min(page(words, 'data-kind="judgment"')) == minutes


@pytest.mark.parametrize(
    "parts, minutes",
    [
        ([], 0),
        (['class="ip-task"'], 5),
        (['data-kind="judgment"'], 10),
        (['data-kind="judgment"', 'data-kind="question"'], 15),
        (['class="ip-explorer"', 'class="ip-task"', 'data-kind="prediction"'], 5),
    ],
)
def test_working_is_the_sum_of_its_steps_rounded_up_to_five(parts: list[str], minutes: int) -> None:
    assert working_min(page(100, *parts)) == minutes


def test_what_is_marked_as_optional_is_counted_apart() -> None:
    tree = page(100, 'class="ip-task"', 'data-kind="judgment"')
    assert (working_min(tree), optional_min(tree)) == (15, 0)
    inside = nodes.container("", live('<p data-kind="red-team">'))
    tree += nodes.container("", live('<section data-id="x" class="ip-task"></section>'), inside, classes=[OPTIONAL])
    assert (working_min(tree), optional_min(tree)) == (15, 10)


@pytest.mark.parametrize("slug", slugs())
def test_a_chapter_tells_both_figures_and_marks_what_is_optional(book, slug: str) -> None:
    """Recounted on the built page: every step outside the optional parts, and every step inside each of them."""
    chapter = BeautifulSoup((book / "book" / f"{slug}.html").read_text(encoding="utf-8"), "html.parser").article

    def steps(part: Tag) -> int:
        return sum(minutes * str(part).count(mark) for mark, minutes in STEP_MIN.items())

    told = re.search(r"Working: (\d+) minutes(?:, and (\d+) minutes for parts marked optional)?\.", chapter.find(class_="ip-time").get_text())
    optional = 0
    for part in chapter.find_all(class_=OPTIONAL):
        assert part.p.get_text().startswith(f"Optional, about {steps(part)} minutes. ") and steps(part) > 0
        optional += steps(part.extract())
    assert int(told[2] or 0) == 5 * math.ceil(optional / 5)
    assert int(told[1]) == 5 * math.ceil(steps(chapter) / 5)


@pytest.mark.parametrize("slug", slugs())
def test_a_chapter_can_be_worked_in_three_quarters_of_an_hour(book, slug: str) -> None:
    html = (book / "book" / f"{slug}.html").read_text(encoding="utf-8")
    assert 25 <= int(re.search(r"Working: (\d+) minutes", html)[1]) <= 45


def test_how_the_book_is_made_tells_the_minutes_as_they_are() -> None:
    told = (ROOT / "book" / "reference" / "how-made.md").read_text(encoding="utf-8")
    assert f"at {WORDS_A_MINUTE} a minute" in told
    (steps,) = re.findall(r"Working adds up the steps: (.+?);", told)
    minutes = [NUMBER[word] for word in re.findall(r"\w+", steps) if word in NUMBER]
    assert minutes == [2, 1, 3, 4, 10, 5] and "one for" in steps
    by_kind = {re.search(r'"(?:ip-)?([\w-]+)"', mark)[1]: minutes for mark, minutes in STEP_MIN.items()}
    assert by_kind == {
        "explorer": 2, "task": 2, "decision": 2, "prediction": 1, "question": 1, "again": 1, "audit": 1, "evidence": 3,
        "red-team": 4, "judgment": 10, "card": 5, "rewrite": 5,
    }  # fmt: skip


@pytest.mark.parametrize("mark", STEP_MIN)
def test_every_step_is_how_a_page_marks_it(book, mark: str) -> None:
    if "evidence" in mark:  # not in every book; see test_study.py for its mark
        return
    assert any(mark in path.read_text(encoding="utf-8") for path in BOOK.rglob("*.html"))
