"""Runs one notebook inside the sandbox and sends out what the tasks were given, as lines of JSON.

Started by `sandbox` as a program of its own: it imports nothing of `infrapm.course`. What is written here
is not trusted outside: the student's code runs in the same process and can send lines, too. So a line can
only say which answer was given, never whether it is right.
"""

import ast
import builtins
import contextlib
import functools
import io
import json
import os
import resource
import signal
import sys

LONGEST_TEXT = 20_000  # characters of an answer
LONGEST_OUTPUT = 2_000  # characters of a cell's output
MOST_ITEMS = 200


def main() -> None:
    channel, paths = int(sys.argv[1]), json.loads(sys.argv[2])
    job = json.load(sys.stdin)
    for name, most in job["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    sys.path[:0] = paths
    sys.stdin = io.StringIO()
    write = os.write

    def send(**line) -> None:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        while data:
            data = data[write(channel, data) :]

    send(started=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # what was there is for complaints about the sandbox itself
    send(odd=odd_things(job["cells"]))
    Run(job, send).all_cells()
    send(done=True)
    os._exit(0)  # no hook of the student's, no thread that hangs


class Run:
    """One notebook: a shell as in JupyterLab, without a kernel around it."""

    def __init__(self, job, send) -> None:
        from IPython.core.displayhook import DisplayHook
        from IPython.core.displaypub import DisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        self.job, self.send = job, send
        self.output = output = Output()

        class Hook(DisplayHook):
            def __call__(self, result=None):
                if result is not None:
                    output.write(f"{self.compute_format_data(result)[0].get('text/plain', '')}\n")

            def compute_format_data(self, result):
                return {"text/plain": f"{result!r}"}, {}

        class Publisher(DisplayPublisher):
            def publish(self, data, metadata=None, **rest):
                output.write(f"{data.get('text/plain', '')}\n")

        class Shell(InteractiveShell):
            def enable_gui(self, gui=None):
                pass

            def _tee(self, channel):
                return contextlib.nullcontext()  # IPython would keep all that is printed

            def showtraceback(self, *arguments, **rest):
                kind, value, _ = sys.exc_info()
                output.write(f"{kind.__name__}: {value}\n" if kind else "")

            def _showtraceback(self, kind, value, lines):
                output.write(f"{kind.__name__}: {value}\n")

        Shell.display_pub_class.default_value = Publisher
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        self.shell = Shell.instance(config=config, displayhook_class=Hook, display_pub_class=Publisher)
        self.shell.display_trap.hook = self.shell.displayhook
        self.calls: list[dict] = []
        self._record()

    def _record(self) -> None:
        """Note what decide, predict and judge are called with; they answer as always."""
        from importlib import import_module

        module = import_module(f"infrapm.exercises.{self.job['slug'].replace('-', '_')}")
        for name in ("decide", "predict", "judge"):
            setattr(module, name, self._noting(name, getattr(module, name)))

    def _noting(self, name, function):
        @functools.wraps(function)
        def noting(*arguments, **named):
            values = {key: carried(value) for key, value in named.items()}
            self.calls.append({"name": name, "arguments": [carried(value) for value in arguments], "named": values})
            return function(*arguments, **named)

        return noting

    def all_cells(self) -> None:
        before = dict(vars(builtins))
        sys.stdout = sys.stderr = self.output
        signal.signal(signal.SIGALRM, too_long)
        signal.signal(signal.SIGPROF, too_long)
        for number, cell in enumerate(self.job["cells"]):
            self.calls.clear()
            error = self.run(cell)
            line = {"cell": number, "error": error, "output": self.output.taken(), "calls": self.calls[-20:]}
            if cell.get("value"):
                line["value"] = carried(self.shell.user_ns.get(cell["value"]))
            self.send(**line)
        changed = sorted(name for name, value in before.items() if vars(builtins).get(name) is not value and name != "_")
        self.send(builtins_changed=[name for name in changed if name not in ("display", "get_ipython")])

    def run(self, cell) -> str:
        """Run one cell; the error that ended it, or an empty text."""
        timers = () if cell["locked"] else ((signal.ITIMER_PROF, "cell_s"), (signal.ITIMER_REAL, "cell_clock_s"))
        try:
            for timer, name in timers:
                signal.setitimer(timer, self.job[name], 1)  # and again, for who catches it
            result = self.shell.run_cell(cell["source"], store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as problem:
            error = problem
        finally:
            for timer, _ in timers:
                signal.setitimer(timer, 0)
        return f"{type(error).__name__}: {error}"[:LONGEST_OUTPUT] if error else ""


class Output(io.TextIOBase):
    """Takes any amount of text and keeps the beginning."""

    def __init__(self) -> None:
        self.kept, self.left_out = "", 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        room = LONGEST_OUTPUT - len(self.kept)
        if room > 0:
            self.kept += text[:room]
        self.left_out += max(0, len(text) - room)
        return len(text)

    def taken(self) -> str:
        left = f" … and {self.left_out} characters more" if self.left_out else ""
        text, self.kept, self.left_out = self.kept + left, "", 0
        return text


def too_long(*_) -> None:
    """End the cell that is running: the alarm of its time limit."""
    raise TimeoutError("this cell took too long")


def carried(value, inner: bool = False):
    """A value as data: its kind (number, whole, text, truth, none, list, set), or only the name of its type."""
    from numbers import Integral, Real

    try:
        if value is None or value is ...:
            return {"none": True}
        if isinstance(value, bool):
            return {"truth": bool(value)}
        if isinstance(value, str):
            return {"text": str.__str__(value)[:LONGEST_TEXT], "cut": len(value) > LONGEST_TEXT}
        if isinstance(value, Integral) and int(value).bit_length() < 1000:
            return {"whole": str(int(value))}
        if isinstance(value, Real):
            try:
                return {"number": float(value).hex()}
            except OverflowError:
                return {"number": "inf"}
        if isinstance(value, (list, tuple, set)) and not inner:
            items = [carried(item, inner=True) for item in list(value)[: MOST_ITEMS + 1]]
            if len(items) <= MOST_ITEMS:
                return {"set" if isinstance(value, set) else "list": items}
    except Exception:
        pass
    return {"other": type(value).__name__[:60]}


# --- What a human should look at. Found before anything of the student's runs.

_NAMES = {"builtins", "__builtins__", "ctypes", "gc", "inspect", "multiprocessing", "os", "requests", "resource", "shutil",
          "signal", "socket", "subprocess", "sys", "threading", "urllib", "expected", "TASKS"}  # fmt: skip
_DUNDERS = {"__eq__", "__ne__", "__lt__", "__gt__", "__le__", "__ge__", "__float__", "__class__", "__subclasses__", "__dict__"}


def odd_things(cells: list[dict]) -> list[str]:
    """What the student's own cells mention that answers of this course do not need."""
    found = set()
    for cell in cells:
        if cell.get("locked"):
            continue
        try:
            tree = ast.parse(cell["source"])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names} & _NAMES
            elif isinstance(node, ast.ImportFrom):
                if (node.module or "").startswith("infrapm") and not (node.module or "").startswith("infrapm.models"):
                    found.add(node.module)
                found |= {(node.module or "").split(".")[0], *(alias.name for alias in node.names)} & _NAMES
            elif isinstance(node, ast.Name) and node.id in _NAMES | {"open", "exec", "eval", "__import__"}:
                found.add(node.id)
            elif isinstance(node, ast.Attribute) and node.attr in _DUNDERS | {"expected"}:
                found.add(node.attr)
            elif isinstance(node, ast.FunctionDef) and node.name in _DUNDERS:
                found.add(node.name)
    return sorted(found)


if __name__ == "__main__":
    main()
