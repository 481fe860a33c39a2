"""Take in what was handed in: a folder or a zip, as a learning management system gives it.

Names, sizes and contents are the students'. Links are not followed, nothing is unpacked to a path that an
archive names, and every version that ever came is kept.
"""

import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from .files import Stop, digest, read_csv, write_bytes, write_csv, write_text
from .folder import Course
from .roster import Matcher, spelled
from .submission import MOST_BYTES, peek

_MOST_FILES = 20_000
_TIME = "%Y-%m-%d %H:%M:%S %Z"  # nbgrader's own, in timestamp.txt
NAMES = ["file", "chapter", "student", "guess"]


@dataclass(frozen=True)
class Incoming:
    """One file that came: its path within what was given, its bytes or why there are none, and its time."""

    path: str
    data: bytes
    problem: str
    when: datetime


@dataclass
class Collected:
    """What became of the files. new: students with a first or another file. unknown: files without a student,
    each with a reason. refused: files that cannot be read. others: files that belong to other chapters or are
    no notebooks. instead: students who have nothing of this chapter, but one of these, with the file and what it
    is. older: files that are older than what is there."""

    new: list[str] = field(default_factory=list)
    unchanged: int = 0
    unknown: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0
    instead: dict[str, str] = field(default_factory=dict)
    older: list[str] = field(default_factory=list)


def incoming(path: Path) -> Iterator[Incoming]:
    """Every notebook in a folder or a zip, one at a time. Raises Stop when it is neither."""
    if path.is_dir():
        yield from _in_folder(path)
    elif zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield from _in_zip(path.name, file, "", nested=True)
    elif path.suffix.lower() == ".ipynb" and path.is_file():
        yield from _file(path, path.name)
    else:
        raise Stop(f"{path} is neither a folder nor a zip. Download all submissions from the LMS, and name that file or folder.")


def _in_folder(folder: Path) -> Iterator[Incoming]:
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _of_a_machine(name) and not (Path(place) / name).is_symlink())
        for name in sorted(names):
            count += 1
            if count > _MOST_FILES:
                raise Stop(f"{folder} holds more than {_MOST_FILES} files. Name the folder with the submissions alone.")
            if not _of_a_machine(name):
                yield from _file(Path(place) / name, (Path(place) / name).relative_to(folder).as_posix())


def _of_a_machine(name: str) -> bool:
    """Whether a name was made by a program, not by a person."""
    return name in (".ipynb_checkpoints", "__MACOSX", ".git") or name.startswith("._")


def _file(path: Path, name: str) -> Iterator[Incoming]:
    about = path.lstat()
    when = datetime.fromtimestamp(about.st_mtime, UTC)
    wanted = path.suffix.lower() in (".ipynb", ".zip")
    if not stat.S_ISREG(about.st_mode):
        if wanted:
            yield Incoming(name, b"", "it is a link to another file" if path.is_symlink() else "it is no ordinary file", when)
    elif path.suffix.lower() == ".zip":
        # Opened without following a link that took the file's place meanwhile.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            yield from _in_zip(name, file, f"{name}/", nested=False)
    elif about.st_size > MOST_BYTES:
        problem = f"it has {about.st_size / 2**20:.0f} MB, and {MOST_BYTES / 2**20:.0f} are read at most"
        yield Incoming(name, b"", problem if wanted else "", when) if wanted else Incoming(name, b"", "", when)
    elif wanted:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            yield Incoming(name, file.read(MOST_BYTES + 1), "", when)
    else:
        yield Incoming(name, b"", "", when)


