"""The book in a browser, as a reader meets it: headless Chromium, the real pages, the real Python.

What a page shows after a move or a check is compared with what the same declaration answers in this
interpreter: no expected result is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from infrapm.exercises import CHAPTERS, chapter
from infrapm.exercises.availability import MONTH_BUDGET, NINES
from infrapm.explore.controls import Choice, Number, Rows, Several
from infrapm.explore.explorer import Answer, Explorer
from infrapm.explore.tasks import ChoiceTask, Feedback, NumericTask, Option, OrderingTask, SeveralTask, Task
from infrapm.site.exercise import KINDS
from infrapm.site.pages import render
from tests.conftest import AXE, CUT_OFF, NO_GATES, SAVE_DATA, SNAPSHOT_KEPT, Site, axe_violations
from tests.fixtures.made_page import made_page

pytestmark = pytest.mark.browser

NewReader = Callable[..., BrowserContext]
EXPLORERS = [pytest.param(slug, explorer, id=f"{slug}-{explorer.id}") for slug in CHAPTERS for explorer in chapter(slug).EXPLORERS]
CHAPTER_PAGE = "book/availability.html"

# Messages of the theme on the console that do no harm.
ALLOWED_ON_CONSOLE: tuple[str, ...] = ()


@pytest.fixture
def new_reader(new_reader: NewReader) -> NewReader:
    """Readers whose explorers stand open; test_browser_study.py has the gates."""

    def new(**options: Any) -> BrowserContext:
        reader = new_reader(**options)
        reader.add_init_script(NO_GATES)
        return reader

    return new


# Runs before a page's own scripts: what a reader left on an earlier page is gone, the snapshot of Python stays.
FORGET = """if (location.protocol.startsWith("http")) {
    localStorage.infrapm = JSON.stringify({version: 1, settings: {skip_gates: true}, chapters: {}});
}"""


@pytest.fixture(scope="module")
def regular(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A reader who has been here before: Python starts from the snapshot, which takes a quarter of the time."""
    reader = chromium.new_context(viewport={"width": 1440, "height": 900})
    reader.set_default_timeout(60_000)
    reader.add_init_script(FORGET)
    uncaught: list[str] = []
    reader.on("weberror", lambda error: uncaught.append(str(error.error)))
    page = reader.new_page()
    page.goto(f"{site.address}/book/index.html")  # its explorer is in view
    assert page.evaluate(SNAPSHOT_KEPT)
    page.close()
    yield reader
    reader.close()
    assert uncaught == []


@pytest.fixture
def again(regular: BrowserContext) -> Iterator[BrowserContext]:
    """The regular reader, with no page open before or after a test."""
    yield regular
    for page in regular.pages:
        page.close()


# --- What a page shows, and what Python says it must show

SHOWN = """part => {
    const text = selector => part.querySelector(selector).textContent;
    const controls = [...part.querySelectorAll('.ip-control')].map(box => ({
        name: box.dataset.name, kind: box.dataset.kind, error: box.querySelector('.ip-error'),
        fields: [...box.querySelectorAll('[name]')], slider: box.querySelector('.ip-slider'),
    }));
    const value = ({ kind, fields }) => ({
        toggle: () => fields[0].checked ? 'on' : 'off',
        several: () => fields.filter(field => field.checked).map(field => field.value).join(' '),
    }[kind] ?? (() => fields[0].value))();
    const by = (items, value) => Object.fromEntries(items.map(item => [item.name, value(item)]));
    const sliders = controls.filter(control => control.slider);
    const names = condition => controls.filter(condition).map(control => control.name);
    return {
        controls: by(controls, value),
        positions: by(sliders, ({ slider }) => Number(slider.value)),
        spoken: by(sliders, ({ slider }) => slider.getAttribute('aria-valuetext')),
        errors: by(controls.filter(({ error }) => error.textContent), ({ error }) => error.textContent),
        visible: names(({ error }) => error.checkVisibility()),
        invalid: names(({ fields }) => fields.every(field => field.getAttribute('aria-invalid') === 'true')),
        described: names(({ fields, error }) => fields.every(field => field.getAttribute('aria-describedby').split(' ').includes(error.id))),
        reading: text('.ip-reading'),
        warning: text('.ip-warning:not(noscript *)'),
        table: [...part.querySelectorAll('.ip-table tr')].map(row => [...row.cells].map(cell => cell.textContent)),
        picture: part.querySelector('.ip-picture').innerHTML,
        status: text('.ip-status'),
    };
}"""


