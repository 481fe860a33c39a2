"""Kill a run of grading at random points and repeat it: `python -m tests.course.kills FOLDER KILLS SEED`.

A process without threads that forks for each run, so that a run costs tenths of a second. Most runs have a
stand-in for the sandbox, and are killed before, in or after one of their lasting steps (a file put in place,
a transaction); the others have the real one, and are killed at a random time.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import distributed  # noqa: F401  here, and not in each process again
import nbgrader.api

from infrapm.course import files, gradebook, sandbox
from infrapm.course.files import read_csv, write_csv
from infrapm.course.folder import Course, new_course
from infrapm.course.grade import grade
from infrapm.course.gradebook import opened
from infrapm.course.handout import hand_out
from tests.course import pupils
from tests.course.pupils import SLUG, quiet, released, stand_in


def main() -> None:
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    rng = random.Random(seed)
    stages = prepare(folder)
    counts = {"killed in a step": 0, "killed at a time": 0, "ended before": 0}
    differing = []
    number = -1
    while counts["killed in a step"] + counts["killed at a time"] < kills:
        number += 1
        stage = rng.choice(list(stages))
        start, downloads, steps, wanted = stages[stage]
        trial = folder / f"trial-{number}"
        shutil.copytree(start, trial)
        by_time = number % 10 == 9
        killed = 0
        while True:  # killed up to three times before it may end
            at = (rng.uniform(0.1, 1.5) if by_time else rng.randint(1, 3 * steps)) if killed < rng.randint(1, 3) else None
            ended = run(trial, downloads, kill_at=None if by_time else at, kill_after_s=at if by_time else None, real=by_time)
            if not ended:
                killed += 1
                counts["killed at a time" if by_time else "killed in a step"] += 1
                continue
            if killed == 0:
                counts["ended before"] += 1
            break
        found = state(trial)
        if found != wanted:
            parts = [part for part in wanted if found[part] != wanted[part]]
            differing.append(f"{trial.name} ({stage}): {', '.join(parts)}")
        else:
            shutil.rmtree(trial)
    print(json.dumps({"counts": counts, "differing": differing, "steps": {stage: stages[stage][2] for stage in stages}}))


Stage = tuple[Path, Path, int, dict[str, Any]]


def prepare(folder: Path) -> dict[str, Stage]:
    """Two stages: a first grading, and one with marks of a human and files that were handed in again."""
    course = new_course(folder / "start" / "sre-2026", [SLUG], pupils.students(*pupils.NAMES), seed="a course's own seed")
    with opened(course):
        pass
    hand_out(course, SLUG)
    copy, code = released(course), course.code(SLUG)
    first, second = folder / "first", folder / "second"
    notebooks = {"ann": pupils.right(SLUG, copy, code), "bob": pupils.wrong(SLUG, copy), "cem": pupils.partial(SLUG, copy, code, 2)}
    for name, notebook in notebooks.items():
        os.utime(pupils.save(notebook, first / f"{name}.ipynb"), (1_800_000_000, 1_800_000_000))
    again = {"bob": pupils.right(SLUG, copy, code), "ann": pupils.right(SLUG, copy, code, essay="Refuse it. " + pupils.ESSAY), "dana": pupils.blank(copy)}
    for name, notebook in again.items():
        os.utime(pupils.save(notebook, second / f"{name}.ipynb"), (1_800_100_000, 1_800_100_000))

    # The stand-in and the real sandbox must agree, or nothing that follows would prove anything.
    graded, real = folder / "graded" / "sre-2026", folder / "real" / "sre-2026"
    shutil.copytree(course.path, graded)
    shutil.copytree(course.path, real)
    assert run(graded, first) and run(real, first, real=True)
    assert state(graded) == state(real)
    marked = folder / "marked" / "sre-2026"
    shutil.copytree(graded, marked)
    sheet = marked / "marking" / f"{SLUG}.csv"
    header, rows = read_csv(sheet)
    for row, band in zip(rows, ("4", "2")):
        row |= {"band": band, "comment": f"band {band}, since the range is missing", "Harm": "named"}
    write_csv(sheet, header, rows)
    ended = folder / "ended" / "sre-2026"
    shutil.copytree(marked, ended)
    assert run(ended, second)
    stages = {}
    for name, start, downloads, end in (("first", course.path, first, graded), ("again", marked, second, ended)):
        counted = folder / f"count-{name}"
        shutil.copytree(start, counted)
        run(counted, downloads, count_in=folder / "steps")
        stages[name] = (start, downloads, int((folder / "steps").read_text()), state(end))
    return stages


def run(
    path: Path, downloads: Path, kill_at: int | None = None, kill_after_s: float | None = None, real: bool = False,
    count_in: Path | None = None,
) -> bool:  # fmt: skip
    """Grade in a process of its own; returns whether it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            lasting = Lasting(kill_at)
            files.os.replace = lasting(os.replace)
            gradebook.Marks.commit = lasting(gradebook.Marks.commit)
            nbgrader.api.Gradebook.add_submission = lasting(nbgrader.api.Gradebook.add_submission)
            if not real:
                sandbox.run = stand_in
            grade(Course(path), SLUG, downloads, quiet, workers=2)
            if count_in:
                count_in.write_text(str(lasting.steps))
            os._exit(0)
        except BaseException as problem:
            import traceback

            traceback.print_exc()
            print(problem, file=sys.stderr, flush=True)
            os._exit(7)
    if kill_after_s is not None:
        until = time.monotonic() + kill_after_s
        while time.monotonic() < until:
            if os.waitpid(child, os.WNOHANG) != (0, 0):
                return True
            time.sleep(0.005)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"a run failed: {status}"
    return not os.WIFSIGNALED(status)


