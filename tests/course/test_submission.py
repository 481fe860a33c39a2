"""Submissions in parts: cells put in order, values brought out as data, answers judged."""

from __future__ import annotations

import json
import math
import subprocess
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrapm.classroom import seed_of
from infrapm.course import sandbox
from infrapm.course.judge import judge, shown
from infrapm.course.runner import carried, odd_things
from infrapm.course.submission import _take, answer_of, plain, put_in_order, read_cells
from infrapm.exercises import chapter, find
from tests.course.pupils import SLUG, needs_sandbox

RELEASED = (
    {"id": "setup", "source": "import x", "answer": False},
    {"id": "a", "source": "a = None", "answer": True},
    {"id": "a-check", "source": 'check("a", a)', "answer": False},
    {"id": "b", "source": "b = None", "answer": True},
    {"id": "b-check", "source": 'check("b", b)', "answer": False},
)


def cell(id: str, source: str, kind: str = "code") -> dict[str, Any]:
    return {"type": kind, "source": source, "ids": [id] if id else []}


def as_handed_out() -> list[dict[str, Any]]:
    return [cell(released["id"], released["source"]) for released in RELEASED]


def ordered(cells: list[dict[str, Any]]) -> tuple[list[tuple[str, str]], list[str]]:
    run, odd = put_in_order(cells, RELEASED)
    return [(one["id"], one["source"]) for one in run], odd


ALL = [(released["id"], released["source"]) for released in RELEASED]


def test_a_notebook_as_it_was_handed_out_stays_as_it_is() -> None:
    assert ordered(as_handed_out()) == (ALL, [])


def test_own_cells_stay_where_they_are_and_text_does_not_run() -> None:
    cells = as_handed_out()
    cells[1:1] = [cell("", "helper = 1"), cell("", "# Notes", "markdown")]
    cells[3]["source"] = "a = helper"
    assert ordered(cells) == ([ALL[0], ("", "helper = 1"), ("a", "a = helper"), *ALL[2:]], [])


def test_a_locked_cell_is_put_back() -> None:
    cells = as_handed_out()
    cells[2]["source"] = 'print("Got it")'
    assert ordered(cells) == (ALL, ["the locked cell a-check was edited"])
    cells[2] = cell("a-check", cells[2]["source"], "markdown")
    assert ordered(cells) == (ALL, ["the locked cell a-check was edited"])


@pytest.mark.parametrize("gone", ["setup", "a-check", "b-check"])
def test_a_locked_cell_that_is_gone_is_put_back_in_its_place(gone: str) -> None:
    cells = [one for one in as_handed_out() if one["ids"] != [gone]]
    assert ordered(cells) == (ALL, [f"the cell {gone} is missing"])


def test_an_answer_that_is_gone_stays_gone() -> None:
    cells = [one for one in as_handed_out() if one["ids"] != ["a"]]
    assert ordered(cells) == ([ALL[0], *ALL[2:]], ["the cell a is missing"])


def test_several_cells_that_are_gone_are_one_sentence() -> None:
    cells = [one for one in as_handed_out() if one["ids"] not in (["a"], ["a-check"])]
    run, odd = ordered(cells)
    assert odd == ["2 cells a, a-check are missing"] and ("a-check", 'check("a", a)') in run


def test_a_cell_that_is_there_twice_is_told_and_a_moved_check_follows_its_place() -> None:
    cells = [*as_handed_out(), cell("a", "a = 2"), cell("a-check", 'check("a", a)')]
    run, odd = ordered(cells)
    assert run == [*ALL, ("a", "a = 2"), ("a-check", 'check("a", a)')]
    assert odd == ["the cell a is there more than once", "the cell a-check is there more than once"]


@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=3))
def test_every_locked_cell_runs_whatever_was_done(order: list[int], dropped: list[int]) -> None:
    cells = [as_handed_out()[number] for number in order if number not in dropped]
    run, _ = ordered(cells)
    assert {id for id, _ in run} >= {"setup", "a-check", "b-check"}
    assert [source for id, source in run if id == "a-check"] == ['check("a", a)']


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["cell", "value", "calls", "number", "whole", "text", "list", "set", "other", "none", "odd", "name",
                                       "arguments", "named", "output", "error", "builtins_changed", "cells", "metadata", "source", "id"]), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.lists(JSON, max_size=6))