def shown(part: Locator) -> dict[str, Any]:
    """Everything that an explorer on a page shows."""
    return part.evaluate(SHOWN)


def wait(part: Locator, condition: str) -> None:
    """Wait until a condition on the element `part` holds."""
    part.page.wait_for_function(f"part => {condition}", arg=part.element_handle())


def settle(part: Locator) -> None:
    """Wait until every move is answered. A move makes the part busy at once."""
    wait(part, "!part.hasAttribute('aria-busy')")


def open_explorer(reader: BrowserContext, site: Site, slug: str, explorer: Explorer) -> Locator:
    """The explorer, on the page where it stands."""
    part = f"explorer-{explorer.id}"
    page = reader.new_page()
    page.goto(f"{site.address}/{site.page_with(slug, part)}")
    page.locator(f"#{part} .ip-controls details").evaluate_all("folds => folds.forEach(fold => { fold.open = true; })")
    return page.locator(f"#{part}")


def slider(part: Locator, name: str) -> Locator:
    return part.locator(f".ip-slider[data-for={name}]")


def field(part: Locator, name: str) -> Locator:
    return part.locator(f"[name={name}]")


def type_in(part: Locator, name: str, text: str) -> None:
    """Type over a field, and press Enter; in rows, where Enter is part of the text, leave it."""
    if field(part, name).input_value() == text:
        return  # no change, so no move that could be waited for
    field(part, name).fill(text)
    field(part, name).press("Tab" if field(part, name).evaluate("field => field.localName === 'textarea'") else "Enter")
    settle(part)


def nudge(part: Locator) -> None:
    """Move the first slider, or else another control that a key moves."""
    for selector, key in ((".ip-slider", "ArrowRight"), ("input[type=checkbox]", "Space"), ("select", "ArrowDown")):
        if part.locator(selector).count():
            part.locator(selector).first.press(key)
            return settle(part)
    name = part.locator(".ip-controls [name]").first.get_attribute("name")
    type_in(part, name, field(part, name).input_value() + " ")


def check_shown(part: Locator, answer: Answer, before: dict[str, Any]) -> None:
    """The explorer shows what Python answers; after a bad value, the sentence and the last good result."""
    seen = shown(part)
    assert seen["controls"] == answer.controls
    assert seen["errors"] == answer.errors
    assert seen["invalid"] == seen["visible"] == list(answer.errors)
    assert seen["status"] == ""
    if answer.view is None:
        assert [seen[key] for key in ("picture", "reading", "table")] == [before[key] for key in ("picture", "reading", "table")]
        return
    assert seen["positions"] == answer.positions
    assert (seen["reading"], seen["warning"]) == (answer.view.reading, answer.view.warning)
    assert seen["table"] == [list(answer.view.table.header), *(list(row) for row in answer.view.table.rows)]
    several = isinstance(answer.view.picture, tuple)
    boxes = part.locator(".ip-panel" if several else ".ip-picture")
    assert boxes.count() == (len(answer.view.picture) if several else 1)
    for place, picture in enumerate(answer.view.picture if several else [answer.view.picture]):
        box = boxes.nth(place)
        if isinstance(picture, str):
            as_browser_writes = "(box, svg) => { const copy = box.cloneNode(); copy.innerHTML = svg; return copy.innerHTML; }"
            assert box.inner_html() == box.evaluate(as_browser_writes, picture)
        else:
            labels = [row["label"] for rows in picture["datasets"].values() for row in rows if "label" in row]
            assert set(labels) <= set(box.locator("svg text").all_text_contents())


def move(part: Locator, explorer: Explorer, name: str, text: str, act: Callable[[], Any]) -> Answer:
    """Do something that puts a text into a control, and compare the page with Python."""
    before = shown(part)
    act()
    settle(part)
    answer = explorer.answer(before["controls"] | {name: text}, name)
    check_shown(part, answer, before)
    return answer


# --- Without scripts


