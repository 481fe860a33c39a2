"""Figures of claims that did not hold stand beside their verdict, and nowhere else.

`book/data/claim_figures.csv` lists what of a claim would be taken for a fact: "2.1x | 2.1 times", or "35% & reject"
when a number is distinctive only beside a word of the same sentence. Where one of them stands in a chapter's text,
its section must print the verdict with {claim}; in the data file, the entry must name the claim's id. A number that
only looks the same is declared in the data file, with what it is:

    [other_numbers]
    A115 = "the share of requests that the gateway rejects at its limit"

The check reads sources, not pages, so what {calc} computes never counts.
"""

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .chapters import INSTRUCTORS, ROOT, slugs
from .sources import claims
from .study import line_of

_log = logging.getLogger(__name__)

_CALC = re.compile(r"\{calc\}`[^`]*`")
_CLAIM = re.compile(r"^\s*(?:`{3,}|:{3,})\s*\{claim\}\s*(\S+)", re.M)
_SENTENCE = re.compile(r"(?<=[.!?])[”\"*)]*\s+")
_MONEY = re.compile(r"\b(\d[\d.,-]*)\s?(K|M|B|thousand|million|billion)\s?(?:USD|dollars)\b|\$\s?(\d[\d.,-]*)\s?(K|M|B|thousand|million|billion)\b", re.I)


def normal(text: str) -> str:
    """The text with one way to write dashes and money.

    >>> normal("from 20–40% to 1.2 M USD, or $300 thousand")
    'from 20-40% to $1.2M, or $300K'
    """
    size = {"t": "K", "k": "K", "m": "M", "b": "B"}
    text = _CALC.sub("…", text.replace("–", "-").replace("−", "-"))
    return _MONEY.sub(lambda found: f"${found[1] or found[3]}{size[(found[2] or found[4])[0].lower()]}", text)


def figures_in(sentence: str, figures: str) -> bool:
    """Whether one of the figures stands in a sentence.

    >>> figures_in("It is seen in 35% of rejections.", "35% & reject"), figures_in("Reject 135% of it.", "35% & reject")
    (True, False)
    """
    return any(all(part.search(sentence) for part in figure) for figure in _patterns(figures))


@lru_cache(maxsize=None)
def _patterns(figures: str) -> list[list[re.Pattern[str]]]:
    """Each figure, as patterns that must all be found in one sentence."""

    def pattern(part: str) -> re.Pattern[str]:
        ends = r"(?!\d)" if part[-1].isdigit() else ""
        return re.compile(rf"(?<![\w.,$-]){re.escape(part)}{ends}", re.I)

    return [[pattern(part.strip()) for part in figure.split("&")] for figure in figures.split("|")]


def _met(text: str, doubtful: Mapping[str, str]) -> set[str]:
    """The claims whose figures stand in a text."""
    sentences = _SENTENCE.split(normal(text))
    return {id for id, figures in doubtful.items() if any(figures_in(sentence, figures) for sentence in sentences)}


def in_page(text: str, doubtful: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Line and claim for each figure that stands outside the section with its verdict."""
    line = 1
    for section in re.split(r"^(?=## )", text, flags=re.M):
        told = set(_CLAIM.findall(section))
        for words in section.split("\n"):
            yield from ((line, id) for id in sorted(_met(words, doubtful) - told))
            line += 1
        line -= 1  # the last line of a section is the empty rest before the next


def in_data(data: Any, doubtful: Mapping[str, str], path: tuple[Any, ...] = (), named: frozenset[str] = frozenset()) -> Iterator[tuple[list[Any], str]]:
    """Place and claim for each figure in a table that does not name the claim, nor one around it."""
    if isinstance(data, str):
        yield from ((list(path), id) for id in sorted(_met(data, doubtful) - named))
    elif isinstance(data, dict):
        named |= {value for value in data.values() if isinstance(value, str)}
        for key, value in data.items():
            if (path, key) != ((), "other_numbers"):
                yield from in_data(value, doubtful, (*path, key), named)
    elif isinstance(data, list):
        for at, value in enumerate(data):
            yield from in_data(value, doubtful, (*path, at), named)


def doubtful_figures() -> dict[str, str]:
    """The figures of each claim that is not verified."""
    with (ROOT / "book" / "data" / "claim_figures.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["figures"] for row in csv.DictReader(file) if claims()[row["id"]]["verdict"] != "verified"}


def problems(page: Path, data_file: Path, doubtful: Mapping[str, str], instructors: Path | None = None) -> list[str]:
    """What is wrong with a chapter's figures, each as "file:line: sentence"; instructors: the page for them."""
    text = data_file.read_text(encoding="utf-8") if data_file.exists() else ""
    data = tomllib.loads(text)
    other = data.get("other_numbers", {})
    found = [(page.name, line, id) for line, id in in_page(page.read_text(encoding="utf-8"), doubtful)]
    if instructors and instructors.exists():
        place = f"{instructors.parent.name}/{instructors.name}"
        found += [(place, line, id) for line, id in in_page(instructors.read_text(encoding="utf-8"), doubtful)]
    found += [(data_file.name, line_of(text, path), id) for path, id in in_data(data, doubtful)]
    told = [
        f"{name}:{line}: a figure of the claim {id} ({doubtful[id]}) stands apart from its verdict; "
        f"place {{claim}} {id} in the section, or say in [other_numbers] of {data_file.name} what the number is"
        for name, line, id in found
        if id not in other
    ]
    idle = [id for id in other if id not in {id for _, _, id in found}]
    return told + [f"{data_file.name}:{line_of(text, ['other_numbers', id])}: no figure looks like one of the claim {id}" for id in idle]


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    for slug in slugs(ROOT / "_toc.yml"):
        page = ROOT / "book" / f"{slug}.md"
        if page.exists():
            for problem in problems(page, ROOT / "infrapm" / "data" / f"{slug}.toml", doubtful_figures(), ROOT / "book" / INSTRUCTORS / page.name):
                _log.warning(problem)


def setup(app: Sphinx) -> None:
    app.connect("env-check-consistency", _check)
