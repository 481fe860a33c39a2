"""A class to grade: notebooks as students hand them in, right, wrong, blank, and hostile."""

from __future__ import annotations

import ast
import json
import platform
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from infrapm.classroom import seed_of
from infrapm.course import sandbox
from infrapm.course.folder import Course
from infrapm.course.questions import questions
from infrapm.course.roster import Student
from infrapm.course.runner import carried
from infrapm.course.submission import variable_of
from infrapm.exercises import chapter
from infrapm.exercises._content import content

REASON = "It takes one dependency out of the row, and that saves what the dependency fails."
ESSAY = (
    "Offer a lower level for authorizations only, measured at our edge. Three dependencies in a row cap what we can give, and a median "
    "restore of 25 minutes spends many months of the promise. If no month until June passes 15 minutes of downtime, we offer more on 1 July."
)

Answers = dict[str, str]

SLUG = "availability"
NAMES = ("Ann Lee", "Bob Ray", "Cem Öz", "Dana Van Horn")

needs_sandbox = pytest.mark.skipif(platform.system() != "Linux", reason="the sandbox needs Linux")


def students(*names: str) -> tuple[Student, ...]:
    """Students whose id is their first name."""
    return tuple(Student(name.split()[0].lower(), name, {"Login": f"{name.split()[0].lower()}@example.edu"}) for name in names)


def quiet(what: str, total: int) -> nullcontext:
    """A progress bar that shows nothing."""
    bar = SimpleNamespace(n=0)

    def update() -> None:
        bar.n += 1

    bar.update = update
    return nullcontext(bar)


def released(course: Course, slug: str = SLUG) -> NotebookNode:
    """The notebook that went out."""
    return nbformat.read(course.path / "release" / slug / f"{slug}.ipynb", as_version=4)


def stand_in(slugs: Any, job: dict[str, Any], limits: Any, unsafe: bool = False) -> sandbox.Outcome:
    """What the sandbox would send for notebooks that hold nothing but constants."""
    names: dict[str, Any] = {}
    lines: list[dict[str, Any]] = [{"odd": []}]
    for number, cell in enumerate(job["cells"]):
        calls = []
        for statement in ast.parse(cell["source"]).body:
            if isinstance(statement, ast.Assign):
                try:
                    value = ast.literal_eval(statement.value)
                    targets = statement.targets[0]
                    pairs = zip(targets.elts, value) if isinstance(targets, ast.Tuple) else [(targets, value)]
                    names |= {target.id: given for target, given in pairs}  # type: ignore[attr-defined]
                except ValueError:
                    pass
            elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and isinstance(statement.value.func, ast.Name):
                call = statement.value
                if call.func.id in ("decide", "predict", "judge"):  # type: ignore[attr-defined]

                    def value_of(node: ast.expr) -> dict[str, Any]:
                        return carried(names[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node))

                    named = {str(keyword.arg): value_of(keyword.value) for keyword in call.keywords}
                    calls.append({"name": call.func.id, "arguments": [value_of(node) for node in call.args], "named": named})  # type: ignore[attr-defined]
        line: dict[str, Any] = {"cell": number, "error": "", "output": "", "calls": calls}
        if cell["value"]:
            line["value"] = carried(names.get(cell["value"]))
        lines.append(line)
    return sandbox.Outcome([*lines, {"builtins_changed": []}, {"done": True}], "done", 0.0)


def blank(copy: NotebookNode) -> NotebookNode:
    """The notebook as it was handed out."""
    return nbformat.from_dict(json.loads(json.dumps(copy)))


def right_values(slug: str, code: str) -> dict[str, Any]:
    """The right answer to every task, for the numbers of a code, by its id."""
    values = {}
    for task in chapter(slug).TASKS:
        expected = task.expected(task.parameters(seed_of(code)))
        values[task.id] = sorted(expected) if isinstance(expected, set | frozenset) else list(expected) if isinstance(expected, tuple) else expected
    return values