def test_without_javascript_everything_is_there(new_reader: NewReader, site: Site) -> None:
    page = new_reader(java_script_enabled=False).new_page()
    for path in site.pages():
        page.goto(f"{site.address}/{path}")
        for part in page.locator(".ip-explorer").all():
            slug, id = part.get_attribute("data-slug"), part.get_attribute("data-id")
            explorer = next(explorer for explorer in chapter(slug).EXPLORERS if explorer.id == id)
            seen, answer = shown(part), explorer.answer(explorer.defaults)
            assert seen["reading"] == answer.view.reading
            assert seen["table"] == [list(answer.view.table.header), *(list(row) for row in answer.view.table.rows)]
            panels = len(answer.view.picture) if isinstance(answer.view.picture, tuple) else 1
            assert part.locator(".ip-picture svg:visible").count() == panels
            for drawing in part.locator(".ip-picture svg:visible").all():
                box = drawing.bounding_box()
                assert box["width"] > 200 and box["height"] > 100
            assert part.locator("noscript p").is_visible()
        for part in page.locator(".ip-task").all():
            task = find_task(part)
            hints = task.hints(task.parameters())
            assert part.locator(".ip-hint:not(.ip-answer) p").all_text_contents() == list(hints)
        for fold in page.locator(".ip-exercise details:not(.ip-rubric), .ip-solution").all():
            opens = "fold => [...fold.children].some(child => child.localName !== 'summary' && child.checkVisibility())"
            assert not fold.evaluate(opens)
            fold.locator("> summary").click()
            assert fold.evaluate(opens)


def find_task(part: Locator) -> Task:
    slug, id = part.get_attribute("data-slug"), part.get_attribute("data-id")
    return next(task for task in chapter(slug).TASKS if task.id == id)


# --- Explorers


@pytest.mark.parametrize("slug, explorer", EXPLORERS)
def test_every_move_by_keyboard_is_answered_as_in_python(again: BrowserContext, site: Site, slug: str, explorer: Explorer) -> None:
    part = open_explorer(again, site, slug, explorer)
    assert sorted(shown(part)["described"]) == sorted(control.name for control in explorer.controls)
    for control in explorer.controls:
        if isinstance(control, Number):
            move_number(part, explorer, control)
        elif isinstance(control, Choice):
            keys = [key for key, _ in control.options]
            at = keys.index(control.default)
            for key in keys[at + 1 :]:
                move(part, explorer, control.name, key, lambda: field(part, control.name).press("ArrowDown"))
            for key in reversed(keys[:-1]):
                move(part, explorer, control.name, key, lambda: field(part, control.name).press("ArrowUp"))
        elif isinstance(control, Several):
            for _ in range(2):  # there and back
                for key, _ in control.options:
                    chosen = {*shown(part)["controls"][control.name].split()} ^ {key}
                    text = control.shown(option for option, _ in control.options if option in chosen)
                    move(part, explorer, control.name, text, lambda: part.locator(f"[name={control.name}][value={key}]").press("Space"))
        elif isinstance(control, Rows):
            fewer = control.shown(control.default[: max(control.least, 1)])
            for text in (fewer, "", control.shown(control.default)):
                move(part, explorer, control.name, text, lambda: type_in(part, control.name, text))
        else:
            for text in ("off", "on") if control.default else ("on", "off"):
                move(part, explorer, control.name, text, lambda: field(part, control.name).press("Space"))


def move_number(part: Locator, explorer: Explorer, control: Number) -> None:
    """Its slider one step and to both ends; its field to both ends, between, and back to where it began."""
    last = len(control.stops) - 1
    for key in ("ArrowRight", "Home", "End") if control.stops else ():
        to = {"ArrowRight": min(shown(part)["positions"][control.name] + 1, last), "Home": 0, "End": last}[key]
        move(part, explorer, control.name, control.shown_stops[to], lambda: slider(part, control.name).press(key))
        assert shown(part)["spoken"][control.name] == f"{control.shown_stops[to]} {control.unit}"
    middle = (control.low + control.high) / 2
    for value in (control.high, control.low, int(middle) if control.whole else middle, control.default):
        text = control.shown(value)
        move(part, explorer, control.name, text, lambda: type_in(part, control.name, text))


# Out of range, empty, words, not finite, a comma, a fraction where a percentage is meant, another unit.
BAD = ("-1", "1e9", "", "  ", "three nines", "nan", "inf", "1e400", "99,95", "99.9.5", "0.999", "12 parsecs", "<b>1</b>")


