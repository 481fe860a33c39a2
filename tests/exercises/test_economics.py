"""The exercises of "Cost is a feature": every explorer at the ends and the middle of every control, every task, and
the numbers that the chapter prints, against arithmetic written here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import permutations, product
from typing import Any

import pytest
import vl_convert

from infrapm.exercises import call, page_picture
from infrapm.exercises._content import content
from infrapm.exercises._numbers import filled
from infrapm.exercises.economics import (
    ALLOCATION,
    EXPLORERS,
    FLEET,
    FLEET_P95,
    LEAVER,
    LEVEL,
    ORDER,
    PLAN_ORDER,
    PLANNER,
    TASKS,
    UNIT_COST,
    WEEK,
)
from infrapm.explore.controls import Choice, Control, Rows
from infrapm.explore.explorer import Answer, Explorer
from infrapm.explore.tasks import NumericTask, Task
from infrapm.site.chapters import ROOT
from infrapm.site.pages import _VEGA_LITE_VERSION

SEEDS = range(121)


def members(task: Task) -> list[int]:
    """One seed for each member of the family that the seeds give."""
    return list({repr(task.parameters(seed)): seed for seed in reversed(SEEDS)}.values())


def usd(text: str) -> float:
    """The amount in a text such as −1,200 USD."""
    return float(text.removesuffix(" USD").replace(",", "").replace("−", "-"))


def whole(value: Any) -> Any:
    """An amount as whole dollars may show it."""
    return pytest.approx(float(value), abs=0.501)


def digits(value: Any) -> Any:
    """A value as three digits may show it."""
    return pytest.approx(float(value), rel=0.0051, abs=1e-9)


# --- Driving

OTHER_ROWS = {
    "owners": ["Owner,Direct,Jobs,Agreed (%)\nsearch,60000,500,50\nads,30000,500,30\nbatch,10000,2000,10", "a,0,0,0\nb,0,0,0", "solo,5,1,100"],
    "bill": ["Part,Amount\ncompute,60000\nstorage,15000\negress,20000", "telemetry,100\ncompute,50\ncompute,70"],
    "units": ["million requests,3000\nuser,50000\nTB,800", "user,0"],
    "cuts": ["stop idle,compute,30\nlabel,telemetry,0", ""],
}


def settings(control: Control) -> list[str]:
    """Both ends and the middle of a control, every option, or a few tables, as a reader would type them."""
    if isinstance(control, Rows):
        return OTHER_ROWS[control.name]
    if isinstance(control, Choice):
        return [key for key, _ in control.options]
    middle = control.stops[len(control.stops) // 2] if control.stops else control.default
    return [control.shown(value) for value in (control.low, middle, control.high)]


@cache
def drives(explorer: Explorer) -> list[tuple[dict[str, str], Answer]]:
    """Every combination of settings (of the planner, every ninth), with the answer to it."""
    names = [control.name for control in explorer.controls]
    every = [dict(zip(names, texts)) for texts in product(*map(settings, explorer.controls))]
    answers = [(typed, explorer.answer(typed)) for typed in (every[::9] if explorer is PLANNER else every)]
    return [(typed, answer) for typed, answer in answers if not refused(typed)]


def refused(typed: dict[str, str]) -> bool:
    """Whether what is typed asks to cut what the bill does not have."""
    return "label,telemetry" in typed.get("cuts", "") and "telemetry" not in typed["bill"]


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.id)
def test_every_setting_gives_a_whole_view(explorer: Explorer, capfd: pytest.CaptureFixture[str]) -> None:
    pictures = set()
    for number, (typed, answer) in enumerate(drives(explorer)):
        assert answer.errors == {}, typed
        view = answer.view
        assert view.reading.endswith(".") and not re.search(r"nan|inf\b|None|\de[-+]\d|unlimited", view.reading), view.reading
        assert {len(row) for row in view.table.rows} == {len(view.table.header)}, typed
        assert all(row[0] for row in view.table.rows), "the first cell names the row"
        picture = page_picture(view.picture, width=340)
        pictures.add(json.dumps(picture, allow_nan=False))
        assert picture["width"] == 340
        if number % 5 == 0:
            assert vl_convert.vegalite_to_vega(picture, vl_version=_VEGA_LITE_VERSION, show_warnings=True)["marks"]
    assert len(pictures) >= min(11, 3 ** len(explorer.controls)), "the controls move the picture"
    said = capfd.readouterr()
    assert said.out + said.err == "", "the chart library has nothing to complain of"


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.id)
def test_a_page_gets_the_same_view_as_text(explorer: Explorer) -> None:
    for typed, answer in drives(explorer)[::11]:
        request = {"kind": "view", "slug": "economics", "id": explorer.id, "typed": typed, "changed": "", "width": 500}
        told = json.loads(call(json.dumps(request)))
        assert told["view"]["reading"] == answer.view.reading
        assert told["controls"] == answer.controls and told["errors"] == {}


@pytest.mark.parametrize(
    "explorer, typed, control, words",
    [
        (ORDER, {"coverage": "110"}, "coverage", "Share that is committed goes from 0 to 100%."),
        (ORDER, {"removable": "thirty"}, "removable", "“thirty” is not a number."),
        (ORDER, {"discount": ""}, "discount", "Type a number here."),
        (LEVEL, {"discount": "0,4"}, "discount", "Write a point, not a comma"),
        (FLEET, {"target": "0.65"}, "target", "did you mean 65?"),
        (FLEET, {"zones": "1"}, "zones", "goes from 2 to 6"),
        (FLEET, {"zones": "2.5"}, "zones", "Type a whole number."),
        (ALLOCATION, {"owners": "search,60000,500"}, "owners", "Row 1 has 3 cells; it needs 4"),
        (ALLOCATION, {"owners": "search,-1,500,50"}, "owners", "Row 1, Direct"),
        (ALLOCATION, {"owners": "a,1,1,1\na,2,2,2"}, "method", "“a” stands in two rows."),
        (ALLOCATION, {"owners": "a,1,1,60\nb,2,2,50", "method": "fixed"}, "method", "The agreed shares add up to 110%."),
        (ALLOCATION, {"method": "fair"}, "method", "is one of: even, proportional, usage, fixed."),
        (PLANNER, {"bill": "people,5"}, "bill", "Row 1, Part is one of: compute"),
        (PLANNER, {"cuts": "label,telemetry,5"}, "bill", "label: there is no telemetry in the bill."),
        (PLANNER, {"cuts": "a,compute,50000\nb,compute,20000"}, "bill", "b takes 20,000 USD, and 10,000 USD of compute are left."),
        (PLANNER, {"support": "5.5 EUR"}, "support", "is not a unit that fits here"),
        (PLANNER, {"people": "40,000"}, "people", "Leave the comma out"),
    ],
)
def test_a_slip_gets_a_sentence_and_the_picture_stays(explorer: Explorer, typed: dict[str, str], control: str, words: str) -> None:
    answer = explorer.answer(typed)
    assert words in answer.errors[control], answer.errors
    assert answer.view is None


def test_a_cut_too_many_is_told_where_it_was_made() -> None:
    answer = PLANNER.answer({"cuts": "all,compute,60001"}, changed="cuts")
    assert set(answer.errors) == {"cuts"}


# --- The same two levers, swapped


def hour(use: Fraction, committed: Fraction, discount: Fraction) -> Fraction:
    return committed * (1 - discount) + max(Fraction(0), use - committed)


def test_order_tells_what_each_order_costs() -> None:
    for typed, answer in drives(ORDER):
        removable, coverage, discount = (Fraction(typed[name]) / 100 for name in ("removable", "coverage", "discount"))
        needed = 100 * (1 - removable)
        late, early = hour(needed, coverage * needed, discount), hour(needed, coverage * 100, discount)
        rows = {row[0]: row[1:] for row in answer.view.table.rows}
        assert float(rows["as it is"][2]) == pytest.approx(100)
        assert float(rows["rightsize first"][2]) == pytest.approx(float(late), abs=0.051)
        assert float(rows["commit first"][2]) == pytest.approx(float(early), abs=0.051)
        idle = max(Fraction(0), coverage * 100 - needed)
        assert float(rows["commit first"][1]) == digits(idle)
        assert bool(answer.view.warning) == (idle > 0)
        if idle:
            saves = hour(Fraction(100), coverage * 100, discount) - early
            assert f"now saves {float(saves):.1f} USD an hour, not {float(100 * removable):.1f}" in answer.view.warning
        told = re.search(r"([\d.]+)% (more|less)", answer.view.reading)
        extra = early / late - 1 if late else 0
        if told:
            assert float(told[1]) == digits(abs(100 * extra)) and (told[2] == "more") == (extra > 0), typed
        else:
            assert abs(extra) < 0.0006, typed
        drawn = answer.view.picture["datasets"]
        for name, total in (("rightsize first", late), ("commit first", early)):
            assert sum(row["usd"] for row in drawn["segments"] if row["plan"] == name) == pytest.approx(float(total), abs=1e-6)


def test_the_aha_and_what_a_reader_is_told_to_try() -> None:
    assert "44.8 USD an hour. Committing first, 90 are: 54.0 USD, 20.5% more" in ORDER.answer({}).view.reading
    tried = ORDER.answer({"coverage": "60"}).view
    assert "less: the larger commitment is still used" in tried.reading and tried.warning == ""


# --- How much to commit


def week_cost(level: float, discount: float) -> float:
    return sum(level * (1 - discount) + max(0.0, units - level) for units in WEEK)


def test_level_is_the_cheapest_of_all_levels() -> None:
    for percent in range(0, 76):
        view = LEVEL.answer({"discount": str(percent)}).view
        cheapest = min(range(101), key=lambda level: (round(week_cost(level, percent / 100), 6), level))
        rows = {row[0]: row[1:] for row in view.table.rows}
        assert float(rows["what the discount asks for"][0]) == cheapest, percent
        for units, share, costs, saves in rows.values():
            level = float(units)
            assert usd(costs) == pytest.approx(week_cost(level, percent / 100), abs=1.5)
            assert usd(saves) == pytest.approx(week_cost(0, percent / 100) - week_cost(level, percent / 100), abs=1.5)
            assert float(share[:-1]) == digits(100 * sum(units >= level for units in WEEK) / 168)
        assert view.picture["datasets"]["best"][0]["units"] == cheapest
    assert len(WEEK) == 168


def test_what_a_reader_is_told_of_the_levels() -> None:
    def rows(percent: str) -> dict[str, tuple[str, ...]]:
        return {row[0]: row[1:] for row in LEVEL.answer({"discount": percent}).view.table.rows}

    assert rows("40")["what the discount asks for"][0] == "45"
    assert round(sum(WEEK) / 168) == 56
    assert usd(rows("15")["the mean"][2]) > usd(rows("15")["nothing"][2])
    assert float(rows("70")["what the discount asks for"][0]) > sum(WEEK) / 168 > float(rows("60")["what the discount asks for"][0])


# --- Rightsizing


def test_fleet_by_hand() -> None:
    for typed, answer in drives(FLEET):
        target, zones = Fraction(typed["target"]) / 100, int(typed["zones"])
        sizes = [min(size for size in (2, 4, 8, 16, 32) if size * target >= Fraction(str(p95))) for p95 in FLEET_P95]
        saving = sum((16 - size) * Fraction("0.05") * 730 for size in sizes)
        told = re.search(r"that (saves|costs) ([\d,]+) USD, ([\d.]+)% of 14,016 USD", answer.view.reading)
        assert (1 if told[1] == "saves" else -1) * usd(told[2]) == whole(saving), typed
        assert float(told[3]) == digits(abs(100 * saving / 14_016))
        assert [int(row[2]) for row in answer.view.table.rows] == [sizes.count(size) for size in (2, 4, 8, 16, 32)]
        assert f"{sum(size < 16 for size in sizes)} of 24 machines get smaller and {sizes.count(32)} larger" in answer.view.reading
        at = target * zones / (zones - 1)
        assert float(re.search(r"the others are at ([\d.]+)%", answer.view.reading)[1]) == digits(100 * at)
        assert bool(answer.view.warning) == (at > 1), typed
        drawn = answer.view.picture["datasets"]
        assert drawn["safe"][0]["target"] == pytest.approx(1 - 1 / zones)
        assert drawn["here"] == [{"target": float(target), "saved": pytest.approx(float(100 * saving / 14_016), abs=1e-9)}]
        (on_curve,) = [row["saved"] for row in drawn["curve"] if row["target"] == float(target)]
        assert on_curve == pytest.approx(drawn["here"][0]["saved"], abs=1e-9)


def test_seventy_percent_do_not_survive_a_zone_of_three() -> None:
    assert "at 105% of their size" in FLEET.answer({"target": "70", "zones": "3"}).view.reading
    assert "66.7% is the highest target" in FLEET.answer({"target": "70", "zones": "3"}).view.warning
    assert FLEET.answer({"target": "65", "zones": "3"}).view.warning == ""
    assert FLEET.answer({"target": "70", "zones": "4"}).view.warning == ""


# --- Whose cost is it?


def owners_of(text: str) -> dict[str, tuple[Fraction, Fraction, Fraction]]:
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("Owner")]
    return {name: (Fraction(direct), Fraction(jobs), Fraction(share) / 100) for name, direct, jobs, share in rows}


def test_allocation_by_hand_and_every_dollar_is_somewhere() -> None:
    for typed, answer in drives(ALLOCATION):
        owners, shared = owners_of(typed["owners"]), Fraction(typed["shared"])
        column = {"proportional": 0, "usage": 1, "fixed": 2}.get(typed["method"])
        if column is None:
            share = {name: Fraction(1, len(owners)) for name in owners}
        else:
            basis = {name: row[column] for name, row in owners.items()}
            total = 1 if typed["method"] == "fixed" else sum(basis.values())
            share = {name: amount / total if total else Fraction(0) for name, amount in basis.items()}
        rows = {row[0]: row[1:] for row in answer.view.table.rows}
        for name in owners:
            assert usd(rows[name][1]) == whole(shared * share[name]), typed
            assert usd(rows[name][2]) == whole(owners[name][0] + shared * share[name]), typed
        left = shared * (1 - sum(share.values()))
        assert ("nobody" in rows) == (left > 0)
        if left:
            assert usd(rows["nobody"][2]) == whole(left)
            assert f"{float(left):,.0f} USD belong to nobody" in answer.view.reading
        drawn = sum(row["usd"] for row in answer.view.picture["datasets"]["costs"])
        assert drawn == pytest.approx(float(shared + sum(row[0] for row in owners.values())), rel=1e-9, abs=1e-6)


# --- The planner


def plan_on_paper(typed: dict[str, str]) -> dict[str, Fraction]:
    """The whole cost and the invoice before and after, in exact arithmetic."""

    def lines(name: str) -> list[list[str]]:
        return [cells for line in typed[name].splitlines() if (cells := line.split(","))[0] != "Part"]

    use: dict[str, Fraction] = {"compute": Fraction(0)}
    for part, amount in lines("bill"):
        use[part] = use.get(part, Fraction(0)) + Fraction(amount)
    invoice = sum(use.values())
    coverage, discount = Fraction(typed["coverage"]) / 100, Fraction(typed["discount"]) / 100
    committed = coverage * use["compute"]
    for _, part, amount in lines("cuts"):
        use[part] -= Fraction(amount)
    if typed["when"] == "last":
        committed = coverage * use["compute"]
    after = sum(use.values()) - use["compute"] + committed * (1 - discount) + max(Fraction(0), use["compute"] - committed)
    support, people = 1 + Fraction(typed["support"]) / 100, Fraction(typed["people"])
    return {
        "invoice": invoice, "invoice_after": after, "before": invoice * support + people, "after": after * support + people,
        "idle": max(Fraction(0), committed - use["compute"]) * (1 - discount),
    }  # fmt: skip


def test_planner_by_hand() -> None:
    for typed, answer in drives(PLANNER):
        paper = plan_on_paper(typed)
        rows = {row[0]: row[1:] for row in answer.view.table.rows}
        assert [usd(text) for text in rows["whole cost"]] == [whole(paper["before"]), whole(paper["after"])], typed
        assert [usd(text) for text in rows["invoice without support"]] == [whole(paper["invoice"]), whole(paper["invoice_after"])]
        assert bool(answer.view.warning) == (paper["idle"] > 0.01), typed
        bars = answer.view.picture["datasets"]["bars"]
        assert bars[-1]["high"] == pytest.approx(float(paper["after"]), abs=1e-6)
        assert bars[-2]["low"] == pytest.approx(bars[-1]["high"], abs=1e-4 + 1e-9 * abs(bars[-1]["high"])), "the steps meet the end"
        for line in typed["units"].splitlines():
            unit, count = line.split(",")
            if float(count):
                told = [usd(text) for text in rows[f"per {unit}"]]
                assert told == [pytest.approx(float(paper[key]) / float(count), rel=6e-4, abs=0.5 if paper[key] / int(count) >= 1000 else 1e-6)
                                for key in ("before", "after")]  # fmt: skip
            else:
                assert rows[f"per {unit}"] == ("undefined", "undefined")


@pytest.mark.parametrize(
    "typed, words",
    [
        ({}, "from 139,750 USD to 100,774 USD a month: 27.9% less. The invoice without support falls by 39.1%."),
        ({}, "Per million requests: 33.59 USD instead of 46.58 USD. Per user: 2.015 USD instead of 2.795 USD."),
        ({"people": "0"}, "39.1% less"),
        ({"when": "first"}, "from 139,750 USD to"),
    ],
)
def test_the_planner_in_words(typed: dict[str, str], words: str) -> None:
    assert words in PLANNER.answer(typed).view.reading


def test_the_case_of_the_judgment_in_the_planner() -> None:
    case = {
        "bill": "compute,520000\nstorage,180000\negress,120000\ntelemetry,100000\nother,80000", "support": "0", "people": "0",
        "cuts": "idle,compute,48000\nrightsize,compute,70000\ntier,storage,45000\nlabel,telemetry,40000", "coverage": "60", "discount": "35",
    }  # fmt: skip
    assert "from 1,000,000 USD to 712,580 USD a month: 28.7% less" in PLANNER.answer(case).view.reading
    # At 60% nothing is stranded either way.
    assert PLANNER.answer(case | {"when": "first"}).view.warning == ""
    stranded = PLANNER.answer(case | {"when": "first", "coverage": "90"}).view
    assert "42,900 USD a month are paid for committed compute" in stranded.warning  # (468,000 - 402,000) x 0.65


# --- The tasks


def cells(task: Task, seed: int) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in task.data(task.parameters(seed)).rows}


def best_plan(seed: int) -> tuple[str, ...]:
    """By trying all orders: nothing idle, and the saved dollars soonest."""
    rows = cells(PLAN_ORDER, seed)
    removals = {key: (float(saved), float(weeks)) for key, (saved, weeks) in rows.items() if key != "commit"}

    def waited(order: tuple[str, ...]) -> float:
        total, week = 0.0, 0.0
        for key in order:
            week += removals[key][1]
            total += removals[key][0] * week
        return total

    return (*min(permutations(removals), key=waited), "commit")


def on_paper(task: Task, seed: int) -> float | tuple[str, ...]:
    """The answer from the words of the question alone."""
    prompt, rows = task.prompt(task.parameters(seed)), cells(task, seed)
    if task is UNIT_COST:
        support = Fraction(re.search(r"Support is (\d+)%", prompt)[1]) / 100
        millions = int(re.search(r"answered ([\d,]+) million", prompt)[1].replace(",", ""))
        provider = sum(int(rows[name][0]) for name in ("compute", "storage", "egress"))
        return float((provider * (1 + support) + int(rows["people"][0])) / millions)
    if task is LEAVER:
        return float(rows["batch"][0])
    return best_plan(seed)


by_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
by_number = pytest.mark.parametrize("task", [task for task in TASKS if isinstance(task, NumericTask)], ids=lambda task: task.id)


@pytest.mark.parametrize(
    "task, answer",
    [(UNIT_COST, 139_750 / 3_000), (LEAVER, 10_000), (PLAN_ORDER, ("idle", "zombies", "rightsize", "autoscale", "commit"))],
    ids=lambda value: getattr(value, "id", ""),
)
def test_the_book_s_own_answers(task: Task, answer: Any) -> None:
    expected = answer if isinstance(answer, tuple) else pytest.approx(answer, rel=1e-12)
    assert task.expected(task.book) == expected
    assert on_paper(task, seed=0) == expected


@by_task
def test_every_member_of_a_family_agrees_with_paper(task: Task) -> None:
    for seed in members(task):
        answer = on_paper(task, seed)
        feedback = task.check(list(answer) if isinstance(answer, tuple) else answer, seed)
        assert feedback.status == "right" and feedback.message, (seed, answer, feedback)


@by_task
def test_a_family_has_many_members(task: Task) -> None:
    assert len(members(task)) >= 20
    assert 0 in members(task), "the book's own"
    assert len({on_paper(task, seed) for seed in members(task)}) >= 5


@by_number
def test_an_answer_that_is_2_percent_off_is_wrong(task: NumericTask) -> None:
    for seed in members(task):
        for factor in (0.98, 1.02):
            assert task.check(on_paper(task, seed) * factor, seed).status == "wrong", (seed, factor)


def test_the_likely_wrong_answers_are_wrong() -> None:
    for seed in members(LEAVER):
        charged = usd(re.search(r"Batch is charged ([\d,]+) USD", LEAVER.prompt(LEAVER.parameters(seed)))[1])
        assert LEAVER.check(charged, seed).status == "wrong"
        direct, jobs = (float(cell) for cell in cells(LEAVER, seed)["batch"])
        every = sum(float(row[1]) for row in cells(LEAVER, seed).values())
        shared = usd(re.search(r"a cluster of ([\d,]+) USD", LEAVER.prompt(LEAVER.parameters(seed)))[1])
        assert charged == whole(direct + shared * jobs / every)
    for seed in members(PLAN_ORDER):
        order = list(on_paper(PLAN_ORDER, seed))
        assert PLAN_ORDER.check(["commit", *order[:-1]], seed).status == "wrong"
        assert PLAN_ORDER.check(order[::-1], seed).status == "wrong"
        wrong = PLAN_ORDER.check([*order[:-2], "commit", order[-2]], seed)
        assert (wrong.status, wrong.message) == ("wrong", "The first 3 stand right.")


def test_no_two_steps_of_a_plan_are_worth_the_same() -> None:
    for seed in members(PLAN_ORDER):
        rows = cells(PLAN_ORDER, seed)
        ratios = {float(saved) / float(weeks) for key, (saved, weeks) in rows.items() if key != "commit"}
        assert len(ratios) == 4, seed


def test_what_the_options_of_a_plan_say() -> None:
    for seed in members(PLAN_ORDER):
        says = {option.key: option.feedback for option in PLAN_ORDER.options(PLAN_ORDER.parameters(seed))}
        rows = cells(PLAN_ORDER, seed)
        removed = sum(float(row[0]) for key, row in rows.items() if key != "commit")
        idle = max(0.0, 95_000 - (100_000 - removed)) * 0.65
        assert f"would pay {idle:,.0f} USD a month" in says["commit"]
        for key, (saved, weeks) in rows.items():
            if key != "commit":
                assert usd(re.search(r": ([\d,.]+ USD) a month for each week", says[key])[1]) == digits(float(saved) / float(weeks))


@by_task
def test_hints_go_from_a_nudge_to_the_last_step(task: Task) -> None:
    for seed in members(task)[:20]:
        hints = task.hints(task.parameters(seed))
        wrong = list(reversed(on_paper(task, seed))) if task is PLAN_ORDER else -1
        assert len(set(hints)) == len(hints) >= 2
        assert [task.check(wrong, seed, attempt).hint for attempt in range(1, 6)] == [
            min(attempt, len(hints)) - 1 for attempt in range(1, 6)
        ]


def test_the_last_step_of_the_unit_cost_is_a_division_away() -> None:
    for seed in members(UNIT_COST):
        p = UNIT_COST.parameters(seed)
        month = usd(re.search(r"costs ([\d,.]+) USD\. Divide", UNIT_COST.hints(p)[-1])[1])
        assert month / p["million_requests"] == pytest.approx(on_paper(UNIT_COST, seed), rel=1e-3)


@pytest.mark.parametrize(
    "task, typed, status",
    [
        (UNIT_COST, "46.58 USD", "right"), (UNIT_COST, "46.6", "right"), (UNIT_COST, "31.67", "wrong"), (UNIT_COST, "46.58 EUR", "wrong"),
        (LEAVER, "10000", "right"), (LEAVER, "30000", "wrong"), (LEAVER, "10,000", "wrong"),
        (PLAN_ORDER, "idle zombies rightsize autoscale commit", "right"), (PLAN_ORDER, "commit, idle", "wrong"),
    ],
    ids=lambda value: getattr(value, "id", ""),
)  # fmt: skip
def test_answers_as_they_are_typed(task: Task, typed: str, status: str) -> None:
    request = {"kind": "check", "slug": "economics", "id": task.id, "answer": typed, "attempt": 1}
    assert json.loads(call(json.dumps(request)))["status"] == status


# --- What the page and the data file say


@cache
def page() -> str:
    """The page's source with every number filled in, on one line."""
    return re.sub(r"\s+", " ", filled((ROOT / "book" / "economics.md").read_text(encoding="utf-8"), "economics"))


