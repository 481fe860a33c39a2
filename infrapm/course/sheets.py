"""The sheets that a human marks: a CSV a chapter, a line an answer.

What was typed is never lost: rows are added and not removed, columns of your own stay, and every earlier
version of a sheet is kept in marking/earlier/.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infrapm.exercises._content import content, spine
from infrapm.exercises._numbers import filled

from .files import Stop, csv_text, digest, read_csv, write_bytes, write_text
from .questions import BANDS, title
from .roster import spelled

TO_MARK, MARKED, REPLACED = "to mark", "marked", "replaced by a later answer"
_FIRST = ["student", "name", "question", "state", "band", "comment"]
_LAST = ["words", "answer", "version"]


@dataclass(frozen=True)
class Written:
    """An answer that a human marks. version: a short name for its words."""

    student: str
    name: str
    question: str
    answer: str

    @property
    def version(self) -> str:
        return "v" + digest(self.answer.encode())  # 3e10 alone would be a number to a spreadsheet


@dataclass(frozen=True)
class Mark:
    """What a human gave an answer: a band from 0 to 5, a comment, and a word for each trait that was filled."""

    band: int
    comment: str
    traits: dict[str, str]

    @property
    def told(self) -> str:
        """The comment with the traits, as the student reads it."""
        return "\n".join([*([self.comment] if self.comment else []), *(f"{trait}: {word}" for trait, word in self.traits.items())])


class Sheet:
    """The sheet of a chapter, for the students of these ids. problems: lines that cannot be read, as sentences.
    without_band: lines that have a comment or a word for a trait, and no band. marks: by student, question and
    version of the answer; an answer that stands there without a band has None."""

    def __init__(self, path: Path, ids: Sequence[str]) -> None:
        self.path = path
        self.before = path.read_bytes() if path.exists() else b""
        self.header, self.rows = read_csv(path) if self.before else ([], [])
        lacking = [name for name in ("student", "question", "band", "version") if name not in self.header]
        if self.rows and lacking:
            raise Stop(
                f"{path} lacks the column {' and '.join(lacking)}. Put the heading back, or take the file before your last change from "
                f"{path.parent / 'earlier'}."
            )
        self.problems: list[str] = []
        self.without_band: list[str] = []
        self.marks: dict[tuple[str, str, str], Mark | None] = {}
        for line, row in enumerate(self.rows, 2):
            row["student"] = spelled(row["student"].strip(), ids)
            self.marks[_key(row)] = self._mark(line, row)

    def _mark(self, line: int, row: dict[str, str]) -> Mark | None:
        typed = row["band"].strip()
        traits = {trait: row[trait].strip() for trait in spine()["traits"] if row.get(trait, "").strip()}
        if not typed:
            if row.get("state", "").strip() != REPLACED and (traits or row.get("comment", "").strip()):
                self.without_band.append(f"line {line} ({row['student']})")
            return None
        if not _is_band(typed):
            self.problems.append(f"{self.path.name}, line {line} ({row['student']}): the band “{typed}” is not a whole number from 0 to {BANDS}.")
            return None
        return Mark(int(float(typed)), row.get("comment", "").strip(), traits)

    def save(self, answers: Iterable[Written], kept: dict[tuple[str, str, str], tuple[int, str]]) -> None:
        """Bring the sheet up to date with the answers there are now.

        kept: bands and comments that were folded in before, for rows that somebody removed. Raises Stop when
        the file was changed meanwhile; nothing is written then.
        """
        rows = {_key(row): row for row in self.rows}
        current = {}
        for written in answers:
            key = (written.student, written.question, written.version)
            current[written.student, written.question] = written.version
            row = rows.setdefault(key, {"student": written.student, "question": written.question, "version": written.version})
            if key not in self.marks and key in kept:
                row["band"], row["comment"] = str(kept[key][0]), kept[key][1]
            row |= {"name": written.name, "answer": written.answer, "words": str(len(written.answer.split()))}
        for (student, question, version), row in rows.items():
            live = current.get((student, question), version) == version
            row["state"] = REPLACED if not live else MARKED if _is_band(row.get("band", "")) else TO_MARK
        own = [name for name in self.header if name not in (*_FIRST, *spine()["traits"], *_LAST)]
        text = csv_text([*_FIRST, *spine()["traits"], *_LAST, *own], rows.values())
        if not rows or text.encode() == self.before:
            return
        now = self.path.read_bytes() if self.path.exists() else b""
        if now != self.before:
            raise Stop(f"{self.path} was saved while this ran. Nothing of it was lost; run the command again.")
        if self.before:
            write_bytes(self.path.parent / "earlier" / f"{self.path.stem}-{digest(self.before)}.csv", self.before)
        write_text(self.path, text)


def _is_band(typed: str) -> bool:
    return typed.strip().removesuffix(".0") in map(str, range(BANDS + 1))


def _key(row: dict[str, str]) -> tuple[str, str, str]:
    return row["student"].strip(), row["question"].strip(), row["version"].strip()


def write_rubric(slug: str, path: Path) -> None:
    """What the marker reads beside the sheet: the question, the bands, the facts and a model answer."""
    judgment, module = content(slug).judgment, slug.replace("-", "_")

    def fill(text: str) -> str:
        return filled(text.strip(), module)

    bands = "\n".join(f"| {band} | {line} | {fill(judgment.bands[band])} |" for band, line in spine()["bands"].items())
    anchors = "\n\n".join(f"Band {a.band}: {fill(a.text)}\n\nWhat decides: {fill(a.deciding)}" for a in judgment.anchors)
    facts = "\n".join(f"- {fill(fact)}" for fact in judgment.facts)
    write_text(
        path,
        f"# Marking: {title(slug)}\n\n{fill(judgment.case)}\n\n**{fill(judgment.question)}** In {judgment.words} words.\n\n"
        f"Write a whole band from 0 to {BANDS} in the column band; 0 is for no answer to the question. Bands are cumulative: a "
        "text reaches a band when everything of it and of the bands below is visible. A comment goes to the student as it is. The "
        f"columns {', '.join(spine()['traits'])} are for a word each, if you like.\n\n"
        f"| band | in every judgment | in this one |\n| --- | --- | --- |\n{bands}\n\n## Facts to find\n\n{facts}\n\n"
        f"## A model answer\n\n{fill(judgment.model_answer)}\n\n## Three answers with their bands\n\n{anchors}\n",
    )
