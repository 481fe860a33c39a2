"""Measure grading: `python -m tests.bench_course` prints the table; `make bench` has it in its own.

A class is generated, and graded by the command as an instructor gives it, in a process of its own. Beside it
stands nbgrader's own command on the very same files. With a number as argument a class of that many is graded, too,
as `make bench` does: `python -m tests.bench_course 1000` takes ten minutes more on two idle cores.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from infrapm.course.folder import Course, new_course
from infrapm.course.gradebook import opened
from infrapm.course.handout import hand_out
from infrapm.course.roster import Student
from tests.bench_models import Line
from tests.bench_pages import wait_for_quiet
from tests.conftest import ROOT
from tests.course import pupils
from tests.course.pupils import SLUG

SMALL, LARGE = 10, 100
GOAL_S = 1.5  # for a submission in the sandbox
MOST_GROWTH = 1.1  # of the memory, when the class is ten times as large

# Runs a command and prints what it took. Processes of a sandbox that outlive their parents come to this one, so that
# their processor time counts, too.
COUNTED = """
import ctypes, json, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
began = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
told = child.stdout.read()
code = child.wait()
clock_s = time.perf_counter() - began
try:
    while True:
        os.wait()
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"told": told, "code": code, "clock_s": clock_s, "processor_s": used.ru_utime + used.ru_stime}))
"""

# The command `infrapm`, and the most memory that its process held.
GRADE = """
import resource, sys
from infrapm.course.cli import main
code = main(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


@dataclass(frozen=True)
class Graded:
    """One run of a command over so many submissions. peak_mb: of the process that grades, without the sandboxes."""

    submissions: int
    clock_s: float
    processor_s: float
    peak_mb: float = 0.0
    in_sandbox_s: float = 0.0  # of a submission, the median

    def more_than(self, less: Graded) -> Graded:
        """What each submission more took."""
        more = self.submissions - less.submissions
        return Graded(1, (self.clock_s - less.clock_s) / more, (self.processor_s - less.processor_s) / more)


def handed_out(folder: Path, size: int) -> tuple[Course, Path]:
    """A course of so many students with a chapter handed out; and what they handed in: right, wrong, partial and
    blank in turn, each with words of its own."""
    ids = [f"s{number:04}" for number in range(size)]
    course = new_course(folder / f"class-{size}", [SLUG], [Student(id, f"Student {id}", {}) for id in ids], seed="a class to measure")
    with opened(course):
        pass
    hand_out(course, SLUG)
    copy, code = pupils.released(course), course.code(SLUG)
    downloads = folder / f"downloads-{size}"
    for number, id in enumerate(ids):
        essay = f"{pupils.ESSAY} Signed by {id}."
        kinds = (
            lambda essay=essay: pupils.right(SLUG, copy, code, essay=essay), lambda: pupils.wrong(SLUG, copy),
            lambda: pupils.partial(SLUG, copy, code, 2), lambda: pupils.blank(copy),
        )  # fmt: skip
        pupils.save(kinds[number % 4](), downloads / f"{id}.ipynb")
    return course, downloads


def counted(*command: str | Path, folder: Path) -> dict[str, object]:
    """What a command took, with all that it started."""
    wait_for_quiet()
    run = subprocess.run(
        [sys.executable, "-c", COUNTED, *map(str, command)], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(run.stdout)
    if found["code"]:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{found['told'][-2000:]}")
    return found


def graded(course: Course, downloads: Path, *options: str) -> Graded:
    """A class graded by the command `infrapm grade`."""
    size = len(course.students)
    run = counted(sys.executable, "-c", GRADE, "grade", SLUG, "--course", course.path, "--from", downloads, *options, folder=downloads.parent)
    told = str(run["told"])
    assert f"{size} submissions" in told, told
    records = [json.loads(path.read_text(encoding="utf-8")) for path in (course.path / "work" / "runs" / SLUG).glob("*.json")]
    assert [record["ended"] for record in records] == ["done"] * size
    peak_kb = int(told.split("peak ")[1].split()[0])
    return Graded(size, run["clock_s"], run["processor_s"], peak_kb / 1024, statistics.median(record["took_s"] for record in records))


def by_nbgrader(course: Course, downloads: Path) -> Graded:
    """The same files, with `nbgrader autograde` in the course's folder, as its users run it: without a sandbox.

    Its own hand-out comes first, uncounted: it wants the checksums of its own copy of each cell."""
    nbgrader = Path(sys.executable).with_name("nbgrader")
    counted(nbgrader, "generate_assignment", SLUG, "--force", folder=course.path)
    for path in downloads.iterdir():
        target = course.submission(path.stem, SLUG)
        target.parent.mkdir(parents=True)
        shutil.copy(path, target)
    run = counted(nbgrader, "autograde", SLUG, folder=course.path)
    size = len(course.students)
    assert len(list((course.path / "autograded").glob(f"*/{SLUG}/{SLUG}.ipynb"))) == size, run["told"]
    return Graded(size, run["clock_s"], run["processor_s"])


def each(run: Graded) -> str:
    """What one submission took."""
    return f"{run.clock_s / run.submissions:.2f} s ({run.processor_s / run.submissions:.2f} s of processor)"


def lines(largest: int = 0) -> list[Line]:
    """Everything, in the order of the table."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        one = graded(*handed_out(folder / "one", 1))
        theirs = by_nbgrader(*handed_out(folder / "nbgrader", SMALL))
        alone = graded(*handed_out(folder / "alone", SMALL), "--workers", "1")
        small = graded(*handed_out(folder, SMALL))
        course, downloads = handed_out(folder, LARGE)
        large = graded(course, downloads)
        again = graded(course, downloads)
        runs = [small, large, *([graded(*handed_out(folder, largest))] if largest else [])]
    nbgrader = f"nbgrader {version('nbgrader')} autograde, no sandbox: {each(theirs)}"
    found: list[Line] = [
        ("grading: a submission in the sandbox, one at a time", nbgrader, f"{alone.in_sandbox_s:.2f} s, all else included {each(alone)}", f"<= {GOAL_S} s", alone.in_sandbox_s <= GOAL_S),
        ("grading: start, before the first submission", "", f"{one.clock_s - one.in_sandbox_s:.1f} s", "", None),
        (f"grading: {LARGE} submissions, nothing new", "", f"{again.clock_s:.1f} s ({again.processor_s:.1f} s of processor)", "", None),
    ]
    found += [
        (f"grading: a class of {run.submissions:,}, a submission", nbgrader if run is small else "", f"{each(run)}, {os.cpu_count()} at once; {run.peak_mb:.0f} MB at most", "", None)
        for run in runs
    ]
    for less, more in zip(runs, runs[1:]):
        grown = more.peak_mb / less.peak_mb
        growth = f"{each(more.more_than(less))} each; memory {grown:.2f} x"
        what = f"grading: from {less.submissions:,} to {more.submissions:,} submissions"
        found.append((what, nbgrader, growth, f"<= {GOAL_S} s each, memory <= {MOST_GROWTH} x", more.more_than(less).clock_s <= GOAL_S and grown <= MOST_GROWTH))
    return found


if __name__ == "__main__":
    print("| what | beside it, today | ours, today | goal | |\n| --- | --- | --- | --- | --- |")
    for what, beside, ours, goal, met in lines(int(sys.argv[1]) if sys.argv[1:] else 0):
        print(f"| {what} | {beside} | {ours} | {goal} | {({True: 'met', False: '**missed**', None: ''})[met]} |")
