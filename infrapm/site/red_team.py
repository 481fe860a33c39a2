"""The directive {red-team}: the chapter's flawed documents, each with its ledger.

    ```{red-team} a b c
    ```

places the documents `infrapm/data/<slug>-a.toml` and so on, checked against `red-team.schema.json`. Without a script a
document reads from top to bottom and its ledger is folded. The script red-team.js, on pages with this part alone,
makes the sentences selectable and keeps the review with the reader's other work.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from infrapm.exercises._red_team import CLASSES, Document, red_document
from infrapm.exercises._review import FIRST_TOKENS, LATER_TOKENS, share_text

from .exercise import _Exercise
from .pages import depend_on_package, live, render
from .study import _told, data_problems
from .words import inline_html, words_html

_PART = "ip-redteam-part"  # marks a page that holds the part


def document_slips(data: dict[str, Any]) -> list[tuple[list[Any], str]]:
    """What a schema cannot say: a span that fits no sentence or two, two flaws in a paragraph, unknown names."""
    slips: list[tuple[list[Any], str]] = []
    paragraphs = [paragraph for section in data["section"] for paragraph in section["paragraphs"]]
    taken: dict[int, str] = {}
    for kind in ("flaw", "decoy"):
        for i, entry in enumerate(data[kind]):
            name = entry.get("id", "a decoy")
            for opening in [entry["span"]] if isinstance(entry["span"], str) else entry["span"]:
                fits = [at for at, paragraph in enumerate(paragraphs) for sentence in paragraph if sentence.startswith(opening)]
                if len(fits) != 1:
                    slips.append(([kind, i, "span"], f"{len(fits)} sentences open with {opening!r}; it must be one"))
                elif taken.setdefault(fits[0], name) != name:
                    slips.append(([kind, i, "span"], f"{taken[fits[0]]} stands in the same paragraph"))
            mistake = entry.get("class", entry.get("decoy_of"))
            if mistake not in CLASSES:
                slips.append(([kind, i], f"{mistake!r} is no class of mistake ({', '.join(CLASSES)})"))
    slips += [(["vary", name], "is no parameter") for name in data["vary"] if name not in data["parameters"]]
    return slips


def document_problems(file: Path) -> list[str]:
    """What is wrong with a document's file, each as "file:line: sentence"."""
    return data_problems(file, "red-team.schema.json", document_slips)


class RedTeam(_Exercise):
    """{red-team} IDS"""

    required_arguments = 1
    final_argument_whitespace = True

    @_told
    def run(self) -> list[nodes.Node]:
        depend_on_package(self.env)
        return [self.document(red_document(self.slug, id)) for id in self.arguments[0].split()]

    def document(self, document: Document) -> nodes.Node:
        p = document.parameters()
        damages = document.damages(p)
        total = sum(damages.values())

        def filled(text: str, flaw: Any = None) -> str:
            return document.filled(text, p, flaw)

        html = render(
            "red-team.html",
            slug=self.slug,
            document=document,
            classes=CLASSES,
            damages=damages,
            shares={id: share_text(damage / total) for id, damage in damages.items()},
            even=share_text(1 / len(document.flaws)),
            first=FIRST_TOKENS,
            later=LATER_TOKENS,
            words=lambda text, flaw=None: words_html(filled(text, flaw), self.slug),
            inline=lambda text, flaw=None: inline_html(filled(text, flaw), self.slug),
            task=lambda flaw: self.task(flaw.id.lower()),
        )
        part = live(html)
        part["classes"].append(_PART)
        return part


def _add_script(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    if doctree is not None and any(_PART in node["classes"] for node in doctree.findall(nodes.container)):
        app.add_js_file("red-team.js", type="module", loading_method="defer")
        app.add_css_file("red-team.css", priority=830)


def setup(app: Sphinx) -> None:
    app.add_directive("red-team", RedTeam)
    # After the page script, which it takes the store from.
    app.connect("html-page-context", _add_script, priority=600)
