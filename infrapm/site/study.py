"""The parts of a chapter that a reader works in, apart from explorers and tasks.

    {warm-up}   {decision}   {decision} again   {predict} ID   {evidence-pack} ID
    {questions}   {judgment}   {decision-card}

Their words stand in `infrapm/data/<slug>.toml` (see `infrapm.exercises._content`), checked against its
schema by `data_problems`. Without a script every part reads from top to bottom, its answers folded.
"""

import json
import re
import tomllib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import jsonschema
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from infrapm.exercises._claims import claims
from infrapm.exercises._content import CONFIDENCES, Choice, Content, content, spine
from infrapm.exercises._numbers import filled

from .chapters import ROOT, module_name, slugs, title
from .pages import depend_on_package, live, render
from .words import inline_html, words_html

_DATA = ROOT / "infrapm" / "data"
_CARD_WORDS = 120
_WARM_UP = 3


def data_problems(file: Path, schema_name: str = "schema.json", slips: Callable[[Any], Any] | None = None) -> list[str]:
    """What is wrong with a chapter's data file, each as "file:line: sentence".

    Another kind of file has its own schema, and its own function for what a schema cannot say.
    """
    text = file.read_text(encoding="utf-8")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        line = re.search(r"line (\d+)", str(problem))
        return [f"{file.name}:{line[1] if line else 1}: {problem}"]
    schema = json.loads((_DATA / schema_name).read_text(encoding="utf-8"))
    found = sorted(jsonschema.Draft202012Validator(schema).iter_errors(data), key=lambda problem: list(map(str, problem.path)))
    problems = [f"{file.name}:{line_of(text, list(p.absolute_path))}: {_where(p.absolute_path)}{p.message}" for p in found]
    return problems or [f"{file.name}:{line_of(text, path)}: {sentence}" for path, sentence in (slips or _slips)(data)]


def _where(path: Any) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") + ": " if path else ""


def _slips(data: dict[str, Any]) -> list[tuple[list[Any], str]]:
    """What a schema cannot say: right answers that are no option, misconceptions without a name."""
    slips: list[tuple[list[Any], str]] = []
    choices = [(["decision"], data["decision"])]
    kinds = ("prediction", "evidence", "question")
    choices += [([kind, i], choice) for kind in kinds for i, choice in enumerate(data.get(kind, []))]
    ids = [choice["id"] for _, choice in choices]
    slips += [([*path, "id"], f"the id {choice['id']!r} is used twice") for path, choice in choices if ids.count(choice["id"]) > 1]
    for path, choice in choices:
        keys = [option["key"] for option in choice["options"]]
        if choice["right"] not in keys:
            slips.append(([*path, "right"], f"{choice['right']!r} is not the key of an option ({', '.join(keys)})"))
        for i, option in enumerate(choice["options"]):
            named = option.get("misconception")
            if named and named not in data["misconceptions"]:
                slips.append(([*path, "options", i, "misconception"], f"{named!r} is not in [misconceptions]"))
            if path[0] == "question" and option["key"] != choice["right"] and not named:
                slips.append(([*path, "options", i], f"the wrong option {option['key']!r} names no misconception"))
    named_somewhere = {option.get("misconception") for _, choice in choices for option in choice["options"]}
    slips += [(["misconceptions", id], f"no option names the misconception {id!r}") for id in data["misconceptions"] if id not in named_somewhere]
    audited = [card["claim"] for card in data.get("audit", [])]
    for i, id in enumerate(audited):
        if id not in claims():
            slips.append((["audit", i, "claim"], f"there is no claim {id!r} in book/data/claims.csv"))
        if id in audited[:i]:
            slips.append((["audit", i, "claim"], f"the claim {id!r} is audited twice"))
    if sum(question["needs_model"] for question in data["question"]) < 2:
        slips.append((["question"], "at least two questions need a model"))
    return slips


def line_of(text: str, path: list[Any]) -> int:
    """The line of a value in a TOML text: tables are counted by their headers, then the key is sought."""
    lines = text.splitlines()
    at = 0
    header = ""
    for position, step in enumerate(path):
        following = path[position + 1] if position + 1 < len(path) else None
        if isinstance(step, str):
            name = f"{header}.{step}" if header else step
            wanted = (following + 1) if isinstance(following, int) else 1
            heads = [i for i in range(at, len(lines)) if re.match(rf"\s*\[\[?{re.escape(name)}\]\]?\s*(#.*)?$", lines[i])]
            if len(heads) >= wanted:
                at, header = heads[wanted - 1], name
            else:
                keys = [i for i in range(at, len(lines)) if re.match(rf"\s*{re.escape(step)}\s*=", lines[i])]
                at = keys[0] if keys else at
    return at + 1


class _Study(SphinxDirective):
    """A part of the page's chapter, filled from its data file."""

    @property
    def slug(self) -> str:
        return self.env.docname.rsplit("/", 1)[-1]

    @property
    def filling(self) -> Content:
        depend_on_package(self.env)
        return content(self.slug)

    def part(self, template: str, **names: Any) -> list[nodes.Node]:
        html = render(
            template,
            slug=self.slug,
            words=lambda text: words_html(text, self.slug),
            inline=lambda text: inline_html(text, self.slug),
            **names,
        )
        return [live(html)]

    def choice(self, choice: Choice, kind: str, title: str, id: str = "") -> list[nodes.Node]:
        return self.part(
            "choice.html",
            choice=choice,
            kind=kind,
            title=title,
            id=id or choice.id,
            confidences=CONFIDENCES,
            misconceptions=self.filling.misconceptions,
        )


