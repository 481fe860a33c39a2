"""The claim auditor on a page: believe, recompute, rewrite.

    {audit}        {audit} 6        {audit} rest        {take-away} ID

{audit} places the deck of the page's chapter: a card for each claim, whose verdict and recomputation unfold when the
reader has said how far they trust it, then the reader's trust by verdict, and room to rewrite two claims. {audit} 6
stops after the first six cards and the trust; {audit} rest, further down, places what is left. The cards
are [[audit]] in `infrapm/data/<slug>.toml`; what a card recomputes is the explorer of its claim in RECOMPUTE of the
chapter's exercises. {take-away} after an explorer keeps what the reader typed in it, and hands out its reading.

Without a script the cards read from top to bottom, their answers folded.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from infrapm.exercises import chapter, find
from infrapm.exercises._claims import claims, holds
from infrapm.exercises._content import TRUST

from .pages import depend_on_package, first_picture
from .sources import claim_names
from .study import _Study, _told

_PART = "ip-audit-part"  # marks a page that holds one of the parts
_REWRITES = 2
_REWRITE_WORDS = 60
_OUTCOME = {True: "yes", False: "no", None: ""}


class Audit(_Study):
    """{audit}, {audit} NUMBER or {audit} rest"""

    optional_arguments = 1

    @_told
    def run(self) -> list[nodes.Node]:
        deck = self.filling.audit
        if not deck:
            raise ValueError(f"infrapm/data/{self.slug}.toml has no [[audit]]")
        which = self.arguments[0] if self.arguments else ""
        if which not in ("", "rest") and not (which.isdecimal() and 0 < int(which) < len(deck)):
            raise ValueError(f"{{audit}} takes a number below the deck's {len(deck)} cards, or the word rest, not {which!r}")
        begun = self.env.temp_data.get("infrapm_audited", 0)
        end = int(which) if which.isdecimal() else len(deck)
        placed = [node for number in range(begun + 1, end + 1) for node in self.card(number)]
        self.env.temp_data["infrapm_audited"] = end
        if which != "rest":
            placed += self.part("audit-result.html")
        if not which.isdecimal():
            deck_claims = [claims()[card.claim] for card in deck]
            placed += self.part("rewrite.html", deck=deck_claims, rewrites=range(1, _REWRITES + 1), limit=_REWRITE_WORDS)
        return _marked(placed)

    def card(self, number: int) -> list[nodes.Node]:
        """The card with this number in the deck, from 1."""
        deck = self.filling.audit
        card = deck[number - 1]
        explorer = find(chapter(self.slug).RECOMPUTE, card.claim)
        answer = explorer.answer(explorer.defaults)
        return self.part(
            "audit.html",
            card=card,
            number=number,
            count=len(deck),
            trust=TRUST,
            holds=_OUTCOME[holds(claims()[card.claim]["verdict"])],
            explorer=explorer,
            answer=answer,
            picture=first_picture(answer.view.picture),
            prefix=f"recompute-{card.claim}",
            style="ip-recompute",
            **claim_names(self.env, card.claim),
        )


class TakeAway(_Study):
    """{take-away} ID: after the explorer that it is about."""

    required_arguments = 1

    @_told
    def run(self) -> list[nodes.Node]:
        depend_on_package(self.env)
        explorer = find(chapter(self.slug).EXPLORERS, self.arguments[0])
        return _marked(self.part("take-away.html", explorer=explorer))


def _marked(placed: list[nodes.Node]) -> list[nodes.Node]:
    for part in placed:
        part["classes"].append(_PART)
    return placed


def _add_script(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    if doctree is not None and any(_PART in node["classes"] for node in doctree.findall(nodes.container)):
        app.add_js_file("audit.js", type="module", loading_method="defer")
        app.add_css_file("audit.css", priority=830)


def setup(app: Sphinx) -> None:
    app.add_directive("audit", Audit)
    app.add_directive("take-away", TakeAway)
    app.connect("html-page-context", _add_script)