@pytest.mark.parametrize("slug, explorer", EXPLORERS)
def test_a_bad_value_gets_its_sentence_and_the_picture_stays(again: BrowserContext, site: Site, slug: str, explorer: Explorer) -> None:
    part = open_explorer(again, site, slug, explorer)
    for control in explorer.controls:
        if not isinstance(control, Number):
            continue
        low, good = control.shown(control.low), control.shown(control.default)
        move(part, explorer, control.name, low, lambda: type_in(part, control.name, low))
        refused = []
        bad = BAD if explorer is NINES else BAD[:5]  # what is read is the same everywhere; where it is told is not
        for text in bad:
            answer = move(part, explorer, control.name, text, lambda: type_in(part, control.name, text))
            refused += [text] if control.name in answer.errors else []
        assert set(bad) - set(refused) <= {"0.999", "1e9"}  # which may be a percentage, and within a wide range
        answer = move(part, explorer, control.name, good, lambda: type_in(part, control.name, good))
        assert answer.view is not None


def test_what_is_typed_is_answered_when_the_typing_stops(again: BrowserContext, site: Site) -> None:
    part = open_explorer(again, site, "availability", NINES)
    availability, downtime = field(part, "availability"), field(part, "downtime_min")
    for name, text, box in (("availability", "99.95", availability), ("downtime_min", "20 min", downtime), ("downtime_min", "45 s", downtime)):
        before = shown(part)
        box.press("Control+a")
        part.page.keyboard.type(text)  # and no Enter
        answer = NINES.answer(before["controls"] | {name: text}, name)
        assert answer.view.reading != before["reading"]
        part.page.wait_for_function("([part, reading]) => part.querySelector('.ip-reading').textContent === reading", arg=[part.element_handle(), answer.view.reading])
        settle(part)
        check_shown(part, answer, before)


def test_the_last_value_wins_while_python_starts(new_reader: NewReader, site: Site) -> None:
    reader = new_reader()
    reader.add_init_script(SAVE_DATA)  # so that Python sleeps until the first touch
    part = open_explorer(reader, site, "availability", NINES)
    stops = NINES.controls[0].shown_stops
    slider(part, "availability").press("Home")
    for position in range(1, 20):
        slider(part, "availability").press("ArrowRight")
        assert field(part, "availability").input_value() == stops[position]
    assert part.page.locator("html[data-python]").count() == 0, "Python was ready before the last move"
    assert "Starting Python" in part.locator(".ip-status").inner_text()
    assert part.page.locator("#explorer-stack .ip-status").text_content() == "", "only a touched part speaks"
    settle(part)
    check_shown(part, NINES.answer(NINES.defaults | {"availability": stops[19]}, "availability"), {})
    assert int(part.get_attribute("data-drawn")) <= 2, "moves in between are not computed"


def test_an_answer_leaves_alone_what_is_being_typed(again: BrowserContext, site: Site) -> None:
    part = open_explorer(again, site, "availability", NINES)
    type_in(part, "availability", "99.95")
    # In one go, so that the answer to the first change comes while the second is being typed.
    part.evaluate("""part => {
        window.readings = [];
        const reading = part.querySelector('.ip-reading');
        new MutationObserver(() => window.readings.push(reading.textContent)).observe(reading, {childList: true});
        const [availability, downtime] = ['availability', 'downtime_min'].map(name => part.querySelector(`[name=${name}]`));
        availability.value = '99';
        availability.dispatchEvent(new Event('change', {bubbles: true}));
        downtime.focus();
        downtime.value = '2';
        downtime.dispatchEvent(new Event('input', {bubbles: true}));
    }""")
    settle(part)
    first = NINES.answer(NINES.defaults | {"availability": "99"}, "availability")
    assert part.page.evaluate("window.readings[0]") == first.view.reading
    assert field(part, "downtime_min").input_value() == "2"
    part.page.keyboard.press("End")
    part.page.keyboard.type("0")
    part.page.keyboard.press("Enter")
    settle(part)
    check_shown(part, NINES.answer(NINES.defaults | {"downtime_min": "20"}, "downtime_min"), {})


def test_another_width_draws_anew_and_changes_no_value(again: BrowserContext, site: Site) -> None:
    part = open_explorer(again, site, "availability", NINES)
    type_in(part, "downtime_min", "20")
    before = shown(part)
    part.page.set_viewport_size({"width": 500, "height": 900})
    wait(part, "Number(part.dataset.drawn) > 1 && !part.hasAttribute('aria-busy')")
    after = shown(part)
    assert after["picture"] != before["picture"]
    assert after | {"picture": ""} == before | {"picture": ""}


