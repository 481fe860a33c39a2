"""Tasks: questions whose answers are checked at once, with staged hints.

A task is a family: its parameters come from a seed, its expected answer from the models. Seed 0 gives
the book's own numbers. The page, the learner's notebook and grading read the same declaration.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from random import Random
from typing import Any

from .explorer import Table
from .text import SHARE, TIME_S, number_text, percent_text, read_number

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Feedback:
    """What a check says. status is unanswered, wrong or right; hint is the position of the next hint."""

    status: str
    message: str
    hint: int | None = None

    def __str__(self) -> str:
        label = {"unanswered": "Not answered yet", "wrong": "Keep working", "right": "Got it"}[self.status]
        return f"{label}. {self.message}".rstrip()


@dataclass(frozen=True)
class Option:
    """One option of a choice, with what a reader should hear after taking it."""

    key: str
    text: str
    feedback: str


@dataclass(frozen=True)
class Slip:
    """A wrong number that a known way of thinking leads to, and what a reader should hear then."""

    value: float
    feedback: str


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every task has. The functions take the parameters of one seed.

    book: the parameters printed in the book (seed 0). draw: other parameters, from a random.Random.
    hints: staged, from a nudge to the last step. data: a table that belongs to the question.
    """

    id: str
    title: str
    objective: int
    prompt: Callable[[Parameters], str]
    expected: Callable[[Parameters], Any]
    hints: Callable[[Parameters], tuple[str, ...]]
    book: Parameters
    draw: Callable[[Random], Parameters]
    data: Callable[[Parameters], Table] | None = None

    def parameters(self, seed: int = 0) -> Parameters:
        """The parameters of the family member *seed*; 0 is the book's own."""
        return dict(self.book) if seed == 0 else self.draw(Random(seed))

    def check(self, answer: Any, seed: int = 0, attempt: int = 1) -> Feedback:
        """Judge an answer; attempt (from 1) says how far the hints have come. Never raises."""
        if answer is None or answer is ... or (isinstance(answer, str) and not answer.strip()):
            return Feedback("unanswered", "")
        if not isinstance(answer, Real | str | list | tuple | set):
            kind = type(answer).__name__
            return Feedback("wrong", f"{self._wanted} is wanted here, and this is a {kind}.")
        try:
            return self._judge(answer, self.parameters(seed), attempt)
        except ValueError as problem:
            return Feedback("wrong", str(problem))

    _wanted = "One value"

    def _judge(self, answer: Any, parameters: Parameters, attempt: int) -> Feedback:
        raise NotImplementedError

    def _wrong(self, parameters: Parameters, attempt: int, why: str) -> Feedback:
        position = min(max(attempt, 1), len(self.hints(parameters))) - 1
        return Feedback("wrong", why, position)


@dataclass(frozen=True, kw_only=True)
class NumericTask(Task):
    """A number with a unit and a relative tolerance.

    With unit "%" the expected answer is a fraction, a number from code is read as a fraction, and a
    text without a unit as a percentage; the tolerance then applies to what is missing from 100%.
    right: what to say to a right answer. slips: the wrong numbers to expect; they are compared in this order, with
    the same tolerance.
    """

    unit: str
    right: Callable[[Parameters], str]
    slips: Callable[[Parameters], tuple[Slip, ...]] = lambda p: ()
    relative_tolerance: float = 0.005

    _wanted = "One number"

    def shown(self, value: float) -> str:
        """A value with its unit, as a reader would write it."""
        if self.unit == "%":
            return percent_text(value)
        return f"{number_text(value)} {self.unit}".rstrip()

    def _judge(self, answer: Any, parameters: Parameters, attempt: int) -> Feedback:
        value = self._read(answer)
        expected = self.expected(parameters)
        if self._close(value, expected):
            return Feedback("right", self.right(parameters))
        known = [slip.feedback for slip in self.slips(parameters) if self._close(value, slip.value)]
        return self._wrong(parameters, attempt, known[0] if known else self._unit_slip(value, expected))

    def _read(self, answer: Any) -> float:
        if isinstance(answer, str):
            return read_number(answer, self.unit) * (SHARE["%"] if self.unit == "%" else 1)
        if isinstance(answer, bool) or not isinstance(answer, Real):
            raise ValueError(f"One number is wanted here, and this is a {type(answer).__name__}.")
        try:
            value = float(answer)
        except OverflowError:  # a whole number or a fraction beyond any float
            value = math.inf
        if not math.isfinite(value):
            raise ValueError(f"Your answer is {value}: a finite number is wanted here.")
        if self.unit == "%" and 1 < value <= 100:
            raise ValueError(
                f"In code a share is a fraction from 0 to 1: did you mean {number_text(value / 100, 10)}?"
            )
        return value

    def _close(self, value: float, expected: float) -> bool:
        scale = 1 - expected if self.unit == "%" and expected > 0.5 else expected
        return abs(value - expected) <= self.relative_tolerance * abs(scale) + 1e-12

    def _unit_slip(self, value: float, expected: float) -> str:
        """The mixed-up units behind a wrong number, or an empty text."""
        slips = {100: "a percentage and a fraction"} if self.unit in SHARE else {}
        if self.unit in TIME_S:
            slips = {1000: "milliseconds and seconds", 60: "two units of time", 24: "days and hours", 3600: "hours and seconds"}
        for factor, mixed in slips.items():
            for slipped, size in ((value / factor, "large"), (value * factor, "small")):
                if self._close(slipped, expected):
                    return f"{self.shown(value)} is {factor} times too {size}: are {mixed} mixed up?"
        if value < 0 <= expected:
            return "The answer is not negative."
        return ""


