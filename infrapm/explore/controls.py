"""Named controls with their ranges: what a reader can move, and the sentence they get when it is off."""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .text import count_text, number_text, read_number

LONGEST_TABLE = 20_000  # characters
LONGEST_CELL = 200


@dataclass(frozen=True)
class Number:
    """A number to type, in [low, high]. With stops it is also a slider that snaps to them.

    Values are what the models take: with unit "%" they are fractions, and only what the reader
    sees and types is a percentage.

    >>> share = Number("beta", "Shared-cause share", "%", low=0, high=1, default=0.1)
    >>> share.read("10"), share.shown(0.1)
    (0.1, '10')
    >>> share.read("110")
    Traceback (most recent call last):
    ...
    ValueError: Shared-cause share goes from 0 to 100%.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    default: float
    help: str = ""
    stops: tuple[float, ...] = ()
    whole: bool = False

    @property
    def scale(self) -> float:
        """How many shown units make one unit of the model."""
        return 100.0 if self.unit == "%" else 1.0

    def shown(self, value: float) -> str:
        """The value as the reader sees it in the field, without the unit."""
        return number_text(round(value * self.scale, 12), digits=10)

    @property
    def shown_stops(self) -> tuple[str, ...]:
        return tuple(self.shown(stop) for stop in self.stops)

    def nearest_stop(self, value: float) -> int:
        """The position of the slider for a value, which may lie between or beyond its stops."""
        return min(range(len(self.stops)), key=lambda position: abs(self.stops[position] - value))

    def read(self, typed: str) -> float:
        """The value for the model, or ValueError with a sentence that names control and range."""
        value = read_number(typed, self.unit) / self.scale
        try:
            self.check(value)
        except ValueError as problem:
            raise ValueError(f"{problem}{self._likely_slip(value)}") from None
        return int(value) if self.whole else value

    def check(self, value: float) -> None:
        """Raise ValueError with a sentence for the reader when the value is outside the range."""
        if not self.low <= value <= self.high:
            raise ValueError(self._range_text)
        if self.whole and value != math.floor(value):
            raise ValueError(f"{self._range_text} Type a whole number.")

    @property
    def _range_text(self) -> str:
        unit = "%" if self.unit == "%" else f" {self.unit}" if self.unit else ""
        if self.high == math.inf:
            return f"{self.label} is {self.shown(self.low)}{unit} or more."
        if self.low == -math.inf:
            return f"{self.label} is {self.shown(self.high)}{unit} or less."
        return f"{self.label} goes from {self.shown(self.low)} to {self.shown(self.high)}{unit}."

    def _likely_slip(self, value: float) -> str:
        meant = value * self.scale  # a fraction typed where a percentage is meant
        if self.unit == "%" and self.low <= meant <= self.high:
            return f" Percent, not a fraction: did you mean {self.shown(meant)}?"
        return ""


@dataclass(frozen=True)
class Choice:
    """One of a few named options.

    >>> Choice("window", "Window", (("week", "week (7 days)"), ("month", "month (30 days)")), "month").read("year")
    Traceback (most recent call last):
    ...
    ValueError: Window is one of: week, month.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    default: str
    help: str = ""

    def shown(self, value: str) -> str:
        return value

    def check(self, value: str) -> None:
        self.read(value)

    def read(self, typed: str) -> str:
        keys = [key for key, _ in self.options]
        if typed not in keys:
            raise ValueError(f"{self.label} is one of: {', '.join(keys)}.")
        return typed


@dataclass(frozen=True)
class Toggle:
    """Something that is on or off.

    >>> Toggle("hedge", "Send a second request", False).read("on")
    True
    """

    name: str
    label: str
    default: bool
    help: str = ""

    def shown(self, value: bool) -> str:
        return "on" if value else "off"

    def check(self, value: bool) -> None:
        self.read(self.shown(value))

    def read(self, typed: str) -> bool:
        if typed not in ("on", "off"):
            raise ValueError(f"{self.label} is on or off.")
        return typed == "on"


