"""Who is in the class, and whose a file is that came from a learning management system (LMS)."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .files import Stop, read_csv, write_csv

# The column that names a student, the first that is there and is filled and different for everyone.
_ID_COLUMNS = (
    "student_id", "student id", "student", "username", "user name", "login", "login id", "sis login id", "sis user id",
    "id number", "orgdefinedid", "org defined id", "email address", "email", "e-mail", "id",
)  # fmt: skip
_NAME_COLUMNS = ("name", "full name", "student name", "student")
_FIRST, _LAST = ("first name", "firstname", "given name"), ("last name", "lastname", "surname", "family name")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")  # it becomes the name of a folder
_LONGEST_ID = 80
_USE = f"A student is named by A to Z, digits and . _ @ -, at most {_LONGEST_ID} of them, and by no two lines the same."


@dataclass(frozen=True)
class Student:
    """One line of the roster. columns: what the LMS calls this student, by the names of its own columns."""

    id: str
    name: str
    columns: dict[str, str]


def read_roster(path: Path) -> tuple[Student, ...]:
    """The students in a course's roster.csv. Raises Stop, with the line, for what is no roster."""
    header, rows = read_csv(path)
    if "student" not in header:
        raise Stop(f"{path} has no column “student”. Import the list again: infrapm course roster FILE --course NAME.")
    students = tuple(
        Student(row["student"].strip(), row.get("name", "").strip(), {k: v for k, v in row.items() if k not in ("student", "name")})
        for row in rows
    )
    _check_ids(path, [student.id for student in students])
    return students


def _check_ids(path: Path, ids: Sequence[str]) -> None:
    line, what = _wrong(ids)
    if what:
        raise Stop(f"{path}, line {line + 1}: {what}. {_USE}")


def _wrong(ids: Sequence[str]) -> tuple[int, str]:
    """The first student whose id is none, counted from 1, and what is wrong with it; an empty text when all are good."""
    seen: set[str] = set()
    for number, id in enumerate(ids, 1):
        if not _ID.fullmatch(id) or len(id) > _LONGEST_ID:
            return number, f"“{id}” cannot name a student" if id else "nothing is there"
        if id.casefold() in seen:
            return number, f"“{id}” is there twice"
        seen.add(id.casefold())
    return 0, ""


def spelled(typed: str, ids: Sequence[str]) -> str:
    """The id that somebody typed or saved in a spreadsheet, which takes 0012 for a number and makes it 12.

    >>> spelled("12", ["0012", "ann"]), spelled("12", ["0012", "12"]), spelled("bob", ["0012"])
    ('0012', '12', 'bob')
    """
    alike = [id for id in ids if id.lstrip("0") == typed]
    return alike[0] if typed not in ids and len(alike) == 1 else typed


def import_roster(path: Path) -> tuple[Student, ...]:
    """The students in a list that an LMS exported, or that somebody typed: one line each.

    All columns are kept, so that files can be told apart by them and marks go back in them.
    Raises Stop when no column tells the students apart.
    """
    header, rows = read_csv(path)
    by_name = {name.casefold(): name for name in header}

    def first(names: Iterable[str]) -> str:
        return next((by_name[name] for name in names if name in by_name), "")

    name_column, first_column, last_column = first(_NAME_COLUMNS), first(_FIRST), first(_LAST)

    def name_of(row: dict[str, str]) -> str:
        if first_column and last_column:
            return f"{row[first_column].strip()} {row[last_column].strip()}".strip()
        name = row[name_column].strip() if name_column else ""
        last, comma, given = name.partition(",")
        return f"{given.strip()} {last.strip()}" if comma else name

    # A grade book of an LMS may hold a line of possible points, and a student for trials.
    rows = [row for row in rows if not re.match(r"\s*(points possible|student, test)\b", next(iter(row.values())), re.I)]
    reasons = []
    for column in (by_name[name] for name in _ID_COLUMNS if name in by_name):
        ids = [row[column].strip() for row in rows]
        number, what = _wrong(ids)
        if not what:
            return tuple(
                Student(id, name_of(row), {k: v for k, v in row.items() if k and k not in ("student", "name")})
                for id, row in zip(ids, rows)
            )
        reasons.append(f"in “{column}”, student {number}, {what}")
    if reasons:
        raise Stop(
            f"{path} has no column that tells the students apart: {'; '.join(reasons)}. {_USE} "
            "Mend one of these columns, or add one with the heading student."
        )
    raise Stop(
        f"{path} has no column that tells the students apart. Its first line must be the headings. Looked for: {', '.join(_ID_COLUMNS)}; "
        f"found: {', '.join(header) or 'nothing'}."
    )


def write_roster(path: Path, students: Sequence[Student]) -> None:
    """Write roster.csv."""
    columns = list(dict.fromkeys(name for student in students for name in student.columns))
    rows = [{"student": student.id, "name": student.name, **student.columns} for student in students]
    write_csv(path, ["student", "name", *columns], rows)


# --- Whose file is this?


def _plain(text: str) -> str:
    """Without accents, case and everything but letters and digits."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def _keys(student: Student) -> set[str]:
    """What may stand for a student in the name of a file."""
    words = [_plain(word) for word in student.name.split()]
    keys = {"".join(words), "".join(reversed(words)), "".join(words[-1:] + words[:-1])}
    for value in (student.id, *student.columns.values()):
        keys |= {_plain(value), _plain(value.split("@")[0])}
    return {key for key in keys if len(key) >= 3} | {_plain(student.id)}


class Matcher:
    """Finds whose file it is by its path, for all the names that an LMS gives: student ids, user names,
    numbers of the LMS, first and last names in either order."""

    def __init__(self, students: Sequence[Student]) -> None:
        self.owners: dict[str, set[str]] = {}
        for student in students:
            for key in _keys(student):
                self.owners.setdefault(key, set()).add(student.id)

    def candidates(self, path: str, slug: str) -> list[str]:
        """The students whose this file can be; one, when it is clear.

        The student with the longest name in the path has it, and among several the one with more in it.
        """
        found: dict[str, set[str]] = {}
        for part in PurePosixPath(path).with_suffix("").parts:
            words = [word for piece in re.split(r"[\W_]+", part) if (word := _plain(piece)) and word != _plain(slug)]
            for start in range(len(words)):
                for end in range(start + 1, min(len(words), start + 8) + 1):
                    joined = "".join(words[start:end])
                    if len(joined) >= 3 or len(words) == 1:  # two letters are a name only when they stand alone
                        for owner in self.owners.get(joined, ()):
                            found.setdefault(owner, set()).add(joined)
        evidence = {student: (max(map(len, keys)), sum(map(len, keys))) for student, keys in found.items()}
        return sorted(student for student in found if evidence[student] == max(evidence.values()))
