"""The chapters' exercises: one module a chapter, which wires the models to explorers and tasks.

`call` is the one door for a page of the book: text in, text out, so that a browser's worker needs to
know nothing of Python's objects.
"""

import json
import pkgutil
from dataclasses import asdict
from importlib import import_module
from types import ModuleType
from typing import Any

import infrapm.models
from infrapm.explore.charts import with_look

# Here the slugs of all chapters; in a browser none, since a page brings its own (see add).
CHAPTERS: tuple[str, ...] = tuple(
    module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
)


def add(slug: str, archive: str) -> None:
    """Load a chapter from a zip file, in a browser that starts with what all chapters share."""
    for package in (infrapm.exercises, infrapm.models):
        place = f"{archive}/{package.__name__.replace('.', '/')}"
        if place not in package.__path__:  # a snapshot of the interpreter may know it
            package.__path__.append(place)
    chapter(slug)


def chapter(slug: str) -> ModuleType:
    """The exercises of a chapter, by its slug: its module, with EXPLORERS and TASKS.

    Raises KeyError when no such chapter has exercises.
    """
    name = f"{__name__}.{slug.replace('-', '_')}"
    try:
        return import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name != name:
            raise
        raise KeyError(f"no exercises for the chapter {slug!r}; there are: {', '.join(CHAPTERS)}") from None


def call(request: str) -> str:
    """Answer a page: move an explorer or check a task.

    The request is a JSON object with kind ("view" or "check"), slug and id. A view takes typed
    (control name to text), changed (a control's name) and width (of the picture, in pixels); a check
    takes answer and attempt.

    >>> typed = {"availability": "2"}
    >>> request = {"kind": "view", "slug": "availability", "id": "nines", "typed": typed, "changed": "", "width": 640}
    >>> json.loads(call(json.dumps(request)))["errors"]
    {'availability': 'Availability goes from 10 to 100%.'}
    """
    asked = json.loads(request)
    exercises = chapter(asked["slug"])
    if asked["kind"] == "view":
        explorer = find((*exercises.EXPLORERS, *getattr(exercises, "RECOMPUTE", ())), asked["id"])
        answer = asdict(explorer.answer(asked["typed"], asked["changed"]))
        if answer["view"]:
            answer["view"]["picture"] = page_picture(answer["view"]["picture"], asked["width"])
    else:
        task = find(exercises.TASKS, asked["id"])
        answer = asdict(task.check(asked["answer"], attempt=asked["attempt"]))
    return json.dumps(answer, allow_nan=False)


# Several pictures stand in two columns from this width on, this far apart (explore.css says the same).
_TWO_COLUMNS, _GAP = 620, 32


def page_picture(picture: Any, width: int) -> dict[str, Any] | str | list[dict[str, Any] | str]:
    """A view's picture as a page shows it: a chart at a width, in the color of the text around it."""
    if isinstance(picture, tuple):
        return [page_picture(panel, panel_width(width)) for panel in picture]
    return picture if isinstance(picture, str) else with_look(picture, width, ink="currentColor")


def panel_width(width: int) -> int:
    """The width of one of several pictures in a place of this width.

    >>> panel_width(340), panel_width(660)
    (340, 314)
    """
    return width if width < _TWO_COLUMNS else (width - _GAP) // 2


def find(items: tuple[Any, ...], id: str) -> Any:
    """The explorer or task with this id; KeyError names the ids there are."""
    for item in items:
        if item.id == id:
            return item
    raise KeyError(f"no {id!r}; there are: {', '.join(item.id for item in items)}")

