"""How a course stands: who handed in, what waits, how the class did, what a human should look at."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from .files import Stop
from .folder import DATE, Course
from .grade import code_for, flags, read_record, submitted
from .gradebook import opened
from .judge import judge
from .questions import questions, title
from .submission import peek

_SHINGLE = 5  # words in a row
_ALIKE = 0.5  # of the shorter text's rows of words, in the other too
_FEWEST = {"written answers": 15, "code": 60}  # words that a text needs to be compared; short code is alike by itself


def status_text(course: Course, slugs: Sequence[str]) -> str:
    """The state of some chapters, as text."""
    return "\n\n".join(_chapter(course, slug) for slug in slugs)


def _chapter(course: Course, slug: str) -> str:
    chapter = course.chapter(slug)
    due = f", due {chapter.due.strftime(DATE)}" if chapter.due else ""
    lines = [f"{slug}: {title(slug)}{due}"]
    try:
        release = course.release(slug)
    except Stop:
        return f"{lines[0]}\n  not handed out yet"
    came = submitted(course, slug)
    missing = [student.id for student in course.students if student.id not in came]
    lines.append(f"  handed in: {len(came)} of {len(course.students)}")
    if missing:
        lines.append(f"  missing: {_some(missing, 12)}" + (f" (all: grades/{slug}.csv, column state)" if len(missing) > 12 and came else ""))
    records = {student: record for student in came if (record := read_record(course, slug, student))}
    if len(records) < len(came):
        lines.append(f"  not graded yet: {len(came) - len(records)}")
    if records:
        with opened(course) as marks:
            scores = marks.scores(slug)
        waiting = [student for student, own in scores.items() if any(score is None for score in own.values())]
        lines.append(f"  waiting for a mark: {len(waiting)}" + (f" (marking/{slug}.csv)" if waiting else ""))
        lines += _distribution(course, slug, records, release, scores)
        lines += _odd(course, slug, records, release)
    return "\n".join(lines)


def _distribution(course: Course, slug: str, records: dict[str, Any], release: dict[str, Any], scores: dict[str, dict[str, float | None]]) -> list[str]:
    """Per question: how many have which result; and the tasks most missed."""
    points = course.points(slug)
    results: dict[str, Counter[str]] = defaultdict(Counter)
    for student, record in records.items():
        for verdict in judge(slug, record, code_for(course, slug, student, release)):
            results[verdict.question.id][verdict.status] += 1
    width = max(len(question.id) for question in questions(slug))
    lines = [f"  {'question'.ljust(width)}  mean of points  results"]
    for question in questions(slug):
        known = [own[question.id] for own in scores.values() if own.get(question.id) is not None]
        mean = f"{sum(known) / len(known):.2f} of {points[question.id]:g}" if known else "–"
        told = ", ".join(f"{count} {status}" for status, count in results[question.id].most_common())
        lines.append(f"  {question.id.ljust(width)}  {mean.ljust(14)}  {told}")
    missed = Counter({q.id: len(records) - results[q.id]["right"] for q in questions(slug) if q.kind == "task"})
    worst = [f"{id} ({count} of {len(records)})" for id, count in missed.most_common(3) if count]
    if worst:
        lines.append(f"  most missed: {', '.join(worst)}")
    return lines


def _odd(course: Course, slug: str, records: dict[str, Any], release: dict[str, Any]) -> list[str]:
    """What a human should look at: a list, never a mark."""
    found: dict[str, list[str]] = {student: flags(record) for student, record in records.items()}
    codes = {course.code(slug, student.id): student.id for student in course.students} if release["per_student"] else {}
    for student in records:
        owner = codes.get(peek(course.submission(student, slug).read_bytes())[1])
        if owner and owner != student:
            found[student].append(f"the file was handed out to {owner}")
    lines = [f"  {student}: {flag}" for student, of_student in found.items() for flag in of_student]
    lines += [f"  {one} and {other}: {why}" for one, other, why in alike(slug, records)]
    return ["  for a human to look at (none of it changes a mark):", *(f"  {line}" for line in lines)] if lines else []


def alike(slug: str, records: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Pairs of submissions with much of their written answers, or of their code for the tasks, in common."""
    task_cells = sorted({question.cell for question in questions(slug) if question.kind == "task"})
    written, code = {}, {}
    for student, record in records.items():
        values = [value for call in record["calls"] for value in [*call["arguments"], *call["named"].values()]]
        written[student] = "\n".join(dict.fromkeys(value["text"] for value in values if "text" in value))
        code[student] = re.sub(r"#.*", "", "\n".join(record["answers"].get(cell, "") for cell in task_cells))
    pairs = []
    for what, texts in (("written answers", written), ("code", code)):
        shingles = {student: _shingles(text) for student, text in texts.items()}
        common = _common(shingles.values(), len(records))
        for one, other, share in _overlaps({student: own - common for student, own in shingles.items()}, _FEWEST[what]):
            pairs.append((one, other, f"{share:.0%} of the {what} are the same"))
    return sorted(pairs)


def _shingles(text: str) -> frozenset[int]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(hash(tuple(words[start : start + _SHINGLE])) for start in range(len(words) - _SHINGLE + 1))


def _common(texts: Iterable[frozenset[int]], students: int) -> set[int]:
    """What many have, because the question says it or everybody would."""
    counts = Counter(shingle for text in texts for shingle in text)
    return {shingle for shingle, count in counts.items() if count > max(3, students // 5)}


def _overlaps(shingles: dict[str, frozenset[int]], fewest: int) -> Iterable[tuple[str, str, float]]:
    holders: dict[int, list[str]] = defaultdict(list)
    for student, own in sorted(shingles.items()):
        for shingle in own:
            holders[shingle].append(student)
    shared: Counter[tuple[str, str]] = Counter(pair for students in holders.values() for pair in combinations(students, 2))
    for (one, other), count in shared.items():
        least = min(len(shingles[one]), len(shingles[other]))
        if least >= fewest - _SHINGLE + 1 and count / least >= _ALIKE:
            yield one, other, count / least


def _some(names: Sequence[str], most: int) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
