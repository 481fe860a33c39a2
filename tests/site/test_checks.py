"""The checks of a page: headings, text alternatives, a chapter's parts; each told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrapm.site.checks import HEADINGS, heading_problems
from tests.fixtures.small_book import SmallBook

# A chapter's own sections stand between the decision and "In the wild".
OPENING, CLOSING = HEADINGS[:3], HEADINGS[3:]


@pytest.mark.parametrize(
    "titles, problems",
    [
        ([*OPENING, "A claim", *CLOSING], []),
        ([*OPENING, "A claim", "Another", *CLOSING], []),
        ([], [f"the part “{heading}” is missing" for heading in HEADINGS]),
        (["A claim", *OPENING[1:], *CLOSING], ["the part “Warm-up” is missing"]),
        ([*OPENING, "A claim", *CLOSING[:-1]], ["the part “Further reading” is missing"]),
        ([*OPENING, *CLOSING], ["there is no section between “The decision” and “In the wild”"]),
        ([*OPENING, "A claim", *reversed(CLOSING)], [f"the parts stand in another order than: {', '.join(HEADINGS)}"]),
        ([*OPENING, "A claim", CLOSING[0], *CLOSING], [f"the parts stand in another order than: {', '.join(HEADINGS)}"]),
    ],
)
def test_headings(titles: list[str], problems: list[str]) -> None:
    assert heading_problems(titles) == problems


def chapter(*titles: str) -> str:
    return "\n\n".join(["Before the title: nothing.", "# T", *(f"## {title}\n\nWords." for title in titles)])


# A page whose name is a chapter's must have a chapter's parts; any page must have words for its pictures.
PAGES = {
    "right/availability.md": chapter(*OPENING, "A claim", *CLOSING),
    "missing/availability.md": "# T\n\n" + chapter(*OPENING, "A claim", *CLOSING[:-1]).split("# T\n\n", 1)[1],
    "pictures.md": """\
        # Pictures

        ![](a.png)

        Some words, then ![](b.png) inside a sentence.

        ```{image} c.png
        ```

        :::{figure} d.png
        A caption is no text alternative.
        :::

        - ![ ](e.png)

        ![A chart of downtime](f.png)

        ```{image} g.png
        :alt: A chart of cost
        ```
        """,
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    folder = tmp_path_factory.mktemp("checks")
    (folder / "source").mkdir()
    for name in "abcdefg":
        (folder / "source" / f"{name}.png").touch()
    return SmallBook(folder, PAGES)


def test_every_picture_without_words_is_told_with_file_and_line(book: SmallBook) -> None:
    assert book.told("pictures.md", "WARNING") == [
        f"{line}: the picture {name}.png has no text alternative"
        for line, name in ((3, "a"), (5, "b"), (7, "c"), (10, "d"), (14, "e"))
    ]


def test_a_missing_part_is_told_with_file_and_line(book: SmallBook) -> None:
    assert book.told("missing/availability.md", "WARNING") == ["1: the part “Further reading” is missing"]


def test_a_whole_chapter_passes(book: SmallBook) -> None:
    assert book.told("right/availability.md", "WARNING") == []


def test_such_a_build_fails_and_nothing_else_is_wrong(book: SmallBook) -> None:
    assert book.failed
    assert len(book.log.strip().splitlines()) == 6, book.log


def test_a_book_without_a_fault_does_not_fail(tmp_path: Path) -> None:
    book = SmallBook(tmp_path, {"page.md": "# T\n\nWords.\n"})
    assert (book.failed, book.log) == (False, "")