@pytest.mark.parametrize(
    "words",
    [
        f"Without support, the invoice is {60_000 + 15_000 + 20_000:,} USD; the whole is {95_000 * 1.05 + 40_000:,.0f}.",
        f"Per million requests this service costs {139_750 / 3_000:.2f} USD, for each of its 50,000 users {139_750 / 50_000:.3f}.",
        f"400 TB a month at 0.05 USD a GB are {400 * 1024 * 0.05 * 12:,.0f} USD a year",
        f"these 400 TB cost {10_240 * 0.09 + 40_960 * 0.085 + 102_400 * 0.07 + 255_900 * 0.05:,.0f} USD in a month",
        f"below {70 / (2e-7 + 1.66667e-5 * 0.5 * 0.1) / 2_592_000:.0f} requests a second",
        f"that is {(3 * 240 - 1) * 5:,} USD a month; if each query names the day, {(3 * 240 / 30 - 1) * 5:.0f}.",
        f"makes the bill {0.3 + 0.7 * 2:.1f} times as high",
        f"saves {(168 - 5 * 12) / 168:.0%} of its hours",
        f"with a chance of {1 - 0.9**3:.0%}",
        f"{14 / 100:.0%} more than the best",
        f"costs {0.4 * 365 * 24:,.0f} USD for each USD of its hourly price, and a stranded one {0.6 * 365 * 24:,.0f}",
        f"removing 30 units saves {64 - 54} USD an hour instead of 30. The other {30 - 10} are paid until the term ends",
        f"such a plan gives {203_000:,} a month",
        f"turns a removal of 30 units into a saving of {64 - 54}.",
        f"as soon as {(0.02 - 0.004) / 0.03:.0%} of the data",
        f"Cold then saves {102_400 * (0.02 - 0.004 - 0.1 * 0.03):,.0f} of {102_400 * 0.02:,.0f} USD a month",
        f"half may be read: {102_400 * (0.02 - 0.004 - 0.5 * 0.03):,.0f} USD are left",
        f"All of it read once costs {102_400 * (0.03 + 0.004 - 0.02):,.0f} more",
        f"still be billed {102_400 * 0.004 * 60 / 30:,.0f} USD",
        f"a net of {92.5 - 53:.1f} M",
        f"the commitment {402_000 * 0.6 * 0.35:,.0f} more",
        f"({54 / 44.8 - 1:.1%} more for the whole term)",
        f"({0.7 * 3 / 2:.0%} when one is lost)",
        f"in this chapter's service {44_750 / 139_750:.0%} is missing",
    ],
)
def test_numbers_of_the_page(words: str) -> None:
    assert words in page()


