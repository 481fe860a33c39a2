"""The exercises of "What a nine costs": every explorer at the ends and the middle of every control, every task.

What the explorers show is read back from their words and compared with exact arithmetic written here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any
from xml.etree import ElementTree

import pytest
import vl_convert

from infrapm.exercises import call, page_picture
from infrapm.exercises.availability import (
    CEILING,
    CREWS,
    DELIVERED,
    EXPLORERS,
    MONTH_BUDGET,
    NINES,
    SPEND,
    STACK,
    TASKS,
)
from infrapm.explore.controls import Choice, Control
from infrapm.explore.explorer import Answer, Explorer
from infrapm.explore.tasks import NumericTask, Task
from infrapm.site.pages import _VEGA_LITE_VERSION

WINDOW_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
YEAR_S = 365 * 86_400
SEEDS = range(201)


def members(task: Task) -> list[int]:
    """One seed for each member of the family that the seeds give."""
    return list({repr(task.parameters(seed)): seed for seed in reversed(SEEDS)}.values())


# --- Reading back what is shown


def seconds(text: str) -> float:
    """The seconds in a text such as 43.2 min."""
    number, unit = text.split()
    return float(number) * {"ms": 1e-3, "s": 1, "min": 60, "h": 3600, "days": 86_400}[unit]


def shown(value: float | Fraction, floor: float = 1e-8) -> Any:
    """A value as three digits may show it; durations below 10 ns are lost in an availability near 1."""
    return pytest.approx(float(value), rel=0.0051, abs=floor)


def missing(percent: str) -> float:
    """The share that a percentage leaves out."""
    return float((100 - Fraction(percent.removesuffix("%"))) / 100)


def nines(down: Fraction) -> float:
    return -math.log10(down) if down else math.inf


def shown_nines(text: str) -> float:
    return math.inf if text == "unlimited" else float(text)


# --- Driving


def settings(control: Control) -> list[str]:
    """Both ends and the middle of a control, or every option, as a reader would type them."""
    if isinstance(control, Choice):
        return [key for key, _ in control.options]
    middle = control.stops[len(control.stops) // 2] if control.stops else control.default
    return [control.shown(value) for value in (control.low, middle, control.high)]


@cache
def drives(explorer: Explorer) -> list[tuple[dict[str, str], Answer]]:
    """Every combination of settings, with the answer to it."""
    names = [control.name for control in explorer.controls]
    every = [dict(zip(names, texts)) for texts in product(*map(settings, explorer.controls))]
    return [(typed, explorer.answer(typed)) for typed in every]


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.id)
def test_every_setting_gives_a_whole_view(explorer: Explorer, capfd: pytest.CaptureFixture[str]) -> None:
    pictures = set()
    for typed, answer in drives(explorer):
        assert answer.errors == {}, typed
        view = answer.view
        assert view.reading.endswith(".") and not re.search(r"nan|inf\b|None|e[-+]\d", view.reading), view.reading
        assert {len(row) for row in view.table.rows} == {len(view.table.header)}, typed
        assert all(row[0] for row in view.table.rows), "the first cell names the row"
        picture = page_picture(view.picture, width=340)
        pictures.add(json.dumps(picture, allow_nan=False))
        if isinstance(picture, str):
            ElementTree.fromstring(picture)
        else:
            assert picture["width"] == 340
            vega = vl_convert.vegalite_to_vega(picture, vl_version=_VEGA_LITE_VERSION, show_warnings=True)
            assert vega["marks"]
    # Three settings a control: an explorer of one control has three pictures, and each differs.
    assert len(pictures) >= min(11, 3 ** len(explorer.controls)), "the controls move the picture"
    said = capfd.readouterr()
    assert said.out + said.err == "", "the chart library has nothing to complain of"


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.id)
def test_a_page_gets_the_same_view_as_text(explorer: Explorer) -> None:
    for typed, answer in drives(explorer)[::7]:
        request = {"kind": "view", "slug": "availability", "id": explorer.id, "typed": typed, "changed": "", "width": 500}
        told = json.loads(call(json.dumps(request)))
        assert told["view"]["reading"] == answer.view.reading
        assert told["view"]["picture"] == json.loads(json.dumps(page_picture(answer.view.picture, 500)))
        assert told["controls"] == answer.controls and told["positions"] == answer.positions


# --- The nines calculator


def nines_drives() -> Iterator[tuple[Fraction, str, Answer]]:
    """Availability, window and answer: led by the availability, then by the downtime."""
    for typed, answer in drives(NINES):
        yield Fraction(typed["availability"]) / 100, typed["window"], answer
    for window, days in WINDOW_DAYS.items():
        for share in map(Fraction, ("0", "0.00002", "0.001", "0.25", "0.9")):
            downtime = f"{float(share * days * 86_400):.6f} s"
            yield 1 - share, window, NINES.answer({"window": window, "downtime_min": downtime}, changed="downtime_min")


def test_nines_tells_the_downtime_of_every_window() -> None:
    for availability, window, answer in nines_drives():
        assert answer.errors == {}, (availability, window)
        down = 1 - availability
        told = re.match(r"(\S+)% \((\S+) nines\) allows (.+?) of downtime in a (\w+)", answer.view.reading)
        assert missing(told[1]) == shown(down), answer.view.reading
        assert shown_nines(told[2]) == shown(nines(down)), answer.view.reading
        assert seconds(told[3]) == shown(down * WINDOW_DAYS[window] * 86_400), answer.view.reading
        assert told[4] == window
        for (label, budget, pages), (name, days) in zip(answer.view.table.rows, WINDOW_DAYS.items(), strict=True):
            budget_s = down * days * 86_400
            assert label.startswith(name)
            assert seconds(budget) == shown(budget_s)
            assert int(pages) == budget_s // 1800 if pages.isdigit() else budget_s < 1800


def test_nines_draws_the_budgets_that_it_tells() -> None:
    for availability, window, answer in nines_drives():
        data = answer.view.picture["datasets"]
        budgets = {row["window"].split(",")[0]: row for row in data["budgets"]}
        drawn = {name: row["budget_s"] for name, row in budgets.items()}
        exact = {name: (1 - availability) * days * 86_400 for name, days in WINDOW_DAYS.items() if availability < 1}
        assert drawn == {name: pytest.approx(float(budget_s), rel=1e-9) for name, budget_s in exact.items()}
        assert [name for name, row in budgets.items() if row["chosen"]] == ([window] if exact else [])
        assert [row["at_s"] for row in data["responses"]] == [5 * 60, 30 * 60]


@pytest.mark.parametrize(
    "availability, window, words",
    [
        # Published: SRE book, Appendix A
        ("99.9", "month", "allows 43.2 min of downtime in a month (30 days)"),
        ("99.9", "year", "allows 8.76 h of downtime in a year (365 days)"),
        ("99.99", "year", "allows 52.6 min of downtime"),
        ("99.999", "month", "allows 25.9 s of downtime"),
        ("99.95", "day", "allows 43.2 s of downtime in a day (24 hours)"),
        ("90", "quarter", "allows 9 days of downtime"),
        # Against 5 and 30 minutes
        ("99.9", "month", "at 30 min, takes 69% of it"),  # 1800 / 2592
        ("99.9", "year", "at 30 min, takes 5.7% of it"),  # 1800 / 31,536
        ("10", "year", "at 30 min, takes 0.0063% of it"),
        ("99.95", "month", "in 5 min has 16.6 min left to repair it, once; one who may take 30 min comes too late"),
        ("99.95", "week", "in 5 min has 2.4 s left"),  # 302.4 s
        ("99.99", "month", "gone before a paged person is at the keyboard (5 min)"),  # 259.2 s
        ("100", "month", "unlimited nines) allows 0 s"),
        ("100", "month", "No service that anybody has to repair can keep that."),
    ],
)
def test_nines_in_words(availability: str, window: str, words: str) -> None:
    assert words in NINES.answer({"availability": availability, "window": window}, "availability").view.reading


# --- The dependency stack


def stack_down(dependencies: int, copy: Fraction, copies: int, beta: Fraction) -> Fraction:
    """Exact unavailability: a shared cause before copies that fail alone; one copy shares with none."""
    down = 1 - copy
    shared = beta * down if copies > 1 else 0
    alone = down - shared
    return 1 - ((1 - shared) * (1 - alone**copies)) ** dependencies


def stack_steps(typed: dict[str, str]) -> dict[str, Fraction]:
    row, copies = int(typed["dependencies"]), int(typed["copies"])
    copy, beta = Fraction(typed["copy"]) / 100, Fraction(typed["beta"]) / 100
    steps = {
        "As set": stack_down(row, copy, copies, beta),
        "One more copy of each": stack_down(row, copy, copies + 1, beta),
        "Half the shared-cause share": stack_down(row, copy, copies, beta / 2),
        "One dependency fewer": stack_down(row - 1, copy, copies, beta),
    }
    return steps if row > 1 else dict(list(steps.items())[:3])


def test_the_stack_s_table_is_exact() -> None:
    for typed, answer in drives(STACK):
        steps = stack_steps(typed)
        now = steps["As set"]
        assert [row[0] for row in answer.view.table.rows] == list(steps), typed
        for name, availability, its_nines, down, saves in answer.view.table.rows:
            assert missing(availability) == shown(steps[name], floor=1e-15), (typed, name)
            if steps[name] > 1e-14:
                assert shown_nines(its_nines) == shown(nines(steps[name])), (typed, name)
            assert seconds(down) == shown(steps[name] * YEAR_S), (typed, name)
            saved_s = max(Fraction(0), now - steps[name]) * YEAR_S
            assert saves == "" if name == "As set" else seconds(saves) == shown(saved_s), (typed, name)


def test_the_stack_s_reading_is_exact() -> None:
    for typed, answer in drives(STACK):
        steps = stack_steps(typed)
        now, reading = steps.pop("As set"), answer.view.reading
        told = re.search(r"sees (\S+)%, \S+ nines, or (.+?) of downtime a year \(365 days\)\.", reading)
        assert missing(told[1]) == shown(now, floor=1e-15), typed
        assert seconds(told[2]) == shown(now * YEAR_S), typed
        ranked = sorted(steps, key=steps.__getitem__)
        if now == 0 or steps[ranked[0]] == now:
            assert "saves most" not in reading, typed
        elif now > 1e-14 and steps[ranked[0]] < steps[ranked[1]] * Fraction("0.999999"):
            assert f"The step that saves most: {ranked[0].lower()}." in reading.replace("One ", "one "), typed
        assert bool(answer.view.warning) == (typed["copies"] != "1" and typed["beta"] == "0")


def test_the_diagram_has_a_block_for_every_copy() -> None:
    svg = "{http://www.w3.org/2000/svg}"
    for typed, answer in drives(STACK):
        row, copies, shared = int(typed["dependencies"]), int(typed["copies"]), typed["beta"] != "0"
        drawing = ElementTree.fromstring(answer.view.picture)
        blocks = [rect.get("class") for rect in drawing.iter(f"{svg}rect")]
        columns = row if row <= 5 else 4
        assert blocks.count("ip-block") == columns * copies, typed
        assert blocks.count("ip-shared") == (columns + 1 if shared and copies > 1 else 0), typed  # one in the legend
        words = " ".join(text.text for text in drawing.iter(f"{svg}text"))
        assert (f"and {row - 4} more" in words) == (row > 5), typed
        assert answer.view.table.rows[0][3] in words, "the downtime a year stands in the drawing"
        _, _, width, height = map(float, drawing.get("viewBox").split())
        for rect in drawing.iter(f"{svg}rect"):
            x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
            assert 0 <= x and x + w <= width + 0.1 and 0 <= y and y + h <= height + 0.1, (typed, rect.attrib)


@pytest.mark.parametrize(
    "typed, words",
    [
        # 12 dependencies at four nines: 0.9999^12 = 99.88%, 10.5 h a year
        ({"dependencies": "12", "copy": "99.99", "copies": "1"}, "12 dependencies in a row, 1 copy of each at 99.99%"),
        ({"dependencies": "12", "copy": "99.99", "copies": "1"}, "sees 99.88%"),
        ({"dependencies": "12", "copy": "99.99", "copies": "1"}, "or 10.5 h of downtime a year"),
        # A pair that shares a tenth: 1e-4 + 8.1e-7 of a year
        ({"dependencies": "1", "copy": "99.9", "copies": "2", "beta": "10"}, "or 53 min of downtime a year"),
        ({"dependencies": "1", "copy": "99.9", "copies": "2", "beta": "10"}, "saves most: half the shared-cause share"),
        ({"dependencies": "1", "copy": "99.9", "copies": "2", "beta": "0"}, "sees 99.9999%, 6 nines, or 31.5 s of downtime"),
    ],
)
def test_the_stack_in_words(typed: dict[str, str], words: str) -> None:
    reading = STACK.answer(typed).view.reading
    assert words in reading


# --- Repair crews


def crews_down(mttf_h: Fraction, mttr_h: Fraction) -> dict[str, Fraction]:
    """Steady state of the birth and death chains, by the ratio of repair to failure time."""
    r = mttr_h / mttf_h
    return {
        "one machine": r / (1 + r),
        "a pair, one crew": 2 * r**2 / (1 + 2 * r + 2 * r**2),
        "a pair, two crews": (r / (1 + r)) ** 2,
    }


def test_crews_tells_the_time_with_nothing_up() -> None:
    labels = {"one": "one machine", "pair_one": "a pair, one crew", "pair_two": "a pair, two crews"}
    for typed, answer in drives(CREWS):
        mttf_h, mttr_h = Fraction(typed["mttf_h"]), Fraction(typed["mttr_h"])
        down_s = {setup: down * YEAR_S for setup, down in crews_down(mttf_h, mttr_h).items()}
        assert {setup: seconds(text) for setup, text in answer.view.table.rows} == {
            setup: shown(down) for setup, down in down_s.items()
        }, typed
        told = re.search(r"fails (\S+) times a year\. As (.+): (.+?) a year with nothing up\.", answer.view.reading)
        assert float(told[1]) == shown(8760 / (mttf_h + mttr_h)), typed
        assert told[2] == labels[typed["setup"]]
        assert seconds(told[3]) == shown(down_s[told[2]]), typed
        second = re.search(r"A second crew would leave (.+)\.", answer.view.reading)
        assert bool(second) == (typed["setup"] == "pair_one")
        assert not second or seconds(second[1]) == shown(down_s["a pair, two crews"])


def test_crews_draws_what_it_tells() -> None:
    for typed, answer in drives(CREWS):
        data = answer.view.picture["datasets"]
        for row in data["curves"] + data["here"]:
            down = crews_down(Fraction(typed["mttf_h"]), Fraction(str(row["mttr_h"])))[row["setup"]]
            assert row["downtime_min"] == pytest.approx(float(down * YEAR_S / 60), rel=0.001), (typed, row)
        (here,) = data["here"]
        assert here["mttr_h"] == float(typed["mttr_h"])


@pytest.mark.parametrize(
    "typed, words",
    [
        # r = 0.01: one 0.99%, pair 2e-4/1.0202 or 1e-4/1.0201
        ({"mttf_h": "1000", "mttr_h": "10", "setup": "one"}, "fails 8.67 times a year. As one machine: 3.61 days a year"),
        ({"mttf_h": "1000", "mttr_h": "10", "setup": "pair_one"}, "As a pair, one crew: 103 min a year"),
        ({"mttf_h": "1000", "mttr_h": "10", "setup": "pair_one"}, "A second crew would leave 51.5 min."),
        ({"mttf_h": "1000", "mttr_h": "10", "setup": "pair_two"}, "As a pair, two crews: 51.5 min a year"),
    ],
)
def test_crews_in_words(typed: dict[str, str], words: str) -> None:
    assert words in CREWS.answer(typed).view.reading


# --- The tasks


def on_paper(task: Task, seed: int) -> float | str:
    """The answer from the words of the question alone, in exact arithmetic."""
    p = task.parameters(seed)
    prompt = task.prompt(p)
    shares = [Fraction(percent) / 100 for percent in re.findall(r"([\d.]*\d)%", prompt)]
    if task is MONTH_BUDGET:
        (promise,), days = shares, int(re.search(r"\((\d+) days\)", prompt)[1])
        return float((1 - promise) * days * 1440)
    if task is DELIVERED:
        table = task.data(p)
        days = int(re.search(r"in (\d+) days", prompt)[1])
        return float(1 - Fraction(sum(int(row[table.header.index("down, min")]) for row in table.rows), days * 1440))
    if task is CEILING:
        each, target = shares
        return next(n for n in range(1000) if each ** (n + 1) < target)
    copy, beta = shares
    third = stack_down(1, copy, 2, beta) - stack_down(1, copy, 3, beta)
    share = stack_down(1, copy, 2, beta) - stack_down(1, copy, 2, beta / 2)
    return "third" if third > share else "share"


by_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
by_number = pytest.mark.parametrize("task", [task for task in TASKS if isinstance(task, NumericTask)], ids=lambda task: task.id)


@pytest.mark.parametrize(
    "task, answer",
    [(MONTH_BUDGET, 259.2), (DELIVERED, 1 - 93 / 525_600), (CEILING, 10), (SPEND, "third")],
    ids=lambda value: getattr(value, "id", ""),
)
def test_the_book_s_own_answers(task: Task, answer: float | str) -> None:
    assert task.expected(task.book) == (answer if isinstance(answer, str) else pytest.approx(answer, rel=1e-12))
    assert on_paper(task, seed=0) == (answer if isinstance(answer, str) else pytest.approx(answer, rel=1e-12))


@by_task
def test_every_member_of_a_family_agrees_with_paper(task: Task) -> None:
    for seed in members(task):
        answer = on_paper(task, seed)
        feedback = task.check(answer, seed)
        assert feedback.status == "right" and feedback.message, (seed, answer, feedback)


@by_task
def test_a_family_has_many_members(task: Task) -> None:
    assert len(members(task)) >= 5
    assert 0 in members(task), "the book's own"
    assert len({on_paper(task, seed) for seed in members(task)}) >= (2 if task is SPEND else 5)


@by_number
def test_an_answer_that_is_2_percent_off_is_wrong(task: NumericTask) -> None:
    for seed in members(task):
        for factor in (0.98, 1.02):
            feedback = task.check(on_paper(task, seed) * factor, seed)
            assert feedback.status == "wrong", (seed, factor)
            assert feedback.hint == 0 or "fraction from 0 to 1" in feedback.message, (seed, factor)


def test_the_other_options_are_wrong_and_say_why() -> None:
    for seed in members(SPEND):
        p, answer = SPEND.parameters(seed), on_paper(SPEND, seed)
        others = {option.key: option.feedback for option in SPEND.options(p) if option.key != answer}
        assert len(others) == 2
        for key, why in others.items():
            feedback = SPEND.check(key, seed)
            assert (feedback.status, feedback.message, feedback.hint) == ("wrong", why, 0), seed


def test_what_the_options_say_each_step_saves() -> None:
    for seed in members(SPEND):
        prompt = SPEND.prompt(SPEND.parameters(seed))
        copy, beta = (Fraction(percent) / 100 for percent in re.findall(r"([\d.]*\d)%", prompt))
        pair_s = stack_down(1, copy, 2, beta) * YEAR_S
        third_s = pair_s - stack_down(1, copy, 3, beta) * YEAR_S
        share_s = pair_s - stack_down(1, copy, 2, beta / 2) * YEAR_S
        says = {option.key: option.feedback for option in SPEND.options(SPEND.parameters(seed))}
        assert seconds(re.search(r"A third copy saves (.+?) a year", says["third"])[1]) == shown(third_s)
        told = re.search(r"they share saves (.+?) a year; a third copy saves (.+)\.", says["share"])
        assert (seconds(told[1]), seconds(told[2])) == (shown(share_s), shown(third_s))


@by_task
def test_hints_go_from_a_nudge_to_the_last_step(task: Task) -> None:
    wrong = "same" if task is SPEND else -1
    for seed in members(task)[:20]:
        hints = task.hints(task.parameters(seed))
        assert len(set(hints)) == len(hints) >= 2
        assert [task.check(wrong, seed, attempt).hint for attempt in range(1, 6)] == [
            min(attempt, len(hints)) - 1 for attempt in range(1, 6)
        ]


def test_the_last_step_of_the_budget_is_the_answer() -> None:
    for seed in members(MONTH_BUDGET):
        minutes, share = re.fullmatch(r"(\S+) min × (\S+)\.", MONTH_BUDGET.hints(MONTH_BUDGET.parameters(seed))[-1]).groups()
        assert float(minutes) * float(share) == pytest.approx(on_paper(MONTH_BUDGET, seed), rel=1e-9)


def test_the_last_step_of_the_ceiling_is_the_first_that_falls_below() -> None:
    for seed in members(CEILING):
        p = CEILING.parameters(seed)
        number, leaves = re.fullmatch(r"Try (\d+): (\S+)%\.", CEILING.hints(p)[-1]).groups()
        assert int(number) == on_paper(CEILING, seed) + 1
        assert float(leaves) / 100 < p["target"]


@pytest.mark.parametrize(
    "task, slip, message",
    [
        (MONTH_BUDGET, lambda right: right * 60, "60 times too large: are two units of time mixed up?"),
        (MONTH_BUDGET, lambda right: f"{right / 60:.9f}", "60 times too small: are two units of time mixed up?"),
        (MONTH_BUDGET, lambda right: right * 24, "24 times too large: are days and hours mixed up?"),
        (MONTH_BUDGET, lambda right: -right, "The answer is not negative."),
        (DELIVERED, lambda right: f"{right:.9f}", "100 times too small: are a percentage and a fraction mixed up?"),
        (DELIVERED, lambda right: 100 * right, "In code a share is a fraction from 0 to 1: did you mean 0.999"),
        (DELIVERED, lambda right: f"{100 * right:.6f} min", "“min” is not a unit that fits here. Use %."),
    ],
)
def test_a_likely_slip_is_named(task: Task, slip: Any, message: str) -> None:
    for seed in members(task)[:40]:
        feedback = task.check(slip(on_paper(task, seed)), seed)
        assert feedback.status == "wrong" and message in feedback.message, (seed, feedback)


@pytest.mark.parametrize(
    "task, typed",
    [
        (MONTH_BUDGET, ["259.2", "259.2 min", "259.2min", "15552 s", "4.32 h", "0.18 d"]),
        (DELIVERED, ["99.9823", "99.9823%", "99.982 %"]),
        (CEILING, ["10", "10.0", "10 dependencies"]),
        (SPEND, ["third", " third "]),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_the_same_answer_typed_on_the_page(task: Task, typed: list[str]) -> None:
    for answer in typed:
        request = {"kind": "check", "slug": "availability", "id": task.id, "answer": answer, "attempt": 1}
        assert json.loads(call(json.dumps(request))) == {
            "status": "right", "message": task.check(on_paper(task, 0)).message, "hint": None,
        }  # fmt: skip


@pytest.mark.parametrize(
    "task, starts",
    [
        (MONTH_BUDGET, "4.32 h. The same promise, cut into days, leaves 2.88 min a day:"),
        (DELIVERED, "99.9823%, from 4 incidents."),
        (DELIVERED, "99.9823%, from 4 incidents. Few incidents make a weak estimate: one more of the longest would leave 99.9718%."),
        (CEILING, "10 leave 99.9%,"),  # 0.9999^10 = 0.99900045
        # Two copies: 0.0012 + 0.9988 x 0.0388^2. Three: 0.0012 + 0.9988 x 0.0388^3. Half shared: 0.0006 + 0.9994 x 0.0394^2.
        (SPEND, "A third copy saves 12.7 h a year; halving what they share saves 4.84 h."),
    ],
)
def test_what_a_right_answer_is_told(task: Task, starts: str) -> None:
    assert task.check(on_paper(task, 0)).message.startswith(starts)


# --- The chapter as a whole


def test_names_are_told_apart() -> None:
    ids = [item.id for item in (*EXPLORERS, *TASKS)]
    assert len(set(ids)) == len(ids)
    for explorer in EXPLORERS:
        assert len({control.name for control in explorer.controls}) == len(explorer.controls)


@pytest.mark.parametrize(
    "request_", [{"slug": "no-such", "id": "nines"}, {"slug": "availability", "id": "no-such"}], ids=["chapter", "explorer"]
)
def test_a_name_that_there_is_not_is_told_with_those_that_there_are(request_: dict[str, str]) -> None:
    with pytest.raises(KeyError, match="'no-such'; there are: (availability|nines, crews, shared, stack)"):
        call(json.dumps({"kind": "view", "typed": {}, "changed": "", "width": 640} | request_))
