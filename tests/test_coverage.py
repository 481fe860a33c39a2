"""The tables of docs/coverage-<slug>.md: every item of the two articles has its row, and every place in a row exists.

tests/fixtures/coverage.csv lists the items, each with the chapters that have to teach, exercise or examine it.
"""

from __future__ import annotations

import csv
import re

import pytest

from infrapm.exercises import chapter
from infrapm.exercises._content import content
from infrapm.site.chapters import ROOT, slugs

with (ROOT / "tests" / "fixtures" / "coverage.csv").open(encoding="utf-8", newline="") as file:
    LISTED = list(csv.DictReader(file))


def items(slug: str) -> list[str]:
    return [row["item"] for row in LISTED if slug in row["chapters"].split("|")]


def rows(table: str) -> dict[str, str]:
    """The first table of a page: what stands in its second column, by what stands in the first."""
    found = re.findall(r"^\| (.+?) \| (.+) \|$", table.split("## Misconceptions")[0].split("## Objectives")[0], re.M)
    return {item: where for item, where in found if item not in ("Item", "---")}


def missing_places(where: str, ids: set[str], text: str) -> list[str]:
    """The ids, claims and headings in a row that a chapter does not have. A heading may be cut short with an ellipsis."""
    headings = re.findall(r"^## (.+)$", text, re.M)
    lost = [id for id in re.findall(r"`([^`]+)`", where) if id not in ids]
    lost += [claim for claim in re.findall(r"\b[AB]\d{3}\b", where) if claim not in text]
    for quoted in re.findall(r"“([^”]+)”", where):
        start = quoted.removesuffix("…").rstrip(" .")
        lost += [] if any(heading == quoted or quoted.endswith("…") and heading.startswith(start) for heading in headings) else [quoted]
    return lost


def test_what_a_row_may_name() -> None:
    page = "## Every KPI can be gamed\n\n```{claim} A104\n```\n"
    assert missing_places("“Every KPI…”, claim A104, task `crews`", {"crews"}, page) == []
    assert missing_places("“Every KPI”, claim A105, task `crew`", {"crews"}, page) == ["crew", "A105", "Every KPI"]


@pytest.mark.parametrize("slug", slugs())
def test_every_item_of_the_articles_has_its_row_and_its_place(slug: str) -> None:
    places = rows((ROOT / "docs" / f"coverage-{slug}.md").read_text(encoding="utf-8"))
    assert items(slug), f"tests/fixtures/coverage.csv has no item for {slug}"
    assert [item for item in items(slug) if item not in places] == [], "these items have no row"
    assert [item for item in places if item not in items(slug)] == [], "these rows are no items"
    module, filling = chapter(slug), content(slug)
    ids = {part.id for part in (*module.EXPLORERS, *module.TASKS)} | {choice.id for choice in filling.choices}
    ids |= {name for row in LISTED for name in row["chapters"].split("|")}  # a row may lead to another chapter
    page = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "book" / f"{slug}.md", ROOT / "infrapm" / "data" / f"{slug}.toml"))
    lost = {item: found for item, where in places.items() if (found := missing_places(where, ids, page))}
    assert lost == {}