# --- Tasks

MARKS = {"right": "✓ ", "wrong": "✗ ", "unanswered": ""}


def feedback_shown(part: Locator, feedback: Feedback) -> None:
    """Wait until the page says what Python says, and see that the right hints are open."""
    expected = f"{MARKS[feedback.status]}{feedback}"
    part.page.wait_for_function("([part, text]) => part.querySelector('.ip-feedback').textContent === text", arg=[part.element_handle(), expected])
    if feedback.hint is not None:
        # Two wrong answers may get the same words; then the hint tells that the second was judged.
        expect(part.locator(".ip-hint").nth(feedback.hint)).to_have_attribute("open", "")


def open_hints(part: Locator) -> int:
    return part.locator(".ip-hint[open]").count()


@pytest.mark.parametrize("slug", CHAPTERS)
def test_tasks_are_judged_as_in_python(again: BrowserContext, site: Site, slug: str) -> None:
    page = again.new_page()
    path = site.page_with(slug, f"task-{chapter(slug).TASKS[0].id}")
    page.goto(f"{site.address}/{path}")
    for task in chapter(slug).TASKS:
        part = page.locator(f"#task-{task.id}")
        # A part of the chapter may fold its tasks away.
        part.evaluate("part => { for (let fold = part.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true; }")
        expected = task.expected(task.parameters())
        if isinstance(task, NumericTask):
            right, wrong = task.shown(expected), [task.shown(expected * factor) for factor in (0.3, 0.4)]
        elif isinstance(task, ChoiceTask):
            right, wrong = expected, [option.key for option in task.options(task.parameters()) if option.key != expected]
        elif isinstance(task, OrderingTask):
            right = list(expected)
            wrong = [right[::-1], [*right[1:], right[0]]]
        elif isinstance(task, SeveralTask):
            right = set(expected)
            wrong = [right ^ {option.key} for option in task.options(task.parameters()) if right != {option.key}]
        else:
            raise NotImplementedError(f"{type(task).__name__}: add how a reader answers it")

        part.evaluate(OPEN_FOLDS)
        if not isinstance(task, OrderingTask):  # which always stands in some order
            part.locator(".ip-check").press("Enter")
            feedback_shown(part, task.check(None))
        assert open_hints(part) == 0
        for attempt, answer in enumerate(wrong[:2], 1):
            give(part, answer)
            feedback = task.check(answer, attempt=attempt)
            assert (feedback.status, feedback.hint) == ("wrong", attempt - 1)
            feedback_shown(part, feedback)
            assert open_hints(part) == attempt
        give(part, right)
        feedback = task.check(right)
        assert feedback.status == "right"
        feedback_shown(part, feedback)


# A task may stand in a folded part of its page.
OPEN_FOLDS = "part => { for (let fold = part.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true; }"


def give(part: Locator, answer: str | list[str] | set[str]) -> None:
    """Answer a task with the keyboard, and press Enter: a list is an order, a set what holds of several."""
    if isinstance(answer, list):
        for place, key in enumerate(answer):
            while part.locator("li").nth(place).get_attribute("data-key") != key:
                part.locator(f"li[data-key={key}] .ip-up").press("Enter")
        part.locator(".ip-check").press("Enter")
    elif isinstance(answer, set):
        for box in part.locator("[name=answer]").all():
            if box.is_checked() != (box.get_attribute("value") in answer):
                box.press("Space")
        part.locator(".ip-check").press("Enter")
    elif part.get_attribute("data-kind") == "numeric":
        part.locator("[name=answer]").press("Control+a")
        part.page.keyboard.type(answer)
        part.page.keyboard.press("Enter")
    else:
        option = part.locator(f"[name=answer][value='{answer}']")
        option.press("Space")
        option.press("Enter")


def test_units_are_read_and_slips_cost_no_hint(again: BrowserContext, site: Site) -> None:
    page = again.new_page()
    page.goto(f"{site.address}/{CHAPTER_PAGE}")
    part = page.locator(f"#task-{MONTH_BUDGET.id}")
    for answer, status in (("259,2", "wrong"), ("nan", "wrong"), ("259.2", "right"), ("259.2 min", "right"), ("4.32 h", "right")):
        give(part, answer)
        feedback = MONTH_BUDGET.check(answer)
        assert (feedback.status, feedback.hint) == (status, None)
        feedback_shown(part, feedback)
    assert open_hints(part) == 0
    give(part, "7")
    feedback_shown(part, MONTH_BUDGET.check("7", attempt=1))
    assert open_hints(part) == 1