@settings(max_examples=300, deadline=None)
def test_whatever_is_sent_becomes_plain_data(lines: list[Any]) -> None:
    record: dict[str, Any] = {"values": {}, "calls": [], "outputs": {}, "errors": {}, "odd": []}
    cells = [{"id": "month_budget-check", "locked": True}, {"id": "", "locked": False}]
    _take([line for line in lines if isinstance(line, dict)], cells, record)
    json.dumps(record, allow_nan=False)
    verdicts = judge(SLUG, record, "AAAA-BBBB-CCCC")
    assert all(verdict.earned in (0.0, None) or verdict.status in ("right", "complete") for verdict in verdicts)


@given(JSON)
@settings(max_examples=300, deadline=None)
def test_whatever_a_file_holds_it_is_read_or_refused_with_a_sentence(value: Any) -> None:
    try:
        cells = read_cells(json.dumps(value).encode())
    except ValueError as problem:
        assert str(problem)
    else:
        assert all(isinstance(one["source"], str) for one in cells)
        put_in_order(cells, RELEASED)


# --- Values


class Always(float):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__

    def __abs__(self) -> float:
        return 0.0

    def __sub__(self, other: float) -> float:
        return 0.0


class Words(str):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__

    def strip(self, *_: object) -> Words:
        return self


@pytest.mark.parametrize(
    "value, answer",
    [
        (None, None), (..., None), (43.2, 43.2), (7, 7), (True, True), ("third", "third"), ([1, "a"], [1, "a"]), (("a", "b"), ["a", "b"]),
        ({"a", "b"}, {"a", "b"}), (np.float64(0.5), 0.5), (np.int64(7), 7), (Fraction(1, 4), 0.25), (10**400, math.inf), (math.inf, math.inf),
        (Always(3), 3.0), (Words("third"), "third"), ([Always(3)], [3.0]), (2**53 + 1, 2**53 + 1),
    ],
)  # fmt: skip
def test_a_value_comes_out_as_what_it_is(value: Any, answer: Any) -> None:
    sent = json.loads(json.dumps(carried(value)))
    got = answer_of(plain(sent))
    assert got == answer and type(got) is type(answer)


@pytest.mark.parametrize(
    "value", [pd.Series([1.0]), np.array([1.0]), Decimal("1"), {"a": 1}, 1j, object(), lambda: 1, ["a"] * 500, [["a"]], type, b"bytes", range(3)]
)
def test_what_no_task_takes_comes_out_as_its_kind(value: Any) -> None:
    task = find(chapter(SLUG).TASKS, "month_budget")
    feedback = task.check(answer_of(plain(json.loads(json.dumps(carried(value))))), 5)
    assert feedback.status == "wrong"
    if not isinstance(value, list):
        assert str(feedback) == str(task.check(value, 5))  # the same words as in JupyterLab


def test_a_nan_is_wrong_and_not_an_error() -> None:
    task = find(chapter(SLUG).TASKS, "delivered")
    assert task.check(answer_of(plain(carried(math.nan))), 5).status == "wrong"
    assert shown(plain(carried(math.nan))) == "nan"


class Hostile:
    def __getattribute__(self, name: str) -> Any:
        raise SystemError("no")


def test_an_object_that_fights_back_comes_out_as_its_kind() -> None:
    assert carried(Hostile()) == {"other": "Hostile"}


@given(st.floats(allow_nan=False), st.integers(1, 10**9))
def test_the_right_answer_is_right_however_it_is_carried(noise: float, seed: int) -> None:
    task = find(chapter(SLUG).TASKS, "month_budget")
    expected = task.expected(task.parameters(seed_of(str(seed))))
    assert task.check(answer_of(plain(json.loads(json.dumps(carried(expected))))), seed_of(str(seed))).status == "right"
    assert answer_of(plain(json.loads(json.dumps(carried(noise))))) == noise


@pytest.mark.parametrize(
    "source, found",
    [
        ("import os\nimport socket as s", ["os", "socket"]), ("x = open('a')", ["open"]), ("class A:\n    def __eq__(self, o): return True", ["__eq__"]),
        ("TASKS[0].expected(p)", ["TASKS", "expected"]), ("from infrapm.explore import tasks", ["infrapm.explore"]),
        ("from infrapm.models.availability import nines_of\nimport pandas, math", []), ("def f(:", []), ("x" * 10, []),
    ],
)  # fmt: skip
def test_what_answers_do_not_need_is_named(source: str, found: list[str]) -> None:
    assert odd_things([{"source": source, "locked": False}]) == found
    assert odd_things([{"source": source, "locked": True}]) == []


