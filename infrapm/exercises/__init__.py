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

from infrapm.explore.charts import with_look

CHAPTERS: tuple[str, ...] = tuple(
    module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
)


def chapter(slug: str) -> ModuleType:
    """The exercises of a chapter, by its slug: its module, with EXPLORERS and TASKS.

    Raises KeyError when no such chapter has exercises.
    """
    name = slug.replace("-", "_")
    if name not in CHAPTERS:
        raise KeyError(f"no exercises for the chapter {slug!r}; there are: {', '.join(CHAPTERS)}")
    return import_module(f"{__name__}.{name}")


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
        explorer = find(exercises.EXPLORERS, asked["id"])
        answer = asdict(explorer.answer(asked["typed"], asked["changed"]))
        if answer["view"]:
            answer["view"]["picture"] = page_picture(answer["view"]["picture"], asked["width"])
    else:
        task = find(exercises.TASKS, asked["id"])
        answer = asdict(task.check(asked["answer"], attempt=asked["attempt"]))
    return json.dumps(answer, allow_nan=False)


def page_picture(picture: dict[str, Any] | str, width: int) -> dict[str, Any] | str:
    """A view's picture as a page shows it: a chart at a width, in the color of the text around it."""
    return picture if isinstance(picture, str) else with_look(picture, width, ink="currentColor")


def find(items: tuple[Any, ...], id: str) -> Any:
    """The explorer or task with this id; KeyError names the ids there are."""
    for item in items:
        if item.id == id:
            return item
    raise KeyError(f"no {id!r}; there are: {', '.join(item.id for item in items)}")


for _slug in CHAPTERS:  # all at once, so that a browser's snapshot of the interpreter holds them
    chapter(_slug)
