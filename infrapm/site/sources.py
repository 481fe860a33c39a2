"""What is cited: claims with their verdict, incidents as chains, and a bibliography of what is certain.

    {claim} B004        {incident} aws-s3-2017-02-28  (body: the author's telling)        {claims-ledger}

The ledger says for every claim which pages use it. An unknown id fails the build.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from pybtex.database import Entry, parse_file
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from infrapm.exercises._claims import claims

from .chapters import ROOT
from .pages import live, render

_DATA = ROOT / "book" / "data"
_LEDGER = "book/reference/claims"
# A sign beside the word, so that a verdict is never told by color.
SIGNS = {"verified": "✓", "corrected": "✎", "misleading": "⚠", "dated": "◷", "unverifiable": "?", "opinion": "“"}
# Numbers that were written down from memory are not printed.
_UNCERTAIN = ("doi", "isbn", "pages", "volume", "number", "month")


@lru_cache(maxsize=None)
def incidents() -> dict[str, dict[str, Any]]:
    """The documented incidents by id."""
    data = yaml.safe_load((_DATA / "incidents.yaml").read_text(encoding="utf-8"))
    return {incident["id"]: incident for incident in data["incidents"]}


def certain_bibliography(source: Path, target: Path) -> None:
    """Write the bibliography without what is recalled: such entries lose their numbers, all lose the annotation."""
    data = parse_file(str(source))
    for entry in data.entries.values():
        note = entry.fields.pop("annotation", "recalled")
        if "recalled" in note:
            for field in _UNCERTAIN:
                entry.fields.pop(field, None)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(_as_bibtex(key, entry) for key, entry in data.entries.items())
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def _as_bibtex(key: str, entry: Entry) -> str:
    """An entry as text. pybtex's own writer escapes what is escaped already."""
    people = {role: " and ".join(map(str, persons)) for role, persons in entry.persons.items()}
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in {**people, **entry.fields}.items())
    return f"@{entry.type}{{{key},\n{fields}}}\n"


def claim_names(env: BuildEnvironment, id: str) -> dict[str, Any]:
    """What claim.html shows of a claim on the page that is being read; the ledger will name the page."""
    _uses(env).setdefault(id, set()).add(env.docname)
    claim = claims()[id]
    to_ledger = env.app.builder.get_relative_uri(env.docname, _LEDGER) + f"#ledger-{id}"
    return {"claim": claim, "sign": SIGNS[claim["verdict"]], "ledger": to_ledger}


class Claim(SphinxDirective):
    """{claim} ID"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        id = self.arguments[0]
        self.env.note_dependency(str(_DATA / "claims.csv"))
        if id not in claims():
            raise self.error(f"there is no claim {id!r} in book/data/claims.csv")
        return [live(render("claim.html", **claim_names(self.env, id)), "ip-sourced")]


class Incident(SphinxDirective):
    """{incident} ID"""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(_DATA / "incidents.yaml"))
        if self.arguments[0] not in incidents():
            raise self.error(f"there is no incident {self.arguments[0]!r} in book/data/incidents.yaml")
        incident = incidents()[self.arguments[0]]
        box = nodes.container(classes=["ip-incident"])
        box += live(render("incident.html", incident=incident), "ip-sourced")
        box += self.parse_content_to_nodes()
        return [box]


class ledger(nodes.General, nodes.Element):
    """Stands for the ledger until every page is read."""


class ClaimsLedger(SphinxDirective):
    """{claims-ledger}"""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(_DATA / "claims.csv"))
        self.env.note_reread()  # other pages may use other claims now
        return [ledger()]


def _uses(env: BuildEnvironment) -> dict[str, set[str]]:
    """Claim id to the pages that use it."""
    if not hasattr(env, "infrapm_claims"):
        env.infrapm_claims = {}  # type: ignore[attr-defined]
    return env.infrapm_claims  # type: ignore[attr-defined]


def _fill_ledger(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(ledger)):
        rows = []
        for id, claim in claims().items():
            pages = sorted(_uses(app.env).get(id, ()))
            used = [(app.env.titles[page].astext(), app.builder.get_relative_uri(docname, page) + f"#claim-{id}") for page in pages]
            rows.append({**claim, "sign": SIGNS[claim["verdict"]], "used": used})
        node.replace_self(live(render("ledger.html", rows=rows, verdicts=list(SIGNS))))


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    for pages in _uses(env).values():
        pages.discard(docname)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    for id, pages in _uses(other).items():
        _uses(env).setdefault(id, set()).update(pages)


def _make_bibliography(app: Sphinx, config: Config) -> None:
    """Have the bibliography read from copies that hold what is certain."""
    copies = []
    for name in getattr(config, "bibtex_bibfiles", []):
        target = Path(app.outdir).parent / "bibliography" / Path(name).name
        certain_bibliography(Path(app.srcdir) / name, target)
        copies.append(os.path.relpath(target, app.srcdir))
    config.bibtex_bibfiles = copies


def setup(app: Sphinx) -> None:
    app.add_node(ledger)
    app.add_directive("claim", Claim)
    app.add_directive("incident", Incident)
    app.add_directive("claims-ledger", ClaimsLedger)
    app.connect("config-inited", _make_bibliography)
    app.connect("doctree-resolved", _fill_ledger)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
