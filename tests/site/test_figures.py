"""A claim's figure apart from its verdict fails the build, and a number that only looks the same does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrapm.site import figures
from infrapm.site.chapters import ROOT, slugs
from infrapm.site.figures import doubtful_figures, figures_in, normal, problems
from infrapm.site.sources import claims
from tests.fixtures.small_book import SmallBook

PAGE = """# T

Before any section: users improve their pass rate 2.1x.

## One

An outage costs $300 thousand a minute, they say.

## Two

```{claim} A028
```

The figure of 300K USD per minute was per hour.

## Three

A third of it: {calc}`35` in 100. We reject 35 of 100 and keep 35%. A factor of 12.1x, and 2.15x.

| Cell | 2.1 times |
"""
TOML = """
[other_numbers]
A115 = "the share that the gateway rejects at its limit"

[decision]
case = "The gateway rejects 35% of requests. It pays. Then 2.1x came."
claims = "A114"

[[question]]
id = "a"
question = "Is it 35%? Many reject it."

[[question]]
id = "b"
question = "Is it 40% of the time on discovery?"
"""


@pytest.fixture
def chapter(tmp_path: Path) -> tuple[Path, Path]:
    page, data = tmp_path / "made.md", tmp_path / "made.toml"
    page.write_text(PAGE, encoding="utf-8")
    data.write_text(TOML, encoding="utf-8")
    return page, data


def told(chapter: tuple[Path, Path]) -> list[tuple[str, str]]:
    """Place and claim of each problem."""
    found = [problem.split(": a figure of the claim ") for problem in problems(*chapter, doubtful_figures())]
    return [(place, rest[0].split()[0]) for place, *rest in found if rest]


def test_a_figure_apart_from_its_verdict_is_told_with_file_and_line(chapter: tuple[Path, Path]) -> None:
    assert told(chapter) == [("made.md:3", "A114"), ("made.md:7", "A028"), ("made.md:20", "A114"), ("made.toml:15", "A011")]


def test_a_declared_number_passes_and_an_idle_declaration_is_told(chapter: tuple[Path, Path]) -> None:
    page, data = chapter
    data.write_text(TOML.replace("A115 =", "A114 ="), encoding="utf-8")
    assert told(chapter) == [("made.md:7", "A028"), ("made.md:18", "A115"), ("made.toml:6", "A115"), ("made.toml:15", "A011")]
    data.write_text(TOML.replace("A115 =", 'A071 = "a share"\nA115 ='), encoding="utf-8")
    assert problems(page, data, doubtful_figures())[-1] == "made.toml:3: no figure looks like one of the claim A071"


@pytest.mark.parametrize(
    "text, same",
    [
        ("12 M USD", "$12M"), ("12 million dollars", "$12M"), ("$12 million", "$12M"), ("$1.2M", "$1.2M"), ("300 K USD", "$300K"),
        ("20–40%", "20-40%"), ("{calc}`12 * 35` left", "… left"), ("12 Mbit/s", "12 Mbit/s"),
    ],
)  # fmt: skip
def test_money_and_dashes_in_one_way(text: str, same: str) -> None:
    assert normal(text) == same


def test_every_figure_stands_in_its_own_claim_and_every_claim_exists() -> None:
    for id, listed in doubtful_figures().items():
        assert figures_in(normal(claims()[id]["claim"]), listed), (id, listed, claims()[id]["claim"])
        assert all(part.strip() for figure in listed.split("|") for part in figure.split("&")), id
    assert len(doubtful_figures()) > 50


def test_the_page_for_instructors_is_read_too(chapter: tuple[Path, Path]) -> None:
    page, data = chapter
    instructors = page.parent / "instructors" / page.name
    instructors.parent.mkdir()
    instructors.write_text("# Teach\n\nIt is 300 K USD a minute.\n", encoding="utf-8")
    more = set(problems(page, data, doubtful_figures(), instructors)) - set(problems(page, data, doubtful_figures()))
    assert [problem.split(" (")[0] for problem in more] == ["instructors/made.md:3: a figure of the claim A028"]


@pytest.mark.parametrize("slug", slugs())
def test_no_chapter_uses_such_a_figure(slug: str) -> None:
    book = ROOT / "book"
    assert problems(book / f"{slug}.md", ROOT / "infrapm" / "data" / f"{slug}.toml", doubtful_figures(), book / "instructors" / f"{slug}.md") == []


def test_the_build_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "made.md").write_text("# T\n\nSeen in 35% of rejections.\n")
    (tmp_path / "_toc.yml").write_text('parts: [{caption: "Part I", chapters: [{file: book/made}]}]')
    listed = doubtful_figures()
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "doubtful_figures", lambda: listed)
    book = SmallBook(tmp_path, {"page.md": "# T\n"})
    assert book.failed
    assert "WARNING: made.md:3: a figure of the claim A115 (35% & reject) stands apart from its verdict" in book.log
