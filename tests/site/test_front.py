"""The front page: chapters with what they take, prerequisites without a circle, and the questions of warm-ups."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from infrapm.exercises._content import Choice, content
from infrapm.site import study
from infrapm.site.chapters import parts, slugs, title
from infrapm.site.front import arcs, direct, needs_problems
from infrapm.site.study import warm_up
from tests import bench_pages

DIAMOND = {"a": {}, "b": {"a": "needed"}, "c": {"a": "helpful"}, "d": {"a": "needed", "b": "needed", "c": "helpful"}}


# --- Prerequisites


@pytest.mark.parametrize(
    "needs, problems",
    [
        (DIAMOND, []),
        ({"a": {"a": "needed"}}, ["the chapters a, a need each other in a circle"]),
        ({"a": {"b": "needed"}, "b": {"c": "helpful"}, "c": {"a": "needed"}}, ["the chapters a, b, c, a need each other in a circle"]),
        ({"x": {}, "a": {"x": "needed", "b": "needed"}, "b": {"a": "needed"}}, ["the chapters a, b, a need each other in a circle"]),
        ({"a": {"gone": "needed"}}, ["the chapter a needs 'gone', which is no chapter"]),
    ],
)
def test_prerequisites(needs: dict, problems: list[str]) -> None:
    assert needs_problems(needs) == problems


def test_the_chapters_of_this_book_need_no_circle() -> None:
    assert needs_problems({slug: content(slug).needs for slug in slugs()}) == []


def test_what_follows_is_left_out_of_the_drawing() -> None:
    assert direct(DIAMOND) == {"a": {}, "b": {"a": "needed"}, "c": {"a": "helpful"}, "d": {"b": "needed", "c": "helpful"}}


def test_the_drawing_has_a_row_for_each_chapter_and_an_arc_for_each_direct_need() -> None:
    titles = {"a": "A <&", "b": "B", "c": "C", "d": "D"}
    drawing = BeautifulSoup(arcs(DIAMOND, titles, {"b"}), "html.parser")
    assert [text.get_text() for text in drawing.find_all("text")] == list(titles.values())
    assert [circle["fill"] for circle in drawing.find_all("circle")] == ["none", "currentColor", "none", "none"]
    rows = {circle["cy"]: slug for circle, slug in zip(drawing.find_all("circle"), titles)}
    drawn = [(path, re.fullmatch(r"M\S+ (\d+)C.* (\d+)", path["d"])) for path in drawing.find_all("path", attrs={"marker-end": True})]
    found = {(rows[ends[1]], rows[ends[2]]): "helpful" if path.has_attr("stroke-dasharray") else "needed" for path, ends in drawn}
    assert found == {(other, slug): how for slug, others in direct(DIAMOND).items() for other, how in others.items()}
    assert drawing.svg["aria-hidden"] == "true"


# --- The page, as built


@pytest.fixture(scope="module")
def page(book: Path) -> BeautifulSoup:
    return BeautifulSoup((book / "book" / "index.html").read_text(encoding="utf-8"), "html.parser")


def test_every_chapter_stands_under_its_part_with_what_it_takes(book: Path, page: BeautifulSoup) -> None:
    listed = page.find(class_="ip-chapters")
    assert [heading.get_text() for heading in listed.find_all("h3")] == list(parts())
    found = [[entry["data-slug"] for entry in part.find_all("li", class_="ip-chapter")] for part in listed.find_all("ol")]
    assert found == list(parts().values())
    for entry in listed.find_all("li", class_="ip-chapter"):
        slug = entry["data-slug"]
        chapter = BeautifulSoup((book / "book" / f"{slug}.html").read_text(encoding="utf-8"), "html.parser")
        assert entry.a.get_text() == title(slug) == chapter.h1.find(string=True)
        assert (book / "book" / entry.a["href"]).is_file()
        told = [int(minutes) for minutes in re.findall(r"\d+", entry.find(class_="ip-takes").get_text())]
        assert told == [int(minutes) for minutes in re.findall(r"(\d+) minutes", chapter.find(class_="ip-time").get_text())]
        objectives = chapter.find(id="after-this-chapter-you-can").ol.find_all("li")
        assert [item.get_text() for item in entry.ul.find_all("li")] == [item.get_text().strip().rstrip(";.") for item in objectives]
        assert bool(entry.find(class_="ip-core")) is content(slug).core


def test_prerequisites_are_told_in_words_too(page: BeautifulSoup) -> None:
    words = page.find(class_="ip-needs").get_text()
    for slug in slugs():
        for other, how in content(slug).needs.items():
            assert f"{title(other)} ({how})" in words
    if any(content(slug).needs for slug in slugs()):
        assert len(page.find(class_="ip-needs").find_all("circle")) == len(slugs())


# --- Warm-ups


def test_the_page_that_measures_set_against_the_front_page_can_be_made_of_it(book: Path, tmp_path: Path) -> None:
    bench_pages.stand(book, tmp_path / "site")  # and finds what it cuts
    assert "ip-explorer" not in (tmp_path / "site" / bench_pages.CUT).read_text(encoding="utf-8")


def chapters_of(monkeypatch: pytest.MonkeyPatch, needs: dict[str, dict[str, str]]) -> None:
    """Chapters with five questions each, named by chapter and number."""
    real = content("availability")

    def made(slug: str):
        questions = tuple(Choice(id=f"{slug}{number}", question="", options=(), right="") for number in range(1, 6))
        return replace(real, needs=needs.get(slug, {}), questions=questions)

    monkeypatch.setattr(study, "content", made)


@pytest.mark.parametrize(
    "slug, earlier, needs, chosen",
    [
        ("b", "a", {}, ["a1", "a3", "a5"]),
        ("c", "ab", {}, ["b1", "a2", "b3"]),
        ("d", "abc", {}, ["c1", "b2", "a3"]),
        ("e", "abcd", {}, ["d1", "c2", "b3"]),
        ("e", "abcd", {"a": "needed"}, ["a4", "d1", "c2"]),
        ("e", "abcd", {"b": "helpful", "a": "needed"}, ["a4", "b3", "d1"]),
        ("g", "abcdef", {"a": "needed"}, ["a1", "f1", "e2"]),
    ],
)
def test_warm_up_questions_come_from_what_a_chapter_needs_then_from_the_last(
    monkeypatch: pytest.MonkeyPatch, slug: str, earlier: str, needs: dict[str, str], chosen: list[str]
) -> None:
    chapters_of(monkeypatch, {slug: needs})
    assert [question.id for _, question in warm_up(slug, list(earlier))] == chosen


def test_no_question_comes_back_in_the_next_four_chapters(monkeypatch: pytest.MonkeyPatch) -> None:
    order = list("abcdefghij")
    chapters_of(monkeypatch, {slug: {"a": "needed"} for slug in order[1:]})
    asked = [{question.id for _, question in warm_up(slug, order[:at])} for at, slug in enumerate(order) if at >= 3]
    for at, questions in enumerate(asked):
        for later in asked[at + 1 : at + 5]:
            assert not questions & later


def test_titles_and_parts_come_from_the_sources(tmp_path: Path) -> None:
    assert title("availability") == "What a nine costs"
    toc = tmp_path / "_toc.yml"
    toc.write_text('parts: [{caption: "Part I", chapters: [{file: book/a}, {file: book/b}]}, {caption: Reference, chapters: [{file: book/c}]}]')
    assert parts(toc) == {"Part I": ["a", "b"]}
