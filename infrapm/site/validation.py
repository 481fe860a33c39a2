"""The directive {validation}: every model beside what was published and beside an independent peer.

    {validation}            all tables of book/data/validation.yaml
    {validation} pbs        the published table of PBS, ours, and a replay of its authors' stopping rule

What a model says is computed while the book is built. What a peer says was stored by `python -m tests.peers` in
book/data/peers.json, so that the build needs no peer; a test computes it again. A difference that is not explained
fails the build.
"""

import importlib
import json
import math
import pkgutil
import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import infrapm.models
from infrapm.explore.results import value_text
from infrapm.explore.text import number_text
from infrapm.models import consistency

from .chapters import ROOT
from .pages import depend_on_package

ROWS = ROOT / "book" / "data" / "validation.yaml"
PEERS = ROOT / "book" / "data" / "peers.json"

# A closed form and its peer agree to this share, unless a row says otherwise; a simulation to so many standard errors.
CLOSE, STANDARD_ERRORS = 1e-9, 4
_NUMBER = re.compile(r"[\d.,]*\d")
_SOURCE = re.compile(r"^ *Source: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One comparison. ours: what the model says now; published: as printed; peer and theirs: who says what."""

    id: str
    what: str
    ours: Any
    published: str
    peer: str
    theirs: Any
    difference: str
    sources: tuple[str, ...]
    why: str


@lru_cache(maxsize=None)
def functions() -> dict[str, Any]:
    """Every public function of the models, by name."""
    modules = [
        importlib.import_module(f"infrapm.models.{found.name}")
        for found in pkgutil.iter_modules(infrapm.models.__path__)
        if not found.name.startswith("_")
    ]
    return {name: vars(module)[name] for module in modules for name in module.__all__}


def ours(row: dict[str, Any]) -> tuple[Any, float]:
    """The field of a row as its model computes it, in the row's unit, and its standard error, 0 where it has none."""
    result = asdict(functions()[row["call"]](**row["inputs"]))
    value = at(result, row["field"])
    times = row.get("times", 1)
    error = at(result, row["error"]) if "error" in row else 0.0
    return (value * times if isinstance(value, float) else value), error * times


def at(result: Any, path: str) -> Any:
    """What stands in a result at a path with dots.

    >>> at({"series": [[80.0, 75.0]]}, "series.0.1")
    75.0
    """
    for part in path.split("."):
        result = result[int(part)] if isinstance(result, list | tuple) else result[part]
    return result


def compared(row: dict[str, Any], peers: dict[str, dict[str, Any]]) -> Row:
    """A row of validation.yaml, computed. Raises ValueError for a difference that the row does not explain."""
    value, error = ours(row)
    published, told = str(row.get("published", "")), peers.get(row["id"], {})
    differences = []
    if published:
        off = off_print(value, published)
        if off and "why" not in row:
            raise ValueError(f"{row['id']}: published {published}, ours {value!r}, and no word why")
        differences.append(off or "as printed")
    if told:
        wrong, words = off_peer(value, error, told, row.get("within", CLOSE))
        if wrong and "why" not in row:
            raise ValueError(f"{row['id']}: {told['peer']} says {told['value']!r}, ours {value!r}, and no word why")
        differences.append(words)
    if not differences:
        raise ValueError(f"{row['id']} is compared with nothing")
    return Row(
        row["id"], row["what"], value, published, told.get("peer", ""), told.get("value"),
        "; ".join(differences), tuple(row.get("source") or sources(functions()[row["call"]])), row.get("why", ""),
    )  # fmt: skip


def off_print(value: Any, published: str) -> str:
    """How far a value is from a printed number; empty if it rounds to it.

    >>> off_print(0.6339, "63%"), off_print(0.864, "0.87"), off_print(1364.2, "1,364")
    ('', '-0.7%', '')
    """
    if isinstance(value, str | bool):
        return "" if value_text(value) == published else "not the same"
    digits = _NUMBER.search(published)[0].replace(",", "")
    scale = 0.01 if "%" in published else 1
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2]) * scale
    if abs(value - float(digits) * scale) <= half * (1 + 1e-9):
        return ""
    return percent(value / (float(digits) * scale) - 1)


def off_peer(value: Any, error: float, told: dict[str, Any], within: float) -> tuple[bool, str]:
    """Whether a value is too far from its peer's, and in words how far."""
    theirs, both = told["value"], math.hypot(error, told.get("standard_error", 0.0))
    if not isinstance(theirs, int | float) or isinstance(theirs, bool):
        same = json.loads(json.dumps(value)) == theirs
        return not same, "the same" if same else "not the same"
    if both:
        away = abs(value - theirs) / both
        return away > STANDARD_ERRORS, f"{away:.1f} standard errors"
    if value == theirs:
        return False, "the same"
    if theirs == 0:
        return True, f"{value_text(value)} and not 0"
    share = value / theirs - 1
    return abs(share) > within, f"{abs(share):.0e} of it" if abs(share) < 0.001 else percent(share)