def answers(slug: str, copy: NotebookNode, values: dict[str, Any], essay: str = ESSAY, reason: str = REASON) -> Answers:
    """The code of every answer cell: the values for the tasks, and complete commitments."""
    words = content(slug)
    sources = {cell.id: cell.source for cell in copy.cells}
    code = {}
    for question in questions(slug):
        if question.kind == "task":
            name = variable_of(question, sources[question.graded])
            code[question.cell] = f"{name} = {values[question.key]!r}"
        elif question.key in ("decide", "again"):
            again = ", again=True" if question.key == "again" else ""
            code[question.cell] = f"decide({words.decision.options[0].key!r}, 70, {reason!r}{again})"
        elif question.key == "anchors":
            code[question.cell] = f"bands = {[3] * len(words.judgment.anchors)}\njudge(anchors=bands)"
        elif question.key == "answer":
            code[question.cell] = f"answer = {essay!r}\nown_band = 3\njudge(answer=answer, own_band=own_band)"
        else:
            choice = {pack.id: pack for pack in words.evidence}.get(question.key) or words.prediction(question.key)
            code[question.cell] = f"predict({question.key!r}, {choice.options[0].key!r}, 80)"
    return code


def filled(copy: NotebookNode, code: Answers) -> NotebookNode:
    """A copy of a notebook with other sources in some cells."""
    notebook = blank(copy)
    for cell in notebook.cells:
        cell.source = code.get(cell.id, cell.source)
    return notebook


def right(slug: str, copy: NotebookNode, code: str, **words: str) -> NotebookNode:
    """Everything answered, every task right."""
    return filled(copy, answers(slug, copy, right_values(slug, code), **words))


def wrong(slug: str, copy: NotebookNode) -> NotebookNode:
    """Everything answered, every task wrong."""
    return filled(copy, answers(slug, copy, {task.id: _wrong(task) for task in chapter(slug).TASKS}))


def _wrong(task: Any) -> Any:
    expected, keys = task.expected(task.book), [option.key for option in task.options(task.book)] if hasattr(task, "options") else []
    return -12345.6 if not keys else "no-such-key" if isinstance(expected, str) else ["no-such-key"]


def partial(slug: str, copy: NotebookNode, code: str, tasks: int) -> NotebookNode:
    """The first tasks right, and nothing else."""
    values = right_values(slug, code)
    wanted = [question for question in questions(slug) if question.kind == "task"][:tasks]
    sources = {cell.id: cell.source for cell in copy.cells}
    return filled(copy, {q.cell: f"{variable_of(q, sources[q.graded])} = {values[q.key]!r}" for q in wanted})


def with_code(copy: NotebookNode, source: str, at: int = 2) -> NotebookNode:
    """A notebook with a cell of the student's own near the top, run after the setup."""
    notebook = blank(copy)
    notebook.cells.insert(at, nbformat.v4.new_code_cell(source))
    return notebook


def save(notebook: NotebookNode, path: Path) -> Path:
    """Write a notebook, as JupyterLab would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


# --- What hostile students put into a cell of their own. Each leaves its loot in the output.

HOSTILE: dict[str, str] = {
    "reads-files": """
import os
loot = []
for place in PLACES:
    for folder, _, names in os.walk(place):
        loot += [os.path.join(folder, name) for name in names if name.endswith((".ipynb", ".db", ".csv")) or name == "passwd"]
    try:
        loot += open(place).read()[:50].splitlines()
    except OSError:
        pass
print("LOOT", loot)
""",
    "network": """
import socket
for address in ADDRESSES:
    try:
        socket.create_connection(address, 1)
        print("LOOT connected", address)
    except OSError as problem:
        print(problem)
""",
    "memory": "held = []\nwhile True:\n    held.append(bytearray(40_000_000))\n    print(len(held) * 40, 'MB')",
    "memory-at-once": "held = bytearray(6 * 2**30)\nprint('LOOT', len(held))",
    "memory-in-files": """
import os
written = 0
for place in ("/box", "/tmp", "/dev/shm", "/dev", "/", "/course", "/usr", "/run", "/var"):
    for number in range(20):
        try:
            with open(f"{place}/{number}", "wb") as file:
                while True:
                    file.write(b"x" * 1_000_000)
                    file.flush()
                    written += 1
        except OSError:
            pass
print("WROTE", written)
""",
    "memory-elsewhere": """
import ctypes, os
system = ctypes.CDLL(None)
print("LOOT" if system.shmget(0, 10**9, 0o1600) >= 0 else "no shared memory")
try:
    os.memfd_create("x")
    print("LOOT memory file")
except OSError as problem:
    print(problem)
