"""The red team's documents: designs with flaws in them, and what each flaw costs.

A document stands in `infrapm/data/<slug>-<id>.toml`. Its numbers are parameters: the book's own, or those of a
seed, so that every class can get another document. A flaw's number is computed by a model from these parameters, its
damage from that number, in the one unit of its document. The page, the notebook and grading read the same files. What a reader's review of one is worth stands in `_review`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from random import Random
from typing import Any

from infrapm.explore.tasks import NumericTask

from ._documents import read_document
from ._numbers import filled, names_for

CLASSES = {
    "unquantified-impact": "Unquantified impact",
    "ignored-cost": "Ignored cost",
    "over-engineering": "Over-engineering",
    "skipped-edge-case": "Skipped edge case",
    "features-over-reliability": "Features over reliability",
    "pricing-feedback": "Pricing feedback ignored",
    "broken-compatibility": "Broken compatibility",
    "weak-observability": "Weak observability",
}
Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Flaw:
    """A planted mistake. Texts may hold {calc} with the document's parameters and the model's `result`.

    kind: a key of CLASSES. tell: from 1, easy to see, to 3. sentences: the numbers of those that show it, from 1. call,
    inputs, field: the model's function, its arguments (expressions in the parameters) and the field that is the
    flaw's number; expected: what that is for the book's parameters. damage: an expression, in the document's unit.
    """

    id: str
    kind: str
    tell: int
    sentences: tuple[int, ...]
    call: str
    inputs: Mapping[str, Any]
    field: str
    expected: float
    prompt: str
    task_unit: str
    hints: tuple[str, ...]
    right: str
    damage: str
    why: str
    question: str
    fix: str
    rewrite: str


@dataclass(frozen=True)
class Decoy:
    """A sentence that is right and looks like a mistake of the class *kind*."""

    kind: str
    sentence: int
    why: str


@dataclass(frozen=True)
class Document:
    """A document under review: sections of paragraphs of sentences, with its flaws and decoys.

    sections: title, and paragraphs, each a tuple of sentences. vary: what a seed may set instead of the book's value.
    """

    slug: str
    id: str
    title: str
    kind: str
    unit: str
    conversion: str
    book: Parameters
    vary: Mapping[str, tuple[Any, ...]]
    sections: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    flaws: tuple[Flaw, ...]
    decoys: tuple[Decoy, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All sentences in order; the first has the number 1."""
        return tuple(sentence for _, paragraphs in self.sections for paragraph in paragraphs for sentence in paragraph)

    def draw(self, rng: Random) -> dict[str, Any]:
        """Other parameters than the book's."""
        return {name: rng.choice(self.vary[name]) if name in self.vary else value for name, value in self.book.items()}

    def parameters(self, seed: int = 0) -> dict[str, Any]:
        """The parameters of the family member *seed*; 0 is the book's own."""
        return dict(self.book) if seed == 0 else self.draw(Random(seed))

    def filled(self, text: str, p: Parameters, flaw: Flaw | None = None) -> str:
        """A text of the document, or of one of its flaws, with its numbers."""
        more = {**p, "result": result(flaw, p)} if flaw else p
        return filled(text.strip(), self.slug, more)

    def flaw_at(self, sentence: int) -> Flaw | None:
        """The flaw that a sentence shows, if it shows one."""
        return next((flaw for flaw in self.flaws if sentence in flaw.sentences), None)

    def damages(self, p: Parameters) -> dict[str, float]:
        """What each flaw costs in a year, in the document's unit."""
        return {flaw.id: float(value(flaw.damage, {**p, "result": result(flaw, p)})) for flaw in self.flaws}


def value(expression: Any, more: Parameters) -> Any:
    """The value of an expression in some names and the models; a number stands for itself."""
    return eval(expression, names_for("") | more) if isinstance(expression, str) else expression


def result(flaw: Flaw, p: Parameters) -> Any:
    """What the flaw's model says for these parameters."""
    module, name = flaw.call.split(".")
    function = getattr(import_module(f"infrapm.models.{module}"), name)
    return function(**{key: value(given, p) for key, given in flaw.inputs.items()})


def number(flaw: Flaw, p: Parameters) -> float:
    """The flaw's number."""
    return float(getattr(result(flaw, p), flaw.field))


@lru_cache(maxsize=None)
def red_document(slug: str, id: str) -> Document:
    """The document of a chapter. Raises FileNotFoundError when there is none, ValueError for a span that fits no
    sentence or more than one."""
    data = read_document(slug, id)
    sections = tuple((s["title"], tuple(tuple(paragraph) for paragraph in s["paragraphs"])) for s in data["section"])
    sentences = [sentence for _, paragraphs in sections for paragraph in paragraphs for sentence in paragraph]

    def found(opening: str) -> int:
        fits = [place for place, sentence in enumerate(sentences, 1) if sentence.startswith(opening)]
        if len(fits) != 1:
            raise ValueError(f"{slug}-{id}.toml: {len(fits)} sentences open with {opening!r}; it must be one")
        return fits[0]

    def flaw(entry: dict[str, Any]) -> Flaw:
        rest = {key: given for key, given in entry.items() if key not in ("class", "span", "hints")}
        places = tuple(found(opening) for opening in entry["span"])
        return Flaw(kind=entry["class"], sentences=places, hints=tuple(entry["hints"]), **rest)

    return Document(
        slug=slug,
        id=id,
        **{key: data[key] for key in ("title", "kind", "unit", "conversion")},
        book=data["parameters"],
        vary={name: tuple(values) for name, values in data["vary"].items()},
        sections=sections,
        flaws=tuple(flaw(entry) for entry in data["flaw"]),
        decoys=tuple(Decoy(entry["decoy_of"], found(entry["span"]), entry["why"]) for entry in data["decoy"]),
    )


def cost_task(document: Document, flaw: Flaw, objective: int) -> NumericTask:
    """The task to compute a flaw's number."""

    def words(text: str) -> Callable[[Parameters], str]:
        return lambda p: document.filled(text, p, flaw)

    return NumericTask(
        id=flaw.id.lower(),
        title=f"{flaw.id}: compute what it costs",
        objective=objective,
        unit=flaw.task_unit,
        relative_tolerance=0.01,
        book=dict(document.book),
        draw=document.draw,
        prompt=words(flaw.prompt),
        expected=lambda p: number(flaw, p),
        hints=lambda p: tuple(document.filled(hint, p, flaw) for hint in flaw.hints),
        right=words(flaw.right),
    )