TAKES = {"draw": lambda rng: {}, "book": {}, "objective": 1, "hints": lambda p: ("First hint.", "Second hint.")}
OPTIONS = tuple(Option(key, f"Step {key}", f"About {key}.") for key in "abcd")
ORDER = OrderingTask(id="order", title="An order", prompt=lambda p: "Which order?", expected=lambda p: ("b", "a", "c", "d"), options=lambda p: OPTIONS, **TAKES)
SEVERAL = SeveralTask(id="several", title="Several", prompt=lambda p: "Which hold?", expected=lambda p: {"b", "d"}, options=lambda p: OPTIONS, **TAKES)

@pytest.fixture
def task_page(reader: BrowserContext, site: Site) -> Page:
    """Kinds of task that no chapter may have."""
    tasks = {task.id: task for task in (ORDER, SEVERAL)}
    parts = [
        render("task.html", task=task, kind=KINDS[type(task)], parameters={}, slug="test", prefix=f"task-{task.id}", right=task.check(task.expected({})))
        for task in tasks.values()
    ]
    return made_page(reader, site, parts, lambda asked: vars(tasks[asked["id"]].check(asked["answer"], attempt=asked["attempt"])))


def test_an_order_is_moved_and_judged_by_keyboard(task_page: Page) -> None:
    part = task_page.locator("#task-order")

    def order() -> list[str]:
        return part.locator("li").evaluate_all("items => items.map(item => item.dataset.key)")

    def press(button: str, key: str) -> None:
        part.locator(f"li[data-key={key}] .ip-{button}").press("Enter")
        assert part.locator(f"li[data-key={key}] .ip-{button}").evaluate("button => button === document.activeElement"), "focus moves along"

    def check(attempt: int) -> Feedback:
        part.locator(".ip-check").press("Enter")
        feedback = ORDER.check(order(), attempt=attempt)
        feedback_shown(part, feedback)
        return feedback

    press("up", "a")
    assert order() == ["a", "b", "c", "d"], "the first cannot go up"
    assert check(1).hint == 0
    press("down", "a")
    press("up", "d")
    assert order() == ["b", "a", "d", "c"]
    assert check(2).hint == 1
    press("down", "d")
    press("down", "d")
    assert order() == ["b", "a", "c", "d"]
    assert check(3).status == "right"


def test_several_options_are_chosen_and_judged_by_keyboard(task_page: Page) -> None:
    part = task_page.locator("#task-several")
    chosen: list[str] = []
    for attempt, (key, status) in enumerate([("", "unanswered"), ("b", "wrong"), ("c", "wrong"), ("d", "wrong"), ("c", "right")]):
        if key:
            part.locator(f"[value={key}]").press("Space")
            chosen = sorted({key} ^ set(chosen))
        part.locator(".ip-check").press("Enter")
        feedback = SEVERAL.check(chosen or None, attempt=attempt)
        assert feedback.status == status
        feedback_shown(part, feedback)


# --- Starting Python


def test_coming_near_starts_python_without_a_word(reader: BrowserContext, site: Site) -> None:
    page = reader.new_page()
    page.goto(f"{site.address}/{CHAPTER_PAGE}")
    page.locator(".ip-explorer").first.scroll_into_view_if_needed()
    page.wait_for_selector("html[data-python=fresh]", state="attached")
    assert set(page.locator(".ip-status").all_text_contents()) == {""}


def test_a_connection_that_saves_data_waits_for_the_first_touch(new_reader: NewReader, site: Site) -> None:
    reader = new_reader()
    reader.add_init_script(SAVE_DATA)
    site.sent.clear()
    part = open_explorer(reader, site, "availability", NINES)
    part.hover()
    slider(part, "availability").focus()
    part.page.wait_for_load_state("networkidle")
    assert part.page.workers == []
    assert [path for path in site.sent if path.startswith("/runtime/")] == []
    move(part, NINES, "availability", NINES.controls[0].shown_stops[13], lambda: slider(part, "availability").press("ArrowRight"))