def annuity(years: int, rate: float) -> float:
    return sum((1 + rate) ** -year for year in range(1, years + 1))


def test_the_horizon_of_the_page() -> None:
    for years in (3, 6):
        buy, build = (50 + 400 * annuity(years, 0.08)) / 1000, (900 + 200 * annuity(years, 0.08)) / 1000
        cheaper, dearer = sorted((buy, build))
        assert (cheaper == buy) == (years == 3)
        assert f"({cheaper:.2f} against {dearer:.2f}" in page()


def decision_costs(removed_by_month: int | None) -> dict[str, float]:
    """USD of twelve months, month by month: 100 units until the month of the removal, then 70."""
    costs = {}
    for name, (level, start) in {"ninety": (90, 0), "wait": (70, 3), "rest": (70, 0), "none": (0, 0)}.items():
        total = 0.0
        for month in range(12):
            use = 100 if removed_by_month is None or month < removed_by_month else 70
            committed = level if month >= start else 0
            total += 730 * (0.6 * committed + max(0, use - committed))
        costs[name] = total
    return costs


def test_the_decision() -> None:
    chapter, after = content("economics"), filled(content("economics").decision.after, "economics")
    planned, failed = decision_costs(3), decision_costs(None)
    assert chapter.decision.right == min(planned, key=planned.__getitem__)
    for name, words in {"rest": "*rest* {}", "ninety": "*ninety* {}", "wait": "*wait* the same {}", "none": "*none* {}"}.items():
        assert words.format(f"{planned[name]:,.0f}") in after
    assert f"*rest* costs {failed['rest']:,.0f} and *ninety* {failed['ninety']:,.0f}" in after
    # the chance of the removal at which both cost the same
    loss, gain = failed["rest"] - failed["ninety"], planned["ninety"] - planned["rest"]
    assert f"more than {loss / (loss + gain):.0%} sure" in after
    assert planned["ninety"] / planned["rest"] - 1 == pytest.approx(0.14, abs=0.005)


