"""One submission: read, put in order, run in the sandbox, and brought back as plain data.

Nothing of it is trusted. The file may be no notebook at all; what the sandbox sends may be made up. What
this returns holds numbers, texts and lists, cut to size, and never an opinion on what they are worth.
"""

import json
import math
import re
from dataclasses import astuple, dataclass, field
from typing import Any

from . import sandbox
from .files import digest
from .questions import Question

MOST_BYTES = 10 * 2**20
_MOST_CELLS = 500
_LONGEST_SOURCE = 100_000
_CHAPTER = re.compile(rb'"infrapm":\s*\{[^{}]*?"chapter":\s*"([\w-]{1,80})"')
_CODE = re.compile(rb'"infrapm":\s*\{[^{}]*?"numbers":\s*"([A-Z0-9-]{1,40})"')


@dataclass(frozen=True)
class Job:
    """All that is needed to run one submission, on this machine or on another of a cluster.

    cells: the code cells as they were handed out (id, source, answer), with this student's number code.
    values: the id of a check to the name of the variable that it is given. slugs: the course's chapters.
    """

    student: str
    slug: str
    data: bytes
    code: str
    cells: tuple[dict[str, Any], ...]
    values: dict[str, str]
    slugs: tuple[str, ...]
    limits: sandbox.Limits = field(default_factory=sandbox.Limits)
    unsafe: bool = False


def peek(data: bytes) -> tuple[str, str]:
    """The chapter and the number code that a file claims, without reading it as a notebook."""
    chapter, code = _CHAPTER.search(data), _CODE.search(data)
    return (chapter[1].decode() if chapter else ""), (code[1].decode() if code else "")


def read_cells(data: bytes) -> list[dict[str, Any]]:
    """The cells of a notebook: type, source, id. Raises ValueError, with a sentence, when it is none."""
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("the file is not text in UTF-8") from None
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"the file is broken: {str(problem)[:80]}") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError("the file is not a Jupyter notebook")
    if len(cells) > _MOST_CELLS:
        raise ValueError(f"the notebook has {len(cells)} cells; {_MOST_CELLS} are read at most")
    return [_cell(cell) for cell in cells if isinstance(cell, dict)]


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    ids = [marks.get("grade_id") if isinstance(marks, dict) else None, cell.get("id")]
    return {
        "type": str(cell.get("cell_type")),
        "source": source[:_LONGEST_SOURCE] if isinstance(source, str) else "",
        "ids": [id for id in ids if isinstance(id, str)],
    }


