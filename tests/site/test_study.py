"""The parts of a chapter on a page that are not of every chapter: evidence packs."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from infrapm.exercises import _study
from infrapm.exercises._content import content
from infrapm.site import study
from infrapm.site.chapters import ROOT
from tests.fixtures.small_book import SmallBook
from tests.fixtures.small_chapter import EVIDENCE

WHOLE = (ROOT / "infrapm" / "data" / "availability.toml").read_text(encoding="utf-8")
PACK = """
[[evidence]]
id = "stale-read"
title = "A read that came back old"
language = "text"
lines = "one\\ntwo"
question = "Which hypothesis dies?"
right = "lost"
after = "Ask."

[[evidence.options]]
key = "lost"
text = "Lost"
feedback = "No."

[[evidence.options]]
key = "late"
text = "Late"
feedback = "Yes."
misconception = "M1"
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    made = replace(content("availability"), evidence=(EVIDENCE,))
    pages = {
        "right.md": "# T\n\nWords.\n\n```{evidence-pack} stale-read\n```\n",
        "unknown.md": "# T\n\nWords.\n\n```{evidence-pack} no-such\n```\n",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "content", lambda slug: made)
        return SmallBook(tmp_path_factory.mktemp("study"), pages)


def test_an_evidence_pack_is_numbered_lines_and_a_question(book: SmallBook) -> None:
    assert book.told("right.md", "ERROR") + book.told("right.md", "WARNING") == []
    tree = book.app.env.get_doctree("right")
    (code,) = [node for node in tree.findall() if node.tagname == "literal_block"]
    assert code.astext().splitlines()[-1] == "12:00:30 node-b read limit=7", "numbers are computed"
    assert (code["language"], code["linenos"]) == ("text", True)
    assert "Evidence: A read that came back old" in book.text("right.md")
    page = BeautifulSoup("".join(node.astext() for node in tree.findall() if node.tagname == "raw"), "html.parser")
    assert (page.section["data-kind"], page.section["data-id"], page.section["data-right"]) == ("evidence", "stale-read", "lost")
    assert [field["value"] for field in page.find_all("input", type="radio")] == ["lost", "late"]
    assert page.find("select", attrs={"name": "confidence"}), "it counts for calibration"
    assert "Ask for the quorum next." in page.details.get_text()


def test_an_unknown_pack_is_told_with_file_and_line(book: SmallBook) -> None:
    (said,) = book.told("unknown.md", "ERROR")
    assert said == "5: KeyError: no evidence 'no-such'; there are: stale-read"


def test_the_file_of_a_chapter_may_hold_packs(tmp_path: Path) -> None:
    file = tmp_path / "made.toml"
    file.write_text(WHOLE + PACK, encoding="utf-8")
    assert study.data_problems(file) == []
    file.write_text(WHOLE + PACK.replace('right = "lost"', 'right = "none"'), encoding="utf-8")
    (said,) = study.data_problems(file)
    assert said.endswith("'none' is not the key of an option (lost, late)")
    line = said.split(":")[1]
    assert file.read_text(encoding="utf-8").splitlines()[int(line) - 1] == 'right = "none"'
    file.write_text(WHOLE + PACK.replace('id = "stale-read"', 'id = "third-copy"'), encoding="utf-8")
    assert "the id 'third-copy' is used twice" in study.data_problems(file)[0]
    assert "evidence" not in tomllib.loads(WHOLE), "the test adds the only one"


def test_a_notebook_asks_about_evidence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = replace(content("availability"), evidence=(EVIDENCE,))
    monkeypatch.setattr(_study, "content", lambda slug: made)
    _, predict, _ = _study.study("availability")
    asked = str(predict("stale-read"))
    assert asked.startswith("```text\n12:00:01 node-a write limit=7 <acked>\n") and "12:00:30 node-b" in asked
    assert "**Which hypothesis do these lines refute?**" in asked
    assert str(predict("stale-read", "lost", 80)) == "As the authors. Line 3 reads it.\n\nAsk for the quorum next."
    assert "**One dependency, two copies" in str(predict("third-copy"))


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    pages = {
        "split/role.md": "# T\n\n```{audit} 6\n```\n\n````{optional}\nWords.\n\n```{audit} rest\n```\n````\n",
        "whole/role.md": "# T\n\n```{audit}\n```\n",
        "silent.md": "# T\n\n```{optional}\n```\n",
        "wrong/role.md": "# T\n\n```{audit} 14\n```\n",
    }
    return SmallBook(tmp_path_factory.mktemp("decks"), pages)


def parts(book: SmallBook, page: str) -> list[str]:
    """What stands on a page of the deck, in order: claims, picture, rewriting."""
    raw = "".join(node.astext() for node in book.app.env.get_doctree(page).findall() if node.tagname == "raw")
    found = BeautifulSoup(raw, "html.parser").find_all("section", class_="ip-study")
    return [part.get("data-claim", part["data-kind"]) for part in found]


def test_a_deck_may_be_split(decks: SmallBook) -> None:
    deck = [card.claim for card in content("role").audit]
    assert parts(decks, "whole/role") == [*deck, "audit-result", "rewrite"]
    assert parts(decks, "split/role") == [*deck[:6], "audit-result", *deck[6:], "rewrite"]
    # eight cards and the rewriting are 13 minutes, six cards alone six; in all, both rounded up to five
    assert "Optional, about 13 minutes. Words." in decks.text("split/role.md")
    assert decks.app.env.metadata["split/role"]["infrapm_minutes"] == {"reading_min": 1, "working_min": 10, "optional_min": 15}
    assert decks.app.env.metadata["whole/role"]["infrapm_minutes"]["optional_min"] == 0


def test_an_optional_part_that_does_not_say_what_it_is_is_told(decks: SmallBook) -> None:
    (said,) = decks.told("silent.md", "ERROR")
    assert said == "3: {optional} opens with a paragraph that says what the part is"


def test_a_wrong_number_of_cards_is_told(decks: SmallBook) -> None:
    (said,) = decks.told("wrong/role.md", "ERROR")
    assert said == "3: ValueError: {audit} takes a number below the deck's 14 cards, or the word rest, not '14'"
