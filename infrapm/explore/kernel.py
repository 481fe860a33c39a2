"""The JupyterLab front: explorers as ipywidgets, tasks as text with a check.

Jupyter's packages are imported where they are used: a browser's Python has none of them.
"""

from collections.abc import Callable
from html import escape
from typing import Any

from .charts import FONT, with_look
from .controls import Choice, Control, Number, Rows, Several, Toggle
from .explorer import Answer, Explorer, Table, View
from .results import show_results_as_tables
from .tasks import ChoiceTask, Feedback, NumericTask, OrderingTask, SeveralTask, Task

_CHART_WIDTH = 640
_DRAWING = f"max-width: 480px; font-family: {FONT}"
_INK = "#8a8a8a"  # reads on JupyterLab's light and dark themes


class Panel:
    """An explorer's widgets, wired: every change asks the explorer and shows its answer.

    widgets: control name to the widget that holds its value. sliders: control name to its slider.
    answer: what the explorer said last.
    """

    def __init__(self, explorer: Explorer) -> None:
        import ipywidgets

        self.explorer = explorer
        self.answer: Answer = explorer.answer(explorer.defaults)
        self.widgets: dict[str, Any] = {}
        self.sliders: dict[str, Any] = {}
        self._errors: dict[str, Any] = {}
        self._updating = False
        self.picture = ipywidgets.Output()
        self.words = ipywidgets.HTML()
        rows = [self._row(control) for control in explorer.controls]
        self._draw(self.answer.view)
        self.box = ipywidgets.VBox(
            [ipywidgets.HTML(f"<b>{escape(explorer.title)}</b><br>{escape(explorer.lead)}"), *rows, self.picture, self.words]
        )

    def _row(self, control: Control) -> Any:
        """The widgets of one control: its input, its slider where it has one, its help and its error."""
        import ipywidgets

        widget = self._input(control)
        self.widgets[control.name] = widget
        shown_first = [widget]
        for part in widget.children if isinstance(control, Several) else [widget]:
            part.observe(lambda _change: self._changed(control.name), names="value")
        if isinstance(control, Number) and control.stops:
            slider = ipywidgets.SelectionSlider(
                options=control.shown_stops,
                index=self.answer.positions[control.name],
                readout=False,
            )
            slider.observe(lambda change: self._slid(control.name, change["new"]), names="value")
            self.sliders[control.name] = slider
            shown_first.append(slider)
        elif isinstance(control, Rows):
            shown_first = [ipywidgets.VBox([ipywidgets.HTML(f"<b>{escape(control.label)}</b>"), widget, self._rows_tools(control)])]
        elif isinstance(control, Several):
            shown_first = [ipywidgets.VBox([ipywidgets.HTML(f"<b>{escape(control.label)}</b>"), widget])]
        self._errors[control.name] = ipywidgets.HTML()
        help_text = ipywidgets.HTML(f"<small>{escape(control.help)}</small>")
        return ipywidgets.VBox([ipywidgets.HBox(shown_first), help_text, self._errors[control.name]])

    def _input(self, control: Control) -> Any:
        """The widget that holds a control's value; of several options, a box of check boxes."""
        import ipywidgets

        whole = {"description_width": "initial"}  # a label is never cut
        text = control.shown(control.default)
        if isinstance(control, Choice):
            options = [(option_label, key) for key, option_label in control.options]
            return ipywidgets.Dropdown(options=options, value=text, description=control.label, style=whole, layout={"width": "max-content"})
        if isinstance(control, Toggle):
            return ipywidgets.Checkbox(value=control.default, description=control.label, indent=False)
        if isinstance(control, Several):
            boxes = [ipywidgets.Checkbox(value=key in control.default, description=words, indent=False) for key, words in control.options]
            return ipywidgets.VBox(boxes)
        if isinstance(control, Rows):
            layout = {"width": "40em", "height": f"{min(len(control.default) + 3, 14) * 1.6}em"}
            return ipywidgets.Textarea(value=text, continuous_update=False, layout=layout)
        label = control.label + (f" ({control.unit})" if control.unit else "")
        return ipywidgets.Text(value=text, description=label, style=whole, continuous_update=False)

    def _rows_tools(self, control: Rows) -> Any:
        """Reset, and back: what the reader had written comes again at a second press."""
        import ipywidgets

        default = control.shown(control.default)
        reset = ipywidgets.Button(description="Reset")
        back = ipywidgets.Button(description="Back to my rows", disabled=True)
        mine: list[str] = []

        def to_default(_button: Any) -> None:
            if self.widgets[control.name].value != default:
                mine.append(self.widgets[control.name].value)
                back.disabled = False
            self.widgets[control.name].value = default

        def to_mine(_button: Any) -> None:
            if self.widgets[control.name].value != default:
                mine.insert(0, self.widgets[control.name].value)
            self.widgets[control.name].value = mine.pop()
            back.disabled = not mine

        reset.on_click(to_default)
        back.on_click(to_mine)
        return ipywidgets.HBox([reset, back])

    @property
    def typed(self) -> dict[str, str]:
        """The text of every control, as the explorer reads it."""
        return {control.name: self._text(control) for control in self.explorer.controls}

    def _text(self, control: Control) -> str:
        widget = self.widgets[control.name]
        if isinstance(control, Several):
            return control.shown(key for (key, _), box in zip(control.options, widget.children) if box.value)
        return control.shown(widget.value) if isinstance(control, Toggle) else widget.value

    def _slid(self, name: str, text: str) -> None:
        if not self._updating:
            self.widgets[name].value = text

    def _changed(self, name: str) -> None:
        if self._updating:
            return
        self.answer = self.explorer.answer(self.typed, changed=name)
        self._updating = True
        try:
            self._show_controls()
        finally:
            self._updating = False
        if self.answer.view:
            self._draw(self.answer.view)

    def _show_controls(self) -> None:
        """Bring fields and sliders in step with the answer, and each bad value to its sentence."""
        for control in self.explorer.controls:
            sentence = self.answer.errors.get(control.name, "")
            self._errors[control.name].value = f'<span role="alert">⚠ {escape(sentence)}</span>' if sentence else ""
            if sentence:
                continue
            widget, text = self.widgets[control.name], self.answer.controls[control.name]
            if isinstance(control, Several):
                for (key, _), box in zip(control.options, widget.children):
                    box.value = key in text.split()
            else:
                widget.value = control.read(text) if isinstance(control, Toggle) else text
            if isinstance(control, Number) and control.stops:
                self.sliders[control.name].index = self.answer.positions[control.name]

    def _draw(self, view: View) -> None:
        pictures = view.picture if isinstance(view.picture, tuple) else (view.picture,)
        # Set, not displayed: a notebook that is run by a test has no place for messages of its own.
        self.picture.outputs = tuple(
            {"output_type": "display_data", "data": _mime(picture, view.reading) | {"text/plain": view.reading}, "metadata": {}}
            for picture in pictures
        )
        warning = f"<p>⚠ {escape(view.warning)}</p>" if view.warning else ""
        self.words.value = f"<p>{escape(view.reading)}</p>{warning}{_html_table(view.table)}"

    def show(self) -> None:
        """Display the panel; its plain text is the reading and the table, so that a test can compare it."""
        from IPython.display import display

        view = self.answer.view
        plain = "\n".join([self.explorer.title, view.reading, *(" | ".join(row) for row in (view.table.header, *view.table.rows))])
        display(
            {
                "application/vnd.jupyter.widget-view+json": {
                    "model_id": self.box.model_id,
                    "version_major": 2,
                    "version_minor": 0,
                },
                "text/plain": plain,
            },
            raw=True,
        )


