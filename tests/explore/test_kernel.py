"""The JupyterLab front: widgets driven by setting their values, and the four functions of a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from infrapm.exercises import CHAPTERS, availability, chapter
from infrapm.explore.controls import Choice, Number, Several, Toggle
from infrapm.explore.explorer import Explorer, Table, View
from infrapm.explore.kernel import Panel, notebook, prompt_markdown
from infrapm.explore.tasks import Option, OrderingTask, SeveralTask
from tests.fixtures.small_chapter import WORK

VEGA_LITE, HTML = "application/vnd.vegalite.v5+json", "text/html"
# By chapter and id: two chapters may each have an explorer "budget".
EXPLORERS = {f"{slug}-{explorer.id}": explorer for slug in CHAPTERS for explorer in chapter(slug).EXPLORERS} | {WORK.id: WORK}

SWITCH = Explorer(
    id="switch",
    title="A < B",
    lead="Switch & see.",
    controls=(Toggle("on", "On", False, help="<i>no markup</i>"), Number("size", "Size", "", low=1, high=9, default=2, whole=True)),
    view=lambda on, size: View("<svg/>", f"{size} < 10 is {on}", Table(("a&b",), (("<u>",),)), "Careful: <u>" if on else ""),
)


def parts_of(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts_of(child)


def row_of(panel: Panel, name: str) -> list[Any]:
    """Every widget in the row of one control."""
    (row,) = [list(parts_of(row)) for row in panel.box.children if panel.widgets[name] in parts_of(row)]
    return row


def told_beside(panel: Panel, name: str) -> str:
    """The alert in the row of one control."""
    alerts = [part.value for part in row_of(panel, name) if isinstance(part, ipywidgets.HTML) and "alert" in part.value]
    return " ".join(alerts)


def pictures(panel: Panel) -> list[dict[str, Any]]:
    assert {output["output_type"] for output in panel.picture.outputs} == {"display_data"}
    return [output["data"] for output in panel.picture.outputs]


def picture(panel: Panel) -> dict[str, Any]:
    (only,) = pictures(panel)
    return only


# --- The panel


@pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)
def test_every_slider_and_choice_moves_the_panel(explorer: Explorer) -> None:
    for control in explorer.controls:
        panel = Panel(explorer)
        if isinstance(control, Choice):
            moves = [(panel.widgets[control.name], key, key) for key, _ in control.options]
        elif isinstance(control, Number) and control.stops:
            stops = control.shown_stops
            moves = [(panel.sliders[control.name], stops[i], stops[i]) for i in (0, len(stops) // 2, -1)]
        elif isinstance(control, Several):
            keys, boxes = [key for key, _ in control.options], panel.widgets[control.name].children
            added = [key for key in keys if key not in control.default][: (control.most or len(keys)) - len(control.default)]
            moves = [
                (boxes[keys.index(added[-1])], True, control.shown(key for key in keys if key in (*control.default, added[-1]))),
                (boxes[keys.index(added[-1])], False, control.shown(control.default)),
            ] if added else []
        else:
            continue
        for widget, value, typed in moves:
            before = panel.typed  # an earlier move may have moved another control, too
            widget.value = value
            expected = explorer.answer(before | {control.name: typed}, changed=control.name)
            assert panel.answer.errors == expected.errors
            if expected.errors:  # such as a quorum larger than the replicas that there are
                assert all(sentence in told_beside(panel, name) for name, sentence in expected.errors.items())
                continue
            assert panel.answer.view == expected.view, (control.name, value)
            assert panel.typed == expected.controls
            assert {name: slider.index for name, slider in panel.sliders.items()} == expected.positions
            assert escape(expected.view.reading) in panel.words.value
            assert {drawn["text/plain"] for drawn in pictures(panel)} == {expected.view.reading}


@pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)
def test_the_picture_is_of_a_kind_that_jupyterlab_draws(explorer: Explorer) -> None:
    for drawn in pictures(Panel(explorer)):
        if HTML in drawn:
            place = BeautifulSoup(drawn[HTML], "html.parser").div
            assert place["role"] == "img" and place["aria-label"] == drawn["text/plain"]
            assert [part.name for part in place.find_all(recursive=False)] == ["svg"], "in the page, so that it takes its color"
        else:
            assert drawn[VEGA_LITE]["$schema"] == "https://vega.github.io/schema/vega-lite/v5.json"
            assert drawn[VEGA_LITE]["width"] > 0 and drawn[VEGA_LITE]["config"]["axis"]["labelColor"]
        assert set(drawn) - {HTML, VEGA_LITE} == {"text/plain"}


def test_several_pictures_are_shown_one_after_another() -> None:
    view = View(("<svg>a</svg>", "<svg>b</svg>"), "Two.", Table(("a",), (("b",),)))
    two = Explorer(id="two", title="Two", lead="Two.", controls=(Toggle("on", "On", False),), view=lambda on: view)
    assert [drawn["text/plain"] for drawn in pictures(Panel(two))] == ["Two.", "Two."]
    assert [BeautifulSoup(drawn[HTML], "html.parser").svg.text for drawn in pictures(Panel(two))] == ["a", "b"]


@pytest.mark.parametrize(
    "name, bad, sentence",
    [
        ("availability", "abc", "“abc” is not a number. Type digits, such as 99.95."),
        ("availability", "", "Type a number here."),
        ("availability", "0.999", "Availability goes from 10 to 100%. Percent, not a fraction: did you mean 99.9?"),
        ("availability", "99,9", "Write a point, not a comma: did you mean 99.9?"),
        ("availability", "<script>", "“<script>” is not a number. Type digits, such as 99.95."),
        ("downtime_min", "1e400", "“1e400” is too large to be a number here."),
        ("downtime_min", "-1", "Downtime in that window goes from 0 to 525600 min."),
        ("downtime_min", "60 days", "A month (30 days) has 43200 min."),
    ],
)
def test_a_bad_value_is_told_beside_its_control_and_the_picture_stays(name: str, bad: str, sentence: str) -> None:
    panel = Panel(availability.NINES)
    panel.widgets["availability"].value = "99.99"
    others = {field.value for other, field in panel.widgets.items() if other != name}
    drawn, words, position = picture(panel), panel.words.value, panel.sliders["availability"].index

    panel.widgets[name].value = bad
    assert escape(sentence) in told_beside(panel, name)
    assert [told_beside(panel, other) for other in panel.widgets if other != name] == ["", ""]
    assert panel.widgets[name].value == bad, "what was typed stays, to be mended"
    assert {field.value for other, field in panel.widgets.items() if other != name} == others
    assert (picture(panel), panel.words.value, panel.sliders["availability"].index) == (drawn, words, position)

    panel.widgets[name].value = {"availability": "99.95", "downtime_min": "21.6"}[name]
    assert told_beside(panel, name) == ""
    assert "21.6 min" in picture(panel)["text/plain"] and "21.6 min" in panel.words.value


def test_fields_and_sliders_follow_each_other() -> None:
    panel = Panel(availability.NINES)
    fields, slider = panel.widgets, panel.sliders["availability"]
    shown = lambda: (fields["availability"].value, fields["downtime_min"].value, slider.value)  # noqa: E731
    assert shown() == ("99.9", "43.2", "99.9")
    fields["availability"].value = "99.99"
    assert shown() == ("99.99", "4.32", "99.99")
    slider.value = "99"
    assert shown() == ("99", "432", "99")
    fields["window"].value = "year"
    assert shown() == ("99", "5256", "99")
    fields["downtime_min"].value = "87.6 h"
    assert shown() == ("99", "87.6 h", "99")
    fields["downtime_min"].value = "31536 s"
    assert shown() == ("99.9", "31536 s", "99.9")
    fields["availability"].value = "99.96"  # between two stops
    assert shown() == ("99.96", "210.24", "99.95")


def test_a_toggle_and_a_warning() -> None:
    panel = Panel(SWITCH)
    assert picture(panel)["text/plain"] == "2 < 10 is False"
    assert 'aria-label="2 &lt; 10 is False"' in picture(panel)[HTML] and "<svg/>" in picture(panel)[HTML]
    assert "Careful" not in panel.words.value
    panel.widgets["on"].value = True
    assert picture(panel)["text/plain"] == "2 < 10 is True"
    assert "Careful: &lt;u&gt;" in panel.words.value
    panel.widgets["size"].value = "3"
    assert picture(panel)["text/plain"] == "3 < 10 is True"
    panel.widgets["on"].value = False
    assert picture(panel)["text/plain"] == "3 < 10 is False"
    assert "Careful" not in panel.words.value


def pressed(panel: Panel, words: str) -> Any:
    """The button with these words, after it was pressed."""
    (button,) = [part for part in parts_of(panel.box) if isinstance(part, ipywidgets.Button) and part.description == words]
    button.click()
    return button


def test_rows_are_read_tidied_refused_and_reset_without_a_loss() -> None:
    panel = Panel(WORK)
    rows, book = panel.widgets["work"], WORK.defaults["work"]
    assert rows.value == book and "could" in book
    rows.value = "A\t1\t100\tmust"
    mine = "Item,Effort (weeks),Confidence (%),Rank\nA,1,100,must\n"
    assert rows.value == mine
    assert "1 rows, db, open: 1 weeks." in panel.words.value
    rows.value = "A\t1\t180\tmust"
    assert "Row 1, Confidence goes from 0 to 100%." in told_beside(panel, "work")
    assert rows.value == "A\t1\t180\tmust", "what was typed stays, to be mended"
    assert "1 rows, db, open: 1 weeks." in panel.words.value
    pressed(panel, "Reset")
    assert (rows.value, told_beside(panel, "work")) == (book, "")
    rows.value = "B,2,50,could"
    pressed(panel, "Reset")
    pressed(panel, "Reset")
    pressed(panel, "Back to my rows")
    assert rows.value.endswith("\nB,2,50,could\n")
    pressed(panel, "Back to my rows")
    assert rows.value == "A\t1\t180\tmust"
    assert pressed(panel, "Back to my rows").disabled is False
    assert rows.value.endswith("\nB,2,50,could\n")


def test_too_many_check_boxes_get_their_sentence() -> None:
    panel = Panel(WORK)
    dns, db, api = panel.widgets["parts"].children
    dns.value = True
    assert "dns and db" in picture(panel)["text/plain"]
    api.value = True
    assert "Parts: choose at most 2." in told_beside(panel, "parts")
    db.value = False
    assert told_beside(panel, "parts") == "" and "dns and api" in picture(panel)["text/plain"]


def test_words_are_shown_as_words_not_as_markup() -> None:
    panel = Panel(SWITCH)
    html = "".join(part.value for part in parts_of(panel.box) if isinstance(part, ipywidgets.HTML))
    for words in ("A < B", "Switch & see.", "2 < 10", "a&b", "<u>", "<i>no markup</i>"):
        assert escape(words) in html and words not in html


def test_what_a_notebook_stores_of_a_panel_can_be_read_and_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    Panel(availability.CREWS).show()
    view = availability.CREWS.answer({}).view
    table = [" | ".join(row) for row in (view.table.header, *view.table.rows)]
    assert shown[0]["text/plain"].splitlines() == ["Repair crews", view.reading, *table]
    model = shown[0]["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert isinstance(ipywidgets.widgets.widget._instances[model], ipywidgets.VBox)


# --- The functions of a notebook

several = SeveralTask(
    id="several", title="Several", objective=1, book={}, draw=lambda rng: {}, prompt=lambda p: "Which hold?",
    options=lambda p: (Option("a", "first", ""), Option("b", "second", "")), expected=lambda p: {"a"}, hints=lambda p: ("Hm.",),
)  # fmt: skip
ordering = OrderingTask(
    id="ordering", title="Ordering", objective=1, book={}, draw=lambda rng: {}, prompt=lambda p: "In which order?",
    options=lambda p: (Option("a", "first", ""), Option("b", "second", "")), expected=lambda p: ["b", "a"], hints=lambda p: ("Hm.",),
)  # fmt: skip


@pytest.fixture
def functions() -> Any:
    """show, ask, table and check, as a learner has them after a fresh start."""
    return notebook(availability.EXPLORERS, (*availability.TASKS, several, ordering))


HINTS = ["How many minutes are there in a quarter (90 days)?", "The promise leaves 0.2% of them.", "129600 min × 0.002."]


def test_hints_come_with_each_new_wrong_answer(functions: Any) -> None:
    *_, check = functions
    said = lambda answer: repr(check("month_budget", answer))  # noqa: E731
    assert said(None) == said(...) == said("") == "Not answered yet."
    assert said(1) == f"Keep working.\nHint: {HINTS[0]}"
    assert said(1) == f"Keep working.\nHint: {HINTS[0]}", "the cell was only run again"
    assert said(2) == f"Keep working.\nHint: {HINTS[1]}"
    assert said(None) == "Not answered yet."
    assert said(259.2).startswith("Got it. 4.32 h.")
    assert said(3) == f"Keep working.\nHint: {HINTS[2]}", "a right answer is not counted among the wrong"
    assert said(4) == said(1) == f"Keep working.\nHint: {HINTS[2]}"


def test_tasks_count_their_wrong_answers_apart(functions: Any) -> None:
    *_, check = functions
    check("month_budget", 1), check("month_budget", 2)
    assert repr(check("ceiling", 1)) == "Keep working.\nHint: Two of them leave 99.98%: in a row, availabilities multiply."


def test_an_unknown_task_gets_a_sentence(functions: Any) -> None:
    *_, check = functions
    assert repr(check("month", 1)) == (
        "There is no task 'month'; there are: month_budget, delivered, ceiling, spend, several, ordering."
    )


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError


def test_a_check_in_a_notebook_never_raises(functions: Any) -> None:
    *_, check = functions
    strange = [10**5000, Unprintable(), np.zeros((9, 9)), pd.DataFrame({"a": [1]}), pd.NA, [[1]], {"a": {}}, print, 1j]
    for task in ("month_budget", "delivered", "spend", "several", "ordering"):
        for answer in strange:
            assert repr(check(task, answer)).startswith("Keep working. "), (task, type(answer))


def test_a_table_becomes_a_data_frame(functions: Any) -> None:
    _, _, table, _ = functions
    assert table("delivered") == [
        {"incident": "1", "down, min": "12"},
        {"incident": "2", "down, min": "55"},
        {"incident": "3", "down, min": "6"},
        {"incident": "4", "down, min": "20"},
    ]
    assert pd.DataFrame(table("delivered")).astype({"down, min": float})["down, min"].sum() == 93


def test_a_seed_gives_other_numbers_to_every_function(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    _, ask, table, check = notebook(availability.EXPLORERS, availability.TASKS, seed=3)
    minutes = [float(row["down, min"]) for row in table("delivered")]
    assert minutes != [12, 55, 6, 20]
    ask("delivered")
    assert all(f"| {int(down)} |" in shown[0].data for down in minutes)
    assert repr(check("delivered", 1 - sum(minutes) / (365 * 24 * 60))).startswith("Got it.")


@pytest.mark.parametrize(
    "task, lines",
    [
        (availability.MONTH_BUDGET, ["**The budget of a promise**", "*Answer: a number (min).*"]),
        (availability.DELIVERED, ["| incident | down, min |", "| --- | --- |", "| 2 | 55 |", "*Answer: a fraction from 0 to 1.*"]),
        (availability.CEILING, ["*Answer: a number (dependencies).*"]),
        (availability.SPEND, ["- `third`: A third copy", "- `share`: Halving the shared-cause share", "*Answer: one key.*"]),
        (several, ["Which hold?", "- `a`: first", "*Answer: a list of all keys that hold.*"]),
        (ordering, ["In which order?", "- `b`: second", "*Answer: a list of the keys in order.*"]),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_a_question_as_markdown(task: Any, lines: list[str]) -> None:
    text = prompt_markdown(task).splitlines()
    assert task.prompt(task.parameters()) in text
    assert [line for line in lines if line not in text] == []
    assert not any(hint in "\n".join(text) for hint in task.hints(task.parameters()))