def put_in_order(cells: list[dict[str, Any]], released: tuple[dict[str, Any], ...]) -> tuple[list[dict[str, Any]], list[str]]:
    """The code to run, in the student's order, with the locked cells as they were handed out; and what is odd.

    A cell that is gone is put back behind the one that stood before it.
    """
    known = {cell["id"]: cell for cell in released}
    odd: list[str] = []
    ordered: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for cell in cells:
        id = next((id for id in cell["ids"] if id in known), "")
        original = known.get(id)
        if original is None:
            if cell["type"] == "code":
                ordered.append({"id": "", "source": cell["source"], "locked": False})
            continue
        if id in seen:
            odd.append(f"the cell {id} is there more than once")
        if not original["answer"] and (cell["type"] != "code" or cell["source"].strip() != original["source"].strip()):
            odd.append(f"the locked cell {id} was edited")
        seen[id] = len(ordered)
        ordered.append({"id": id, "source": cell["source"] if original["answer"] else original["source"], "locked": not original["answer"]})
    missing = [original["id"] for original in released if original["id"] not in seen]
    if missing:
        odd.append(f"{'the cell' if len(missing) == 1 else f'{len(missing)} cells'} {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    place = -1
    for original in released:
        id = original["id"]
        if id in seen:
            place = max(index for index, cell in enumerate(ordered) if cell["id"] == id)
            continue
        if not original["answer"]:
            place += 1
            ordered.insert(place, {"id": id, "source": original["source"], "locked": True})
    return ordered, list(dict.fromkeys(odd))


def examine(job: Job) -> dict[str, Any]:
    """Run a submission; returns what it answered, as data that JSON can hold.

    values: task check to what it was given. calls: what decide, predict and judge were called with.
    answers: answer cell to the student's code. outputs, errors: by cell. odd: sentences for a human.
    problem: why nothing was run, or an empty text. ended: how the run ended.
    """
    record: dict[str, Any] = {"problem": "", "ended": "", "took_s": 0.0, "values": {}, "calls": [], "answers": {},
                              "outputs": {}, "errors": {}, "odd": []}  # fmt: skip
    try:
        if len(job.data) > MOST_BYTES:
            raise ValueError(f"the file has {len(job.data) / 2**20:.0f} MB; {MOST_BYTES / 2**20:.0f} MB are read at most")
        cells = read_cells(job.data)
        known = {cell["id"] for cell in job.cells}
        if not any(id in known for cell in cells for id in cell["ids"]):
            raise ValueError(f"this is not the notebook of {job.slug}: none of its cells is there")
        chapter, code = peek(job.data)
        if chapter and chapter != job.slug:
            raise ValueError(f"this is the notebook of {chapter}, not of {job.slug}")
    except ValueError as problem:
        return record | {"problem": str(problem)}
    ordered, odd = put_in_order(cells, job.cells)
    if code != job.code:
        odd.append("the number code in the file is not the one that was handed out" if code else "the number code is gone from the file")
    to_run = [{"source": cell["source"], "locked": cell["locked"], "value": job.values.get(cell["id"])} for cell in ordered]
    outcome = sandbox.run(job.slugs, {"slug": job.slug, "cells": to_run}, job.limits, job.unsafe)
    record |= {"ended": outcome.ended, "took_s": round(outcome.took_s, 3)}
    record["answers"] = {cell["id"]: cell["source"] for cell in ordered if cell["id"] and not cell["locked"]}
    reached = _take(outcome.lines, ordered, record)
    if outcome.ended != "done":
        words = {"crashed": "the run broke off", "too long": f"the run was stopped after {job.limits.total_s} s",
                 "too much": "the run sent too much and was stopped"}  # fmt: skip
        at = ordered[reached]["id"] or "a cell of the student's own" if reached < len(ordered) else "the end"
        odd.append(f"{words[outcome.ended]} at {at}")
    record["odd"] = odd + record["odd"]
    return record


def _take(lines: list[dict[str, Any]], ordered: list[dict[str, Any]], record: dict[str, Any]) -> int:
    """Fill the record from what was sent, each thing checked for its kind; returns how many cells ended."""
    ended = 0
    said: set[str] = set()
    for line in lines:
        number = line.get("cell")
        if isinstance(number, int) and 0 <= number < len(ordered):
            cell = ordered[number]
            ended = max(ended, number + 1)
            id = cell["id"] or f"own-{number}"
            if text := _text(line.get("output")):
                record["outputs"][id] = text
            if text := _text(line.get("error")):
                record["errors"][id] = text
            if isinstance(line.get("value"), dict):
                record["values"][cell["id"]] = plain(line["value"])
            calls = line.get("calls")
            for call in calls if isinstance(calls, list) else []:
                if isinstance(call, dict) and len(record["calls"]) < 200:
                    record["calls"].append(_call(call))
        elif isinstance(line.get("odd"), list) and "odd" not in said:  # sent before any code of the student's ran
            said.add("odd")
            names = [name for name in line["odd"] if isinstance(name, str) and len(name) < 40][:20]
            if names:
                record["odd"].append(f"the code mentions {', '.join(names)}")
        elif isinstance(line.get("builtins_changed"), list) and line["builtins_changed"]:
            names = [name for name in line["builtins_changed"] if isinstance(name, str)][:10]
            record["odd"].append(f"built-in functions were replaced: {', '.join(names)[:200]}")
    return ended


def _text(value: Any) -> str:
    return value[:3000] if isinstance(value, str) else ""


def _call(call: dict[str, Any]) -> dict[str, Any]:
    arguments, named = call.get("arguments"), call.get("named")
    return {
        "name": _text(call.get("name"))[:20],
        "arguments": [plain(value) for value in arguments[:6]] if isinstance(arguments, list) else [],
        "named": {str(key)[:20]: plain(value) for key, value in list(named.items())[:6]} if isinstance(named, dict) else {},
    }


def plain(sent: Any, inner: bool = False) -> Any:
    """A value that the sandbox sent, checked: one key that says its kind, and what is of that kind.

    >>> plain({"number": "0x1.8p+1"}), plain({"number": "no"}), plain({"list": [{"text": "a"}, 7]})
    ({'number': 3.0}, {'other': 'value'}, {'list': [{'text': 'a'}, {'other': 'value'}]})
    """
    unknown = {"other": "value"}
    if not isinstance(sent, dict) or not sent:
        return unknown
    kind, value = next(iter(sent.items()))
    if kind == "none":
        return {"none": True}
    if kind == "truth" and isinstance(value, bool):
        return {"truth": value}
    if kind == "text" and isinstance(value, str):
        return {"text": value[:20_000]}
    if kind == "number" and isinstance(value, str):
        try:
            number = float.fromhex(value)
        except (ValueError, OverflowError):
            return unknown
        return {"number": number if math.isfinite(number) else str(number)}
    if kind == "whole" and isinstance(value, str) and re.fullmatch(r"-?\d{1,310}", value):
        return {"whole": int(value)}
    if kind in ("list", "set") and isinstance(value, list) and not inner:
        return {kind: [plain(item, inner=True) for item in value[:200]]}
    return {"other": value[:60]} if kind == "other" and isinstance(value, str) else unknown


def answer_of(carried: dict[str, Any]) -> Any:
    """What a task is given in place of what the student's code had: only built-in numbers, texts and lists.

    >>> answer_of({"list": [{"text": "a"}, {"whole": 2}]}), answer_of({"number": "inf"})
    (['a', 2], inf)
    """
    kind, value = next(iter(carried.items()))
    if kind == "none":
        return None
    if kind in ("list", "set"):
        items = [answer_of(item) for item in value]
        return set(map(str, items)) if kind == "set" else items
    if kind == "number":
        return float(value)
    if kind == "other":
        return type(value, (), {"__str__": lambda self: f"a {value}"})()  # of that name, so that the words fit
    return value


def variable_of(question: Question, source: str) -> str:
    """The name of the variable that a check is given: month_budget_min in check("month_budget", month_budget_min)."""
    found = re.fullmatch(r"check\(\"[\w-]+\",\s*(\w+)\)", source.strip())
    if not found:
        raise ValueError(f"The check of {question.id} is not of the form check(\"id\", name): {source}")
    return found[1]


def key_of(data: bytes, release: str, package: str, limits: sandbox.Limits) -> str:
    """A name for a run: as long as it stays the same, so does the result."""
    return digest(json.dumps([digest(data), release, package, *astuple(limits)]).encode())
