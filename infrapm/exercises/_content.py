"""A chapter's words to work with: its decision, predictions, questions, judgment and card.

They stand in `infrapm/data/<slug>.toml`, one readable file a chapter, and are read by the page, the
notebook and grading. Their texts are MyST and may hold {calc} roles; `infrapm/data/schema.json` says
what a file must hold, and `make book` checks it.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

LABELS = ("question", "model", "number", "range", "decision", "reversal_trigger")
CONFIDENCES = (50, 60, 70, 80, 90, 100)
TRUST = (10, 30, 50, 70, 90)  # percent, in a claim of the auditor's deck


@dataclass(frozen=True)
class Option:
    """One option; misconception is empty for a right one."""

    key: str
    text: str
    feedback: str
    misconception: str = ""


@dataclass(frozen=True)
class Choice:
    """A question with options: the decision, a prediction, or a question of "Check yourself".

    case: what stands before the question. after: what follows the commitment. explorer: the one that
    a prediction opens. objective: the chapter's objective that a question checks.
    """

    id: str
    question: str
    options: tuple[Option, ...]
    right: str
    case: str = ""
    after: str = ""
    explorer: str = ""
    objective: int = 0
    needs_model: bool = False


@dataclass(frozen=True)
class Evidence(Choice):
    """A question about lines of a log, a trace, a bill or a diff: which hypothesis dies?

    language: how the lines are colored, a name that Pygments knows ("text" for none).
    """

    title: str = ""
    language: str = ""
    lines: str = ""


@dataclass(frozen=True)
class Audit:
    """A card of the claim auditor. claim: its id in the ledger. look: what to recompute, and why. lesson: what to
    take from it."""

    claim: str
    look: str
    lesson: str


@dataclass(frozen=True)
class Anchor:
    """An answer to grade first: its band by the authors, and the sentence that decides it."""

    band: int
    text: str
    deciding: str


@dataclass(frozen=True)
class Judgment:
    """A question for a written answer, graded on the spine: the bands that all chapters share, with
    this chapter's line in each."""

    objective: int
    title: str
    words: int
    case: str
    question: str
    facts: tuple[str, ...]
    model_answer: str
    bands: dict[int, str]
    anchors: tuple[Anchor, ...]


@dataclass(frozen=True)
class Content:
    """Everything in a chapter's file.

    core: whether the chapter is on the core path. needs: slugs of chapters that are "needed" or "helpful"
    before it. card: what to write under each of the six labels.
    """

    core: bool
    needs: dict[str, str]
    misconceptions: dict[str, str]
    decision: Choice
    predictions: tuple[Choice, ...]
    questions: tuple[Choice, ...]
    judgment: Judgment
    card: dict[str, str]
    evidence: tuple[Evidence, ...] = ()
    audit: tuple[Audit, ...] = ()

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Everything that a reader chooses in: decision, predictions, evidence, questions."""
        return (self.decision, *self.predictions, *self.evidence, *self.questions)

    def prediction(self, id: str) -> Choice:
        """The prediction with this id; KeyError names the ids there are."""
        return _named(self.predictions, id, "prediction")

    def evidence_pack(self, id: str) -> Evidence:
        """The evidence pack with this id; KeyError names the ids there are."""
        return _named(self.evidence, id, "evidence")


def _named(choices: tuple[Any, ...], id: str, kind: str) -> Any:
    for choice in choices:
        if choice.id == id:
            return choice
    raise KeyError(f"no {kind} {id!r}; there are: {', '.join(choice.id for choice in choices)}")


def _read(slug: str) -> dict[str, Any]:
    """What a file of data holds."""
    import tomllib  # here, so that a browser, which needs none of this, does not load it

    file = Path(__file__).parents[1] / "data" / f"{slug}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=None)
def content(slug: str) -> Content:
    """The content of a chapter. Raises FileNotFoundError when it has no file."""
    data = _read(slug)
    judgment = data["judgment"]
    return Content(
        core=data.get("core", False),
        needs=data["needs"],
        misconceptions=data["misconceptions"],
        decision=_choice(data["decision"]),
        predictions=tuple(_choice(prediction) for prediction in data["prediction"]),
        evidence=tuple(_choice(evidence, Evidence) for evidence in data.get("evidence", [])),
        questions=tuple(_choice(question) for question in data["question"]),
        audit=tuple(Audit(**card) for card in data.get("audit", [])),
        judgment=Judgment(
            **{key: judgment[key] for key in ("objective", "title", "words", "case", "question", "model_answer")},
            facts=tuple(judgment["facts"]),
            bands={int(band): line for band, line in judgment["bands"].items()},
            anchors=tuple(Anchor(**anchor) for anchor in judgment["anchors"]),
        ),
        card={label: data["card"][label] for label in LABELS},
    )


def _choice(data: dict[str, Any], kind: type = Choice) -> Any:
    return kind(**data | {"options": tuple(Option(**option) for option in data["options"])})


@lru_cache(maxsize=None)
def spine() -> dict[str, Any]:
    """The rubric that all judgments share: traits, and bands from 1 to 5."""
    data = _read("spine")
    return {"traits": tuple(data["traits"]), "bands": {int(band): line for band, line in data["bands"].items()}}
