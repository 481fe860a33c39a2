"""The explorer: named controls and a view function, declared once and shown by two fronts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .controls import Control, Number, Rows


@dataclass(frozen=True)
class Table:
    """A small table: the numbers behind a picture, as text. ValueError where a column has no heading to be read out."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if "" in self.header:
            raise ValueError(f"header has no words for a column: {self.header}")


@dataclass(frozen=True)
class View:
    """What an explorer shows for one set of values.

    picture: a Vega-Lite specification (dict), the text of an SVG drawing, or a tuple of several of them, which
    stand side by side where there is room. Their number is the same for every setting.
    reading: the picture in a sentence or two; it is also the picture's text alternative.
    table: the same result as numbers.
    warning: a sentence where the result needs one, else empty.
    """

    picture: dict[str, Any] | str | tuple[dict[str, Any] | str, ...]
    reading: str
    table: Table
    warning: str = ""


@dataclass(frozen=True)
class Answer:
    """What a front shows after a move.

    controls: the text of every field, as typed; of rows, with headings and commas. positions: where each slider stands. errors: a sentence for
    each bad value. view is None when a value is bad: the last good picture then stays in place.
    """

    controls: dict[str, str]
    positions: dict[str, int]
    errors: dict[str, str]
    view: View | None


@dataclass(frozen=True)
class Explorer:
    """Controls and the view that they move.

    link ties controls together (type a downtime, and the availability follows): it takes the name
    of the control that was changed and the values read so far, and returns the values that follow.
    """

    id: str
    title: str
    lead: str
    controls: tuple[Control, ...]
    view: Callable[..., View]
    link: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
    _by_name: dict[str, Control] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {control.name: control for control in self.controls})

    @property
    def defaults(self) -> dict[str, str]:
        """The texts that the controls show at first."""
        return {control.name: control.shown(control.default) for control in self.controls}

    def answer(self, typed: Mapping[str, str], changed: str = "") -> Answer:
        """The view for what the reader typed; never raises for anything that a reader can type."""
        texts = self.defaults | {name: str(text) for name, text in typed.items() if name in self._by_name}
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for name, control in self._by_name.items():
            try:
                values[name] = control.read(texts[name])
                if isinstance(control, Rows):
                    texts[name] = control.tidied(texts[name])
            except ValueError as problem:
                errors[name] = str(problem)
        if changed not in errors:
            linked = self._linked(changed, values, errors)
            values |= linked
            texts |= {name: self._by_name[name].shown(value) for name, value in linked.items()}
            errors = {name: sentence for name, sentence in errors.items() if name not in linked}
        positions = {
            name: control.nearest_stop(values[name])
            for name, control in self._by_name.items()
            if isinstance(control, Number) and control.stops and name in values
        }
        return Answer(texts, positions, errors, None if errors else self.view(**values))

    def _linked(self, changed: str, values: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
        """The values that follow from the change; a change that leads out of range gets its sentence."""
        if not self.link:
            return {}
        try:
            linked = self.link(changed, values)
            for name, value in linked.items():
                self._by_name[name].check(value)
        except KeyError:
            return {}  # another control that the link needs is bad, and has its own sentence
        except ValueError as problem:
            errors[changed or next(iter(self._by_name))] = str(problem)
            return {}
        return linked