def _mime(picture: dict[str, Any] | str, reading: str) -> dict[str, Any]:
    if isinstance(picture, str):
        # In the page, not as an image file: so it takes the theme's color of text.
        return {"text/html": f'<div role="img" aria-label="{escape(reading)}" style="{_DRAWING}">{picture}</div>'}
    return {"application/vnd.vegalite.v5+json": with_look(picture, _CHART_WIDTH, _INK)}


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    apart = "text-align: left; border-spacing: 1em 0; border-collapse: separate"
    return f'<table style="{apart}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def prompt_markdown(task: Task, seed: int = 0) -> str:
    """The question as Markdown, with its data and how to answer."""
    parameters = task.parameters(seed)
    lines = [f"**{task.title}**", "", task.prompt(parameters)]
    if task.data:
        data = task.data(parameters)
        lines += ["", "| " + " | ".join(data.header) + " |", "|" + " --- |" * len(data.header)]
        lines += ["| " + " | ".join(row) + " |" for row in data.rows]
    if isinstance(task, NumericTask):
        unit = "a fraction from 0 to 1" if task.unit == "%" else f"a number ({task.unit})" if task.unit else "a number"
        lines += ["", f"*Answer: {unit}.*"]
    elif isinstance(task, ChoiceTask | SeveralTask | OrderingTask):
        lines += ["", *(f"- `{option.key}`: {option.text}" for option in task.options(parameters))]
        how = {ChoiceTask: "one key", SeveralTask: "a list of all keys that hold", OrderingTask: "a list of the keys in order"}
        lines += ["", f"*Answer: {how[type(task)]}.*"]
    return "\n".join(lines)