def _in_zip(name: str, file: IO[bytes], prefix: str, nested: bool) -> Iterator[Incoming]:
    """The notebooks in a zip, and one level deeper in the zips that students handed in."""
    now = datetime.now(UTC)
    try:
        archive = zipfile.ZipFile(file)
        infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as problem:
        yield Incoming(name, b"", f"the archive is broken: {problem}", now)
        return
    if len(infos) > _MOST_FILES:
        raise Stop(f"{name} holds more than {_MOST_FILES} files.")
    for info in sorted(infos, key=lambda info: info.filename):
        path = prefix + info.filename
        parts = PurePosixPath(info.filename).parts
        if info.is_dir() or any(_of_a_machine(part) for part in parts):
            continue
        suffix = PurePosixPath(info.filename).suffix.lower()
        when = _zip_time(info, now)
        if suffix not in (".ipynb", ".zip") or (suffix == ".zip" and not nested):
            yield Incoming(path, b"", "", when)
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            yield Incoming(path, b"", "it is a link to another file", when)
            continue
        try:
            with archive.open(info) as inside:
                data = inside.read(MOST_BYTES + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as problem:
            yield Incoming(path, b"", f"it cannot be unpacked: {str(problem)[:80]}", when)
            continue
        except Exception as problem:  # zlib.error and others of the packing methods
            yield Incoming(path, b"", f"it cannot be unpacked: {str(problem)[:80]}", when)
            continue
        if len(data) > MOST_BYTES:
            yield Incoming(path, b"", f"it has more than {MOST_BYTES / 2**20:.0f} MB", when)
        elif suffix == ".zip":
            import io

            yield from _in_zip(path, io.BytesIO(data), f"{path}/", nested=False)
        else:
            yield Incoming(path, data, "", when)


def _zip_time(info: zipfile.ZipInfo, now: datetime) -> datetime:
    """When a file in a zip was changed, by this machine's clock; now, when the zip does not say."""
    try:
        when = datetime(*info.date_time).astimezone(UTC)
    except (ValueError, OverflowError):
        return now
    return when if when.year > 1980 else now


def collect(course: Course, slug: str, path: Path) -> Collected:
    """Take in the files of one chapter: each goes to its student, and what cannot be told is listed."""
    told = Collected()
    matcher = Matcher(course.students)
    known = [student.id for student in course.students]
    owners = {course.code(slug, student.id): student.id for student in course.students}
    named, rows = _named(course, slug, known)
    best: dict[str, tuple[tuple, Incoming]] = {}  # the newest file of each student
    for file in incoming(path):
        candidates = [named[file.path]] if file.path in named else matcher.candidates(file.path, slug)
        chapter, code = peek(file.data)
        elsewhere = bool(chapter) and chapter != slug
        if elsewhere or not file.data and not file.problem:
            told.others += 1
            if len(candidates) == 1:
                if elsewhere:
                    _keep(course, slug, candidates[0], file)
                told.instead[candidates[0]] = f"{file.path} is {f'the notebook of {chapter}' if elsewhere else 'no notebook'}"
            continue
        if len(candidates) != 1:
            why = f"it can be of {', '.join(candidates[:5])}" if candidates else "no name of the roster is in its path"
            told.unknown.append((file.path, why))
            if not any(row["file"] == file.path and row["chapter"] == slug for row in rows):
                rows.append({"file": file.path, "chapter": slug, "student": "", "guess": owners.get(code, "")})
            continue
        if file.problem:
            told.refused.append((file.path, file.problem))
            continue
        student = candidates[0]
        _keep(course, slug, student, file)
        rank = (file.when, _attempt(file.path), file.path)
        if student not in best or rank > best[student][0]:
            best[student] = (rank, file)
    for student, (_, file) in sorted(best.items()):
        _take(course, slug, student, file, told)
    told.instead = {student: what for student, what in sorted(told.instead.items()) if not course.submission(student, slug).exists()}
    write_csv(course.path / "names.csv", NAMES, rows)
    return told


def _named(course: Course, slug: str, known: list[str]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """What names.csv says: the student of each file, and all its rows."""
    path = course.path / "names.csv"
    rows = read_csv(path)[1] if path.exists() else []
    named = {}
    for line, row in enumerate(rows, 2):
        student = spelled(row.get("student", "").strip(), known)
        if student and student not in known:
            raise Stop(f"{path}, line {line}: “{student}” is not in roster.csv.")
        if student and row.get("chapter") == slug:
            named[row["file"]] = student
    return named, rows


def _attempt(path: str) -> int:
    """The number that an LMS adds to the name of a later file: availability-2.ipynb, availability (2).ipynb."""
    found = re.search(r"[-( ](\d{1,3})\)?\.ipynb$", path)
    return int(found[1]) if found else 0


def _keep(course: Course, slug: str, student: str, file: Incoming) -> None:
    """Put a file into received/, if these very bytes are not there yet."""
    folder = course.path / "received" / slug / student
    name = digest(file.data)
    if not any(folder.glob(f"*{name}.ipynb")):
        write_bytes(folder / f"{file.when.astimezone():%Y-%m-%d-%H%M%S}-{name}.ipynb", file.data)


def _take(course: Course, slug: str, student: str, file: Incoming, told: Collected) -> None:
    """Make a file the one that counts, unless it is there already or is older."""
    target = course.submission(student, slug)
    if target.exists():
        if target.read_bytes() == file.data:
            told.unchanged += 1
            return
        before = handed_in(target)
        if before and file.when < before:
            told.older.append(student)
            return
    # The time first: if this is cut short, the next run finds the old file and takes the new one again.
    write_text(target.with_name("timestamp.txt"), file.when.strftime(_TIME))
    write_bytes(target, file.data)
    told.new.append(student)


def handed_in(target: Path) -> datetime | None:
    """When the file that counts was handed in, by its own date."""
    try:
        text = target.with_name("timestamp.txt").read_text(encoding="utf-8").strip()
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except (OSError, ValueError):
        return None
