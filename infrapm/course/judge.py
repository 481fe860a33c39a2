"""What answers are worth: judged here, in the grader's own process, from values that came as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infrapm.classroom import seed_of
from infrapm.exercises import chapter, find
from infrapm.exercises._content import content
from infrapm.exercises._study import lacking
from infrapm.explore.text import number_text

from .questions import Question, questions
from .submission import answer_of


@dataclass(frozen=True)
class Verdict:
    """One question of one submission. earned: a share of the points from 0 to 1, or None when a human decides.
    status: right, wrong, unanswered, complete, incomplete, written. given: the answer, as text.
    words: what the student is told."""

    question: Question
    earned: float | None
    status: str
    given: str
    words: str


def judge(slug: str, record: dict[str, Any], code: str) -> tuple[Verdict, ...]:
    """The verdict on every question of a chapter, for a submission's record and number code."""
    return tuple(_verdict(question, slug, record, code) for question in questions(slug))


def _verdict(question: Question, slug: str, record: dict[str, Any], code: str) -> Verdict:
    if question.kind == "task":
        return _task(question, slug, record["values"].get(question.graded, {"none": True}), code)
    made = _calls(question.key, record["calls"])
    if question.kind == "judgment":
        text = _text(made[-1][0]).strip() if made else ""
        if not text:
            return Verdict(question, 0.0, "unanswered", "", "Not answered.")
        return Verdict(question, None, "written", text, "")
    return _commitment(question, slug, made)


def _task(question: Question, slug: str, carried: dict[str, Any], code: str) -> Verdict:
    task = find(chapter(slug).TASKS, question.key)
    feedback = task.check(answer_of(carried), seed_of(code))
    earned = 1.0 if feedback.status == "right" else 0.0
    return Verdict(question, earned, feedback.status, shown(carried), str(feedback))


def _calls(key: str, calls: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """The answers that a commitment or a judgment was called with, each as its values in order."""
    found = []
    for call in calls:
        arguments, named = call["arguments"], call["named"]
        if call["name"] == "judge" and "answer" in named and key == "answer":
            found.append([named["answer"], named.get("own_band", {"none": True})])
        elif call["name"] == "judge" and "anchors" in named and key == "anchors":
            found.append([named["anchors"]])
        elif call["name"] == "decide" and arguments and key == ("again" if named.get("again") == {"truth": True} else "decide"):
            found.append(arguments)
        elif call["name"] == "predict" and len(arguments) > 1 and arguments[0] == {"text": key}:
            found.append(arguments[1:])
    return found


def _commitment(question: Question, slug: str, made: list[list[Any]]) -> Verdict:
    """A commitment counts when it is complete: the last one that is, or else the last."""
    why = "Not answered yet."
    for values in reversed(made):
        missing = _missing(question, slug, [answer_of(value) for value in values])
        given = ", ".join(shown(value) for value in values)
        if not missing:
            return Verdict(question, 1.0, "complete", given, "Committed.")
        why = missing if values is made[-1] else why
    status = "unanswered" if why == "Not answered yet." else "incomplete"
    return Verdict(question, 0.0, status, ", ".join(shown(value) for value in made[-1]) if made else "", why)


def _missing(question: Question, slug: str, values: list[Any]) -> str:
    """Why values are no commitment yet, or an empty text."""
    words = content(slug)
    if question.key == "anchors":
        if values[0] is None:
            return "Not answered yet."
        number = len(words.judgment.anchors)
        bands = values[0] if isinstance(values[0], list) else []
        return "" if len(bands) == number and all(band in (1, 2, 3, 4, 5) for band in bands) else f"{number} bands from 1 to 5 are wanted."
    evidence = {pack.id: pack for pack in words.evidence}
    choice = words.decision if question.key in ("decide", "again") else evidence.get(question.key) or words.prediction(question.key)
    key, confidence, reason, *_ = [*values, None, None, None]
    missing = lacking(choice, key, confidence)
    if not missing and question.key in ("decide", "again") and not (isinstance(reason, str) and reason.strip()):
        return "One reason is missing."
    return missing


def _text(carried: dict[str, Any]) -> str:
    return carried["text"] if "text" in carried else ""


def shown(carried: dict[str, Any]) -> str:
    """A carried value as a reader would write it."""
    kind, value = next(iter(carried.items()))
    if kind == "none":
        return "None"
    if kind == "number":
        return number_text(value, 10) if isinstance(value, float) else str(value)
    if kind in ("list", "set"):
        return ", ".join(shown(item) for item in value)
    return f"a {value}" if kind == "other" else str(value)