class _Told:
    """A feedback that shows as its text, in a notebook's output too."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def notebook(
    explorers: tuple[Explorer, ...], tasks: tuple[Task, ...], seed: int = 0
) -> tuple[Callable[[str], None], Callable[[str], None], Callable[[str], list[dict[str, str]]], Callable[[str, Any], _Told]]:
    """The four functions of a chapter's notebook: show an explorer, ask a task, its table, check an answer.

    From then on, IPython shows the results of models as tables.
    """
    show_results_as_tables()
    wrong_answers: dict[str, list[str]] = {}
    explorer_by_id = {explorer.id: explorer for explorer in explorers}
    task_by_id = {task.id: task for task in tasks}

    def show(id: str) -> None:
        """Show an explorer of this chapter."""
        Panel(explorer_by_id[id]).show()

    def ask(id: str) -> None:
        """Show the question of a task."""
        from IPython.display import Markdown, display

        display(Markdown(prompt_markdown(task_by_id[id], seed)))

    def table(id: str) -> list[dict[str, str]]:
        """The rows of a task's data, for a pandas DataFrame."""
        data = task_by_id[id].data(task_by_id[id].parameters(seed))
        return [dict(zip(data.header, row)) for row in data.rows]

    def check(id: str, answer: Any) -> _Told:
        """Say whether an answer is right; a wrong one gets the next hint. Never raises for an answer."""
        if id not in task_by_id:
            return _Told(f"There is no task {id!r}; there are: {', '.join(task_by_id)}.")
        task = task_by_id[id]
        wrong = wrong_answers.setdefault(id, [])
        given = _text_of(answer)
        if given not in wrong:
            wrong.append(given)
        feedback = task.check(answer, seed, attempt=len(wrong))
        if feedback.status != "wrong" and given in wrong:
            wrong.remove(given)
        return _Told(feedback_text(task, feedback, seed))

    return show, ask, table, check


def _text_of(answer: Any) -> str:
    """An answer as text, to tell one wrong answer from another."""
    try:
        return repr(answer)
    except Exception:  # a whole number of thousands of digits, or an object of the learner's own
        return f"a {type(answer).__name__} that cannot be printed"


def feedback_text(task: Task, feedback: Feedback, seed: int = 0) -> str:
    """The feedback with its hint, as one text."""
    hint = "" if feedback.hint is None else f"\nHint: {task.hints(task.parameters(seed))[feedback.hint]}"
    return f"{feedback}{hint}"