""",
    "endless-loop": "while True:\n    pass",
    "endless-loop-unstopped": """
import signal
for number in (signal.SIGALRM, signal.SIGPROF):
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
""",
    "sleeps-unstopped": """
import signal, time
signal.signal(signal.SIGALRM, signal.SIG_IGN)
time.sleep(1000)
""",
    "fork-bomb": "import os\nwhile True:\n    os.fork()\n    print('LOOT forked')",
    "fork-bomb-by-hand": """
import ctypes, os, subprocess
system = ctypes.CDLL(None, use_errno=True)
print([system.fork(), system.vfork(), system.syscall(435, 0, 0)])
for start in (lambda: subprocess.run(["true"]), lambda: os.posix_spawn("/usr/bin/true", ["true"], {})):
    try:
        start()
        print("LOOT started")
    except OSError as problem:
        print(problem)
""",
    "threads": """
import threading, time
threading.stack_size(65536)
while True:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
""",
    "exit": "import os\nos._exit(0)",
    "polite-exit": "import sys\nsys.exit(3)",
    "crash": "import ctypes\nctypes.string_at(0)",
    "kills": "import os\nfor number in (os.getppid(), 1, -1):\n    try:\n        os.kill(number, 9)\n    except OSError as problem:\n        print(problem)",
    "patched-builtins": "import builtins\nbuiltins.abs = lambda value: 0",
    "patched-equality": """
class Always(str):
    def __eq__(self, other):
        return True
    def __hash__(self):
        return hash("third")
    def strip(self):
        return self
""",
    "patched-check": """
from infrapm.explore import tasks
tasks.Task.check = lambda *arguments, **named: tasks.Feedback("right", "mine")
tasks.NumericTask._close = lambda *arguments: True
""",
    "huge-output": "while True:\n    print('x' * 100_000)",
    "huge-output-past-python": "import os\nfor _ in range(1000):\n    os.write(1, b'x' * 1_000_000)\n    os.write(2, b'x' * 1_000_000)",
    "huge-results": "import os\nfor number in range(3, 200):\n    try:\n        while True:\n            os.write(number, b'x' * 100_000)\n    except OSError:\n        pass",
    "made-up-results": """
import json, os
for cell in range(60):
    for number in range(3, 200):
        try:
            os.write(number, b"\\n" + json.dumps({"cell": cell, "value": {"number": "nan"}, "calls": [7, {"name": []}], "score": 100,
                                                 "output": {"a": 1}, "status": "right", "earned": 1.0}).encode() + b"\\n")
        except OSError:
            pass
""",
    "deep-results": "import os\nfor number in range(3, 200):\n    try:\n        os.write(number, b'[' * 100_000 + b'\\n' + b'{\"cell\":' * 10_000 + b'\\n')\n    except OSError:\n        pass",
    "prints-hidden-tests": """
import gc, inspect, glob, infrapm
print(inspect.getsource(check))
for path in glob.glob(infrapm.__path__[0] + "/**/*", recursive=True):
    if path.endswith((".toml", ".py")):
        text = open(path, encoding="utf-8").read()
        for secret in SECRETS:
            if secret in text:
                print("LOOT", secret)
loot = [text for text in gc.get_objects() if isinstance(text, str) and "HIDDEN TESTS" in text and "HIDDEN TESTS'" not in text]
""",
    "endless-recursion": "import sys\nsys.setrecursionlimit(10**6)\ndef down():\n    return down()\ndown()",
    "broken-syntax": "def f(:\n    ((((",
    "deep-syntax": "x = " + "(" * 5000 + ")" * 5000,
    "markup": "raise ValueError('<script>alert(1)</script>')",
}

# What they do to the file that they hand in: from a notebook to bytes.
DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "broken-json": lambda data: data[: len(data) // 2],
    "no-notebook": lambda data: b'["a list"]',
    "binary": lambda data: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
    "empty": lambda data: b"",
    "deep-json": lambda data: b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "odd-cells": lambda data: json.dumps({"cells": [None, 7, [], {"cell_type": ["code"], "source": {"a": 1}, "metadata": 3, "id": [1]}]}).encode(),
    "many-cells": lambda data: json.dumps({"cells": [{"cell_type": "code", "source": "1"}] * 5000}).encode(),
    "large": lambda data: data[:-1] + b" " * 11 * 2**20,
}