def texts() -> Iterator[tuple[str, str]]:
    chapter = content("economics")
    for question in chapter.choices:
        yield question.id, filled(question.question, "economics")
        for option in question.options:
            yield f"{question.id}/{option.key}", filled(f"{option.text} {option.feedback}", "economics")
    for prediction in chapter.predictions:
        yield prediction.id, filled(prediction.after, "economics")
    for number, fact in enumerate(chapter.judgment.facts):
        yield f"fact {number}", filled(fact, "economics")
    yield "model answer", filled(chapter.judgment.model_answer, "economics")
    for anchor in chapter.judgment.anchors:
        yield f"anchor {anchor.band}", re.sub(r"\s+", " ", filled(f"{anchor.text} {anchor.deciding}", "economics"))


@pytest.mark.parametrize(
    "place, words",
    [
        ("own-store/invoice", f"{24_000 / 400:.2f} USD"),
        ("own-store/paid", f"{24_000 * 1.05 / 400:.2f} USD"),
        ("own-store/whole", f"{(24_000 * 1.05 + 15_000) / 400:.2f} USD"),
        ("own-store/whole", f"{24_000 * 1.05 + 15_000:,.0f} USD a month. People are {15_000 / 40_200:.0%} of it"),
        ("two-levels/mean", f"then costs {52 * 0.7 + 0.4 * 48:.1f}"),
        ("two-levels/mean", f"no commitment at all it costs {0.4 * 100 + 0.6 * 20:.1f}"),
        ("two-levels/peak", f"then costs {100 * 0.7:.0f}"),
        ("two-levels/base", f"20 A unit must run in 70% of the hours. Only the first 20 do. An hour costs {20 * 0.7 + 0.4 * 80:.1f}"),
        ("late-removal/ten", f"from {90 * 0.6 + 10:.0f} to {90 * 0.6:.0f} USD an hour"),
        ("realized/unit", f"costs {0.92 / 0.85 - 1:.0%} more"),
        ("realized/unit", f"would have been {850_000:,} USD"),
        ("swapped", "costs 44.8 USD an hour, committing first 54.0: 20.5% more"),
        ("swapped", f"committing first is {1 - (0.6 * 60 + 10) / (0.6 * 42 + 28):.1%} cheaper"),
        ("swapped/fifth", f"90 committed units cost {90 * 0.6:.0f} USD an hour"),
        ("swapped/less", f"it runs on {90 - 70} units that nobody needs"),
        ("decision/ninety", f"pays for {90 - 70} units that are gone: removing 30 then saves {64 - 54} USD an hour"),
        ("decision/none", f"the exit costs {70 * 0.4:.0f} USD an hour"),
        ("two-levels", f"so the mean is {0.4 * 100 + 0.6 * 20:.0f}."),
        ("late-removal/ten", f"Only {100 - 90} of the 25 were still paid by the hour"),
        ("late-removal/ten", f"The other {25 - 10} are paid, idle"),
        ("late-removal/none", f"90 units are paid until the term ends, and {100 - 25} run"),
        ("whole-cost", f"takes {(22_000 + 0.9 * 0.4 * 42_000) / 95_000:.0%} off the provider's invoice"),
        ("whole-cost/same", f"{37_120 / 95_000:.0%}, as the invoice"),
        ("whole-cost/less", f"{37_120 * 1.05 / 139_750:.0%} The plan does not touch the people, who are {40_000 / 139_750:.0%} of the whole cost"),
        ("whole-cost", f"From {139_750 / 3_000:.2f} to {(57_880 * 1.05 + 40_000) / 3_000:.2f} USD a million, 28% less"),
        ("fact 0", f"give {48_000 + 70_000 + 45_000 + 40_000:,} USD a month: 20.3%"),
        ("fact 1", f"{520_000 - 118_000:,} USD of compute are left. A commitment to 60% of that at 35% off adds {402_000 * 0.6 * 0.35:,.0f}"),
        ("fact 1", f"saves {(203_000 + 84_420) / 1_000_000:.1%}"),
        ("fact 2", f"would be {520_000 * 0.6:,.0f}, {312_000 / 402_000:.0%} of what then remains"),
        ("fact 2", f"the bill would be {0.6 * 0.35 * 118_000:,.0f} lower than with the commitment last"),
        ("fact 3", f"at {0.7 * 3 / 2:.0%} of their size, one of four at {0.7 * 4 / 3:.0%}"),
        ("fact 4", f"with a chance of {1 - 0.9**3:.0%}"),
        ("model answer", f"billed for the rest): {203_000:,} USD a month"),
        ("model answer", f"the {402_000:,} left: {84_420:,} more, {287_420 / 1e6:.1%} in all"),
        ("model answer", f"save {(520_000 - 402_000) * 0.6 * 0.35:,.0f} more"),
        ("anchor 5", f"cold tier: {203_000:,} USD a month. Then a commitment to 60% of the {402_000:,} of compute that are left: {84_420:,}, so 28.7%"),
        ("anchor 5", f"leave a trace only {1 - 0.9**3:.0%} of the time"),
        ("anchor 3", f"That is {48_000 + 40_000 + 70_000 + 45_000:,} USD a month, {203_000 / 1e6:.1%} of the bill"),
        ("anchor 3", f"“That is {203_000:,} USD a month, {203_000 / 1e6:.1%} of the bill”"),
    ],
)
def test_numbers_of_the_data_file(place: str, words: str) -> None:
    said = [re.sub(r"\s+", " ", text) for name, text in texts() if name == place]
    assert any(words in text for text in said), said