@dataclass(frozen=True, kw_only=True)
class ChoiceTask(Task):
    """One option of a few; expected gives the key of the right one."""

    options: Callable[[Parameters], tuple[Option, ...]]

    _wanted = "The key of one option"

    def _judge(self, answer: Any, parameters: Parameters, attempt: int) -> Feedback:
        by_key = {option.key: option for option in self.options(parameters)}
        key = answer.strip() if isinstance(answer, str) else None
        if key not in by_key:
            raise ValueError(f"Answer with one of: {', '.join(by_key)}.")
        if key == self.expected(parameters):
            return Feedback("right", by_key[key].feedback)
        return self._wrong(parameters, attempt, by_key[key].feedback)


@dataclass(frozen=True, kw_only=True)
class SeveralTask(Task):
    """Every option that holds; expected gives the set of the right keys."""

    options: Callable[[Parameters], tuple[Option, ...]]

    _wanted = "A list of keys"

    def _judge(self, answer: Any, parameters: Parameters, attempt: int) -> Feedback:
        by_key = {option.key: option for option in self.options(parameters)}
        chosen = _keys(answer, by_key)
        expected = set(self.expected(parameters))
        if set(chosen) == expected:
            return Feedback("right", " ".join(by_key[key].feedback for key in by_key if key in expected))
        wrongly = [by_key[key].feedback for key in by_key if key in chosen and key not in expected]
        missed = len(expected - set(chosen))
        why = wrongly[:1] + ([f"{missed} more to find."] if missed else [])
        return self._wrong(parameters, attempt, " ".join(why))


@dataclass(frozen=True, kw_only=True)
class OrderingTask(Task):
    """All options in order; expected gives the keys from first to last."""

    options: Callable[[Parameters], tuple[Option, ...]]

    _wanted = "A list of keys in order"

    def _judge(self, answer: Any, parameters: Parameters, attempt: int) -> Feedback:
        if isinstance(answer, set):
            raise ValueError("A set has no order: answer with a list of keys.")
        by_key = {option.key: option for option in self.options(parameters)}
        order = _keys(answer, by_key)
        expected = list(self.expected(parameters))
        if sorted(order) != sorted(expected):
            raise ValueError(f"Put each of {', '.join(by_key)} in the list once.")
        if order == expected:
            return Feedback("right", " ".join(by_key[key].feedback for key in expected))
        first_off = next(i for i, (given, right) in enumerate(zip(order, expected)) if given != right)
        return self._wrong(parameters, attempt, f"The first {first_off} stand right." if first_off else "")


def _keys(answer: Any, by_key: dict[str, Option]) -> list[str]:
    """The keys in a list, or in a text with commas or spaces between them."""
    if isinstance(answer, Real):
        raise ValueError(f"Answer with keys from: {', '.join(by_key)}.")
    keys = answer.replace(",", " ").split() if isinstance(answer, str) else [str(key).strip() for key in answer]
    unknown = [key for key in keys if key not in by_key]
    if unknown:
        raise ValueError(f"“{unknown[0][:40]}” is not an option. Answer with keys from: {', '.join(by_key)}.")
    return keys
