"""Files that survive an accident: written whole or not at all, and CSV as spreadsheets make it."""

import csv
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


class Stop(Exception):
    """The command stops here; the message is one or two plain sentences for the instructor."""


def write_bytes(path: Path, data: bytes) -> bool:
    """Put *data* into a file at once, so that a crash leaves the old file or the new one, never a part.

    A file that holds the same already is left alone. Returns whether anything was written.
    """
    if path.is_file() and not path.is_symlink() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return True


def write_text(path: Path, text: str) -> bool:
    """The same for text, in UTF-8."""
    return write_bytes(path, text.encode("utf-8", "replace"))


def digest(data: bytes) -> str:
    """A short name for some bytes: the same bytes, the same name."""
    return hashlib.sha256(data).hexdigest()[:16]


# --- CSV

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows and never computes.

    >>> safe_cell("=1+1"), safe_cell("-3.5"), safe_cell("two")
    ("'=1+1", '-3.5', 'two')
    """
    # A lone \r would end the line: Python before 3.13 writes it without quotation marks.
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    if not text.startswith(_FORMULA):
        return text
    try:
        float(text)
        return text
    except ValueError:
        return f"'{text}"


def _typed_cell(text: str) -> str:
    """What `safe_cell` was given."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text


def csv_text(header: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as CSV with a byte order mark, by which spreadsheets know that it is UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: safe_cell(str(row.get(name, ""))) for name in header})
    return "\ufeff" + out.getvalue()


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bool:
    """Write rows as CSV, at once. Returns whether the file changed."""
    return write_text(path, csv_text(header, rows))


def read_csv(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The header and the rows of a CSV file, as any spreadsheet saves it: comma, semicolon or tab,
    UTF-8 or a Windows code page. Rows without any text are left out.

    Raises Stop when it cannot be read as one.
    """
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise Stop(f"{path} cannot be read: {problem.strerror or problem}.") from None
    if raw[:4] == b"PK\x03\x04":
        raise Stop(f"{path} is a workbook, not a CSV file. Open it in your spreadsheet and save it as CSV, under that name and with the ending .csv.")
    for encoding in ("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252", "latin-1"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(10_000_000)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as problem:
        raise Stop(f"{path} is not a CSV file: {problem}. Save it again as CSV from your spreadsheet.") from None
    if not table:
        return [], []
    header = [name.strip() for name in table[0]]
    rows = [
        dict(zip(header, [_typed_cell(cell) for cell in cells] + [""] * len(header)))
        for cells in table[1:]
        if any(cell.strip() for cell in cells)
    ]
    return header, rows