# --- The sandbox itself


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_ends_in_allowing_and_every_jump_stays_inside(machine: str) -> None:
    import struct

    rules = list(struct.iter_unpack("=HBBI", sandbox.seccomp_filter(machine)))
    assert rules[-1] == (0x06, 0, 0, 0x7FFF0000)
    for number, (code, if_true, if_false, _) in enumerate(rules):
        assert number + 1 + max(if_true, if_false) < len(rules) or code == 0x06


def test_an_unknown_processor_gets_a_sentence() -> None:
    with pytest.raises(sandbox.Stop, match="this is riscv64"):
        sandbox.seccomp_filter("riscv64")


@needs_sandbox
def test_it_works_without_root(tmp_path: Any) -> None:
    """As another user without any right: in a namespace of its own where this test is root."""
    import os
    import sys

    program = (
        "import os; from infrapm.course import sandbox; assert not sandbox.problem(), sandbox.problem();"
        f"job = {{'slug': {SLUG!r}, 'cells': [{{'source': 'import os\\nprint(os.getuid())\\nx = 6 * 7', 'locked': False, 'value': 'x'}}]}};"
        f"told = sandbox.run([{SLUG!r}], job, sandbox.Limits());"
        "caps = [line for line in open('/proc/self/status') if line.startswith('CapEff')][0].split()[1];"
        "print(os.getuid(), int(caps, 16), told.ended, told.lines[2]['value'], told.lines[2]['output'].strip())"
    )
    command = [sys.executable, "-c", program]
    if os.geteuid() == 0:
        command = ["bwrap", "--unshare-user", "--uid", "1234", "--gid", "1234", "--dev-bind", "/", "/", *command]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == ""
    user, capabilities, *told = done.stdout.split()
    assert int(user) != 0 and int(capabilities) == 0
    assert told == ["done", "{'whole':", "'42'}", "65534"]


@needs_sandbox
def test_what_a_student_sees_in_jupyterlab_runs(tmp_path: Any) -> None:
    source = (
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()\nfig.savefig('a.png')\n"
        "import asyncio\nawait asyncio.sleep(0)\nimport warnings\nwarnings.warn('careful')\n"
        "from IPython.display import Markdown, display\ndisplay(Markdown('# Hi'))\n%time sum(range(9))\nimport ipywidgets\nipywidgets.IntSlider()\n"
        "show('nines'); ask('spend'); x = len(table('delivered'))\nx"
    )
    setup = (
        f"from infrapm.exercises.{SLUG} import show\nfrom infrapm.classroom import exercises\n"
        f"ask, table, check = exercises({SLUG!r}, 'AAAA-BBBB-CCCC')"
    )
    cells = [{"source": setup, "locked": True, "value": None}, {"source": source, "locked": False, "value": "x"}]
    told = sandbox.run([SLUG], {"slug": SLUG, "cells": cells}, sandbox.Limits())
    assert told.ended == "done" and told.lines[3]["error"] == ""
    assert int(told.lines[3]["value"]["whole"]) >= 3 and told.lines[3]["output"].rstrip().endswith(told.lines[3]["value"]["whole"])


def test_without_a_sandbox_values_come_out_the_same() -> None:
    cells = [{"source": "import os\nx = os.getpid() * 0 + 6 * 7\nprint('hi')", "locked": False, "value": "x"}]
    told = sandbox.run([SLUG], {"slug": SLUG, "cells": cells}, sandbox.Limits(), unsafe=True)
    assert told.ended == "done" and told.lines[2]["value"] == {"whole": "42"} and told.lines[2]["output"] == "hi\n"


@needs_sandbox
def test_a_sandbox_that_does_not_start_is_nobody_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "RUNNER", sandbox.RUNNER.with_name("no-such-file.py"))
    with pytest.raises(RuntimeError, match="the sandbox did not start: bwrap: .*no-such-file.py"):
        sandbox.run([SLUG], {"slug": SLUG, "cells": []}, sandbox.Limits())