def test_a_second_visit_starts_from_the_snapshot_and_loads_nothing(reader: BrowserContext, site: Site) -> None:
    first = reader.new_page()
    first.goto(f"{site.address}/book/index.html")  # its explorer is in view
    first.wait_for_selector("html[data-python=fresh]", state="attached")
    assert first.evaluate(SNAPSHOT_KEPT)
    first.close()
    assert [path for path in site.sent if path.startswith("/runtime/")]
    site.sent.clear()
    page = reader.new_page()
    page.goto(f"{site.address}/{CHAPTER_PAGE}")
    part = page.locator("#explorer-stack")
    part.locator(".ip-slider").first.press("ArrowRight")
    settle(part)
    assert page.locator("html").get_attribute("data-python") == "snapshot"
    stack = next(explorer for explorer in chapter("availability").EXPLORERS if explorer.id == "stack")
    check_shown(part, stack.answer(shown(part)["controls"]), {})
    assert [path for path in site.sent if path.startswith("/runtime/")] == []


@pytest.mark.parametrize("how", ["missing", "refused"])
@pytest.mark.parametrize("file", ["worker-*.mjs", "pyodide.asm.wasm", "infrapm-*.zip", "chapter-*.zip"])
def test_without_its_runtime_the_page_says_so_and_the_rest_works(reader: BrowserContext, site: Site, file: str, how: str) -> None:
    reader.route(f"**/{file}", lambda route: route.fulfill(status=404) if how == "missing" else route.abort())
    part = open_explorer(reader, site, "availability", NINES)
    page, before = part.page, shown(part)
    to = before["positions"]["availability"] + 1
    slider(part, "availability").press("ArrowRight")
    wait(part, "part.querySelector('.ip-status').textContent.startsWith('Python could not be loaded')")
    settle(part)
    assert part.locator(".ip-status").is_visible()
    assert page.locator("#explorer-stack .ip-status").text_content() == "", "only a touched part speaks"
    after = shown(part)
    assert after["controls"]["availability"] == NINES.controls[0].shown_stops[to], "the control stays usable"
    assert (after["reading"], after["picture"], after["table"]) == (before["reading"], before["picture"], before["table"])
    page.goto(f"{site.address}/{CHAPTER_PAGE}")
    part = page.locator(".ip-task").first
    give(part, "43.2")
    wait(part, "part.querySelector('.ip-status').textContent.startsWith('Python could not be loaded')")
    assert part.locator(".ip-feedback").text_content() == ""
    part.locator("summary").first.click()
    assert part.locator(".ip-hint p").first.is_visible()


def test_without_the_chart_library_words_and_table_are_right(reader: BrowserContext, site: Site) -> None:
    library = "**/vega-*.js"
    reader.route(library, lambda route: route.abort())
    part = open_explorer(reader, site, "availability", NINES)
    before = shown(part)
    slider(part, "availability").press("ArrowRight")
    wait(part, "part.querySelector('.ip-status').textContent.startsWith('The chart library could not be loaded')")
    settle(part)
    seen = shown(part)
    answer = NINES.answer(NINES.defaults | {"availability": seen["controls"]["availability"]}, "availability")
    assert seen["reading"] == answer.view.reading != before["reading"]
    assert seen["table"][1:] == [list(row) for row in answer.view.table.rows] != before["table"][1:]
    assert seen["picture"] == before["picture"] and "so the picture is an old one" in seen["status"]
    reader.unroute(library)
    to = seen["positions"]["availability"] + 1
    move(part, NINES, "availability", NINES.controls[0].shown_stops[to], lambda: slider(part, "availability").press("ArrowRight"))


# --- Every page


def test_pages_ask_no_other_host_and_leave_the_console_quiet(reader: BrowserContext, site: Site) -> None:
    asked: list[str] = []
    said: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("response", lambda response: said.append(f"{response.status} {response.url}") if response.status >= 400 else None)
    reader.on("console", lambda message: said.append(f"{message.type}: {message.text} {message.location['url']}") if message.type in ("error", "warning") else None)
    for path in ("", *site.pages(), "search.html?q=availability"):
        page = reader.new_page()
        page.goto(f"{site.address}/{path}")
        if not path:
            page.wait_for_url("**/book/index.html")  # the root leads to the front page
        for part in page.locator(".ip-explorer").all():
            nudge(part)
            assert part.get_attribute("data-drawn"), "a picture was drawn"
        page.wait_for_load_state("networkidle")
        page.close()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((f"{site.address}/", "data:", "blob:"))] == []
    assert [text for text in said if not any(allowed in text for allowed in ALLOWED_ON_CONSOLE)] == []


