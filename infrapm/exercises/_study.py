"""The decision, predictions and judgment of a chapter in a notebook.

Called without an answer, each shows its question; called with one, what the authors say. Answers are
arguments in a cell, so they are kept where the learner's other work is: in the notebook.
"""

from typing import Any

from ._claims import claims, holds
from ._content import CONFIDENCES, TRUST, Audit, Choice, content, spine
from ._numbers import filled

ASK: Any = object()  # no answer given at all: show the question


class Words:
    """A text that a notebook shows as Markdown, and a test can compare."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


def lacking(choice: Choice, key: Any, confidence: Any) -> str:
    """Why a key and a confidence are no commitment to a choice yet, or an empty text."""
    keys = [option.key for option in choice.options]
    if key is None:
        return "Not answered yet."
    if key not in keys:
        return f"Choose one of: {', '.join(keys)}."
    if confidence not in CONFIDENCES:
        return f"Say how sure you are, with one of: {', '.join(map(str, CONFIDENCES))} (percent)."
    return ""


def study(slug: str) -> tuple[Any, Any, Any]:
    """The three functions decide, predict and judge of a chapter."""
    module = slug.replace("-", "_")

    def fill(text: str) -> str:
        return filled(text.strip(), module)

    def question(choice: Choice) -> str:
        options = "\n".join(f"- `{option.key}`: {fill(option.text)}" for option in choice.options)
        case = f"{fill(choice.case)}\n\n" if choice.case else ""
        return f"{case}**{fill(choice.question)}**\n\n{options}"

    def feedback(choice: Choice, key: str) -> str:
        said = next(option.feedback for option in choice.options if option.key == key)
        opening = "As the authors." if key == choice.right else "The authors differ."
        return f"{opening} {fill(said)}"

    def decide(key: str | None = ASK, confidence: int | None = None, reason: str = "", *, again: bool = False) -> Words:
        """Show the decision, or commit: a key, a confidence in percent, one reason. again=True at the end."""
        decision = content(slug).decision
        if key is ASK:
            return Words(question(decision))
        if missing := lacking(decision, key, confidence):
            return Words(missing)
        if not str(reason).strip():
            return Words("One reason is missing: without it you cannot compare later.")
        if not again:
            return Words(f"Kept: {key}, {confidence}% sure. The decision comes back at the end.")
        return Words(f"{feedback(decision, key)}\n\n{fill(decision.after)}")

    def predict(id: str, key: str | None = ASK, confidence: int | None = None) -> Words:
        """Show a prediction or an evidence pack, or commit to a key with a confidence in percent."""
        evidence = {pack.id: pack for pack in content(slug).evidence}
        prediction = evidence.get(id) or content(slug).prediction(id)
        if key is ASK:
            lines = f"```{prediction.language}\n{fill(prediction.lines)}\n```\n\n" if id in evidence else ""
            return Words(lines + question(prediction))
        if missing := lacking(prediction, key, confidence):
            return Words(missing)
        return Words(f"{feedback(prediction, key)}\n\n{fill(prediction.after)}")

    def judge(anchors: list[int] | None = ASK, answer: str | None = ASK, own_band: int | None = None) -> Words:
        """Show the judgment; with the bands that you gave the three anchors, the authors'; with your answer
        and your band for it, a model answer."""
        judgment = content(slug).judgment
        if answer is not ASK:
            if not str(answer or "").strip():
                return Words("Not answered yet.")
            if own_band not in (1, 2, 3, 4, 5):
                return Words("Grade your own answer first: own_band is a whole number from 1 to 5.")
            count = len(str(answer).split())
            facts = "\n".join(f"- {fill(fact)}" for fact in judgment.facts)
            return Words(
                f"{count} words of {judgment.words}; you gave it band {own_band}.\n\n**Facts to find**\n\n{facts}"
                f"\n\n**A model answer**\n\n{fill(judgment.model_answer)}"
            )
        if anchors is not ASK:
            if anchors is None:
                return Words("Not answered yet.")
            if len(anchors) != len(judgment.anchors) or any(band not in (1, 2, 3, 4, 5) for band in anchors):
                return Words(f"Give {len(judgment.anchors)} bands from 1 to 5, in the order of the answers.")
            lines = [
                f"{number}. You: band {given}. The authors: band {anchor.band}. {fill(anchor.deciding)}"
                for number, (given, anchor) in enumerate(zip(anchors, judgment.anchors), 1)
            ]
            return Words("\n".join(lines))
        bands = "\n".join(f"| {band} | {line} | {fill(judgment.bands[band])} |" for band, line in spine()["bands"].items())
        shown = "\n\n".join(f"*Answer {number}.* {fill(anchor.text)}" for number, anchor in enumerate(judgment.anchors, 1))
        return Words(
            f"**{judgment.title}**\n\n{fill(judgment.case)}\n\n**{fill(judgment.question)}** Answer in {judgment.words} words."
            f"\n\n| Band | In every judgment | In this one |\n| --- | --- | --- |\n{bands}\n\n{shown}"
        )

    return decide, predict, judge


_OUTCOME = {True: "It holds up.", False: "It does not hold up.", None: "Nobody can say, so your trust in it is not scored."}


def auditor(slug: str) -> Any:
    """The function audit of a chapter: the deck of the claim auditor in a notebook."""
    module = slug.replace("-", "_")

    def card(id: str) -> Audit | None:
        return next((card for card in content(slug).audit if card.claim == id), None)

    def claimed(id: str) -> str:
        return f"**{id}.** {claims()[id]['claim']}."

    def audit(claim: str | dict[str, int] = ASK, trust: int | None = ASK) -> Words:
        """Show the deck; one claim; with your trust in percent, its verdict; with a trust for each, your calibration."""
        deck = [card.claim for card in content(slug).audit]
        if claim is ASK:
            return Words("\n\n".join(map(claimed, deck)))
        if isinstance(claim, dict):
            wrong = [id for id, given in claim.items() if id not in deck or given not in (None, *TRUST)]
            if wrong:
                return Words(f"{wrong[0]}: give claims of the deck a trust of {', '.join(map(str, TRUST))} (percent) or None.")
            return Words(_calibration({id: given for id, given in claim.items() if given is not None}, deck))
        if claim not in deck:
            return Words(f"Choose a claim of the deck: {', '.join(deck)}.")
        if trust is ASK:
            how = f"*How likely is it to hold up? {', '.join(map(str, TRUST))} percent.*"
            return Words(f"{claimed(claim)}\n\n{how}")
        if trust is None:
            return Words("Not answered yet.")
        if trust not in TRUST:
            return Words(f"Say how likely it is to hold up, with one of: {', '.join(map(str, TRUST))} (percent).")
        row, words = claims()[claim], card(claim)
        source = " ".join(f" {part}" for part in (row["source"] and f"{row['source']}.", row["caveat"]) if part)
        return Words(
            f"You: {trust}%. The ledger: {row['verdict']}. {_OUTCOME[holds(row['verdict'])]}\n\n"
            f"{filled(words.look.strip(), module)}\n\n{row['known']}{source}\n\n"
            f"*What you may say:* {row['safe_wording']}\n\n{filled(words.lesson.strip(), module)}"
        )

    return audit


def _calibration(trusts: dict[str, int], deck: list[str]) -> str:
    """Trust by verdict, as a table with a reading."""
    by_verdict: dict[str, list[str]] = {}
    for id in deck:
        by_verdict.setdefault(claims()[id]["verdict"], []).append(id)
    rows = []
    for verdict, ids in by_verdict.items():
        stated = [id for id in ids if id in trusts]
        mean = f"{sum(trusts[id] for id in stated) / len(stated):.0f}%" if stated else "none yet"
        rows.append(f"| {verdict} | {mean} | {', '.join(f'{id} {trusts[id]}%' for id in stated)} |")
    said = [f"You have audited {len(trusts)} of {len(deck)} claims."]
    for outcome, words in ((True, "Those that hold up"), (False, "Those that do not")):
        given = [trust for id, trust in trusts.items() if holds(claims()[id]["verdict"]) is outcome]
        if given:
            said.append(f"{words} ({len(given)}) had {sum(given) / len(given):.0f}% of your trust on average.")
    return "\n".join([" ".join(said), "", "| Verdict | Mean trust | Claims |", "| --- | --- | --- |", *rows])