def percent(share: float) -> str:
    """A signed difference.

    >>> percent(0.0712), percent(-9.0)
    ('+7.1%', '-900%')
    """
    return f"{100 * share:+.1f}%" if abs(share) < 1 else f"{100 * share:+.0f}%"


def sources(function: Any) -> tuple[str, ...]:
    """The keys of the bibliography that a function's text names.

    >>> sources(functions()["any_slow"])
    ('dean2013tail',)
    """
    line = _SOURCE.search(function.__doc__ or "")
    return tuple(key for found in re.findall(r"\[([^\]]+)\]", line[1]) for key in re.split(r",\s*", found)) if line else ()


@lru_cache(maxsize=None)
def groups() -> list[dict[str, Any]]:
    """The groups of validation.yaml, as they stand there."""
    return yaml.safe_load(ROWS.read_text(encoding="utf-8"))


@lru_cache(maxsize=None)
def peers() -> dict[str, dict[str, Any]]:
    """What the peers said, by row."""
    return json.loads(PEERS.read_text(encoding="utf-8"))


def cell(text: str) -> str:
    """A text as a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def markdown(rows: list[Row]) -> str:
    """The rows as a Markdown table. Peers and sources stand where they are needed."""
    lines = ["| Quantity | Published | Ours | Peer | Difference | Who says so |", "| --- | --: | --: | --: | --- | --- |"]
    for row in rows:
        sourced = " ".join(f"{{cite:p}}`{key}`" for key in row.sources)
        said = "; ".join(part for part in (cell(row.peer), sourced, row.why) if part)
        theirs = "" if row.theirs is None else value_text(row.theirs)
        cells = (row.what, row.published, value_text(row.ours), theirs, row.difference)
        lines.append("| " + " | ".join([*map(cell, cells), said]) + " |")
    return "\n".join(lines)


# PBS, Table 4: t-visibility at 99.9% in ms, as printed, and the step in t that its sweep took.
NO_BREAK_HYPHEN = "\N{NON-BREAKING HYPHEN}"
PUBLISHED_PBS = (
    ("LNKD-SSD", 1, 1, "1.85", 0.01), ("LNKD-SSD", 1, 2, "1.79", 0.01),
    ("LNKD-DISK", 1, 1, "45.5", 0.1), ("LNKD-DISK", 1, 2, "43.3", 0.1), ("LNKD-DISK", 2, 1, "13.6", 0.1),
    ("YMMR", 1, 1, "1364", 1), ("YMMR", 1, 2, "1352", 1), ("YMMR", 2, 1, "202", 1),
    ("WAN", 1, 1, "113.0", 0.1), ("WAN", 2, 1, "30.2", 0.1),
)  # fmt: skip


def pbs_table() -> str:
    """The published t-visibility beside ours, and beside where the authors' stopping rule stops on average."""
    lines = [
        "| Fit | R, W | Published | Ours | Gap | Their rule, replayed | Gap |",
        "| --- | --- | --: | --: | --: | --: | --: |",
    ]
    for fit, reads, writes, printed, step_ms in PUBLISHED_PBS:
        found = consistency.pbs_first_crossing(
            N=3, R=reads, W=writes, fit=fit, step_ms=step_ms, trials=400_000, backend="numpy"
        )
        replay, spread = found.mean_first_crossing_ms, found.sd_first_crossing_ms
        cells = (
            fit.replace("-", NO_BREAK_HYPHEN), f"{reads},\N{NO-BREAK SPACE}{writes}", printed, number_text(found.t_visibility_ms),
            percent(float(printed) / found.t_visibility_ms - 1),
            f"{number_text(replay)} ± {number_text(spread, 2)}", f"{(float(printed) - replay) / spread:+.1f} sd",
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


class Validation(SphinxDirective):
    """See the module's text."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        depend_on_package(self.env)
        for file in (ROWS, PEERS):
            self.env.note_dependency(str(file))
        if self.arguments:
            if self.arguments != ["pbs"]:
                raise self.error(f"there is no validation table {self.arguments[0]!r}; there is pbs")
            return self.parse_text_to_nodes(pbs_table())
        try:
            text = "\n\n".join(
                f"### {group['heading']}\n\n{markdown([compared(row, peers()) for row in group['rows']])}"
                for group in groups()
            )
        except ValueError as problem:
            raise self.error(str(problem)) from None
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> None:
    app.add_directive("validation", Validation)