def test_what_is_said_in_words_is_true_of_the_figures() -> None:
    """A heading and an anchor cannot compute."""
    assert "## The invoice is two thirds of what this service costs" in page() and 95_000 / 139_750 == pytest.approx(2 / 3, abs=0.02)
    assert "## A query that names the day reads a thirtieth" in page()
    assert dict(texts())["swapped/fifth"].startswith("About a fifth more") and 54 / 44.8 - 1 == pytest.approx(1 / 5, abs=0.01)
    second = next(text for name, text in texts() if name == "anchor 2")
    assert "which alone is more than 100,000" in second and 520_000 * 0.6 * 0.35 > 100_000
    assert "well over 200,000" in second and 70_000 + 48_000 + 45_000 + 520_000 * 0.6 * 0.35 > 250_000


def test_the_fourth_band_asks_for_what_the_case_bears_out() -> None:
    """At 60%, signing before the cuts strands nothing and saves more: the date is no merit, what remains is."""
    case = {"bill": "compute,520000\nother,480000", "support": "0", "people": "0", "coverage": "60", "discount": "35",
            "cuts": "idle,compute,48000\nrightsize,compute,70000"}  # fmt: skip
    first, last = (PLANNER.answer(case | {"when": when}).view for when in ("first", "last"))
    assert first.warning == last.warning == ""
    costs = [usd(next(row for row in view.table.rows if row[0] == "invoice without support")[2]) for view in (first, last)]
    assert costs[1] - costs[0] == pytest.approx(24_780)
    band = content("economics").judgment.bands[4]
    assert "what is sure to remain" in band and "whether now or last" in band


def test_names_are_told_apart() -> None:
    ids = [item.id for item in (*EXPLORERS, *TASKS)]
    assert len(set(ids)) == len(ids)
    for explorer in EXPLORERS:
        assert len({control.name for control in explorer.controls}) == len(explorer.controls)
        assert explorer is PLANNER or len(explorer.controls) <= 3
