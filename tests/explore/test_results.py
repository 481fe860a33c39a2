"""Results of models in a notebook: IPython's own formatters, and pandas frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from infrapm.explore.kernel import notebook
from infrapm.explore.results import frame, html_table, is_result, show_results_as_tables, value_text
from infrapm.models.availability import allowed_downtime, nines_of, repairable
from infrapm.models.capacity import fit_usl, min_servers_for_wait, mmc, region_failover
from infrapm.models.latency import any_slow, leaf_table, merge_hosts

BUDGET = allowed_downtime(0.999, "month")


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A shell of IPython, as in a notebook."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def shown(shell: InteractiveShell, value: object) -> dict[str, str]:
    data, _ = shell.display_formatter.format(value)
    return data


class Cells(HTMLParser):
    """The caption of a table and its rows, each a header and a cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.caption, self.rows, self.tags = "", [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1][-1] += data
        else:
            self.caption += data


# --- In IPython


def test_a_notebook_shows_results_as_tables_and_keeps_their_text(shell: InteractiveShell) -> None:
    assert "text/html" not in shown(shell, BUDGET)
    notebook((), ())
    data = shown(shell, BUDGET)
    assert data["text/plain"] == "Downtime(downtime_s=2592.0, nines=3.0)"
    table = Cells(data["text/html"])
    assert (table.caption, table.rows) == ("Downtime", [["downtime", "2,592 s"], ["nines", "3"]])


def test_names_read_as_a_reader_writes_them() -> None:
    table = Cells(html_table(any_slow(p=0.01, n=100)))
    assert (table.caption, table.rows[0][0]) == ("Any slow", "P(any slow)")
    table = Cells(html_table(mmc(arrival_per_s=1, service_s=0.5, servers=2)))
    assert table.caption == "M/M/c"
    assert ["P99 wait"] in [row[:1] for row in table.rows] and ["utilization"] in [row[:1] for row in table.rows]


def test_a_second_chapter_changes_nothing(shell: InteractiveShell) -> None:
    notebook((), ())
    first = shown(shell, BUDGET)
    notebook((), ())
    assert shown(shell, BUDGET) == first


def test_results_of_models_that_are_imported_later_show_too(shell: InteractiveShell) -> None:
    notebook((), ())
    shell.run_cell("from infrapm.models.incidents import *\nimport infrapm.models.incidents as later")
    result = shell.user_ns["later"].downtime_cost(minutes=43.2, usd_per_min=5_600)
    assert "241,920 USD" in shown(shell, result)["text/html"]


class Page:
    def _repr_html_(self) -> str:
        return "<b>mine</b>"


@dataclass(frozen=True)
class NotOurs:
    downtime_s: float


def test_other_objects_keep_what_they_show(shell: InteractiveShell) -> None:
    table = pd.DataFrame({"a": [1]})
    values = [table, Page(), NotOurs(1.0), 5, "<b>", None, [BUDGET], type(BUDGET), Page, lambda: 0]
    before = [shown(shell, value) for value in values]
    show_results_as_tables()
    after = [shown(shell, value) for value in values]
    assert before == after
    assert "text/html" in after[0] and after[1]["text/html"] == "<b>mine</b>" and "text/html" not in after[2]


def test_without_ipython_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    show_results_as_tables()  # no shell
    monkeypatch.delitem(__import__("sys").modules, "IPython")
    show_results_as_tables()


# --- The table


def test_rows_have_headers_that_say_so() -> None:
    table = Cells(html_table(repairable(999, 1)))
    assert [tag for tag, attributes in table.tags if tag == "th"] == ["th"] * 3
    assert all(attributes == {"scope": "row"} for tag, attributes in table.tags if tag == "th")
    assert table.rows == [["availability", "0.999"], ["cycles", "8.76 per year"], ["independent availability", "not defined"]]


def test_every_kind_of_value_has_words() -> None:
    queue = dict(Cells(html_table(mmc(12, 1, 10))).rows)
    assert queue["stable"] == "no" and queue["mean wait"] == "infinite s" and queue["utilization"] == "1.2"
    assert dict(Cells(html_table(min_servers_for_wait(8, 1, 0.2))).rows) == {"min servers": "12"}
    assert dict(Cells(html_table(region_failover(4, 1, 0.75))).rows) == {"utilization after": "1", "survives": "yes"}
    assert dict(Cells(html_table(leaf_table())).rows)["one leaf"] == "1, 5, 10 ms"


@pytest.mark.parametrize(
    "value, text",
    [
        (0.0, "0"), (3, "3"), (1234567, "1,234,567"), (1234567.891, "1,234,568"), (0.123456789, "0.123457"),
        (0.99999, "0.99999"), (0.999999999999, "0.999999999999"), (0.95, "0.95"), (1e-9, "1e-09"), (1e300, "1e+300"),
        (-0.5, "-0.5"), (float("inf"), "infinite"), (float("-inf"), "minus infinite"), ("page", "page"), ((), "none"),
        (tuple(range(12)), "0, 1, 2, 3, 4, 5, 6, 7 … (12 in all)"), ({"a": 0.25, "b": None}, "a: 0.25; b: not defined"),
        (((1, 0.5), (2, 0.25)), "1, 0.5; 2, 0.25"), (nines_of(0.999), "nines 3"), (BUDGET, "downtime 2,592 s, nines 3"),
    ],
)  # fmt: skip
def test_words_for_a_value(value: object, text: str) -> None:
    assert value_text(value) == text


def test_a_text_is_no_markup() -> None:
    assert "<td>&lt;b&gt;</td>" in html_table(_named("<b>"))


def _named(text: str) -> object:
    """A result that holds a text."""
    made = type("Named", (), {"__module__": "infrapm.models.made_up", "__annotations__": {"name": str}})
    return dataclass(frozen=True)(made)(text)


def test_what_is_a_result() -> None:
    assert is_result(BUDGET)
    assert not any(map(is_result, [type(BUDGET), NotOurs(1), {"downtime_s": 1}, None]))


# --- The frame


def test_a_list_of_results_has_a_row_each() -> None:
    table = frame([allowed_downtime(share, "month") for share in (0.99, 0.999)])
    assert list(table.columns) == ["downtime_s", "nines"]
    assert table["downtime_s"].tolist() == [25_920, 2_592]


def test_lists_of_one_length_are_columns() -> None:
    assert frame(leaf_table()).to_dict("list") == {
        "one_leaf_ms": [1, 5, 10], "p95_of_leaves_ms": [12, 32, 70], "all_leaves_ms": [40, 87, 140],
    }  # fmt: skip
    fit = fit_usl([1, 2, 4], [10, 19, 35])
    assert frame(fit)["fitted"].tolist() == list(fit.fitted) and len(frame(fit)) == 3
    assert frame(merge_hosts([[1, 2], [3]], 0.5))["per_host"].tolist() == [1, 3]


def test_other_results_have_one_row() -> None:
    assert frame(BUDGET).to_dict("records") == [{"downtime_s": 2592.0, "nines": 3.0}]


@pytest.mark.parametrize("wrong", [5, None, [], [BUDGET, 5], "text", {"a": BUDGET}])
def test_what_is_no_result_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="frame takes a result of a model, or a list of results; got"):
        frame(wrong)


def test_results_of_two_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="one kind; got Downtime, Nines"):
        frame([BUDGET, nines_of(0.9)])