def _told(run: Callable[[Any], list[nodes.Node]]) -> Callable[[Any], list[nodes.Node]]:
    """Whatever is wrong with a chapter's data or numbers becomes an error with the page's file and line."""

    @wraps(run)
    def telling(self: SphinxDirective) -> list[nodes.Node]:
        try:
            return run(self)
        except Exception as problem:
            # The text of a KeyError is a repr of its sentence, with quotation marks inside quotation marks.
            said = problem.args[0] if isinstance(problem, KeyError) and problem.args else problem
            raise self.error(f"{type(problem).__name__}: {said}") from problem

    return telling


def warm_up(slug: str, earlier: list[str]) -> list[tuple[str, Choice]]:
    """Three questions for the start of a chapter, each with the slug of the earlier chapter that it comes from.

    First from chapters that this one needs, then from those that it finds helpful, then from the others, the
    last one read first; from one chapter twice only where there are too few. Each later chapter takes the
    next question of an earlier one, so that none comes back soon.
    """
    needs = content(slug).needs
    rank = {"needed": 0, "helpful": 1}
    order = sorted(reversed(earlier), key=lambda other: rank.get(needs.get(other, ""), 2))
    chosen = []
    for turn in range(_WARM_UP):
        for other in order[: _WARM_UP - len(chosen)]:
            questions = content(other).questions
            distance = len(earlier) - earlier.index(other) - 1  # 0 for the chapter right before
            chosen.append((other, questions[(distance + turn * 2) % len(questions)]))
    return chosen


class WarmUp(_Study):
    """{warm-up}: three questions of earlier chapters; the first chapter has none."""

    @_told
    def run(self) -> list[nodes.Node]:
        earlier = slugs()[: slugs().index(self.slug)]
        if not earlier:
            words = nodes.paragraph("", "This is the first chapter, so there is nothing to warm up.")
            return [words]
        placed: list[nodes.Node] = []
        for slug, question in warm_up(self.slug, earlier):
            html = render(
                "choice.html",
                slug=self.slug,
                words=lambda text, slug=slug: words_html(text, slug),
                inline=lambda text, slug=slug: inline_html(text, slug),
                choice=question,
                kind="question",
                title=f"From “{title(slug)}”",
                id=f"warm-{slug}-{question.id}",
                confidences=CONFIDENCES,
                misconceptions=content(slug).misconceptions,
            )
            placed.append(live(html))
        return placed


class Decision(_Study):
    """{decision}, and at the end of the chapter {decision} again."""

    optional_arguments = 1

    @_told
    def run(self) -> list[nodes.Node]:
        decision = self.filling.decision
        if self.arguments == ["again"]:
            return self.choice(decision, "again", "You have the numbers now", id="decision-again")
        if self.arguments:
            raise ValueError(f"{{decision}} takes nothing or `again`, not {self.arguments[0]!r}")
        return self.choice(decision, "decision", "Commit first")


class Predict(_Study):
    """{predict} ID, directly before the explorer that it opens."""

    required_arguments = 1

    @_told
    def run(self) -> list[nodes.Node]:
        return self.choice(self.filling.prediction(self.arguments[0]), "prediction", "Predict, then see")


class EvidencePack(_Study):
    """{evidence-pack} ID: lines to read, numbered, and the hypothesis that they refute."""

    required_arguments = 1

    @_told
    def run(self) -> list[nodes.Node]:
        evidence = self.filling.evidence_pack(self.arguments[0])
        lines = filled(evidence.lines.strip("\n"), module_name(self.slug))
        code = nodes.literal_block(lines, lines, language=evidence.language, linenos=True, classes=["ip-evidence"])
        self.set_source_info(code)
        heading = nodes.paragraph("", f"Evidence: {evidence.title}", classes=["ip-evidence-title"])
        return [heading, code, *self.choice(evidence, "evidence", "Which hypothesis dies?")]


class Questions(_Study):
    """{questions}: the five of "Check yourself"."""

    @_told
    def run(self) -> list[nodes.Node]:
        placed: list[nodes.Node] = []
        for number, question in enumerate(self.filling.questions, 1):
            model = " (use a model)" if question.needs_model else ""
            placed += self.choice(question, "question", f"Question {number}, objective {question.objective}{model}")
        return placed


class Judgment(_Study):
    """{judgment}"""

    @_told
    def run(self) -> list[nodes.Node]:
        return self.part("judgment.html", judgment=self.filling.judgment, spine=spine())


class DecisionCard(_Study):
    """{decision-card}"""

    @_told
    def run(self) -> list[nodes.Node]:
        title = self.state.document.next_node(nodes.title)
        return self.part("card.html", card=self.filling.card, limit=_CARD_WORDS, chapter_title=title.astext() if title else self.slug)


def setup(app: Sphinx) -> None:
    for name, directive in {
        "warm-up": WarmUp,
        "decision": Decision,
        "predict": Predict,
        "evidence-pack": EvidencePack,
        "questions": Questions,
        "judgment": Judgment,
        "decision-card": DecisionCard,
    }.items():
        app.add_directive(name, directive)