class Lasting:
    """Counts the steps that last, and kills the process before (3n - 2), in (3n - 1) or after (3n) the n-th."""

    def __init__(self, kill_at: int | None) -> None:
        self.kill_at, self.steps = kill_at, 0

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.steps += 1
            self._maybe(1)
            if self.kill_at == 3 * self.steps - 1 and isinstance(arguments[0], str):
                os.truncate(arguments[0], os.path.getsize(arguments[0]) // 2)  # half written, never put in place
                os.kill(os.getpid(), signal.SIGKILL)
            value = function(*arguments, **named)
            self._maybe(3)
            return value

        return counted

    def _maybe(self, phase: int) -> None:
        if self.kill_at == 3 * self.steps - 3 + phase:
            os.kill(os.getpid(), signal.SIGKILL)


def state(path: Path) -> dict[str, Any]:
    """All of a course that must be the same however often a run was killed, without times and random names."""
    with sqlite3.connect(path / "gradebook.db") as db:
        marks = db.execute(
            """SELECT submitted_assignment.student_id, submitted_assignment.timestamp, base_cell.name, grade.auto_score, grade.manual_score,
                      grade.needs_manual_grade
               FROM grade JOIN base_cell ON base_cell.id = grade.cell_id
               JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
               JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id ORDER BY 1, 3"""
        ).fetchall()
        comments = db.execute(
            """SELECT submitted_assignment.student_id, base_cell.name, comment.auto_comment, comment.manual_comment
               FROM comment JOIN base_cell ON base_cell.id = comment.cell_id
               JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
               JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id ORDER BY 1, 2"""
        ).fetchall()
        changes = db.execute("SELECT student, question, old, new, why FROM infrapm_change ORDER BY student, question, id").fetchall()
        marked = db.execute("SELECT * FROM infrapm_marked ORDER BY 1, 2, 3").fetchall()
    db.close()
    kept: dict[str, Any] = {
        file.relative_to(path).as_posix(): file.read_text(encoding="utf-8")
        for part in ("submitted", "received", "marking", "feedback", "grades")
        for file in sorted((path / part).rglob("*"))
        if file.is_file() and file.name != "changes.csv" and not file.name.endswith(".part")
    }
    for file in sorted((path / "autograded").rglob("*.ipynb")):  # without what cells printed: the stand-in prints nothing
        kept[file.relative_to(path).as_posix()] = [cell["source"] for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]]
    shown = [row for row in read_csv(path / "grades" / "changes.csv")[1]]
    return {"marks": marks, "comments": comments, "changes": changes, "marked": marked, "files": kept, "shown changes": len(shown)}


if __name__ == "__main__":
    main()
