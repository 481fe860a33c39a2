"""The red team's review: flags on a document's sentences, what they caught, and a notebook's functions for it.

A page has its own script for this (red-team.js), with the same rule for the score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._red_team import CLASSES, Document, Parameters, red_document
from ._study import ASK, Words

FIRST_TOKENS, LATER_TOKENS = 10, 5  # for the first document, and for each after it


@dataclass(frozen=True)
class Flag:
    """A sentence that a reviewer marked: which mistake it is, and the tokens staked on it."""

    kind: str
    tokens: int


@dataclass(frozen=True)
class Score:
    """What a review was worth.

    hits: flaws flagged. named: of these, with the right class. alarms: sound sentences flagged. tokens: staked in all.
    caught: the share of the document's damage that the flagged flaws carry. per_token: the share that a token stood on,
    on average; one token on each flaw and none elsewhere gives 1 / number of flaws. None without a token.
    """

    hits: int
    named: int
    alarms: int
    tokens: int
    caught: float
    per_token: float | None


def score(document: Document, flags: Mapping[int, Flag], p: Parameters) -> Score:
    """The score of a review: flags by the number of their sentence."""
    damages = document.damages(p)
    total = sum(damages.values())
    on = {place: document.flaw_at(place) for place in flags}
    hit = {flaw.id: flaw for flaw in on.values() if flaw}
    named = {flaw.id for place, flaw in on.items() if flaw and flags[place].kind == flaw.kind}
    tokens = sum(flag.tokens for flag in flags.values())
    stood_on = sum(flags[place].tokens * damages[flaw.id] for place, flaw in on.items() if flaw)
    return Score(
        hits=len(hit),
        named=len(named),
        alarms=sum(flaw is None for flaw in on.values()),
        tokens=tokens,
        caught=sum(damages[id] for id in hit) / total,
        per_token=stood_on / tokens / total if tokens else None,
    )


def red_team(slug: str, ids: tuple[str, ...]) -> tuple[Any, Any, Any, Any]:
    """The four functions of a notebook: document, flag, ledger, rewrite. They keep the review of this session."""
    flags: dict[str, dict[int, Flag]] = {id: {} for id in ids}
    seeds = dict.fromkeys(ids, 0)  # of the family member that was shown last
    opened: dict[str, tuple[int, Score]] = {}  # in the order in which the ledgers were opened: tokens given, first score

    def one(id: Any) -> Document:
        if id not in ids:
            raise ValueError(f"document must be one of {', '.join(ids)}; got {id!r}")
        return red_document(slug, id)

    def given(id: str) -> int:
        if id in opened:
            return opened[id][0]
        return LATER_TOKENS if opened else FIRST_TOKENS

    def staked(id: str) -> int:
        return sum(flag.tokens for flag in flags[id].values())

    def document(id: str, seed: int = 0) -> Words:
        """Show a document, its sentences numbered. A seed sets other numbers; the other functions follow it."""
        doc = one(id)
        seeds[id] = seed
        p, place, lines = doc.parameters(seed), 0, [f"**Document {id.upper()}: {doc.title}** ({doc.kind}; made up)"]
        for title, paragraphs in doc.sections:
            lines.append(f"**{title}**")
            for paragraph in paragraphs:
                said = []
                for sentence in paragraph:
                    place += 1
                    said.append(f"[{place}] {doc.filled(sentence, p)}")
                lines.append(" ".join(said))
        return Words("\n\n".join(lines))

    def flag(id: str, sentence: int = ASK, kind: str = "", tokens: int = 1) -> Words:
        """Flag a sentence: its number, the class of mistake, tokens. 0 tokens take the flag back. Without a sentence:
        your flags so far, and the classes."""
        doc, count = one(id), len(one(id).sentences)
        if sentence is ASK:
            mine = "\n".join(f"- [{n}] {CLASSES[f.kind]}, {f.tokens}" for n, f in sorted(flags[id].items())) or "No flags yet."
            kinds = "\n".join(f"- `{key}`: {name}" for key, name in CLASSES.items())
            return Words(f"{mine}\n\nTokens: {staked(id)} of {given(id)} staked. Classes of mistake:\n\n{kinds}")
        if isinstance(sentence, bool) or not isinstance(sentence, int) or not 1 <= sentence <= count:
            raise ValueError(f"sentence must be a whole number from 1 to {count}; got {sentence!r}")
        if isinstance(tokens, bool) or not isinstance(tokens, int) or not 0 <= tokens <= given(id):
            raise ValueError(f"tokens must be a whole number from 0 to {given(id)}; got {tokens!r}")
        if tokens and kind not in CLASSES:
            raise ValueError(f"kind must be one of {', '.join(CLASSES)}; got {kind!r}")
        others = staked(id) - (flags[id][sentence].tokens if sentence in flags[id] else 0)
        if others + tokens > given(id):
            raise ValueError(f"tokens must be at most {given(id) - others}, which is what is left; got {tokens}")
        if tokens:
            flags[id][sentence] = Flag(kind, tokens)
        else:
            flags[id].pop(sentence, None)
        said = doc.sentences[sentence - 1] if tokens else ""
        words = f"[{sentence}] {doc.filled(said, doc.parameters(seeds[id]))} " if said else ""
        return Words(f"{words}Tokens: {staked(id)} of {given(id)} staked.")

    def ledger(id: str, seed: int | None = None) -> Words:
        """Open the ledger: what your flags caught, and what the document would have cost. The first opening counts."""
        doc = one(id)
        p = doc.parameters(seeds[id] if seed is None else seed)
        if not flags[id]:
            return Words("No flags yet: a ledger without a review teaches little.")
        if staked(id) > given(id):
            return Words(f"You staked {staked(id)} tokens, and this round has {given(id)}. Take {staked(id) - given(id)} back.")
        now = score(doc, flags[id], p)
        opened.setdefault(id, (given(id), now))
        return Words("\n\n".join([_score_words(doc, now), _ledger_words(doc, flags[id], p), _rounds_words(opened)]))

    def rewrite(id: str, sentence: str) -> Words:
        """Your sentence for a flaw, such as "A1", beside the authors'."""
        for doc in map(one, ids):
            for flaw in doc.flaws:
                if flaw.id == id:
                    theirs = doc.filled(flaw.rewrite, doc.parameters(seeds[doc.id]), flaw)
                    return Words(f"**Yours.** {str(sentence).strip() or '...'}\n\n**The authors'.** {theirs}")
        raise ValueError(f"id must be that of a flaw, such as A1; got {id!r}")

    return document, flag, ledger, rewrite