@dataclass(frozen=True)
class Several:
    """Some of a few named options, from *least* to *most* of them, as check boxes.

    The view gets a tuple of keys in the order of the options; typed, they are joined by spaces.

    >>> parts = Several("parts", "Parts", (("dns", "DNS"), ("db", "Database"), ("api", "API")), ("db",), least=1)
    >>> parts.read("api dns")
    ('dns', 'api')
    >>> parts.read("")
    Traceback (most recent call last):
    ...
    ValueError: Parts: choose at least 1.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    default: tuple[str, ...]
    help: str = ""
    least: int = 0
    most: int | None = None

    def shown(self, value: Iterable[str]) -> str:
        return " ".join(value)

    def check(self, value: Iterable[str]) -> None:
        self.read(self.shown(value))

    def read(self, typed: str) -> tuple[str, ...]:
        keys = [key for key, _ in self.options]
        chosen = typed.replace(",", " ").split()
        if not set(chosen) <= set(keys):
            raise ValueError(f"{self.label} takes some of: {', '.join(keys)}.")
        if len(set(chosen)) < self.least:
            raise ValueError(f"{self.label}: choose at least {self.least}.")
        if self.most is not None and len(set(chosen)) > self.most:
            raise ValueError(f"{self.label}: choose at most {self.most}.")
        return tuple(key for key in keys if key in chosen)


# Between two numbers. "3 to 6" is what the book writes: spreadsheets take 3-6 for a day in June.
_TO = re.compile(r"\s+to\s+|(?<=[\d.%])\s*(?:to|[-–—])\s*(?=[\d.])")


@dataclass(frozen=True)
class Column:
    """A column of Rows: a number in [low, high], words (text), or one of a few options (key, text).

    An end that is None is open. With unit "%" cells are percent and values fractions, as in Number. With
    span a cell holds one number or two, a low and a high one, and the value is always the pair of them.

    >>> Column("weeks", "Effort", "weeks", 0.5, 52, span=True).read("3 to 6", row=1)
    (3.0, 6.0)
    """

    name: str
    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    text: bool = False
    options: tuple[tuple[str, str], ...] = ()
    span: bool = False

    @property
    def heading(self) -> str:
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def is_named(self, cell: str) -> bool:
        """Whether a cell of a first line is this column's heading."""
        return cell.casefold() in (self.name.casefold(), self.label.casefold(), self.heading.casefold())

    def shown(self, value: float | str | tuple[float, float]) -> str:
        """A value as the reader writes it in a cell."""
        if isinstance(value, str):
            return value
        ends = value if isinstance(value, tuple) else (value,)
        return " to ".join(dict.fromkeys(self._number(self.label).shown(end) for end in ends))

    def read(self, cell: str, row: int) -> float | str | tuple[float, float]:
        """The value of a cell, or ValueError with a sentence that names row and column."""
        where = f"Row {row}, {self.label}"
        if self.options:
            found = [key for key, text in self.options if cell.casefold() in (key.casefold(), text.casefold())]
            if not found:
                raise ValueError(f"{where} is one of: {', '.join(key for key, _ in self.options)}.")
            return found[0]
        if self.text:
            if not cell:
                raise ValueError(f"{where}: write a word or two.")
            if len(cell) > LONGEST_CELL:
                raise ValueError(f"{where} is too long: {LONGEST_CELL} characters at most.")
            return cell
        try:
            if not self.span:
                return self._number(where).read(cell)
            ends = [self._number(where).read(end) for end in _TO.split(cell, maxsplit=1)]
            if ends[0] > ends[-1]:
                raise ValueError(f"{where} goes from low to high: did you mean {self.shown((ends[1], ends[0]))}?")
            return ends[0], ends[-1]
        except ValueError as problem:
            said = str(problem)
            raise ValueError(said if said.startswith(where) else f"{where}: {said}") from None

    def _number(self, label: str) -> Number:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return Number(self.name, label, self.unit, low, high, default=0)


