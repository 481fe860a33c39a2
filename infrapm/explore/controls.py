"""Named controls with their ranges: what a reader can move, and the sentence they get when it is off."""

import math
from dataclasses import dataclass

from .text import number_text, read_number


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
        shown_range = f"{self.label} goes from {self.shown(self.low)} to {self.shown(self.high)}{self._unit_text}."
        if not self.low <= value <= self.high:
            raise ValueError(shown_range)
        if self.whole and value != math.floor(value):
            raise ValueError(f"{shown_range} Type a whole number.")

    @property
    def _unit_text(self) -> str:
        return "%" if self.unit == "%" else f" {self.unit}" if self.unit else ""

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


Control = Number | Choice | Toggle


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
