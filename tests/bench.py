"""Measure the book's goals: `python -m tests.bench`. Prints them as a table, and writes docs/benchmarks.md.

Each figure stands beside a peer or a floor that was measured in the same run, because a time alone says
as much about the machine as about the book.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from tests import bench_builds, bench_course, bench_models, bench_pages
from tests.conftest import BOOK, ROOT, book_problem, browsing, serving

NOTES = """
Before a measurement the run waits until the processors are idle, but two minutes at most in all. How each is measured:

- **Page weight** counts what the page of the heaviest chapter asks for before a reader touches anything, each file compressed with gzip (level 6) where that makes it smaller, without the files of the browser's Python. The peer is the same text, without exercises, in Jupyter Book's default settings, built in the same run; what it asks of other hosts is listed and not counted.
- **First picture** is the front page, where an explorer is in view. The floor is the same page with the exercises and their script cut out and one line in their place. Both figures are from the start of the navigation, each in a browser that has never seen the book, in turn.
- **First touch to first answer** runs from the event of the first move to the frame after the picture is drawn. "Cold" is a fresh browser where nothing was loaded ahead; the floor is a page with nothing but a worker that starts Pyodide as it comes and computes one sum. "Later" is a fresh visit in a browser that keeps the snapshot, again with nothing loaded ahead; "of another chapter" is the same when the snapshot was made on a page of another chapter, so that one small file is loaded. All but the first picture are on the heaviest chapter's page. "Warm" is a first visit on which Python had started as the explorer came near.
- **Runtime bytes** are the files that a first touch asks for, by themselves: a host that compresses with gzip (level 9) or brotli (level 11) sends so much.
- **A move** is a key press on the first slider (or check box, or choice) of an explorer, 40 of them or six seconds of them, from the event to the picture in the page. Whether a model draws at random is seen by watching it run. Of a move, Python is the way to the worker and back, and drawing is the rest. After a key press the browser paints the moved slider before it takes the worker's answer; so most of the time of a closed form is that painting, which a long page makes longer. The floor is a page with nothing but a slider, and a worker that computes one sum in Python as it comes.
- **Build** compares a copy of the book with one of 20 pages more, without anything cached, best of two, and divides the difference by 20. The added pages are copies of the chapter with all its exercises. The peer does the same with the chapter's text, without exercises, in Jupyter Book's default settings.
- **nbval** runs all source notebooks in one run, each in a kernel of its own, compares their outputs, and divides by their number. The floor is a notebook with one cell.
- **Models** are microseconds a call in CPython. Simulations are compared with what a first trial of each took, with the same work in two event simulators (the same draws, and checked: the same waits), and with themselves in Pyodide, in Node. Growth compares each size with ten times it: time in a process of its own, and the bytes that Python holds at most, of which a percentile needs those of its values.
- **Grading** is the command `infrapm grade` on a generated class, in a process of its own: right, wrong, partial and blank notebooks in turn. "In the sandbox" is the median time of one submission from the start of its sandbox to its end, with the start of Python and all imports; "all else included" divides the whole command, with taking in, marks and feedback. The processor time counts every process, those of the sandboxes too; the memory is the most that the process which grades ever held. The peer, `nbgrader autograde`, runs the same files in its own way, one after the other and without a sandbox, its start included; its own hand-out before that is not counted. Growth compares a class with the next larger one.
"""


@dataclass(frozen=True)
class Row:
    """One line of the table. met is None where there is no goal."""

    what: str
    beside: str
    ours: str
    goal: str
    met: bool | None

    def __str__(self) -> str:
        verdict = {True: "met", False: "**missed**", None: ""}[self.met]
        return f"| {self.what} | {self.beside} | {self.ours} | {self.goal} | {verdict} |"


def weight_rows(ours: bench_pages.Weight, peer: bench_pages.Weight) -> list[Row]:
    named = ", ".join(sorted({address.split("/")[2] for address in peer.elsewhere})) or "none"
    return [
        Row("page weight before touch, gzip", f"Jupyter Book's default: {mb(peer.gzip)}, and {len(peer.elsewhere)} files elsewhere", mb(ours.gzip), "<= 0.30 MB", ours.gzip <= 300_000),
        Row("files asked of other hosts", f"Jupyter Book's default: {len(peer.elsewhere)} ({named})", str(len(ours.elsewhere)), "none", not ours.elsewhere),
    ]


def start_rows(picture: dict[str, float], starts: dict[str, float]) -> list[Row]:
    paint, layout = (picture[f"ours {kind}"] / picture[f"cut {kind}"] for kind in ("paint", "layout"))
    cold = starts["cold"] / starts["bare"]
    return [
        Row("first picture: first paint", f"without exercises: {ms(picture['cut paint'])}", f"{ms(picture['ours paint'])}, {paint:.2f} x", "<= 1.1 x", paint <= 1.1),
        Row("first picture: in the layout", f"a line in its place: {ms(picture['cut layout'])}", f"{ms(picture['ours layout'])}, {layout:.2f} x", "<= 1.1 x", layout <= 1.1),
        Row("first touch to first answer, cold", f"bare Pyodide: {ms(starts['bare'])}", f"{ms(starts['cold'])}, {cold:.2f} x", "<= 1.15 x", cold <= 1.15),
        Row("first touch to first answer, warm", "", ms(starts["warm"]), "<= 500 ms", starts["warm"] <= 500),
        Row("first touch to first answer, later visits", f"bare Pyodide: {ms(starts['bare'])}", ms(starts["later"]), "<= 500 ms", starts["later"] <= 500),
        Row("the same, first page of another chapter", f"bare Pyodide: {ms(starts['bare'])}", ms(starts["another"]), "<= 500 ms", starts["another"] <= 500),
    ]


def size_rows(sizes: dict[str, bench_pages.Size], later: list[str]) -> list[Row]:
    def rows(what: str, part: str, gzip_goal: float | None, brotli_goal: float | None) -> Row:
        size, uncut = sizes[part], sizes.get(f"{part}, uncut")
        beside = f"uncut: {mb(uncut.gzip)} gzip, {mb(uncut.brotli)} brotli" if uncut else ""
        goal = f"<= {gzip_goal} MB gzip, {brotli_goal} MB brotli" if gzip_goal else ""
        met = size.gzip <= gzip_goal * 1e6 and size.brotli <= brotli_goal * 1e6 if gzip_goal else None
        return Row(what, beside, f"{mb(size.gzip)} gzip, {mb(size.brotli)} brotli, {mb(size.raw)} raw", goal, met)

    return [
        rows("runtime bytes, first visit: Python", "python", 4.7, 3.9),
        rows("of it, the chapter's own file", "chapter", None, None),
        rows("runtime bytes, first visit: chart library", "charts", None, None),
        Row("runtime files, later visits", "", str(len(later)), "none", not later),
    ]


def move_rows(bare: bench_pages.Moves, moves: dict[str, bench_pages.Moves]) -> list[Row]:
    def row(what: str, goal_ms: int, of_kind: dict[str, bench_pages.Moves]) -> Row:
        id, slowest = max(of_kind.items(), key=lambda item: item[1].all_ms)
        slow = sum(times.all_ms > goal_ms for times in of_kind.values())
        said = f"{moved(slowest)}, {id}; {slow} of {len(of_kind)} explorers above the goal"
        return Row(f"a move, {what}, p95 of the slowest explorer", f"a bare page and a sum: {moved(bare)}", said, f"<= {goal_ms} ms", not slow)

    kinds = (("closed form", 16, False), ("Monte Carlo", 250, True))
    found = [(what, goal, {id: times for id, times in moves.items() if times.random is random}) for what, goal, random in kinds]
    return [row(what, goal, of_kind) for what, goal, of_kind in found if of_kind] + [
        Row(f"a move, p95: {id}", "", moved(times), "", None) for id, times in moves.items()
    ]


def moved(times: bench_pages.Moves) -> str:
    return f"{times.all_ms:.1f} ms (Python {times.python_ms:.1f}, drawing {times.drawing_ms:.1f}); next frame {times.frame_ms:.1f}"


def build_rows(builds: dict[str, bench_builds.Took], notebooks: dict[str, bench_builds.Took]) -> list[Row]:
    return [
        Row("book, each page more", f"Jupyter Book's default, text alone: {builds['peer page']}", str(builds["page"]), "<= 0.32 s", builds["page"].clock_s <= 0.32),
        Row("book, clean build of all", "", str(builds["all"]), "", None),
        Row("one page edited, of the book and 20 pages more", "", str(builds["edited"]), "<= 6 s", builds["edited"].clock_s <= 6),
        Row("nbval, a notebook", f"one cell: {notebooks['floor']}", str(notebooks["ours"]), "<= 2.0 s", notebooks["ours"].clock_s <= 2.0),
    ]


def model_rows(models: dict[str, float]) -> list[Row]:
    peer = models.pop("scipy.stats.binom.sf")
    goals = {"composite_availability": 1.5 * 1.5}  # 1.5 times what a first trial took
    return [
        Row(f"model: {name}", f"scipy.stats.binom.sf: {peer:.0f} us" if name in goals else "", f"{took:.1f} us", f"<= {goals[name]:.2f} us" if name in goals else "", took <= goals[name] if name in goals else None)
        for name, took in models.items()
    ]


def mb(size: int) -> str:
    return f"{size / 1e6:.2f} MB"


def ms(time_ms: float) -> str:
    return f"{time_ms:.0f} ms"


def step(what: str, measure: Callable[..., list[Row]], *measured: Callable[[], object]) -> list[Row]:
    """Measure, and show the rows at once."""
    print(f"Measuring {what} (load {os.getloadavg()[0]:.1f})", file=sys.stderr, flush=True)
    rows = measure(*(take() for take in measured))
    print(*rows, sep="\n", flush=True)
    return rows


def main() -> None:
    problem = book_problem()
    if problem:
        sys.exit(problem)
    load = os.getloadavg()[0]
    print("| what | beside it, today | ours, today | goal | |\n| --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        chapter = bench_pages.heaviest_chapter(BOOK)
        peer = bench_builds.peer(folder / "peer", chapter)
        bench_pages.stand(BOOK, folder / "site")
        with serving(folder / "site") as site, serving(peer) as peer_site, browsing() as browser:
            bench = bench_pages.Bench(browser, site, chapter)
            rows = step("page weight", weight_rows, bench.weight, lambda: bench_pages.Bench(browser, peer_site, chapter).weight())
            rows += step("first pictures and answers", start_rows, bench.first_picture, bench.starts)
            rows += step("moves", move_rows, bench.bare_moves, bench.moves)
            rows += step("runtime bytes", size_rows, bench.sizes, bench.later_files)
            chromium = browser.version
        rows += step("builds and notebooks", build_rows, lambda: bench_builds.builds(folder), bench_builds.notebooks)
        rows += step("models", model_rows, bench_builds.models)
        rows += step("models at work", lambda lines: [Row(*line) for line in lines], bench_models.lines)
        rows += step("grading", lambda lines: [Row(*line) for line in lines], lambda: bench_course.lines(1000))
    machine = (
        f"{date.today()}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; load {load:.1f} at the start and {os.getloadavg()[0]:.1f} at the end; the machine was idle before {bench_pages.QUIET[True]} of {bench_pages.QUIET.total()} measurements. "
        f"The heaviest chapter: {chapter}. Chromium {chromium} without a window, Python {platform.python_version()}, jupyter-book {version('jupyter-book')}, a server on the same machine."
    )
    table = "\n".join(["| what | beside it, today | ours, today | goal | |", "| --- | --- | --- | --- | --- |", *map(str, rows)])
    target = ROOT / "docs" / "benchmarks.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"# Benchmarks\n\nThe output of `make bench`. {machine}\n\n{table}\n{NOTES}", encoding="utf-8")
    print(f"\n{machine}\nWritten to {target.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