@dataclass(frozen=True)
class Rows:
    """A small table that the reader edits as text, or pastes from a spreadsheet.

    Cells stand apart by commas, semicolons or tabs; a first line of headings may give the columns in
    another order. The view gets a tuple of dicts {column name: number or text}. default holds the
    texts of the cells, row by row. folded: on a page they wait in a fold, since most readers leave them.

    >>> rows = Rows("work", "Work", (Column("item", "Item", text=True), Column("weeks", "Effort", "weeks", 0.5, 52)),
    ...             (("Cache", "2"), ("DNS", "6")))
    >>> rows.read("Effort; Item\\n3; Cache")
    ({'item': 'Cache', 'weeks': 3.0},)
    >>> rows.read("Cache, 2\\nDNS, six")
    Traceback (most recent call last):
    ...
    ValueError: Row 2, Effort: “six” is not a number. Type digits, such as 12.5.
    """

    name: str
    label: str
    columns: tuple[Column, ...]
    default: tuple[tuple[str, ...], ...]
    help: str = ""
    least: int = 1
    most: int = 20
    folded: bool = False

    def shown(self, value: Iterable[tuple[str, ...] | Mapping[str, Any]]) -> str:
        """Rows as comma-separated text under a line of headings: texts of cells, or values as read."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(column.heading for column in self.columns)
        for row in value:
            is_read = isinstance(row, Mapping)
            writer.writerow([column.shown(row[column.name]) for column in self.columns] if is_read else row)
        return target.getvalue()

    def check(self, value: Iterable[Mapping[str, Any]]) -> None:
        self.read(self.shown(value))

    def tidied(self, typed: str) -> str:
        """What was typed, as comma-separated text under a line of headings; every cell as it was."""
        return self.shown(self._cells(typed))

    def read(self, typed: str) -> tuple[dict[str, Any], ...]:
        cells = self._cells(typed)
        if not self.least <= len(cells) <= self.most:
            wanted = f"{self.least} to {self.most}" if self.least < self.most else f"{self.most}"
            raise ValueError(f"{self.label} takes {wanted} rows; there {'is' if len(cells) == 1 else 'are'} {len(cells)}.")
        rows, problems = [], []
        for number, row in enumerate(cells, 1):
            values = {}
            for column, cell in zip(self.columns, row):
                try:
                    values[column.name] = column.read(cell, number)
                except ValueError as problem:
                    problems.append(str(problem))
            rows.append(values)
        if problems:
            more = f" And {count_text(len(problems) - 3, 'cell', 'cells')} more." if len(problems) > 3 else ""
            raise ValueError(" ".join(problems[:3]) + more)
        return tuple(rows)

    def _cells(self, typed: str) -> list[tuple[str, ...]]:
        """The texts of the cells, in the order of the columns, without the line of headings."""
        if len(typed) > LONGEST_TABLE:
            raise ValueError(f"{self.label} is too long: {LONGEST_TABLE} characters at most.")
        lines = self._split(typed)
        order = self._order(lines[0]) if lines else None
        lines = lines if order is None else lines[1:]
        for number, cells in enumerate(lines, 1):
            if len(cells) != len(self.columns):
                labels = ", ".join(column.label for column in self.columns)
                has = count_text(len(cells), "cell", "cells")
                raise ValueError(f"Row {number} has {has}; it needs {len(self.columns)}: {labels}.")
        return [tuple(cells if order is None else (cells[at] for at in order)) for cells in lines]

    def _split(self, typed: str) -> list[list[str]]:
        """Lines of cells, without what is blank: at the end of a line, too, where spreadsheets leave it."""
        lines = [line for line in typed.lstrip("\ufeff").splitlines() if line.strip()]
        tables = []
        for separator in "\t;,":
            try:
                read = list(csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True))
            except csv.Error:
                continue
            tables.append([cells for row in read if any(cells := self._trimmed(row))])
        if not tables:
            raise ValueError(f"{self.label}: write quotation marks around a whole cell, or leave them out.")
        # The separator that makes most lines whole, or most cells; of two, not the comma, which may stand in a number.
        return max(tables, key=lambda table: (sum(len(cells) == len(self.columns) for cells in table), sum(map(len, table))))

    def _trimmed(self, row: list[str]) -> list[str]:
        cells = [cell.strip() for cell in row]
        while len(cells) > len(self.columns) and not cells[-1]:
            cells.pop()
        return cells

    def _order(self, first: list[str]) -> list[int] | None:
        """Where each column stands, if the first line holds headings."""
        if not all(any(column.is_named(cell) for column in self.columns) for cell in first):
            return None
        at = [[i for i, cell in enumerate(first) if column.is_named(cell)] for column in self.columns]
        if any(len(places) != 1 for places in at):
            labels = ", ".join(column.label for column in self.columns)
            raise ValueError(f"The first line holds headings, and must name each column once: {labels}.")
        return [places[0] for places in at]


Control = Number | Choice | Toggle | Several | Rows


def even_stops(low: float, high: float, step: float) -> tuple[float, ...]:
    """Stops of a slider at even steps, both ends included.

    >>> even_stops(0, 1, 0.25)
    (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    count = round((high - low) / step)
    return tuple(round(low + i * step, 12) for i in range(count)) + (float(high),)


def log_stops(low: float, high: float, per_decade: tuple[float, ...] = (1, 1.5, 2, 3, 5, 7)) -> tuple[float, ...]:
    """Stops of a slider at even ratios: the same few digits in every power of ten.

    >>> log_stops(1, 100, (1, 2, 5))
    (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    stops = (float(f"{digits}e{decade}") for decade in decades for digits in per_decade)
    return tuple(stop for stop in stops if low * (1 - 1e-9) <= stop <= high * (1 + 1e-9))


def nines_stops(fewest: int, most: int) -> tuple[float, ...]:
    """Stops of an availability slider: even ratios of what is missing, from *fewest* to *most* nines.

    >>> nines_stops(2, 3)
    (0.99, 0.993, 0.995, 0.997, 0.998, 0.9985, 0.999)
    """
    missing = log_stops(10.0**-most, 10.0**-fewest)
    return tuple(round(1 - share, 12) for share in reversed(missing))