FOCUSED = """() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    const part = document.activeElement.closest('.ip-explorer, .ip-task');
    const all = part && [...part.querySelectorAll('input, select, button, summary')];
    return { part: part?.id, nth: all?.indexOf(document.activeElement), of: all?.length,
        outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth), what: document.activeElement.outerHTML.slice(0, 100) };
}"""


def test_with_the_keyboard_alone_everything_is_reached(again: BrowserContext, site: Site) -> None:
    page = again.new_page()
    page.goto(f"{site.address}/{CHAPTER_PAGE}")
    explorer, task = (page.locator(kind).first for kind in (".ip-explorer", ".ip-task"))
    wanted = {part.get_attribute("id"): part.locator("input, select, button, summary").count() for part in (explorer, task)}
    reached: dict[str, list[int]] = {id: [] for id in wanted}
    for _ in range(150):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["outline"] >= 2, f"no visible focus on {focused['what']}"
        if focused["part"] in reached:
            reached[focused["part"]].append(focused["nth"])
        if {id: len(places) for id, places in reached.items()} == wanted:
            break
    assert reached == {id: list(range(count)) for id, count in wanted.items()}
    task.locator("summary").last.focus()
    page.keyboard.press("Enter")
    assert task.locator("details").last.get_attribute("open") is not None
    page.keyboard.press("Space")
    assert task.locator("details").last.get_attribute("open") is None


def set_width(page: Page, width: int) -> None:
    """Change the width, and wait until all has moved to its place and live pictures are drawn for it."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("""async () => {
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        await Promise.allSettled(document.getAnimations().map(animation => animation.finished));
    }""")
    for part in page.locator(".ip-explorer").all():
        settle(part)


def test_at_any_width_nothing_is_cut_off(again: BrowserContext, site: Site) -> None:
    for path in site.pages():
        page = again.new_page()
        page.goto(f"{site.address}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        for live in (False, True) if path == CHAPTER_PAGE else (False,):
            if live:
                show_error_and_answers(page)
            for width in (320, 390, 1440, 3840):
                set_width(page, width)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
                assert page.evaluate(CUT_OFF) == [], f"{path} at {width}"
        page.close()


def show_error_and_answers(page: Page) -> None:
    """Move every explorer, give the first a bad value, and answer the first task wrongly."""
    for part in page.locator(".ip-explorer").all():
        nudge(part)
    part = page.locator(".ip-explorer").first
    type_in(part, part.locator("input[name]").first.get_attribute("name"), "99,95")
    assert part.locator(".ip-error:visible").count() == 1
    for task in page.locator(".ip-task[data-kind=numeric]").all()[:1]:
        give(task, "7")
        wait(task, "part.dataset.status === 'wrong'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(regular: BrowserContext, site: Site, scheme: str) -> None:
    """As a page opens and with everything open, wide and narrow: in one scheme the one, in the other the other."""
    for path in site.pages():
        page = regular.new_page()
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{site.address}/{path}")
        assert page.locator("html").get_attribute("data-theme") == scheme
        page.add_script_tag(path=AXE)
        at_first, live = (390, 1440) if scheme == "light" else (1440, 390)
        set_width(page, at_first)
        assert axe_violations(page) == [], f"{path} at {at_first}"
        if page.locator(".ip-explorer").count():
            page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
            show_error_and_answers(page)
            set_width(page, live)
            assert axe_violations(page) == [], f"{path} at {live}, everything open"
        page.close()


MOVING = """() => [...document.querySelectorAll('*')].filter(item => {
    const { transitionDuration, animationName } = getComputedStyle(item);
    return animationName !== 'none' || transitionDuration.split(', ').some(time => time !== '0s');
}).length"""


def test_nothing_moves_for_readers_who_ask_for_no_motion(new_reader: NewReader, site: Site) -> None:
    moving = {}
    for preference in ("no-preference", "reduce"):
        part = open_explorer(new_reader(reduced_motion=preference), site, "availability", NINES)
        if preference == "reduce":
            slider(part, "availability").press("ArrowRight")
            assert part.page.evaluate("document.getAnimations().length") == 0
            settle(part)
        moving[preference] = part.page.evaluate(MOVING)
    assert moving["reduce"] == 0 < moving["no-preference"]