def share_text(share: float | None) -> str:
    """A share of the damage as a whole percentage."""
    return "none" if share is None else f"{share:.0%}"


def _score_words(doc: Document, now: Score) -> str:
    return (
        f"**Document {doc.id.upper()}.** Hits: {now.hits} of {len(doc.flaws)} flaws, {now.named} with the right class. "
        f"False alarms: {now.alarms}. **Damage caught: {share_text(now.caught)}.** Damage caught per token: "
        f"{share_text(now.per_token)} (one token on each flaw and none elsewhere: {share_text(1 / len(doc.flaws))})."
    )


def _ledger_words(doc: Document, mine: Mapping[int, Flag], p: Parameters) -> str:
    damages = doc.damages(p)
    total = sum(damages.values())
    lines = [
        doc.filled(doc.conversion, p),
        f"| Flaw | Sentence | Class | {doc.unit} | Share | Your tokens |\n| --- | --- | --- | --- | --- | --- |\n"
        + "\n".join(
            f"| {flaw.id} | {', '.join(map(str, flaw.sentences))} | {CLASSES[flaw.kind]} | {damages[flaw.id]:,.0f} "
            f"| {share_text(damages[flaw.id] / total)} | {sum(mine[n].tokens for n in flaw.sentences if n in mine) or 'missed'} |"
            for flaw in doc.flaws
        ),
    ]
    for flaw in doc.flaws:
        why, ask, fix, theirs = (doc.filled(text, p, flaw) for text in (flaw.why, flaw.question, flaw.fix, flaw.rewrite))
        lines.append(f"**{flaw.id}, {CLASSES[flaw.kind]}.** {why}\n\n*Ask:* {ask} *Smallest fix:* {fix}\n\n> {theirs}")
    for decoy in doc.decoys:
        verdict = "You flagged it." if decoy.sentence in mine else "You let it stand."
        lines.append(f"**Sound: [{decoy.sentence}].** {doc.filled(decoy.why, p)} {verdict}")
    return "\n\n".join(lines)


def _rounds_words(opened: Mapping[str, tuple[int, Score]]) -> str:
    rows = "\n".join(
        f"| {number} | {id.upper()} | {tokens} | {first.hits} | {first.alarms} | {share_text(first.caught)} | {share_text(first.per_token)} |"
        for number, (id, (tokens, first)) in enumerate(opened.items(), 1)
    )
    head = "| Round | Document | Tokens | Hits | False alarms | Damage caught | Caught per token |\n| --- | --- | --- | --- | --- | --- | --- |"
    return f"**Your rounds, as first opened**\n\n{head}\n{rows}"
